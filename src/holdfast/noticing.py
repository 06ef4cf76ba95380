"""What a person should know about an opened workflow, unasked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from holdfast.app import Wiring
from holdfast.domain.hidden import HiddenText
from holdfast.domain.indexing import Doubt, SyncReport
from holdfast.domain.stages import Stage
from holdfast.storage import counters, standings
from holdfast.storage.hidden_texts import hidden_texts


def notices_of(wiring: Wiring) -> tuple[str, ...]:
    """Return in sentences: an embedder that stands in, a version in quarantine."""
    with wiring.database.read() as connection:
        quarantine = counters.remembered(connection, counters.QUARANTINE)
    told = (getattr(wiring.embedder, "notice", ""), quarantine and f"{quarantine}. Run `holdfast sync`")
    return tuple(notice for notice in told if notice)


def with_notices(
    wiring: Wiring, report: SyncReport, seconds: Mapping[Stage, float], *, mended: Sequence[str] = ()
) -> SyncReport:
    """Return the report of a sync with the parts' notices and the embedding's share of the time.

    `mended` are the files of the index that it found damaged.
    """
    return replace(
        report, notices=report.notices + _on_damage(mended) + notices_of(wiring), hidden=hidden_in(wiring),
        doubts=supersession_doubts(wiring), embedding_s=seconds.get(Stage.EMBEDDING, 0.0),
    )  # fmt: skip


def _on_damage(mended: Sequence[str]) -> tuple[str, ...]:
    told = (
        f"files of the index held other bytes than were written ({', '.join(mended)}); they were built anew "
        "from the records. Check the disk, and what else writes into the state folder"
    )
    return (told,) if mended else ()


def hidden_in(wiring: Wiring) -> tuple[HiddenText, ...]:
    """Return the documents that hold text which their readers do not see."""
    with wiring.database.read() as connection:
        return hidden_texts(connection)


def supersession_doubts(wiring: Wiring) -> tuple[Doubt, ...]:
    """Return the claims to supersede another document that count for nothing, with the reason."""
    with wiring.database.read() as connection:
        if not standings.has_claims(connection):
            return ()
        told = standings.standings(connection)
    return wiring.resolution(told).doubts
