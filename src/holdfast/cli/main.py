"""The command line on one page: every command, its words and its options."""

from __future__ import annotations

from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.cases_page import cases
from holdfast.cli.evaluation import evaluation
from holdfast.cli.options import As, Folder, Groups, Json
from holdfast.cli.review_page import review
from holdfast.cli.running import run

app = typer.Typer(
    name="holdfast",
    help="Cited answers from your documents, honest refusals, and a record of why.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
models = typer.Typer(help="The local embedding model.", no_args_is_help=True, rich_markup_mode=None)
bench = typer.Typer(help="Measure a stage on a data set.", no_args_is_help=True, rich_markup_mode=None)
testing = typer.Typer(help="Servers for tests.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(models, name="models")
app.add_typer(bench, name="bench")
app.add_typer(testing, name="testing")
app.add_typer(evaluation)
app.add_typer(cases, name="cases")
app.add_typer(review, name="review")


class Origin(StrEnum):
    """Where a run's item came from."""

    WORK = "work"
    GOLDEN = "golden"
    REPLAY = "replay"


class Protocol(StrEnum):
    """Protocols that can be recorded."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"holdfast {version('holdfast')}")
        raise typer.Exit


@app.callback()
def holdfast(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Cited answers from your documents, honest refusals, and a record of why."""


@app.command(epilog="Examples:  holdfast up   |   holdfast up ./workspace --port 8321")
def up(
    path: Annotated[list[str] | None, typer.Argument(metavar="[PATH]", show_default=False)] = None,
    workflow: Folder = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: any free one.")] = 8321,
) -> None:
    """Sync, then serve the workbench on this machine; print its URL."""
    run("holdfast.cli.commands.up:up", words=path or [], folder=workflow, port=port)


@app.command(
    epilog="Examples:  holdfast sync   |   holdfast sync ./documents --strict   |   holdfast sync --rebuild"
)
def sync(
    path: Annotated[list[str] | None, typer.Argument(metavar="[PATH]", show_default=False)] = None,
    workflow: Folder = None,
    rebuild: Annotated[bool, typer.Option(help="Read and index everything anew.")] = False,
    strict: Annotated[bool, typer.Option(help="Exit 1 when any document could not be read.")] = False,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="A source that held many documents may be empty now.")
    ] = False,
    json: Json = False,
) -> None:
    """Bring the index up to date; list every problem file with its reason."""
    run("holdfast.cli.commands.sync:sync", words=path or [], folder=workflow, rebuild=rebuild,
        strict=strict, allow_empty=allow_empty, as_json=json)  # fmt: skip


@app.command(
    epilog='Examples:  holdfast ask "How tight are the gland bolts?"   |   holdfast ask ./docs "question" '
    "--as ana --group service   |   holdfast ask --file items.jsonl > outcomes.jsonl"
)
def ask(
    words: Annotated[list[str] | None, typer.Argument(metavar="[PATH] QUESTION", show_default=False)] = None,
    workflow: Folder = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="ITEMS.jsonl", help="Many items, a JSON line each; - for stdin."),
    ] = None,
    user: As = None,
    group: Groups = None,
    model: Annotated[str, typer.Option(metavar="PROVIDER:NAME", help="Try this model first.")] = "",
    field: Annotated[
        list[str] | None, typer.Option("--field", metavar="K=V", help="A field of the item (repeat).")
    ] = None,
    attach: Annotated[
        list[Path] | None, typer.Option("--attach", metavar="FILE", help="A text file of the item (repeat).")
    ] = None,
    batch: Annotated[
        bool,
        typer.Option("--batch", help="With --file: by the provider's batches, slower at half the price."),
    ] = False,
    json: Json = False,
) -> None:
    """Answer one item, or many: answer with citations, question back, refusal or hand-over."""
    run("holdfast.cli.commands.ask:ask", words=words or [], folder=workflow, file=file, user=user,
        groups=group, model=model, fields=field or [], attachments=attach or [], batch=batch,
        as_json=json)  # fmt: skip


@app.command(
    epilog='Examples:  holdfast search "gland packing" --k 5   |   holdfast search ./docs "torque" --json'
)
def search(
    words: Annotated[list[str] | None, typer.Argument(metavar="[PATH] QUERY", show_default=False)] = None,
    workflow: Folder = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="ITEMS.jsonl", help="Many queries, as for ask; - for stdin."),
    ] = None,
    k: Annotated[int, typer.Option("--k", "-k", min=1, max=1000, help="Hits to show.")] = 10,
    at: Annotated[
        int, typer.Option("--at", metavar="VERSION", min=0, help="An earlier index version to search.")
    ] = 0,
    user: As = None,
    group: Groups = None,
    json: Json = False,
) -> None:
    """Show the hits for a query, best first, with each leg's rank."""
    run("holdfast.cli.commands.search:search", words=words or [], folder=workflow, file=file, k=k, at=at,
        user=user, groups=group, as_json=json)  # fmt: skip


