"""Take a document or a person out of everything that was kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches

from holdfast.app import Wiring
from holdfast.domain.stages import Stage
from holdfast.earlier import drop_all
from holdfast.errors import DeclarationError, NotAllowed, UsageError
from holdfast.evaluation.cases import load_cases
from holdfast.flows.sync import MANY
from holdfast.protocols import Fittable, Unlearning
from holdfast.storage import audit
from holdfast.storage.described import Described, copies_of, describe, is_evidence, nearest_names
from holdfast.storage.forgetting import (
    Forgotten,
    attachments_of,
    forget_document,
    reckon_document,
    scrub,
)
from holdfast.storage.forgetting_people import (
    DOCUMENT,
    ForgottenPerson,
    forget_person,
    is_person_on_record,
    people_on_record,
    replace_in_audit,
    runs_asked_by,
)
from holdfast.storage.needles import Needles, needles_of_documents, needles_of_person
from holdfast.storage.remains import Searched, own_files_with, search_remains


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasable:
    """A document that may be forgotten now."""

    source: str
    path: str
    paths: tuple[str, ...]
    """The document and everything that was attached to it."""
    copies: tuple[str, ...] = ()
    """Other documents with the same content: they stay."""
    takes: Forgotten = Forgotten()
    """What would go, once it was reckoned."""
    cases: tuple[str, ...] = ()
    """Golden cases whose evidence stands in it, by their place: they stay, and can hold no more."""
    blocked: str = ""
    """Why it cannot be forgotten yet, with the next move: its file is still in its source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was taken out, and what its traces would look like."""

    documents: Forgotten | None
    person: ForgottenPerson | None
    needles: Needles
    has_unlearned: bool = False
    """The embedder had learned from it and has to learn anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was taken out, and the search that proves it."""

    documents: Forgotten | None
    person: ForgottenPerson | None
    searched: Searched
    notes: tuple[str, ...] = ()
    """What stays, and why: copies, permissions, files that are not ours."""


def erasable(wiring: Wiring, document: str, *, source: str = "", may_be_present: bool = False) -> Erasable:
    """Return what would be forgotten; with `may_be_present` also while it cannot be, `blocked` then says why.

    Raises UsageError when there is no such document or more than one, and NotAllowed while its file is
    still in its source: the next sync would take it in again, and a list of what must not come back
    would itself be a trace.
    """
    with wiring.database.read() as connection:
        found = describe(connection, document, source=source)
        if not found and is_evidence(connection, document):
            found = (Described(source=source, path=document, parent=""),)
        if not found:
            raise _unknown(document, nearest_names(connection, document))
        if len(found) > 1:
            raise UsageError(
                f"{document} is in {len(found)} sources ({', '.join(one.source for one in found)})",
                move="Say which with --source",
            )
        (one,) = found
        paths = tuple(attachments_of(connection, one.source, one.path))
        copies = copies_of(connection, one)
    if one.parent:
        raise UsageError(
            f"{document} came with {one.parent}", move=f"Forget the whole: holdfast forget {one.parent}"
        )
    blocked = ""
    try:
        _refuse_present(wiring, one)
    except NotAllowed as error:
        if not may_be_present:
            raise
        blocked = f"{error.what}. {error.move}"
    return Erasable(source=one.source, path=one.path, paths=paths, copies=copies, blocked=blocked)


def reckoned(wiring: Wiring, plan: Erasable) -> Erasable:
    """Return the plan with what it would take out; reads every run that may repeat the document."""
    with wiring.database.read() as connection:
        takes = reckon_document(connection, plan.source, plan.path)
    return replace(plan, takes=takes, cases=tuple(_cases_on(wiring, frozenset(plan.paths))))


def _cases_on(wiring: Wiring, paths: frozenset[str]) -> list[str]:
    try:
        cases = load_cases(wiring.folder)
    except DeclarationError:
        return []  # `holdfast tune` names what is wrong with them
    return [case.place for case in cases if any(one.document in paths for one in case.in_documents)]


def _cases_naming(wiring: Wiring, user: str) -> list[str]:
    try:
        cases = load_cases(wiring.folder)
    except DeclarationError as error:
        return [f"these could not be looked through ({error})"]
    return [case.place for case in cases if user in (case.principal.user, case.written_by, case.confirmed_by)]


def reckon_person(wiring: Wiring, user: str) -> int:
    """Return how many runs `take_person` would delete; raise UsageError where nothing names the person."""
    with wiring.database.read() as connection:
        if not is_person_on_record(connection, user):
            near = get_close_matches(user, people_on_record(connection), n=3)
            move = f"Did you mean {', '.join(near)}?" if near else "`holdfast runs` shows who asked."
            raise UsageError(f"nothing is on record of a person {user!r}", move=move)
        return runs_asked_by(connection, user)


def _unknown(document: str, near: tuple[str, ...]) -> UsageError:
    move = f"Did you mean {', '.join(near)}?" if near else "`holdfast search` shows how documents are named."
    return UsageError(f"nothing is on record of a document {document!r}", move=move)


def _refuse_present(wiring: Wiring, one: Described) -> None:
    for source in wiring.sources():
        if source.name != one.source:
            continue
        listing = source.survey()
        held = sum(source.name == name for name, _ in wiring.index_writer().known())
        if not listing.found and held >= MANY:
            raise NotAllowed(
                f"{source.name} looks empty although {held} documents of it are on record",
                stage=Stage.SOURCES,
                move="Check that it is mounted; if it was emptied on purpose: sync --allow-empty first",
            )
        is_there = any(found.path == one.path for found in listing.found)
        if is_there or listing.may_still_hold(one.path):
            why = (
                "is still in its source" if is_there else "may still be in its source, which cannot be listed"
            )
            raise NotAllowed(
                f"{one.path} {why}, and the next sync would take it in again",
                stage=Stage.SOURCES,
                move="Delete it or move it out, or name it under `exclude` of the source in workflow.yaml, "
                "then run the same command again",
            )


def take_document(wiring: Wiring, plan: Erasable, *, who: str) -> Taken:
    """Delete the document from the records; the caller holds the sync lease.

    The audit entry says that a document was forgotten, by whom and how much of it there was, but not
    which one: the name of a file is often what had to go.
    """
    with wiring.database.write() as connection:
        needles = needles_of_documents(connection, plan.source, plan.paths)
        gone = forget_document(connection, plan.source, plan.path)
        for path in gone.documents:
            replace_in_audit(connection, path, DOCUMENT)
        counts = (len(gone.documents), gone.revisions, gone.chunks, gone.runs)
        detail = "{} documents, {} revisions, {} chunks, {} runs".format(*counts)
        audit.append(connection, who=who, action="document.forget", thing=DOCUMENT, detail=detail)
    embedder = wiring.embedder
    if isinstance(embedder, Unlearning):
        embedder.unlearn()
    has_unlearned = isinstance(embedder, Unlearning)
    return Taken(documents=gone, person=None, needles=needles, has_unlearned=has_unlearned)


def take_person(wiring: Wiring, user: str, *, who: str) -> Taken:
    """Delete a person's runs and name from the records; the caller holds the sync lease."""
    with wiring.database.write() as connection:
        needles = needles_of_person(connection, user)
        gone = forget_person(connection, user)
        by = gone.pseudonym if who == user else who
        audit.append(
            connection, who=by, action="person.forget", thing=gone.pseudonym, detail=f"{gone.runs} runs"
        )
    return Taken(documents=None, person=gone, needles=needles)


