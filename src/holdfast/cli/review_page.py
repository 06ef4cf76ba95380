"""The commands of review on one page."""

from __future__ import annotations

from typing import Annotated

import typer

from holdfast.cli.lists_otherwise import LIST, ListsOtherwise
from holdfast.cli.options import As, Folder, Groups, Json
from holdfast.cli.running import run

review = typer.Typer(
    cls=ListsOtherwise,
    help="Cases that wait for a person: see, claim, decide, turn corrections into golden cases.",
    rich_markup_mode=None,
    epilog="Examples:  holdfast review   |   holdfast review show 3fa9c2   |   "
    'holdfast review edit 3fa9c2 --text "35 Nm [1]." --golden',
)
Work = "holdfast.cli.commands.review:"
Path_ = Annotated[list[str] | None, typer.Argument(metavar="[PATH]", show_default=False)]
Case_ = Annotated[list[str] | None, typer.Argument(metavar="[PATH] CASE", show_default=False)]
Words = Annotated[str, typer.Option("--words", metavar="TEXT", help="In your own words.")]
Golden = Annotated[
    bool, typer.Option("--golden", help="Make a golden case of it, held until a second person confirms.")
]


@review.command(LIST, epilog="Examples:  holdfast review   |   holdfast review ./claims --as lena --json")
def list_(
    path: Path_ = None,
    workflow: Folder = None,
    done: Annotated[
        bool, typer.Option("--done", help="Those that were finished, and who finished how many.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Cases to list.")] = 50,
    user: As = None,
    group: Groups = None,
    json: Json = False,
) -> None:
    """List the cases that wait, highest risk first, then the oldest."""
    run(f"{Work}list_cases", words=path or [], folder=workflow, done=done, limit=limit, user=user,
        groups=group, as_json=json)  # fmt: skip


@review.command(epilog="Example:  holdfast review show 3fa9c2")
def show(
    words: Case_ = None, workflow: Folder = None, user: As = None, group: Groups = None, json: Json = False
) -> None:
    """Show one case: question, draft, evidence, checks that failed, what was decided."""
    run(f"{Work}show_case", words=words or [], folder=workflow, user=user, groups=group, as_json=json)


@review.command(epilog="Example:  holdfast review claim 3fa9c2 --as lena")
def claim(
    words: Case_ = None, workflow: Folder = None, user: As = None, group: Groups = None, json: Json = False
) -> None:
    """Hold a case, so that nobody else works on it; free again after review.claim_minutes."""
    run(f"{Work}act", act="claim", words=words or [], folder=workflow, user=user, groups=group, as_json=json)


@review.command(epilog="Example:  holdfast review release 3fa9c2")
def release(
    words: Case_ = None, workflow: Folder = None, user: As = None, group: Groups = None, json: Json = False
) -> None:
    """Let go of a case that you hold."""
    run(f"{Work}act", act="release", words=words or [], folder=workflow, user=user, groups=group,
        as_json=json)  # fmt: skip


@review.command(epilog="Example:  holdfast review reassign 3fa9c2 --to mark")
def reassign(
    to: Annotated[str, typer.Option("--to", metavar="USER", help="The new owner.")],
    words: Case_ = None,
    workflow: Folder = None,
    user: As = None,
    group: Groups = None,
    json: Json = False,
) -> None:
    """Make somebody else the owner of a case; they are told."""
    run(f"{Work}act", act="reassign", to=to, words=words or [], folder=workflow, user=user, groups=group,
        as_json=json)  # fmt: skip


@review.command(epilog="Example:  holdfast review approve 3fa9c2 --golden")
def approve(
    words: Case_ = None,
    workflow: Folder = None,
    say: Words = "",
    golden: Golden = False,
    user: As = None,
    group: Groups = None,
    json: Json = False,
) -> None:
    """Send the draft as it is to who asked."""
    run(f"{Work}decide", action="accept", said=say, golden=golden, words=words or [], folder=workflow,
        user=user, groups=group, as_json=json)  # fmt: skip


