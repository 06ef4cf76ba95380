"""Golden cases of an opened workflow: who may see them, what is wrong with them, new ones of its runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from holdfast.app import Wiring
from holdfast.domain.access import AccessList, Principal
from holdfast.domain.cases import LOOKUP, Case, ExpectedField, Fact
from holdfast.domain.documents import Document
from holdfast.errors import NotAllowed, UsageError
from holdfast.evaluation.case_access import Access, visible_cases
from holdfast.evaluation.case_checks import CaseFinding, check_cases, item_key
from holdfast.evaluation.case_fields import fields_of
from holdfast.evaluation.case_writing import (
    Rewritten,
    appended,
    changed_in_file,
    confirmed_in_file,
    file_name,
    write,
)
from holdfast.evaluation.cases import ENDING, load_cases
from holdfast.evaluation.corrections import Correction, case_of_run, confirm, corrected, id_of
from holdfast.evaluation.importing import Imported, Places, file_for, import_cases
from holdfast.evaluation.quotes import standing
from holdfast.storage import audit
from holdfast.storage.documents import access_at, published_at, published_documents, published_paths
from holdfast.storage.leases import lease
from holdfast.storage.runs import StoredRun

CORRECTIONS, FROM_RUNS = "corrections", "from-runs"
"""Files that new cases go to unless another is named."""
MOST_IN_A_FILE = 300
LEASE, WAIT_S = "golden", 30.0


def access_to(wiring: Wiring, cases: Iterable[Case]) -> Access:
    """Return who may see what the cases rest on today, documents and lookups."""
    paths = {document for case in cases for document in case.behind if not document.startswith(LOOKUP)}
    with wiring.database.read() as connection:
        found = access_at(connection, paths)
    lookups = {
        f"{LOOKUP}{one.name}": (AccessList(entries=frozenset(one.access), rule=f"lookups: {one.name}"),)
        for one in wiring.settings.lookups
    }
    return {**found, **lookups}


def cases_seen_by(wiring: Wiring, cases: Sequence[Case], principal: Principal) -> tuple[Case, ...]:
    """Return the cases whose evidence the principal may see today."""
    return visible_cases(cases, principal, access=access_to(wiring, cases))


def documents_at(wiring: Wiring, paths: Collection[str]) -> dict[str, list[Document]]:
    """Return the published documents at these paths, those of several sources together."""
    found: dict[str, list[Document]] = {}
    with wiring.database.read() as connection:
        for document in published_at(connection, paths):
            found.setdefault(document.path, []).append(document)
    return found


def cites_attachments(wiring: Wiring) -> bool:
    """Return whether fields of the declared output may cite what is attached to an item."""
    output = wiring.settings.output
    return output is not None and output.cite_attachments


def findings(wiring: Wiring, cases: Sequence[Case]) -> tuple[CaseFinding, ...]:
    """Return what is wrong with the cases, held against the published documents."""
    paths = {one.document for case in cases for one in case.in_documents}
    with wiring.database.read() as connection:
        known = published_paths(connection)
    return check_cases(
        cases,
        documents=documents_at(wiring, paths),
        access=access_to(wiring, cases),
        known=known,
        output=wiring.loaded.output_schema if wiring.settings.output else {},
        cites_attachments=cites_attachments(wiring),
    )


def draft_of_run(
    wiring: Wiring,
    run: StoredRun,
    *,
    writer: str,
    id: str = "",  # noqa: A002 - the word that cases use
    kind: str = "",
    tags: Sequence[str] = (),
    facts: Sequence[Fact] = (),
    file: str = FROM_RUNS,
) -> Rewritten:
    """Return a golden file with the case that the run makes; nothing is written yet.

    Of an answered record the case expects every value that can be compared, by the schema declared now.
    Raises UsageError when the id is taken, or when none is named and a case asks the same already, and
    DeclarationError when the golden files have mistakes.
    """
    case = case_of_run(
        run, id=id, kind=kind, tags=tags, facts=facts, fields=_answered(wiring, run), writer=writer,
        documents=_cited(wiring, run),
    )  # fmt: skip
    for other in () if id else load_cases(wiring.folder):
        if item_key(other) == item_key(case) and other.principal.groups == case.principal.groups:
            raise UsageError(
                f"{other.place} asks the same already", move="Change that one, or name another with --id."
            )
    return appended(wiring.folder, file, (_named(wiring, case, is_chosen=bool(id)),))


def _answered(wiring: Wiring, run: StoredRun) -> Mapping[str, ExpectedField]:
    """Return what the record that a run answered with makes a case expect; nothing for an answer in words."""
    output = run.outcome.get("output") if run.summary.kind == "answer" else None
    shape = wiring.review.shape if output else None
    return fields_of(output, None, shape.spec.schema) if output and shape is not None else {}


def draft_of_correction(
    wiring: Wiring,
    run: StoredRun,
    correction: Correction,
    *,
    writer: str,
    id: str = "",  # noqa: A002 - the word that cases use
    kind: str = "",
    tags: Sequence[str] = (),
    file: str = CORRECTIONS,
) -> Rewritten:
    """Return a golden file with the held case that a correction makes; raises what `draft_of_run` raises."""
    case = corrected(
        run, correction, writer=writer, id=id, kind=kind, tags=tags, documents=_cited(wiring, run)
    )
    return appended(wiring.folder, file, (_named(wiring, case, is_chosen=bool(id)),))


def draft_of_file(
    wiring: Wiring, file: Path, *, principal: Principal, writer: str, format_: str = "", into: str = ""
) -> tuple[Imported, tuple[Rewritten, ...]]:
    """Return what an import of another tool's file makes, and the golden files with it.

    Many cases go to several files (NAME.yaml, NAME-2.yaml ...): a file that people read has its bounds.
    Nothing is written yet. Raises UsageError for a file that cannot be read.
    """
    imported = import_cases(
        file, principal=principal, existing=load_cases(wiring.folder), format_=format_, writer=writer,
        places_of=lambda quotes: _places(wiring, quotes),
    )  # fmt: skip
    name = file_name(into or file_for(file)).removesuffix(ENDING)
    starts = range(0, len(imported.cases), MOST_IN_A_FILE)
    parts = [imported.cases[start : start + MOST_IN_A_FILE] for start in starts]
    return imported, tuple(
        appended(wiring.folder, f"{name}-{number}" if number > 1 else name, part)
        for number, part in enumerate(parts, 1)
    )


def keep_correction(
    wiring: Wiring,
    run: StoredRun,
    correction: Correction,
    *,
    writer: str,
    id: str = "",  # noqa: A002 - the word that cases use
    kind: str = "",
    tags: Sequence[str] = (),
    file: str = CORRECTIONS,
) -> Case:
    """Write the held case that a correction makes and return it; of several at once none is lost.

    Raises what `draft_of_correction` raises, and StorageError when others write for longer than 30 s.
    """
    with lease(wiring.database, LEASE, wait_s=WAIT_S):
        drafted = draft_of_correction(
            wiring, run, correction, writer=writer, id=id, kind=kind, tags=tags, file=file
        )  # fmt: skip
        (case,) = _keep(wiring, drafted, who=writer)
    return case


def renew_correction(
    wiring: Wiring, run: StoredRun, correction: Correction, case: Case, *, writer: str, kind: str = ""
) -> Case:
    """Have a held case expect what a later correction of its run says; raises what `change_held` raises."""
    made = corrected(run, correction, writer=writer, kind=kind, documents=_cited(wiring, run))
    rests_on = tuple(sorted({*case.rests_on, *made.rests_on}))
    renewed = replace(case, kind=made.kind, expect=made.expect, rests_on=rests_on, written_by=writer)
    change_held(wiring, case, renewed, who=writer)
    return renewed


def keep(wiring: Wiring, rewritten: Rewritten, *, who: str) -> tuple[Case, ...]:
    """Write drafted cases into their file, and who did it into the audit record; return them.

    Raises DeclarationError when the file was changed since the draft was made.
    """
    with lease(wiring.database, LEASE, wait_s=WAIT_S):
        return _keep(wiring, rewritten, who=who)


def _keep(wiring: Wiring, rewritten: Rewritten, *, who: str) -> tuple[Case, ...]:
    write(rewritten)
    with wiring.database.write() as connection:
        for case in rewritten.cases:
            detail = f"{case.origin or 'written'}{', held' if case.held else ''}, {case.file}"
            audit.append(connection, who=who, action="case.write", thing=case.id, detail=detail)
    return rewritten.cases


def confirm_case(wiring: Wiring, case_id: str, *, who: str, seen_by: Principal | None = None) -> Case:
    """Write down that a second person confirmed a held case, which is run from then on.

    With `seen_by` only a case that this principal may see counts. Raises UsageError when there is no
    such case, NotAllowed when it does not wait or
    they wrote it, and DeclarationError when its file cannot be changed.
    """
    with lease(wiring.database, LEASE, wait_s=WAIT_S):
        return _confirm(wiring, case_id, who, seen_by)


def change_held(wiring: Wiring, case: Case, changed: Case | None, *, who: str, words: str = "") -> None:
    """Write a held case as it is changed, or take it out where there is None; who did it, in which words.

    Raises NotAllowed for a case that counts, DeclarationError when its file cannot be changed.
    """
    if not case.held:
        raise NotAllowed(
            f"the case '{case.id}' counts already", move=f"Change {case.file} where it is kept under review."
        )
    with lease(wiring.database, LEASE, wait_s=WAIT_S):
        write(changed_in_file(wiring.folder, case, changed=changed))
        action = "case.discard" if changed is None else "case.write"
        with wiring.database.write() as connection:
            audit.append(connection, who=who, action=action, thing=case.id, detail=words or case.file)


def _confirm(wiring: Wiring, case_id: str, who: str, seen_by: Principal | None) -> Case:
    cases = load_cases(wiring.folder)
    if seen_by is not None:
        cases = cases_seen_by(wiring, cases, seen_by)
    case = next((one for one in cases if one.id == case_id), None)
    if case is None:
        seen = f" that {seen_by.user} may see" if seen_by is not None else ""
        raise UsageError(f"there is no case '{case_id}'{seen}", move="`holdfast cases` lists them.")
    rewritten = confirmed_in_file(wiring.folder, case, confirmed=confirm(case, who))
    write(rewritten)
    with wiring.database.write() as connection:
        audit.append(connection, who=who, action="case.confirm", thing=case.id, detail=case.file)
    return rewritten.cases[0]


def _places(wiring: Wiring, quotes: Collection[str]) -> Places:
    with wiring.database.read() as connection:
        return standing((kept.document for kept in published_documents(connection)), quotes)


def _cited(wiring: Wiring, run: StoredRun) -> dict[str, list[Document]]:
    return documents_at(wiring, {str(one["document"]) for one in run.outcome.get("citations") or ()})


def _named(wiring: Wiring, case: Case, *, is_chosen: bool) -> Case:
    """Return the case under an id that no other has."""
    others = {one.id: one for one in load_cases(wiring.folder)}
    if case.id not in others:
        return case
    if is_chosen:
        raise UsageError(
            f"the id '{case.id}' is that of a case in {others[case.id].file} line {others[case.id].line}",
            move="Name another one with --id.",
        )
    return replace(case, id=id_of(case.id, tuple(others)))
