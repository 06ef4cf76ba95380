"""Tell across documents which one supersedes which."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath

from holdfast.domain.access import lets_in_all
from holdfast.domain.documents import Metadata, Status
from holdfast.domain.indexing import Doubt, Resolution, Standing
from holdfast.stages.enriching.references import Named, Names

_PARTS = re.compile(r"\s*[,;\n]\s*|\s+(?:and|und|et|y|e|en|&)\s+")
_MAILS = frozenset({".eml", ".msg", ".mbox"})

Name = tuple[str, str]
_WhyNot = Callable[[str, str], str]
"""Why an older document may not be superseded by a newer one; empty when it may."""


@dataclass(slots=True)
class _Claims:
    successors: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    doubts: list[Doubt] = field(default_factory=list)
    words: dict[tuple[str, str], Doubt] = field(default_factory=dict)
    """By older and newer: the claim, to be told where it ends in a circle."""


def resolve_standings(
    standings: Sequence[Standing], *, identified_by: Iterable[str] = (), within: str = "source"
) -> Resolution:
    """Return the supersessions of all current documents; they name each other within their source.

    They do by path, file name, title, by the number that title or file name begin with (`SB-2022-03 Relief
    valve`) where only one document's do, or by a value of a key in `identified_by` that stands in their own
    title or file name. A draft supersedes nothing yet. Where a claim may mean several documents, or claims
    run in a circle, none is superseded by it. Of several successors the newest is named.

    A document is superseded only by one that everyone who may read it may read too: else some would
    be left with neither. With `within="folder"` it has to stand in or below its successor's folder.
    What came by mail supersedes nothing but what came with it.
    """
    superseded: dict[Name, str] = {}
    doubts: list[Doubt] = []
    for source in sorted({one.source for one in standings}):
        of_source = {one.path: one for one in standings if one.source == source}
        documents = {path: one.metadata for path, one in of_source.items()}
        if not any(one.supersedes or one.superseded_by for one in documents.values()):
            continue

        def why_not(older: str, newer: str, known: Mapping[str, Standing] = of_source) -> str:
            return _why_not(known[older], known[newer], within=within)

        found, doubted = _resolved(documents, tuple(identified_by), why_not)
        superseded |= {(source, path): successor for path, successor in found.items()}
        doubts += doubted
    return Resolution(superseded=superseded, doubts=tuple(doubts))


def _resolved(
    documents: Mapping[str, Metadata], keys: tuple[str, ...], why_not: _WhyNot
) -> tuple[dict[str, str], list[Doubt]]:
    names = Names.of(documents, keys)
    claims = _Claims()
    for path, metadata in documents.items():
        if metadata.status is not Status.DRAFT:
            for reference in metadata.supersedes:
                for words, named in _named(reference, names, path):
                    _note(claims, words, named, names, by=path, is_older=False, why_not=why_not)
        if metadata.superseded_by:
            for words, named in _named(metadata.superseded_by, names, path):
                _note(claims, words, named, names, by=path, is_older=True, why_not=why_not)
    for older, newer in _circular(claims.successors):
        claims.successors[older].discard(newer)
        claims.doubts.append(claims.words[older, newer])
    found = {
        path: max(others, key=lambda other: _age_key(other, documents[other]))
        for path in documents
        if (others := claims.successors.get(path))
    }
    return found, sorted(set(claims.doubts), key=lambda one: (one.document, one.words))


def _named(reference: str, names: Names, by: str) -> Iterator[tuple[str, Named]]:
    """Yield what a reference names: as a whole and behind it, else by its parts: `Seals and Pumps`."""
    whole = names.find(reference, by=by)
    if whole.paths or whole.rivals:
        yield reference[: len(reference) - len(whole.rest)].strip(), whole
        yield from _listed(_PARTS.split(whole.rest)[1:], names, by)
        return
    listed = list(_listed(_PARTS.split(reference), names, by))
    if any(named.paths or named.rivals for _, named in listed):
        yield from listed
    else:
        yield reference, whole


def _listed(parts: Iterable[str], names: Names, by: str) -> Iterator[tuple[str, Named]]:
    """Yield what each part names; one that goes on with the sentence (`and is in force`) names nothing."""
    for part in map(str.strip, parts):
        named = names.find(part, by=by)
        if named.paths or named.rivals or (part and not part[0].islower()):
            yield part, named


def _note(
    claims: _Claims, words: str, named: Named, names: Names, *, by: str, is_older: bool, why_not: _WhyNot
) -> None:
    """Keep a claim of the document at `by`, which is the older one where it names its successor."""
    verb = "superseded by" if is_older else "supersedes"
    if not named.paths and not named.rivals and names.is_own(words, by):
        return  # an earlier revision of itself, which is nowhere here
    if not named.paths:
        nearest = "" if named.rivals else names.nearest(words, by=by)
        claims.doubts.append(
            Doubt(
                document=by, claim=verb, words=words,
                why=_several(named.rivals) or "no document has that name",
                nearest=nearest, nearest_title=names.shown.get(nearest, ""),
            )
        )  # fmt: skip
    for other in sorted(named.paths):
        older, newer = (by, other) if is_older else (other, by)
        if reason := why_not(older, newer):
            claims.doubts.append(Doubt(document=by, claim=verb, words=words, why=reason, nearest=other))
            continue
        claims.successors[older].add(newer)
        claims.words[older, newer] = Doubt(
            document=by, claim=verb, words=words, why="the claims run in a circle", nearest=other
        )


def _several(rivals: frozenset[str]) -> str:
    return f"it may be any of {', '.join(sorted(rivals))}" if rivals else ""


def _why_not(older: Standing, newer: Standing, *, within: str) -> str:
    """Return why one document may not supersede another, empty when it may."""
    mail = _mail_of(newer.path)
    if mail and _mail_of(older.path) != mail:
        return f"what came by mail ({mail}) supersedes nothing outside of it"
    folder = PurePosixPath(newer.path).parent
    if within == "folder" and not PurePosixPath(older.path).is_relative_to(folder):
        return f"{older.path} is not in the folder of {newer.path}"
    if not lets_in_all(newer.entries, whom=older.entries):
        shut = ", ".join(sorted(older.entries - newer.entries))
        return f"{shut} may read {older.path} and not {newer.path}, and would be left with neither"
    return ""


def _mail_of(path: str) -> str:
    """Return the outermost mail that a document is or came with, empty when there is none."""
    name = PurePosixPath(path)
    mails = (str(one) for one in (*reversed(name.parents), name) if one.suffix.casefold() in _MAILS)
    return next(mails, "")


def _circular(successors: Mapping[str, set[str]]) -> set[tuple[str, str]]:
    """Return the steps that lie on a circle, or between two of them."""
    steps = {(older, newer) for older, others in successors.items() for newer in others}
    while True:
        olders, newers = {older for older, _ in steps}, {newer for _, newer in steps}
        on = {(older, newer) for older, newer in steps if older in newers and newer in olders}
        if on == steps:
            return steps
        steps = on


def _age_key(path: str, metadata: Metadata) -> tuple[date, str]:
    return metadata.effective or metadata.created or date.min, path