@review.command(
    epilog='Examples:  holdfast review edit 3fa9c2 --text "Tighten them to 35 Nm [1]." --golden   |   '
    "holdfast review edit 3fa9c2 --set cost_eur=2430 --cite cost_eur=2"
)
def edit(
    words: Case_ = None,
    workflow: Folder = None,
    text: Annotated[
        str, typer.Option("--text", metavar="TEXT", help="The answer as it should be; - reads it from stdin.")
    ] = "",
    record: Annotated[
        str,
        typer.Option("--record", metavar="FILE", help="The record as JSON, whole; - reads it from stdin."),
    ] = "",
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="FIELD=VALUE", help="One field of the record; empty takes it out (repeat)."
        ),
    ] = None,
    cite: Annotated[
        list[str] | None,
        typer.Option("--cite", metavar="FIELD=N,N", help="The passages that a field stands in (repeat)."),
    ] = None,
    say: Words = "",
    golden: Golden = False,
    user: As = None,
    group: Groups = None,
    json: Json = False,
) -> None:
    """Send a text or a record of your own to who asked."""
    run(f"{Work}edit", text=text, record=record, fields=set_ or [], cites=cite or [], said=say,
        golden=golden, words=words or [], folder=workflow, user=user, groups=group, as_json=json)  # fmt: skip


@review.command(epilog="Example:  holdfast review reject 3fa9c2 --reason outdated --words 'see SB-1204-02'")
def reject(
    reason: Annotated[str, typer.Option("--reason", metavar="CATEGORY", help="One of review.categories.")],
    words: Case_ = None,
    workflow: Folder = None,
    say: Words = "",
    golden: Golden = False,
    user: As = None,
    group: Groups = None,
    json: Json = False,
) -> None:
    """Tell who asked that there is no answer, and why."""
    run(f"{Work}decide", action="reject", category=reason, said=say, golden=golden, words=words or [],
        folder=workflow, user=user, groups=group, as_json=json)  # fmt: skip


@review.command("hand-over", epilog="Example:  holdfast review hand-over 3fa9c2 --to product-safety")
def hand_over(
    to: Annotated[str, typer.Option("--to", metavar="ROUTE", help="A route of the workflow, or a name.")],
    words: Annotated[list[str] | None, typer.Argument(metavar="[PATH] RUN", show_default=False)] = None,
    workflow: Folder = None,
    say: Words = "",
    user: As = None,
    group: Groups = None,
    json: Json = False,
) -> None:
    """Put a run of yours into the queue: a person has to look at it."""
    run(f"{Work}hand_over", to=to, said=say, words=words or [], folder=workflow, user=user, groups=group,
        as_json=json)  # fmt: skip


@review.command(epilog="Example:  holdfast review golden 3fa9c2 --as lena")
def golden(
    words: Case_ = None, workflow: Folder = None, user: As = None, group: Groups = None, json: Json = False
) -> None:
    """Make a golden case of the decision about a case, held until a second person confirms."""
    run(f"{Work}make_golden", words=words or [], folder=workflow, user=user, groups=group, as_json=json)


@review.command(epilog="Example:  holdfast review confirm gland-torque --as mark")
def confirm(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH] GOLDEN-CASE", show_default=False)
    ] = None,
    workflow: Folder = None,
    user: As = None,
    group: Groups = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask; where nobody can answer, nobody is asked.")
    ] = False,
    json: Json = False,
) -> None:
    """Show a held golden case that somebody else wrote, and confirm it: it is run from then on."""
    run(f"{Work}confirm_golden", words=words or [], folder=workflow, user=user, groups=group, yes=yes,
        as_json=json)  # fmt: skip


@review.command(epilog="Example:  holdfast review tell   (from cron, where no server runs)")
def tell(path: Path_ = None, workflow: Folder = None, json: Json = False) -> None:
    """Send the notices that are due; what is not taken is tried again by the next call."""
    run(f"{Work}tell", words=path or [], folder=workflow, as_json=json)
