"""Follow today's permissions between two syncs, and tell how far the folder has moved on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import sqlalchemy as sa

from holdfast.app import Wiring
from holdfast.domain.indexing import Known, Staleness
from holdfast.domain.listing import Listing
from holdfast.errors import DeclarationError, HoldfastError, StorageError
from holdfast.flows.sync import access_changes
from holdfast.protocols import Source
from holdfast.storage import source_state


def refresh_access(wiring: Wiring) -> Staleness:
    """Follow today's permissions without reading any document; return how stale the index is.

    Raises what a sync raises when permissions cannot be trusted.
    """
    surveyed = {source.name: source.survey() for source in wiring.sources()}
    known = _refile(wiring, surveyed)
    listings = list(surveyed.values())
    listed = {(found.source, found.path): found.stamp for one in listings for found in one.found}
    outer = {name: one for name, one in known.items() if not one.parent}
    return Staleness(
        added=len(listed.keys() - outer.keys()),
        changed=sum(outer[name].stamp != stamp for name, stamp in listed.items() if name in outer),
        removed=sum(
            not any(one.may_still_hold(path) for one in listings) for _, path in outer.keys() - listed.keys()
        ),
    )


class Follower:
    """Lets permission files that changed count before each question, in one opened workflow."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._rounds = Rounds()

    def follow(self) -> str:
        """Survey the sources whose permissions changed or that cannot tell; reads little where none is.

        Returns why permissions cannot be trusted, else nothing. Those of the last sync stay in force for
        that source then. Questions that come while sources are surveyed share the survey after it.
        """
        if not _to_survey(self._wiring):
            return ""
        return self._rounds.after_now(lambda: _followed(self._wiring))


class Rounds:
    """Lets callers that come while a piece of work is done share the one that begins after they came."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._begun = self._ended = 0
        self._result = ""
        self.waiting = 0
        """Callers that wait for a round to end."""

    def after_now(self, work: Callable[[], str]) -> str:
        """Return the result of a round that began after this call; any caller may be the one to do it."""
        with self._changed:
            wanted = self._begun + 1
            while self._begun > self._ended:
                self.waiting += 1
                self._changed.wait()
                self.waiting -= 1
                if self._ended >= wanted:
                    return self._result
            self._begun += 1
        result = None
        try:
            result = work()
            return result
        finally:
            self._end(result)

    def _end(self, result: str | None) -> None:
        with self._changed:
            if result is None:  # it raised: nobody may rely on that round
                self._begun -= 1
            else:
                self._ended, self._result = self._begun, result
            self._changed.notify_all()


def _to_survey(wiring: Wiring) -> list[Source]:
    """Return the sources that do not say that their rules are those which the index follows."""
    with wiring.database.read() as connection:
        return [source for source in wiring.sources() if not _is_followed(connection, source)]


def _is_followed(connection: sa.Connection, source: Source) -> bool:
    digest = getattr(source, "permissions_digest", None)
    if digest is None:
        return False
    try:
        return bool(source_state.permissions_digest(connection, source.name) == digest())
    except HoldfastError:
        return False  # the survey says what is wrong


def _followed(wiring: Wiring) -> str:
    surveyed, wrong = {}, ""
    for source in _to_survey(wiring):
        try:
            surveyed[source.name] = source.survey()
        except (DeclarationError, StorageError) as error:
            wrong = wrong or str(error)
    try:
        _refile(wiring, surveyed)
    except (DeclarationError, StorageError) as error:
        return str(error)
    return wrong


def _refile(wiring: Wiring, surveyed: Mapping[str, Listing]) -> Mapping[tuple[str, str], Known]:
    """Give documents of these sources the access lists of today; return what is known of all."""
    writer = wiring.index_writer()
    known = writer.known()
    writer.refile_access(access_changes(known, surveyed.values()))
    # Not before: another question would take the rules for followed, and find what they have closed.
    if _has_other_permissions(wiring, surveyed):
        remember(wiring, surveyed)
    return known


def remember(wiring: Wiring, listings: Mapping[str, Listing], *, follows: bool = True) -> None:
    """Keep of each source that it had permissions and, where the index follows them, which."""
    with wiring.database.write() as connection:
        for name, listing in listings.items():
            before = source_state.permissions_digest(connection, name) or ""
            source_state.remember_source(
                connection,
                name,
                has_permissions=listing.has_permissions,
                permissions_digest=listing.permissions_digest if follows else before,
            )


def _has_other_permissions(wiring: Wiring, listings: Mapping[str, Listing]) -> bool:
    with wiring.database.read() as connection:
        return any(
            source_state.permissions_digest(connection, name) != listing.permissions_digest
            for name, listing in listings.items()
        )