def prove(wiring: Wiring, taken: Taken, *, user: str = "", copies: tuple[str, ...] = ()) -> Erased:
    """Clear the files beneath the records, then look everywhere for what was taken out."""
    wiring.projections.catch_up()
    drop_all(wiring)
    scrub(wiring.database)
    with wiring.database.read() as connection:
        searched = search_remains(connection, wiring.state, taken.needles, user=user)
    left = (*searched.left, *wiring.projections.holding(taken.needles.chunks))
    return Erased(
        documents=taken.documents,
        person=taken.person,
        searched=Searched(
            files=searched.files, bytes=searched.bytes, records=searched.records, pieces=searched.pieces,
            left=left,
        ),
        notes=tuple(_notes(wiring, taken, copies, user)),
    )  # fmt: skip


def _notes(wiring: Wiring, taken: Taken, copies: tuple[str, ...], user: str) -> list[str]:
    notes = []
    if copies:
        notes.append(f"the same content stands in {', '.join(copies)}, which stays")
    if taken.person is not None and taken.person.documents:
        notes.append(
            f"the access lists of {taken.person.documents} documents name them: permissions.yaml says so. "
            "Take the name out there and sync"
        )
    if taken.person is not None and (named := _cases_naming(wiring, user)):
        notes.append(f"golden cases name them and are yours to change: {', '.join(named)}")
    if taken.documents is not None and not taken.needles.texts and not taken.needles.chunks:
        notes.append("nothing that stood in it alone was on record, so there was nothing to search for")
    if held := own_files_with(wiring.folder, taken.needles):
        notes.append(f"text of it stands in files that are yours to change: {', '.join(held)}")
    if isinstance(wiring.embedder, Fittable) and not isinstance(wiring.embedder, Unlearning):
        notes.append(
            "the embedder learns from documents and has no `unlearn`: what it keeps was not cleared by us"
        )
    if not wiring.database.is_sqlite:
        notes.append("the database server's own files (write-ahead log, backups) were not searched")
    notes.append(
        "backups, logs that were sent elsewhere, and copies outside of the state folder are not ours"
    )
    return notes
