"""Colours of a drawing as its theme gives them: what one looks like, and whether letters of it are seen."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.xml import child, local

Colour = tuple[int, int, int]
"""Red, green and blue from 0 to 255."""
Hides = Callable[[Element], bool]
"""Says of a run of letters whether nobody sees it."""

FILLS = ("solidFill", "gradFill", "blipFill", "pattFill", "grpFill", "noFill")

_FULL = 100_000
_NAMED: Mapping[str, Colour] = {
    "white": (255, 255, 255), "black": (0, 0, 0), "ivory": (255, 255, 240), "snow": (255, 250, 250),
    "ghostWhite": (248, 248, 255), "whiteSmoke": (245, 245, 245), "floralWhite": (255, 250, 240),
    "mintCream": (245, 255, 250), "azure": (240, 255, 255), "aliceBlue": (240, 248, 255),
}  # fmt: skip
"""Of the 140 names those that white letters could be given; the others are left unknown."""
_USUAL_MAP = {"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2"}
_NEAR = 20
"""Most that two colours differ in any channel to look alike: F2F2F2 on white is no longer read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """A theme's colours, and which of them a drawing calls what."""

    theme: Mapping[str, Colour]
    names: Mapping[str, str]

    def colour(self, holder: Element | None, *, placeholder: Colour | None = None) -> Colour | None:
        """Return the colour that an element such as `solidFill` holds, None when it cannot be told.

        `placeholder` is what `phClr` stands for: a fill of the theme takes the colour that refers to it.
        """
        for element in holder if holder is not None else ():
            base = self._base(element, placeholder)
            if base is not None:
                return _changed(base, element)
        return None

    def _base(self, element: Element, placeholder: Colour | None) -> Colour | None:
        kind, value = local(element), element.get("val", "")
        if kind == "srgbClr":
            return hex_colour(value)
        if kind == "sysClr":
            return hex_colour(element.get("lastClr", ""))
        if kind == "prstClr":
            return _NAMED.get(value)
        if kind == "schemeClr":
            if value == "phClr":
                return placeholder
            return self.theme.get(self.names.get(value, value))
        return None


def palette_of(theme: Element | None, names: Mapping[str, str]) -> Palette:
    """Return the palette of a theme part; `names` is the slide's or the master's colour map."""
    scheme = child(theme, "themeElements", "clrScheme") if theme is not None else None
    plain = Palette(theme={}, names={})
    colours = {local(slot): plain.colour(slot) for slot in (scheme if scheme is not None else ())}
    known = {name: colour for name, colour in colours.items() if colour is not None}
    return Palette(theme=known, names={**_USUAL_MAP, **names})


def no_letters(_run: Element) -> bool:
    """Hide nothing."""
    return False


def all_but(hides: Hides) -> Hides:
    """Return what hides the letters that are seen, to be left with the others."""
    return lambda run: not hides(run)


def hides_by_colour(
    shape: Element, palette: Callable[[], Palette], behind: Callable[[], Colour | None]
) -> Hides:
    """Return what tells of a shape's runs whether they have no ink, or the colour of what is behind them.

    Only letters whose own colour is written are judged by it. `behind` is None where it cannot be told;
    both are asked for only when letters of a suspicious colour turn up.
    """
    if not any(local(element) == "rPr" and len(element) for element in shape.iter()):
        return no_letters

    def hides(run: Element) -> bool:
        properties = child(run, "rPr")
        if properties is None or child(properties, "ln") is not None:
            return False
        if child(properties, "noFill") is not None:
            return True
        fill = child(properties, "solidFill")
        if fill is None or child(properties, "highlight") is not None:
            return False
        if is_see_through(fill):
            return True
        letters = palette().colour(fill)
        ground = behind() if letters is not None else None
        return letters is not None and ground is not None and look_alike(letters, ground)

    return hides


def fill_of(properties: Element | None) -> Element | None:
    """Return the fill that a shape's properties give it, None where they give none."""
    for element in properties if properties is not None else ():
        if local(element) in FILLS:
            return element
    return None


def is_see_through(holder: Element) -> bool:
    """Return whether a colour lets through all that is behind it."""
    return any(local(inner) == "alpha" and inner.get("val") in ("0", "0%") for inner in holder.iter())


def look_alike(one: Colour, other: Colour) -> bool:
    """Return whether letters of one colour cannot be read on the other."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= _NEAR


def hex_colour(value: str) -> Colour | None:
    """Return `1F3864` as a colour, None for anything else."""
    try:
        red, green, blue = bytes.fromhex(value)
    except ValueError:
        return None
    return red, green, blue


def _changed(colour: Colour, element: Element) -> Colour:
    """Return a colour after the changes of brightness that stand in its element."""
    red, green, blue = (part / 255 for part in colour)
    for change in element:
        share = _share(change.get("val", ""))
        if share is None:
            continue
        hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
        match local(change):
            case "lumMod":
                red, green, blue = colorsys.hls_to_rgb(hue, min(1.0, light * share), saturation)
            case "lumOff":
                red, green, blue = colorsys.hls_to_rgb(hue, min(1.0, light + share), saturation)
            case "shade":
                red, green, blue = red * share, green * share, blue * share
            case "tint":
                red, green, blue = (part * share + 1 - share for part in (red, green, blue))
    return round(red * 255), round(green * 255), round(blue * 255)


def _share(value: str) -> float | None:
    try:
        return float(value[:-1]) / 100 if value.endswith("%") else int(value) / _FULL
    except ValueError:
        return None
