"""Follow today's permissions between two syncs, and tell how far the folder has moved on."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.app import Wiring
from holdfast.domain.indexing import Staleness
from holdfast.domain.listing import Listing
from holdfast.errors import DeclarationError, HoldfastError, StorageError
from holdfast.flows.sync import access_changes
from holdfast.storage import source_state


def refresh_access(wiring: Wiring) -> Staleness:
    """Follow today's permissions without reading any document; return how stale the index is.

    Raises what a sync raises when permissions cannot be trusted.
    """
    writer = wiring.index_writer()
    known = writer.known()
    surveyed = {source.name: source.survey() for source in wiring.sources()}
    if _has_other_permissions(wiring, surveyed):
        remember(wiring, surveyed)
    listings = list(surveyed.values())
    writer.refile_access(access_changes(known, listings))
    listed = {(found.source, found.path): found.stamp for one in listings for found in one.found}
    outer = {name: one for name, one in known.items() if not one.parent}
    return Staleness(
        added=len(listed.keys() - outer.keys()),
        changed=sum(outer[name].stamp != stamp for name, stamp in listed.items() if name in outer),
        removed=sum(
            not any(one.may_still_hold(path) for one in listings) for _, path in outer.keys() - listed.keys()
        ),
    )


def follow(wiring: Wiring) -> str:
    """Let permission files that changed count, reading one small file per source; cheap for every question.

    Returns why they cannot be trusted, else nothing. Those of the last sync stay in force then.
    """
    if _follows_already(wiring):
        return ""
    try:
        refresh_access(wiring)
    except (DeclarationError, StorageError) as error:
        return str(error)
    return ""


def _follows_already(wiring: Wiring) -> bool:
    """Return whether the permission files are those that the index follows; one that cannot tell is asked."""
    try:
        with wiring.database.read() as connection:
            for source in wiring.sources():
                digest = getattr(source, "permissions_digest", None)
                if digest is None or source_state.permissions_digest(connection, source.name) != digest():
                    return False
    except HoldfastError:
        return False  # the refresh says what is wrong
    return True


def remember(wiring: Wiring, listings: Mapping[str, Listing]) -> None:
    """Keep of each source that it had permissions, and which."""
    with wiring.database.write() as connection:
        for name, listing in listings.items():
            source_state.remember_source(
                connection,
                name,
                has_permissions=listing.has_permissions,
                permissions_digest=listing.permissions_digest,
            )


def _has_other_permissions(wiring: Wiring, listings: Mapping[str, Listing]) -> bool:
    with wiring.database.read() as connection:
        return any(
            source_state.permissions_digest(connection, name) != listing.permissions_digest
            for name, listing in listings.items()
        )
