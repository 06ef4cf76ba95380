"""What Word draws for a field that keeps no result: a sign (`SYMBOL`), a formula (`EQ`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from holdfast.stages.parsing.readers.formulas import grouped, scripts
from holdfast.stages.parsing.readers.symbols import is_symbol_font, sign

_SYMBOL = re.compile(r"\s*SYMBOL\s+(0x[0-9a-f]{1,4}|\d{1,5})\b(.*)", re.IGNORECASE | re.DOTALL)
_FONT = re.compile(r'\\f\s*(?:"([^"]*)"|(\S+))')
_UNICODE = re.compile(r"\\u\b")
_FORMULA = re.compile(r"\s*EQ\b(.*)", re.IGNORECASE | re.DOTALL)
_PIECE = re.compile(r"\\([A-Za-z]{1,2})(-?\d{1,4})?|\\(.)|([(),;])|([^\\(),;]+)", re.DOTALL)
_LONGEST = 20_000
_DEEPEST = 30


def drawn_by(instruction: str) -> str:
    """Return what is drawn for a field's instruction, empty where it draws nothing by itself."""
    if symbol := _SYMBOL.fullmatch(instruction[:_LONGEST]):
        return _symbol(symbol[1], symbol[2])
    formula = _FORMULA.fullmatch(instruction[:_LONGEST])
    return " ".join(_Formula(formula[1]).read().split()) if formula else ""


def _symbol(number: str, switches: str) -> str:
    code, font = int(number, 0) if not number.startswith("0") or "x" in number.lower() else int(number), ""
    if named := _FONT.search(switches):
        font = named[1] or named[2]
    if is_symbol_font(font):
        return sign(code, font)
    if _UNICODE.search(switches):
        return chr(code) if code <= 0xFFFF and not 0xD800 <= code <= 0xDFFF else ""  # noqa: PLR2004 - lone halves
    return bytes([code]).decode("cp1252", errors="ignore") if code < 256 else ""  # noqa: PLR2004 - a byte


class _Formula:
    """Goes through the pieces of a formula once; what is nested too deeply is read as it is written."""

    def __init__(self, text: str) -> None:
        self._pieces = list(_PIECE.finditer(text))
        self._at = 0

    def read(self, depth: int = 0) -> str:
        """Return what stands up to the end of the argument."""
        said: list[str] = []
        while self._at < len(self._pieces):
            switch, _, escaped, mark, words = self._pieces[self._at].groups()
            if depth and mark in (",", ";", ")"):
                break
            self._at += 1
            if switch:
                said.append(self._switch(switch.lower(), depth))
            elif mark == "(" and depth < _DEEPEST:
                said.append(f"({self._arguments(depth)[0]})")
            else:
                said.append(escaped or mark or words)
        return "".join(said)

    def _switch(self, switch: str, depth: int) -> str:
        """Return what a switch makes of its arguments; one without any says how others are drawn."""
        is_script = switch == "s"
        while self._at < len(self._pieces) and self._pieces[self._at][1]:
            follows = self._pieces[self._at][1].lower()
            if not is_script and switch not in _WITH_OPTIONS:
                break
            switch = follows if is_script else switch
            self._at += 1
            if follows in _BRACKETS and self._at < len(self._pieces) and self._pieces[self._at][3]:
                self._at += 1
        if self._at >= len(self._pieces) or self._pieces[self._at][4] != "(" or depth >= _DEEPEST:
            return ""
        self._at += 1
        arguments = self._arguments(depth)
        shape = _SHAPES.get(switch)
        return shape(arguments) if shape is not None else ", ".join(arguments)

    def _arguments(self, depth: int) -> list[str]:
        """Return the arguments up to the bracket that closes them, at least one."""
        found: list[str] = []
        while True:
            found.append(self.read(depth + 1).strip())
            mark = self._pieces[self._at][4] if self._at < len(self._pieces) else ")"
            self._at += 1
            if mark == ")":
                return found


def _at(arguments: list[str], place: int) -> str:
    return arguments[place] if place < len(arguments) else ""


_BRACKETS = ("lc", "rc", "bc")
"""Options that name a sign."""
_WITH_OPTIONS = ("a", "b", "i", "x", "o", "d")
_SHAPES: Mapping[str, Callable[[list[str]], str]] = {
    "f": lambda of: f"{grouped(_at(of, 0))}/{grouped(_at(of, 1))}",
    "r": lambda of: f"{_at(of, 0)}√({_at(of, 1)})" if len(of) > 1 else f"√({_at(of, 0)})",
    "up": lambda of: scripts("", above=_at(of, 0)),
    "do": lambda of: scripts("", below=_at(of, 0)),
    "b": lambda of: f"({', '.join(of)})",
    "i": lambda of: f"{scripts('∫', below=_at(of, 0), above=_at(of, 1))} {_at(of, 2)}",
    "o": "".join,
    "d": "".join,
}
