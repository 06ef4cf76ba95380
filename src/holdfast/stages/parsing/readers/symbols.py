"""Letters of symbol fonts as the signs that they draw: `±` is a bare number 0xB1 in the font Symbol.

Symbol by Adobe's table of its encoding, Wingdings those that stand for something in a text.
"""

# ruff: noqa: RUF001 - the signs themselves

from __future__ import annotations

from collections.abc import Mapping

TICKED, UNTICKED = "☒", "☐"
"""A box of a form, or one of several to choose from."""
_GREEK = {
    **dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True)),
    **dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True)),
}
_SYMBOL: Mapping[int, str] = {
    **{code: chr(code) for code in range(0x20, 0x7F)},
    **_GREEK,
    0x22: "∀", 0x24: "∃", 0x27: "∋", 0x40: "≅", 0x5C: "∴", 0x5E: "⊥", 0x60: "",
    0xA2: "′", 0xA3: "≤", 0xA4: "/", 0xA5: "∞", 0xA6: "ƒ", 0xA7: "♣", 0xA8: "♦", 0xA9: "♥",
    0xAA: "♠", 0xAB: "↔", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓", 0xB0: "°", 0xB1: "±", 0xB2: "″",
    0xB3: "≥", 0xB4: "×", 0xB5: "∝", 0xB6: "∂", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBA: "≡", 0xBB: "≈",
    0xBC: "…", 0xC4: "⊗", 0xC5: "⊕", 0xC6: "∅", 0xC7: "∩", 0xC8: "∪", 0xC9: "⊃", 0xCA: "⊇", 0xCB: "⊄",
    0xCC: "⊂", 0xCD: "⊆", 0xCE: "∈", 0xCF: "∉", 0xD0: "∠", 0xD1: "∇", 0xD2: "®", 0xD3: "©", 0xD4: "™",
    0xD5: "∏", 0xD6: "√", 0xD7: "⋅", 0xD8: "¬", 0xD9: "∧", 0xDA: "∨", 0xDB: "⇔", 0xDC: "⇐", 0xDD: "⇑",
    0xDE: "⇒", 0xDF: "⇓", 0xE0: "◊", 0xE5: "∑", 0xF2: "∫",
}  # fmt: skip
_WINGDINGS: Mapping[int, str] = {
    0x20: " ", 0x28: "☎", 0x2A: "✉", 0x46: "☞", 0x4A: "☺", 0x4C: "☹", 0x6C: "●", 0x6E: "■", 0x6F: "☐",
    0x71: "❑", 0x72: "❒", 0x75: "◆", 0x76: "❖", 0x9F: "•", 0xA7: "▪", 0xA8: "☐", 0xD8: "➢", 0xDF: "←",
    0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip
_WINGDINGS_2: Mapping[int, str] = {
    0x20: " ", 0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0xA3: "☐",
}  # fmt: skip
_TABLES: Mapping[str, Mapping[int, str]] = {
    "symbol": _SYMBOL, "wingdings": _WINGDINGS, "wingdings 2": _WINGDINGS_2,
    "wingdings 3": {}, "webdings": {}, "zapfdingbats": {}, "marlett": {}, "mt extra": {},
}  # fmt: skip
"""By the font's name; those of which no sign is known are named too, as theirs are not those of Symbol."""
_PRIVATE = 0xF000
"""Where Word keeps the letters of symbol fonts."""


def is_symbol_font(font: str) -> bool:
    """Return whether the letters of a font are signs of their own."""
    return _name(font) in _TABLES


def sign(code: int, font: str) -> str:
    """Return the sign that a letter of a symbol font draws, empty where it stands for nothing known.

    A letter of a font that is none, or has no name, is one of Symbol, which programs take for it.
    """
    table = _TABLES.get(_name(font), _SYMBOL)
    return table.get(code - _PRIVATE if code >= _PRIVATE else code, "")


def with_signs(text: str, font: str) -> str:
    """Return text with the letters that Word keeps for symbol fonts as the signs that they draw."""
    if not any(_PRIVATE <= ord(letter) <= _PRIVATE + 0xFF for letter in text):
        return text
    return "".join(
        sign(ord(letter), font) if _PRIVATE <= ord(letter) <= _PRIVATE + 0xFF else letter for letter in text
    )


def _name(font: str) -> str:
    return font.strip().lower()
