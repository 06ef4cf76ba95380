"""Remove characters that a reader does not see, yet a model reads."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Literal

from holdfast.domain.checks import Finding, Screening
from holdfast.stages.guardrails.settings import InvisibleSettings

_KINDS: tuple[tuple[str, str], ...] = (
    ("zero_width", "\u00ad\u034f\u061c\u180e\u200b-\u200f\u2060-\u2065\u206a-\u206f\ufeff"),
    ("bidi", "\u202a-\u202e\u2066-\u2069"),
    ("filler", "\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"),
    ("tag", "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"),
    ("variation", "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"),
    ("private_use", "\ue000-\uf8ff\U000f0000-\U0010ffff"),
)
_SUSPECT = re.compile("|".join(f"(?P<{kind}>[{chars}])" for kind, chars in _KINDS))
_FLAG = re.compile(
    "\U0001f3f4\U000e0067\U000e0062(?:eng|sct|wls)\U000e007f".translate(
        {ord(letter): 0xE0000 + ord(letter) for letter in "engsctwl"}
    )
)
"""England, Scotland, Wales: the only flags that are recommended to be written with tag characters."""

_JOINERS = frozenset("\u200c\u200d")
_DIRECTION_MARKS = frozenset("\u200e\u200f\u061c")
_JAMO_FILLERS = frozenset("\u115f\u1160")
_JOINED = re.compile(
    "[\u0600-\u0fff\u1000-\u109f\u1780-\u18af\ua840-\ua87f\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefe]"
)
"""Arabic, Syriac, N'Ko, the scripts of India, Tibetan, Burmese, Khmer, Mongolian: joiners change the word."""
_RIGHT_TO_LEFT = re.compile("[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefe]")
_HAN = re.compile("[\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_MIXED_WORD = re.compile(r"[^\W\d_]{3,}")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_LOOKALIKE = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_UNITS = re.compile("[\u00b5\u03a9\u03bc\u0394\u03b1-\u03c9]")
"""Greek letters stand in units, formulas (mm, delta p) of ordinary technical text."""


class Invisible:
    """Removes what hides instructions from a reader; joiners that a script or an emoji needs stay."""

    name = "invisible"

    def __init__(self, settings: InvisibleSettings | None = None) -> None:
        self.settings = settings or InvisibleSettings()

    def screen(self, text: str, *, direction: Literal["in", "out"]) -> Screening:
        """Return the text without invisible characters; NFKC is not applied, it changes meaning."""
        del direction
        if text.isascii():
            return Screening(text=text)
        action = self.settings.action
        visible, counts = (text, Counter[str]()) if action == "off" else without_invisible(text)
        findings = [
            Finding(guardrail=self.name, kind=kind, action=action, detail=f"{count} invisible characters")
            for kind, count in sorted(counts.items())
        ]
        if self.settings.homoglyphs and (words := _mixed_words(visible)):
            detail = f"{words} words mix letters of two alphabets"
            findings.append(Finding(guardrail=self.name, kind="homoglyphs", action="note", detail=detail))
        return Screening(text=visible if action == "mask" else text, findings=tuple(findings))


def without_invisible(text: str) -> tuple[str, Counter[str]]:
    """Return the text a reader sees, with how many characters of each kind were taken out."""
    counts: Counter[str] = Counter()
    flags = {place for flag in _FLAG.finditer(text) for place in range(*flag.span())}
    has_right_to_left = _RIGHT_TO_LEFT.search(text) is not None
    kept: list[str] = []
    last = ""
    end = 0
    for found in _SUSPECT.finditer(text):
        kept.append(text[end : found.start()])
        last = text[found.start() - 1] if found.start() > end else last
        end = found.end()
        following = text[end : end + 1]
        char = found.group()
        if found.start() in flags or _is_needed(char, last, following, right_to_left=has_right_to_left):
            kept.append(char)
            last = char
        else:
            counts[str(found.lastgroup)] += 1
    kept.append(text[end:])
    return "".join(kept), counts


def _is_needed(char: str, last: str, following: str, *, right_to_left: bool) -> bool:
    """Return whether the script or emoji around an invisible character needs it."""
    if char in _JOINERS:
        is_sequence = char == "\u200d" and _ends_emoji(last) and _is_emoji(following)
        return is_sequence or _joins(last, following)
    if char in _DIRECTION_MARKS:
        return right_to_left and last not in _DIRECTION_MARKS
    if char in _JAMO_FILLERS:
        return "\u1100" <= last <= "\u11ff" or "\u1161" <= following <= "\u11ff"
    return _is_variant_of(last, char)


def _is_variant_of(last: str, selector: str) -> bool:
    """Return whether the selector chooses a form that the character before it has; the second never does."""
    if selector in "\u180b\u180c\u180d\u180f":
        return "\u1820" <= last <= "\u18aa"
    if selector in "\ufe0e\ufe0f":
        return _takes_emoji_style(last)
    if "\ufe00" <= selector <= "\ufe0d" or "\U000e0100" <= selector <= "\U000e01ef":
        is_crossed_sign = selector == "\ufe00" and unicodedata.category(last or " ") == "Sm"
        return is_crossed_sign or _HAN.fullmatch(last) is not None
    return False


def _joins(last: str, following: str) -> bool:
    return bool(_JOINED.fullmatch(last) and _JOINED.fullmatch(following)) and not _SUSPECT.match(following)


def _ends_emoji(char: str) -> bool:
    return char in {"\ufe0f", "\u20e3"} or _is_emoji(char)


def _is_emoji(char: str) -> bool:
    return bool(char) and ("\U0001f3fb" <= char <= "\U0001f3ff" or unicodedata.category(char) == "So")


def _takes_emoji_style(last: str) -> bool:
    return bool(last) and (last in "#*0123456789\u00a9\u00ae\u203c\u2049\u3030\u303d" or _is_symbol(last))


def _is_symbol(char: str) -> bool:
    return unicodedata.category(char) in {"So", "Sm", "Sk"}


def _mixed_words(text: str) -> int:
    return sum(
        1
        for word in _MIXED_WORD.findall(text)
        if not word.isascii() and _LATIN.search(word) and _LOOKALIKE.search(_UNITS.sub("", word))
    )
