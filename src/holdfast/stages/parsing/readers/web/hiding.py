"""Which elements of a page a reader does not see: by attribute, by style, by the page's own style sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from holdfast.stages.parsing.readers.web.names import DRAWING, UNDRAWN, UNSHOWN

_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|font-size\s*:\s*0(?:\.0*)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)|opacity\s*:\s*0(?:\.0*)?\s*(?:;|!|$)"
    r"|(?:text-indent|left|top|right|bottom|margin-left)\s*:\s*-\d{4,}(?:px|pt|em)",
    re.IGNORECASE,
)
_WHITE = re.compile(
    r"(?:^|;)\s*color\s*:\s*(?:#fff(?:fff)?|white|rgba?\(\s*255\s*,\s*255\s*,\s*255\b[^)]*\))\s*(?:;|!|$)",
    re.IGNORECASE,
)
_COLOUR = re.compile(r"(?:^|;)\s*color\s*:", re.IGNORECASE)
_BACKGROUND = re.compile(r"background(?:-color|-image)?\s*:\s*([^;]+)", re.IGNORECASE)
_NO_BACKGROUND = re.compile(
    r"\s*(?:#fff(?:fff)?|white|none|transparent|inherit|initial|unset|rgba?\(\s*255\s*,\s*255\s*,\s*255\b[^)]*\))\s*(?:!.*)?$",
    re.IGNORECASE,
)
_WHITE_WORDS = ("#fff", "#ffffff", "white", "ffffff")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CONDITIONAL = re.compile(r"@(?:media|supports|layer|keyframes|-webkit-keyframes|font-face)[^{}]*\{")
_SIMPLE = re.compile(r"([a-z][a-z0-9]*)?(?:([.#])([\w-]+))?$", re.IGNORECASE)
_NOT_SHOWN = UNSHOWN | UNDRAWN
_DRAWN = (DRAWING, "g", "text", "tspan", "a")
_AS_STYLE = ("display", "visibility", "opacity", "font-size")
_MOST_RULES = 5000
_LONGEST_RULE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How what stands in an element is seen."""

    unseen: bool = False
    white: bool = False
    filled: bool = False
    """Something other than white may stand behind the letters."""

    @property
    def hidden(self) -> bool:
        """Return whether a reader of the page does not see it."""
        return self.unseen or (self.white and not self.filled)


class StyleSheet:
    """The rules of a page's own style sheets, as far as one element alone decides whether they apply."""

    def __init__(self) -> None:
        self._hiding: set[tuple[str, str, str]] = set()
        self.paints = False
        """Some rule sets a background, or a sheet outside may: white letters prove nothing."""

    def add(self, css: str) -> None:
        """Take the rules of one sheet; those that hold for paper or small screens only are left out."""
        rules = _without_conditions(_COMMENT.sub("", css[:500_000]))
        self.paints = self.paints or "background" in rules
        for rule in rules.split("}")[:_MOST_RULES]:
            selectors, _, declarations = rule.rpartition("{")
            if not _UNSEEN.search(declarations[:_LONGEST_RULE]):
                continue
            for selector in selectors[-_LONGEST_RULE:].split(","):
                if (simple := _SIMPLE.match(selector.strip())) and selector.strip():
                    tag, kind, name = simple.groups(default="")
                    self._hiding.add((tag.lower(), kind, name))

    def hides(self, tag: str, attributes: Mapping[str, str | None]) -> bool:
        """Return whether a rule hides an element."""
        if not self._hiding:
            return False
        names = [(".", name) for name in (attributes.get("class") or "").split()]
        if identifier := attributes.get("id"):
            names.append(("#", identifier))
        keys = [("", ""), *names]
        return any((place, *key) in self._hiding for key in keys for place in (tag, ""))


def look_of(tag: str, attributes: Mapping[str, str | None], around: Look, sheet: StyleSheet) -> Look:
    """Return how what stands in this element is seen, given the look around it."""
    style = attributes.get("style") or ""
    look = around
    closed = tag in _NOT_SHOWN or (tag == "dialog" and "open" not in attributes)
    if tag == DRAWING:
        look = replace(look, white=False)
    if tag in _DRAWN and (drawn := _as_style(attributes)):
        style = f"{drawn}{style}"
    if closed or "hidden" in attributes or (style and _UNSEEN.search(style)) or sheet.hides(tag, attributes):
        look = replace(look, unseen=True)
    background = _BACKGROUND.search(style) if style else None
    given = (attributes.get("bgcolor") or "").strip().lower()
    painted = bool(background and not _NO_BACKGROUND.match(background[1]))
    painted = painted or (given != "" and given not in _WHITE_WORDS) or "background" in attributes
    painted = painted or (sheet.paints and ("class" in attributes or "id" in attributes))
    if painted:
        look = replace(look, filled=True)
    colour = (attributes.get("color") or "").strip().lower() if tag == "font" else ""
    if (style and _WHITE.search(style)) or colour in _WHITE_WORDS:
        look = replace(look, white=True)
    elif (style and _COLOUR.search(style)) or colour:
        look = replace(look, white=False)
    return look


def _as_style(attributes: Mapping[str, str | None]) -> str:
    """Return what attributes of a drawing say that a style can say too."""
    return "".join(f"{name}:{attributes[name]};" for name in _AS_STYLE if name in attributes)


def _without_conditions(css: str) -> str:
    """Return the rules outside of `@media` and its like, whose braces hold rules themselves."""
    kept, at = [], 0
    for match in _CONDITIONAL.finditer(css):
        if match.start() < at:
            continue
        kept.append(css[at : match.start()])
        depth, place = 1, match.end()
        while depth and place < len(css):
            depth += {"{": 1, "}": -1}.get(css[place], 0)
            place += 1
        at = place
    kept.append(css[at:])
    return "".join(kept)
