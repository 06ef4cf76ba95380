"""Which parts of a message are its text: all that is shown, and of alternatives the one that says most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message

from holdfast.stages.parsing.readers.mail.flowed import unflowed
from holdfast.stages.parsing.readers.texts.decoding import decode
from holdfast.stages.parsing.readers.web import html
from holdfast.stages.parsing.units import Unit

PLAIN, PAGE = "text/plain", "text/html"
_REPORT = "message/delivery-status"
_TIMES_LONGER = 3
_FEW_WORDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A part of a message that holds no other parts."""

    part: Message
    choice: int = 0
    """The number of the outermost alternatives that it stands in, 0 for none."""


def leaves(message: Message) -> Iterator[Leaf]:
    """Yield the parts that are not containers; a message inside stays whole. Depth costs no recursion."""
    waiting, choices = [Leaf(part=message)], 0
    while waiting:
        leaf = waiting.pop()
        payload = leaf.part.get_payload()
        if leaf.part.get_content_maintype() != "multipart" or not isinstance(payload, list):
            yield leaf
            continue
        choice = leaf.choice
        if not choice and leaf.part.get_content_type() == "multipart/alternative":
            choice = choices = choices + 1
        parts = (item for item in reversed(payload) if isinstance(item, Message))
        waiting.extend(Leaf(part=item, choice=choice) for item in parts)


def shown_texts(message: Message, is_attachment: Callable[[Message], bool]) -> list[tuple[str, str]]:
    """Return kind and text of each part that is shown, in the order of the message."""
    texts = [
        (leaf.choice, *found)
        for leaf in leaves(message)
        if not is_attachment(leaf.part) and (found := _text(leaf.part)) and found[1].strip()
    ]
    choices: dict[int, list[tuple[str, str]]] = {}
    for choice, kind, text in texts:
        choices.setdefault(choice, []).append((kind, text))
    kinds = {choice: _best(among) for choice, among in choices.items() if choice}
    return [(kind, text) for choice, kind, text in texts if not choice or kind == kinds[choice]]


def _text(part: Message) -> tuple[str, str] | None:
    kind, payload = part.get_content_type(), part.get_payload()
    if kind == _REPORT and isinstance(payload, list):
        return PLAIN, "\n\n".join(str(report).strip() for report in payload)
    if part.get_content_maintype() == "multipart" and isinstance(payload, str):
        return PLAIN, payload  # its parts cannot be told: none begins as it says
    if kind not in (PLAIN, PAGE):
        return None
    decoded = part.get_payload(decode=True)
    data = decoded if isinstance(decoded, bytes) else b""
    text = decode(data, declared=str(part.get_content_charset() or ""))
    if kind == PLAIN and str(part.get_param("format", "")).lower() == "flowed":
        text = unflowed(text, joins_words=str(part.get_param("delsp", "")).lower() == "yes")
    return kind, text


def _best(texts: list[tuple[str, str]]) -> str:
    """Return the kind of the text to be read: the plain one, where it does not only point to the other."""
    plain = " ".join(text for kind, text in texts if kind == PLAIN).split()
    pages = [text for kind, text in texts if kind == PAGE]
    if not plain or not pages:
        return PLAIN if plain else PAGE
    if sum(map(len, pages)) <= _TIMES_LONGER * sum(map(len, plain)):
        return PLAIN
    shown = sum(map(_words_shown, pages))
    return PAGE if shown > _TIMES_LONGER * len(plain) and shown - len(plain) >= _FEW_WORDS else PLAIN


def _words_shown(page: str) -> int:
    units = (found for found in html.read_text(page, part="body") if isinstance(found, Unit))
    blocks = (block for unit in units for block in unit.blocks if not block.hidden)
    return sum(len(("\n".join(block.rows) or block.text).split()) for block in blocks)