@app.command(
    epilog='Examples:  holdfast why pricing/list.xlsx "What does the HX-200 cost?" --as lena   |   '
    'holdfast why ./docs manual.pdf "gland torque" --group service --json'
)
def why(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH] DOCUMENT QUESTION", show_default=False)
    ] = None,
    workflow: Folder = None,
    user: As = None,
    group: Groups = None,
    source: Annotated[
        str, typer.Option(metavar="NAME", help="The document's source, if several have it.")
    ] = "",
    model: Annotated[str, typer.Option(metavar="PROVIDER:NAME", help="Try this model first.")] = "",
    json: Json = False,
) -> None:
    """Say why a document is, or is not, behind an answer: the one reason that stopped it.

    For operators: it tells names, access rules and ranks of every document, also of those that who asks
    may not see (of these never the text), and writes that down in the audit record.
    """
    run("holdfast.cli.commands.why:why", words=words or [], folder=workflow, user=user, groups=group,
        source=source, model=model, as_json=json)  # fmt: skip


@app.command(
    epilog="Examples:  holdfast runs   |   holdfast runs --origin work   |   holdfast runs 3fa9c2 --json"
)
def runs(
    words: Annotated[list[str] | None, typer.Argument(metavar="[PATH] [RUN]", show_default=False)] = None,
    workflow: Folder = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Runs to list.")] = 20,
    user: As = None,
    group: Groups = None,
    origin: Annotated[
        Origin | None, typer.Option(help="Only runs that people came with, of golden cases, or replays.")
    ] = None,
    json: Json = False,
) -> None:
    """List runs, or show one stage by stage."""
    run("holdfast.cli.commands.runs:runs", words=words or [], folder=workflow, limit=limit, user=user,
        groups=group, origin=origin and origin.value, as_json=json)  # fmt: skip


@app.command(
    epilog="Examples:  holdfast forget hr/letter.pdf   |   holdfast forget hr/letter.pdf --dry-run --json   "
    "|   holdfast forget --user ana"
)
def forget(
    words: Annotated[list[str] | None, typer.Argument(metavar="[PATH] DOCUMENT", show_default=False)] = None,
    workflow: Folder = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="NAME", help="Forget a person: their runs and name.")
    ] = None,
    source: Annotated[
        str, typer.Option(metavar="NAME", help="The document's source, if several have it.")
    ] = "",
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask; needed where nobody can answer.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go, and how much.")] = False,
    json: Json = False,
) -> None:
    """Take a document or a person out of everything that was kept, and prove it.

    Every revision, both legs of the index, vectors, runs that hold its text, and its name in the audit
    record. Says first how much that is: every run that retrieved it is emptied. Refused while the file is
    still in its source. Exit code 5 when anything is left.
    """
    run("holdfast.cli.commands.forget:forget", words=words or [], folder=workflow, user=user, source=source,
        yes=yes, dry_run=dry_run, as_json=json)  # fmt: skip


@app.command(epilog="Examples:  holdfast doctor   |   holdfast doctor ./claims --json")
def doctor(
    path: Annotated[list[str] | None, typer.Argument(metavar="[PATH]", show_default=False)] = None,
    workflow: Folder = None,
    json: Json = False,
) -> None:
    """Say whether the declaration is valid and what is missing for production."""
    run("holdfast.cli.commands.doctor:doctor", words=path or [], folder=workflow, as_json=json)


@app.command(
    epilog="Examples:  holdfast tune   |   holdfast tune ./claims --minutes 30   |   holdfast tune --apply"
)
def tune(
    path: Annotated[list[str] | None, typer.Argument(metavar="[PATH]", show_default=False)] = None,
    workflow: Folder = None,
    minutes: Annotated[float, typer.Option(min=0.01, help="Stop trying settings after this time.")] = 10.0,
    gain: Annotated[
        float, typer.Option(min=0.01, max=1.0, help="Gain that the cases must be able to show.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(min=0, help="Of the folds; the same seed gives the same result.")] = 7,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write what is recommended to workflow.yaml.")
    ] = False,
    json: Json = False,
) -> None:
    """Choose retrieval settings on the golden cases; recommend only a gain that is shown."""
    run("holdfast.cli.commands.tune:tune_settings", words=path or [], folder=workflow, minutes=minutes,
        gain=gain, seed=seed, apply_it=apply, as_json=json)  # fmt: skip


