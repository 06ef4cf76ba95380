"""Load the golden cases of a workflow, all of them or every mistake with its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path

from holdfast.declaring.checked import settings_of
from holdfast.declaring.file_bytes import read_bytes
from holdfast.declaring.mending import nearest
from holdfast.declaring.mistakes import SHOWN_AT_MOST, Mistake, Unreadable
from holdfast.declaring.yaml_text import YamlText, parse_yaml
from holdfast.domain.access import Principal
from holdfast.domain.cases import Case, Evidence, Expectation, Fact, Scalar
from holdfast.domain.items import ItemAttachment, Turn
from holdfast.domain.locators import Locator
from holdfast.errors import DeclarationError
from holdfast.evaluation.case_files import (
    WrittenCase,
    WrittenEvidence,
    WrittenExpectation,
    WrittenFact,
    WrittenFile,
    WrittenLocator,
)

FOLDER = "golden"
ENDING = ".yaml"
MOST_KEPT = 64
"""Files whose cases are kept in memory once they were read."""
MEANT = (".yml", ".yaml.txt", ".yml.txt")


def load_cases(folder: Path) -> tuple[Case, ...]:
    """Return every case in `folder/golden/**/*.yaml`, by file and then as written; empty without any.

    Raises DeclarationError naming file, line and the nearest key of every mistake (the first ten in
    full): unknown keys, wrong values, ids that two cases have, files under a name that is not read.
    """
    cases: list[Case] = []
    mistakes: list[Mistake] = []
    for name in _names(folder):
        try:
            found = _cases_in(folder, name)
        except Unreadable as error:
            mistakes.append(error.mistake)
            continue
        if isinstance(found, list):
            mistakes += found
        else:
            cases += found
    mistakes += _twice(cases)
    if mistakes:
        raise _refused(mistakes)
    return tuple(cases)


def edition_of(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what changes whenever the golden files do: name, time and size of each, without reading any."""
    return tuple(
        (name, told.st_mtime_ns, told.st_size) for name in _names(folder) if (told := (folder / name).stat())
    )


def to_run(cases: Iterable[Case]) -> tuple[Case, ...]:
    """Return the cases that are run: all but those that wait for a second person."""
    return tuple(case for case in cases if not case.held)


def _names(folder: Path) -> list[str]:
    root = folder / FOLDER
    paths = (path.relative_to(folder) for path in root.rglob("*") if path.name.endswith((ENDING, *MEANT)))
    return sorted(
        path.as_posix() for path in paths if not any(part.startswith(".") for part in path.parts)
    )  # fmt: skip


def _cases_in(folder: Path, name: str) -> tuple[Case, ...] | list[Mistake]:
    if not name.endswith(ENDING):
        move = f"call it {name.rpartition('/')[2].partition('.')[0]}{ENDING}, or remove it"
        return [Mistake(file=name, what="is not read under this name", move=move)]
    return cases_in(read_bytes(folder, name) or b"", name=name)


def cases_in(data: bytes, *, name: str) -> tuple[Case, ...] | list[Mistake]:
    """Return the cases of one file's bytes, or every mistake in them; raise Unreadable for no YAML."""
    found, mistakes = _read(data, name)
    return list(mistakes) if mistakes else found


@lru_cache(maxsize=MOST_KEPT)
def _read(data: bytes, name: str) -> tuple[tuple[Case, ...], tuple[Mistake, ...]]:
    """Return the cases of a file or its mistakes; the same bytes are read once.

    A confirmation reads every file several times over, and a page as often: 0.5 s each with 200 cases.
    """
    text = parse_yaml(data, name=name)
    if not text.values:
        nothing = Mistake(file=name, what="holds no case", move="begin with `cases:`, or remove the file")
        return (), (nothing,)
    written = settings_of(text, WrittenFile, file=name)
    if isinstance(written, list):
        return (), tuple(written)
    cases = _cases(written, text, name)
    mistakes = tuple(mistake for case in cases for mistake in _not_carried(case))
    return (() if mistakes else cases), mistakes


def _cases(written: WrittenFile, text: YamlText, name: str) -> tuple[Case, ...]:
    return tuple(_case(one, number, text, name) for number, one in enumerate(written.cases))


