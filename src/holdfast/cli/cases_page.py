"""The commands around golden cases on one page."""

from __future__ import annotations

from typing import Annotated

import typer

from holdfast.cli.lists_otherwise import LIST, ListsOtherwise
from holdfast.cli.options import As, Folder, Groups, Json
from holdfast.cli.running import run

cases = typer.Typer(
    cls=ListsOtherwise,
    help="Golden cases: list and check them, make them of runs, import them from other tools.",
    rich_markup_mode=None,
    epilog="Examples:  holdfast cases   |   holdfast cases ./claims --kind edge   |   "
    "holdfast cases check --strict",
)
Path_ = Annotated[list[str] | None, typer.Argument(metavar="[PATH]", show_default=False)]
Tags = Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="Of this tag (repeat).")]
Into = Annotated[str, typer.Option("--file", metavar="NAME", help="Put it into golden/NAME.yaml.")]


@cases.command(
    LIST, epilog="Examples:  holdfast cases   |   holdfast cases --kind edge --tag table --as lena --json"
)
def list_(
    path: Path_ = None,
    workflow: Folder = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="KIND", help="Of this kind (repeat).")
    ] = None,
    tag: Tags = None,
    user: As = None,
    group: Groups = None,
    json: Json = False,
) -> None:
    """List the cases; with --as or --group only those whose evidence that person may see."""
    run("holdfast.cli.commands.cases:list_cases", words=path or [], folder=workflow, kinds=kind or [],
        tags=tag or [], user=user, groups=group, as_json=json)  # fmt: skip


@cases.command(epilog="Examples:  holdfast cases check   |   holdfast cases check ./claims --strict --json")
def check(
    path: Path_ = None,
    workflow: Folder = None,
    strict: Annotated[
        bool, typer.Option(help="Exit 1 when anything is wrong; advice does not count.")
    ] = False,
    json: Json = False,
) -> None:
    """Say what is wrong with the cases: quotes that are gone, duplicates, contradictions, gaps."""
    run("holdfast.cli.commands.cases:check", words=path or [], folder=workflow, strict=strict, as_json=json)


@cases.command(
    "from-run",
    epilog='Examples:  holdfast cases from-run 3fa9c2   |   holdfast cases from-run 3fa9c2 --fact "24 Nm" '
    "--kind high-risk --file torques",
)
def from_run(
    words: Annotated[list[str] | None, typer.Argument(metavar="[PATH] RUN", show_default=False)] = None,
    workflow: Folder = None,
    id_: Annotated[str, typer.Option("--id", metavar="ID", help="Its id; else made of the question.")] = "",
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="Its kind; else by its outcome.")] = "",
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="A tag of it (repeat).")
    ] = None,
    fact: Annotated[
        list[str] | None, typer.Option("--fact", metavar="TEXT", help="What it has to state (repeat).")
    ] = None,
    file: Into = "from-runs",
    user: As = None,
    group: Groups = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be written.")] = False,
    json: Json = False,
) -> None:
    """Make a case of a recorded run: item, principal, outcome, quotes, locators, keys, Version.

    Look at it: it expects what the run did. What the answer has to state is yours to say.
    """
    run("holdfast.cli.commands.cases_from:from_run", words=words or [], folder=workflow, case_id=id_,
        kind=kind, tags=tag or [], facts=fact or [], file=file, user=user, groups=group, dry_run=dry_run,
        as_json=json)  # fmt: skip


@cases.command("import", epilog="Examples:  holdfast cases import tests.yaml   |   "
               "holdfast cases import goldens.json --from deepeval --as lena --group service")  # fmt: skip
def import_(
    words: Annotated[list[str] | None, typer.Argument(metavar="[PATH] FILE", show_default=False)] = None,
    workflow: Folder = None,
    format_: Annotated[
        str,
        typer.Option(
            "--from", metavar="FORMAT", help="jsonl, csv, promptfoo, deepeval or ragas; else found out."
        ),
    ] = "",
    file: Annotated[
        str,
        typer.Option(
            "--file", metavar="NAME", help="Put them into golden/NAME.yaml; else as FILE is called."
        ),
    ] = "",
    user: As = None,
    group: Groups = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be written.")] = False,
    json: Json = False,
) -> None:
    """Take over test cases of another tool; everything that has no place in a case is listed.

    Who asks is the user of --as in the groups of --group: such files do not say.
    """
    run("holdfast.cli.commands.cases_import:import_cases", words=words or [], folder=workflow,
        format_=format_, file=file, user=user, groups=group, dry_run=dry_run, as_json=json)  # fmt: skip


@cases.command(
    epilog="Examples:  holdfast cases confirm gland-torque   |   holdfast cases confirm gland-torque --as ben"
)
def confirm(
    words: Annotated[list[str] | None, typer.Argument(metavar="[PATH] CASE", show_default=False)] = None,
    workflow: Folder = None,
    user: As = None,
    group: Groups = None,
    json: Json = False,
) -> None:
    """Confirm a held case that somebody else wrote: it is run from then on."""
    run("holdfast.cli.commands.cases:confirm", words=words or [], folder=workflow, user=user, groups=group,
        as_json=json)  # fmt: skip