@app.command(
    epilog="Examples:  holdfast schema > workflow.schema.json   |   "
    "holdfast schema --cases > cases.schema.json"
)
def schema(
    of_cases: Annotated[bool, typer.Option("--cases", help="That of golden/NAME.yaml instead.")] = False,
) -> None:
    """Print the JSON Schema of workflow.yaml, or of a file of golden cases, for editors."""
    run("holdfast.cli.commands.schema:schema", of_cases=of_cases)


@app.command(epilog="Example:  holdfast trust ./claims")
def trust(
    path: Annotated[list[str] | None, typer.Argument(metavar="[PATH]", show_default=False)] = None,
    workflow: Folder = None,
) -> None:
    """Allow a folder's Python hooks to run, as they are now."""
    run("holdfast.cli.commands.trust:trust", words=path or [], folder=workflow)


@app.command(epilog="Example:  holdfast demo examples/engineering-support")
def demo(
    path: Annotated[list[str] | None, typer.Argument(metavar="[PATH]", show_default=False)] = None,
    workflow: Folder = None,
    model: Annotated[str, typer.Option(metavar="PROVIDER:NAME", help="Try this model first.")] = "",
) -> None:
    """Sync a workflow and work through its items.jsonl, printed for people."""
    run("holdfast.cli.commands.demo:demo", words=path or [], folder=workflow, model=model)


@models.command("get", epilog="Example:  holdfast models get")
def models_get() -> None:
    """Fetch the embedding model once, verify it and build its graph."""
    run("holdfast.cli.commands.models:get")


@bench.command("retrieval", epilog="Example:  holdfast bench retrieval ./scifact --json")
def bench_retrieval(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="Folder in BEIR layout.")],
    workflow: Folder = None,
    json: Json = False,
) -> None:
    """Index a data set in BEIR layout and report nDCG@10, MRR@10, recall and latency."""
    run("holdfast.cli.commands.bench:retrieval", dataset=dataset, folder=workflow, as_json=json)


@testing.command(
    "provider",
    epilog='Examples:  holdfast testing provider --port 8010 --text "24 Nm [1]."   |   '
    "holdfast testing provider --script faults.yaml   |   holdfast testing provider --cassette torque.jsonl",
)
def serve_provider(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port; 0 takes any that is free.")] = 0,
    script: Annotated[
        Path | None, typer.Option("--script", metavar="FILE.yaml", help="What to answer, faults included.")
    ] = None,
    text: Annotated[str, typer.Option(metavar="TEXT", help="Answer every request with this.")] = "",
    cassette: Annotated[
        Path | None, typer.Option("--cassette", metavar="FILE", help="Replay what was recorded.")
    ] = None,
    pace: Annotated[
        float, typer.Option(min=0, help="Of a cassette: 1 waits as the provider did, 0 not at all.")
    ] = 0.0,
) -> None:
    """Serve scripted or recorded replies in the place of OpenAI or Anthropic, until Ctrl-C."""
    run("holdfast.cli.commands.testing:provider", port=port, script=script, text=text, cassette=cassette,
        pace=pace)  # fmt: skip


@testing.command(
    "record",
    epilog="Example:  holdfast testing record --provider openai --cassette torque.jsonl",
)
def record_provider(
    cassette: Annotated[Path, typer.Option("--cassette", metavar="FILE", help="File to write, a new one.")],
    provider: Annotated[Protocol, typer.Option(help="Whose protocol is spoken.")] = Protocol.OPENAI,
    base_url: Annotated[
        str, typer.Option(metavar="URL", help="Address to pass requests on to; the provider's own.")
    ] = "",
    key_env: Annotated[
        str, typer.Option(metavar="VARIABLE", help="Holds the key; else the provider's usual one.")
    ] = "",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port; 0 takes any that is free.")] = 0,
) -> None:
    """Pass requests on to a provider and record what is said, without keys, until Ctrl-C."""
    run("holdfast.cli.commands.testing:record", provider=provider.value, cassette=cassette,
        base_url=base_url, key_env=key_env, port=port)  # fmt: skip


def main() -> None:
    """Run the command line."""
    app(prog_name="holdfast")