def _case(written: WrittenCase, number: int, text: YamlText, name: str) -> Case:
    evidence = tuple(
        evidence_of(one, text.line(("cases", number, "expect", "evidence", at)))
        for at, one in enumerate(written.expect.evidence)
    )
    return Case(
        id=written.id,
        kind=written.kind,
        tags=written.tags,
        risk=written.risk,
        cluster=written.cluster,
        question=written.question,
        principal=Principal(user=written.principal.user, groups=frozenset(written.principal.groups)),
        fields=_texts(written.fields),
        attachments=tuple(ItemAttachment(name=one.name, text=one.text) for one in written.attachments),
        history=tuple(Turn(speaker=turn.speaker, text=turn.text) for turn in written.history),
        rests_on=written.rests_on,
        expect=_expectation(written.expect, evidence),
        version=written.version,
        held=written.held,
        origin=written.origin,
        run=written.run,
        written_by=written.written_by,
        confirmed_by=written.confirmed_by,
        file=name,
        line=text.line(("cases", number)),
    )


def _expectation(written: WrittenExpectation, evidence: tuple[Evidence, ...]) -> Expectation:
    return Expectation(
        outcome=written.outcome,
        answer=written.answer,
        facts=tuple(_fact(one) for one in written.facts),
        must_not_state=written.must_not_state,
        evidence=evidence,
        fields={name: one.expected for name, one in written.fields.items()},
    )


def _fact(written: WrittenFact) -> Fact:
    return Fact(
        text=written.text, number=written.number, unit=written.unit, tolerance=written.tolerance
    )  # fmt: skip


def evidence_of(written: WrittenEvidence, line: int = 0) -> Evidence:
    """Return a piece of evidence as it was written."""
    return Evidence(
        document=written.document,
        quote=written.quote,
        locator=_locator(written.locator),
        keys=_texts({**written.keys, **written.locator.keys}),
        line=line,
    )


def _locator(written: WrittenLocator) -> Locator:
    return Locator(
        page=written.page, heading=written.heading, sheet=written.sheet, cells=written.cells,
        slide=written.slide, part=written.part, row=written.row,
    )  # fmt: skip


def _texts(values: Mapping[str, Scalar]) -> dict[str, str]:
    """Return values as an item carries them: text, truth values as JSON writes them."""
    return {
        key: ("true" if value else "false") if isinstance(value, bool) else str(value)
        for key, value in values.items()
    }


def _not_carried(case: Case) -> Iterator[Mistake]:
    """Yield the mistakes of evidence in attachments that the case does not carry, or carries twice."""
    carried = [one.document for one in case.attachments]
    for evidence in case.in_attachments:
        told = partial(Mistake, file=case.file, line=evidence.line)
        if evidence.document not in carried:
            what = f"the case '{case.id}' names {evidence.document}, which it does not carry"
            near = nearest(evidence.document, carried) or ", ".join(carried)
            move = f"did you mean {near}?" if near else "write its name and text under `attachments`"
            yield told(what=what, move=move)
        elif carried.count(evidence.document) > 1:
            what = f"the case '{case.id}' carries two attachments called {evidence.document}"
            yield told(what=what, move="give each a name of its own")


def _twice(cases: Iterable[Case]) -> list[Mistake]:
    first: dict[str, Case] = {}
    mistakes = []
    for case in cases:
        if case.id in first:
            there = first[case.id]
            what = f"the id '{case.id}' is that of a case in {there.file} line {there.line}"
            mistakes.append(Mistake(file=case.file, line=case.line, what=what, move="give it another id"))
        first.setdefault(case.id, case)
    return mistakes


def _refused(mistakes: Sequence[Mistake]) -> DeclarationError:
    if len(mistakes) == 1:
        return DeclarationError(str(mistakes[0]))
    lines = [f"{FOLDER}/ has {len(mistakes)} mistakes:", *(f"  {one}" for one in mistakes[:SHOWN_AT_MOST])]
    if len(mistakes) > SHOWN_AT_MOST:
        lines.append(f"  ... and {len(mistakes) - SHOWN_AT_MOST} more")
    return DeclarationError("\n".join(lines))
