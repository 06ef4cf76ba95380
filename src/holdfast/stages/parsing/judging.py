"""Judge what was read: a file from which little came is not `ok`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from holdfast.domain.documents import Attachment, ParsedDocument, ParseStatus
from holdfast.stages.parsing.tiling import Tiled, tile
from holdfast.stages.parsing.units import (
    Attached,
    Found,
    Pictures,
    Properties,
    Recognised,
    Size,
    Unit,
    Verdict,
)

_LEAST_CHARS_PER_PICTURED_UNIT = 25
_SUSPECT_BYTES = 20_000
_SUSPECT_SHARE = 0.002
"""Characters for each byte of the parts that hold text: Office XML of real files has .01 to .3."""
_UNDECODED = re.compile("[\ufffd\ue000-\uf8ff\x7f-\x9f]")
"""The replacement character, private-use characters, C1 controls."""
_UNDECODED_SHARE = 0.05
_MOST_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """Everything a reader yielded, each unit once."""

    units: tuple[Unit, ...]
    properties: dict[str, str]
    attached: tuple[Attached, ...]
    size: Size
    pictures: Pictures
    media_type: str
    verdict: Verdict | None


def collect(found: Iterable[Found]) -> Collected:
    """Return what was found in order; a later unit of the same key takes the place of the earlier."""
    units: dict[str, Unit] = {}
    properties: dict[str, str] = {}
    attached: list[Attached] = []
    size, verdict, media_type = Size(), None, ""
    pictures = Pictures(keys=())
    for each in found:
        match each:
            case Recognised():
                media_type = each.media_type
            case Unit():
                units[each.key] = each
            case Properties():
                properties |= each.values
            case Attached():
                attached.append(each)
            case Size():
                size = each
            case Pictures():
                pictures = each
            case Verdict():
                verdict = _together(verdict, each)
    return Collected(
        units=tuple(units.values()),
        properties=properties,
        attached=tuple(attached),
        size=size,
        pictures=pictures,
        media_type=media_type,
        verdict=verdict,
    )


def _together(before: Verdict | None, verdict: Verdict) -> Verdict:
    """Return what two verdicts say of one file: no reason is lost, and losing text weighs more than doubt."""
    if before is None or before.reason == verdict.reason:
        return verdict
    status = before.status if verdict.status is ParseStatus.SUSPECT else verdict.status
    return Verdict(status=status, reason=f"{before.reason}. {verdict.reason}")


def judge(collected: Collected, *, ended: Verdict | None) -> ParsedDocument:
    """Return the document with its status; `ended` says how the reading process failed, if it did."""
    tiled = tile(collected.units)
    verdict = _verdict(collected, tiled, ended)
    document = ParsedDocument(
        text=tiled.text,
        sections=tiled.sections,
        status=verdict.status,
        reason=verdict.reason,
        media_type=collected.media_type,
        properties=collected.properties,
        attachments=_attachments(collected),
    )
    return document if verdict.status.has_text else replace(document, text="", sections=())


def _attachments(collected: Collected) -> tuple[Attachment, ...]:
    return tuple(Attachment(name=each.name, data=each.data) for each in collected.attached)


def _verdict(collected: Collected, tiled: Tiled, ended: Verdict | None) -> Verdict:
    """Return the first of these that applies: the process failed, the reader says so, it looks so."""
    shown = any(not section.hidden for section in tiled.sections)
    failed = ended or collected.verdict
    if failed is not None:
        return _with_what_was_read(failed, collected) if tiled.text and _is_partial(failed) else failed
    if not tiled.text:
        return _nothing(collected)
    if not shown:
        keys, move = collected.pictures.keys, collected.pictures.move
        pictured = f", and {_named(keys)}: pictures without text. {move}" if keys else ""
        return _suspect(f"all of its text is hidden{pictured or '. Open it and see whether that is meant'}")
    return _by_amount(collected, tiled) or Verdict(status=ParseStatus.OK, reason="")


_KEEP_TEXT = (
    ParseStatus.PARTIAL,
    ParseStatus.CRASHED,
    ParseStatus.TIMEOUT,
    ParseStatus.LIMIT_CPU,
    ParseStatus.LIMIT_MEMORY,
    ParseStatus.LIMIT_SIZE,
    ParseStatus.MALFORMED,
)


def _is_partial(failed: Verdict) -> bool:
    return failed.status in _KEEP_TEXT


def _with_what_was_read(failed: Verdict, collected: Collected) -> Verdict:
    if failed.status is ParseStatus.PARTIAL:
        return failed
    read = [unit.key for unit in collected.units]
    of_all = f" of {collected.size.units}" if collected.size.units else ""
    return Verdict(
        status=ParseStatus.PARTIAL, reason=f"only {_named(read)}{of_all} could be read: {failed.reason}"
    )


def _nothing(collected: Collected) -> Verdict:
    if collected.pictures.keys:
        return Verdict(
            status=ParseStatus.NEEDS_OCR,
            reason=f"{_named(collected.pictures.keys)}: pictures without text. {collected.pictures.move}",
        )
    return Verdict(
        status=ParseStatus.EMPTY, reason="it holds no text. Remove it, or save its text as PDF or Office file"
    )


def _by_amount(collected: Collected, tiled: Tiled) -> Verdict | None:
    chars = len(tiled.text.strip())
    units = max(1, collected.size.units, len(collected.units))
    pictures = collected.pictures.keys
    if pictures:
        if len(pictures) * 2 >= units and chars < units * _LEAST_CHARS_PER_PICTURED_UNIT:
            return Verdict(
                status=ParseStatus.NEEDS_OCR,
                reason=f"{chars} characters on {units} pages, {_named(pictures)} without text: "
                f"it looks scanned. {collected.pictures.move}",
            )
        return _suspect(
            f"{_named(pictures)}: pictures without text, the rest was read. {collected.pictures.move}"
        )
    undecoded = 0 if tiled.text.isascii() else len(_UNDECODED.findall(tiled.text))
    if undecoded > chars * _UNDECODED_SHARE:
        return _suspect(
            f"{undecoded} of {chars} characters have no meaning (fonts or encoding). "
            "Save it anew as UTF-8, or run text recognition (OCR) on it"
        )
    if collected.size.text_bytes > _SUSPECT_BYTES and chars < collected.size.text_bytes * _SUSPECT_SHARE:
        return _suspect(
            f"only {chars} characters came from {collected.size.text_bytes / 1000:,.0f} kB of content. "
            "Open it and compare"
        )
    return None


def _suspect(reason: str) -> Verdict:
    return Verdict(status=ParseStatus.SUSPECT, reason=reason)


def _named(keys: Sequence[str]) -> str:
    """Return `page 1 to 3, 7`-like words: runs are drawn together."""
    runs = _runs(keys)
    more = f" and {len(runs) - _MOST_NAMED} more" if len(runs) > _MOST_NAMED else ""
    return ", ".join(runs[:_MOST_NAMED]) + more


def _runs(keys: Sequence[str]) -> list[str]:
    runs: list[list[str]] = []
    for key in keys:
        if runs and _follows(runs[-1][-1], key):
            runs[-1].append(key)
        else:
            runs.append([key])
    return [run[0] if len(run) == 1 else f"{run[0]} to {run[-1].rpartition(' ')[2]}" for run in runs]


def _follows(key: str, following: str) -> bool:
    (word, _, number), (other, _, next_number) = key.rpartition(" "), following.rpartition(" ")
    return (
        word == other
        and number.isdecimal()
        and next_number.isdecimal()
        and int(next_number) == int(number) + 1
    )
