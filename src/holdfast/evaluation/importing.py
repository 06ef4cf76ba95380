"""Make golden cases of a file that another tool reads, and list what has no place in them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from holdfast.domain.access import Principal
from holdfast.domain.cases import Case, Evidence, Expectation
from holdfast.domain.locators import Locator
from holdfast.errors import UsageError
from holdfast.evaluation.case_checks import item_key
from holdfast.evaluation.corrections import id_of
from holdfast.evaluation.imports import deepeval, promptfoo, ragas, rows
from holdfast.evaluation.imports.drafts import Draft, Drawn, Unmapped
from holdfast.evaluation.imports.records import Format, Read, read_records

IMPORT = "import"
Places = Mapping[str, Sequence[tuple[str, Locator]]]
"""By quote: the documents in which it stands, and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a file."""

    format: Format
    records: int
    cases: tuple[Case, ...]
    unmapped: tuple[Unmapped, ...]
    """In the order of the file: values without a place, and whole records that made no case."""


def import_cases(
    file: Path,
    *,
    principal: Principal,
    existing: Sequence[Case],
    places_of: Callable[[Collection[str]], Places],
    format_: str = "",
    writer: str = "",
) -> Imported:
    """Return the cases that a file makes, none of which is there already.

    `principal` asks where a record names nobody; `places_of` finds quotes in the indexed documents.
    Raises UsageError for a file that cannot be read as a whole.
    """
    read = read_records(file, format_=format_)
    unmapped = list(_around(read))
    drafts = []
    for record in read.records:
        drawn = Drawn(record.values, record.place)
        drafts.append(_draft(drawn, read))
        unmapped += drawn.unmapped
    wanted = {text for draft in drafts for text in draft.contexts}
    places = places_of(wanted) if wanted else {}
    cases: list[Case] = []
    ids = [case.id for case in existing]
    there = {_same(case): case.id for case in existing}
    for draft in drafts:
        case, told = _case(draft, places, principal, ids, writer)
        unmapped += told
        if case is None:
            continue
        if (other := there.get(_same(case))) is not None:
            unmapped.append(_told(draft, "record", f"asks the same as the case '{other}', which is kept"))
            continue
        cases.append(case)
        ids.append(case.id)
        there[_same(case)] = case.id
    return Imported(
        format=read.format, records=len(read.records), cases=tuple(cases), unmapped=tuple(unmapped)
    )  # fmt: skip


def file_for(file: Path) -> str:
    """Return the name of the golden file for what is imported from `file`."""
    name = "".join(one if one.isalnum() or one in "-_" else "-" for one in file.stem).strip("-_")
    return name or IMPORT


def _around(read: Read) -> list[Unmapped]:
    if read.format == "promptfoo":
        pairs = list(promptfoo.tell_around(read.around))
    else:
        pairs = [(key, "stands beside the records and has no place in a case") for key in read.around]
    return [Unmapped(place="", key=key, why=why) for key, why in pairs]


def _draft(drawn: Drawn, read: Read) -> Draft:
    match read.format:
        case "promptfoo":
            return promptfoo.draft_of(drawn, read.around, is_row=read.is_table)
        case "deepeval":
            return deepeval.draft_of(drawn)
        case "ragas":
            return ragas.draft_of(drawn)
        case "jsonl" | "csv":
            return rows.draft_of(drawn)


def _case(
    draft: Draft, places: Places, principal: Principal, ids: Sequence[str], writer: str
) -> tuple[Case | None, list[Unmapped]]:
    if draft.problem:
        return None, [_told(draft, "record", f"{draft.problem}, and made no case")]
    if not draft.question.strip() and not draft.fields:
        return None, [_told(draft, "record", "asks nothing that was found, and made no case")]
    evidence, told = _evidence(draft, places)
    who = principal
    if draft.user or draft.groups:
        try:
            who = Principal(user=draft.user or principal.user, groups=frozenset(draft.groups))
        except TypeError as error:  # pragma: no cover - texts are checked when they are drawn
            raise UsageError(f"{draft.place}: {error}") from error
    case = Case(
        id=id_of(draft.name or draft.question or " ".join(draft.fields.values()), ids),
        kind=draft.kind,
        tags=draft.tags,
        risk=draft.risk,
        question=draft.question,
        principal=who,
        fields=draft.fields,
        attachments=draft.attachments,
        history=draft.history,
        expect=Expectation(
            outcome=draft.outcome, answer=draft.answer, facts=draft.facts,
            must_not_state=draft.must_not_state, evidence=(*draft.evidence, *evidence),
        ),
        origin=IMPORT,
        written_by=writer,
    )  # fmt: skip
    return case, told


def _evidence(draft: Draft, places: Places) -> tuple[list[Evidence], list[Unmapped]]:
    """Return the draft's texts as evidence, each where it stands in one document."""
    found, told = [], []
    hint = PurePosixPath(draft.source.replace("\\", "/")).name
    for text in draft.contexts:
        there = dict(reversed(places.get(text, ())))
        meant = {path: at for path, at in there.items() if hint and PurePosixPath(path).name == hint}
        there = meant or there
        if len(there) == 1:
            ((path, locator),) = there.items()
            found.append(Evidence(document=path, quote=" ".join(text.split()), locator=locator))
            continue
        names = ", ".join(sorted(there)[:3])
        why = f"stands in several documents ({names})" if there else "stands in no indexed document"
        told.append(_told(draft, "evidence", f"{' '.join(text.split())[:60]!r} {why}"))
    if draft.source and not draft.contexts:
        told.append(_told(draft, "source_file", f"{draft.source}: no quote of it is named"))
    return found, told


def _told(draft: Draft, key: str, why: str) -> Unmapped:
    return Unmapped(place=draft.place, key=key, why=why)


def _same(case: Case) -> tuple[str, frozenset[str]]:
    return item_key(case), case.principal.groups
