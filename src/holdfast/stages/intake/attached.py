"""A file that comes with an item, as text, with what is attached to it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from holdfast.domain.attaching import DEEPEST, TOO_DEEP, attached_documents
from holdfast.domain.documents import ParsedDocument, ParseStatus, RawDocument
from holdfast.domain.items import ItemAttachment
from holdfast.domain.stages import Stage
from holdfast.errors import UsageError
from holdfast.protocols import Parser

MOST_INSIDE = 100
"""Files inside one that are read with an item, at all depths."""
MOST_SECONDS = 60.0
"""Seconds after which no further file inside one is begun: pictures that are recognised take seconds each."""
TOO_SLOW = f"what is in one file is read for {MOST_SECONDS:.0f} s, this came later; attach it apart"
TOO_MANY = f"of the files in one {MOST_INSIDE} are read, this and what follows are not; attach them apart"


def attached(
    path: Path,
    parser: Parser,
    data: bytes | None = None,
    *,
    include_hidden: bool = False,
    seconds: float = MOST_SECONDS,
) -> tuple[ItemAttachment, ...]:
    """Return the file's text under its name, then what is attached to it, as `mail.eml/offer.pdf`.

    Its bytes are read from the path unless they are given. Text that a reader does not see is left out
    unless it is wanted. A file inside that cannot be read is named, with the reason as its text. Raises
    UsageError when nothing can be read.
    """
    try:
        data = path.read_bytes() if data is None else data
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror})",
            stage=Stage.INTAKE,
            move="Name a file you may read.",
        ) from error
    digest = hashlib.sha256(data).hexdigest()
    outer = RawDocument(source="item", path=path.name, data=data, digest=digest)
    opening = _Opening(parser=parser, include_hidden=include_hidden, until=time.monotonic() + seconds)
    opened = tuple(opening.open(outer, parser.parse(outer), depth=0))
    if not any(one.is_read for one in opened):
        raise UsageError(
            f"{path.name} holds no text that could be read ({opened[0].reason})",
            stage=Stage.INTAKE,
            move="Attach another file.",
        )
    return tuple(ItemAttachment(name=one.name, text=one.text) for one in opened)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """What became of one file."""

    name: str
    text: str
    reason: str = ""
    is_read: bool = False


@dataclass(slots=True, kw_only=True)
class _Opening:
    """Opens one file with all that is in it, in order."""

    parser: Parser
    include_hidden: bool
    until: float
    left: int = MOST_INSIDE

    def open(self, raw: RawDocument, parsed: ParsedDocument, *, depth: int) -> Iterator[_Opened]:
        """Yield the file, then what is in it."""
        yield self._opened(raw, parsed)
        for inner in attached_documents(raw, parsed.attachments):
            if self.left <= 0:
                yield _unread(inner.path, TOO_MANY)
                return
            self.left -= 1
            if depth + 1 > DEEPEST:
                yield _unread(inner.path, TOO_DEEP)
            elif time.monotonic() > self.until:
                yield _unread(inner.path, TOO_SLOW)
            else:
                yield from self.open(inner, self.parser.parse(inner), depth=depth + 1)

    def _opened(self, raw: RawDocument, parsed: ParsedDocument) -> _Opened:
        text, hidden = _shown(parsed) if not self.include_hidden else (parsed.text, 0)
        if not parsed.status.has_text or not text.strip():
            reason = parsed.reason or f"all of its text is hidden, {hidden} characters"
            return _unread(raw.path, reason)
        remarks = [f"[left out: {hidden} characters that a reader does not see]"] if hidden else []
        if parsed.status is ParseStatus.PARTIAL:
            remarks.append(f"[not read: {parsed.reason}]")
        return _Opened(name=raw.path, text="\n\n".join((text, *remarks)), is_read=True)


def _shown(parsed: ParsedDocument) -> tuple[str, int]:
    """Return the text without what a reader does not see, and how many characters that is."""
    hidden = [one for one in parsed.sections if one.hidden]
    if not hidden:
        return parsed.text, 0
    shown = (parsed.text[one.start : one.end].strip() for one in parsed.sections if not one.hidden)
    return "\n\n".join(filter(None, shown)), sum(one.end - one.start for one in hidden)


def _unread(name: str, reason: str) -> _Opened:
    return _Opened(name=name, text=f"[not read: {reason}]", reason=reason)
