"""An equation of Word as one line that can be read and searched: `x = (-b ± √(b^2-4ac))/(2a)`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.formulas import grouped, scripts
from holdfast.stages.parsing.readers.xml import attribute, child, local

_GONE = ("del", "moveFrom")


def line_of(element: Element) -> str:
    """Return an equation, or a piece of one, as it is read from left to right."""
    name = local(element)
    if name == "t":
        return element.text or ""
    if name.endswith("Pr") or name in _GONE:
        return ""
    shape = _SHAPES.get(name)
    return shape(element) if shape is not None else "".join(map(line_of, element))


def deleted_of(equation: Element) -> str:
    """Return what was taken out of an equation under tracked changes."""
    gone = (element for element in equation.iter() if local(element) in _GONE)
    return "".join(inner.text or "" for element in gone for inner in element.iter() if local(inner) == "t")


def _part(element: Element, name: str) -> str:
    part = child(element, name)
    return line_of(part) if part is not None else ""


def _sign(element: Element, holder: str, name: str, default: str) -> str:
    """Return a sign that the properties give, the usual one where they say nothing."""
    given = child(element, holder, name)
    return attribute(given, "val") if given is not None else default


def _joined(element: Element, name: str, between: str) -> str:
    return between.join(line_of(inner) for inner in element if local(inner) == name)


def _scripted(element: Element) -> str:
    return scripts(_part(element, "e"), below=_part(element, "sub"), above=_part(element, "sup"))


def _fraction(element: Element) -> str:
    between = "¦" if _sign(element, "fPr", "type", "bar") == "noBar" else "/"
    return f"{grouped(_part(element, 'num'))}{between}{grouped(_part(element, 'den'))}"


def _root(element: Element) -> str:
    return f"{_part(element, 'deg').strip()}√({_part(element, 'e').strip()})"


def _over_many(element: Element) -> str:
    sign = _sign(element, "naryPr", "chr", "∫")
    head = scripts(sign, below=_part(element, "sub"), above=_part(element, "sup"))
    return f"{head} {_part(element, 'e')}"


def _fenced(element: Element) -> str:
    begin, end = _sign(element, "dPr", "begChr", "("), _sign(element, "dPr", "endChr", ")")
    return begin + _joined(element, "e", _sign(element, "dPr", "sepChr", "|")) + end


def _function(element: Element) -> str:
    return f"{_part(element, 'fName').rstrip()} {_part(element, 'e').lstrip()}"


def _rows(element: Element) -> str:
    rows: Iterable[Element] = (row for row in element if local(row) == "mr")
    return "; ".join(_joined(row, "e", ", ") for row in rows)


_SHAPES: Mapping[str, Callable[[Element], str]] = {
    "f": _fraction,
    "sSup": _scripted,
    "sSub": _scripted,
    "sSubSup": _scripted,
    "limLow": lambda element: scripts(_part(element, "e"), below=_part(element, "lim")),
    "limUpp": lambda element: scripts(_part(element, "e"), above=_part(element, "lim")),
    "sPre": lambda element: (
        scripts("", below=_part(element, "sub"), above=_part(element, "sup")) + _part(element, "e")
    ),
    "rad": _root,
    "nary": _over_many,
    "d": _fenced,
    "func": _function,
    "m": _rows,
    "eqArr": lambda element: _joined(element, "e", "; "),
}
