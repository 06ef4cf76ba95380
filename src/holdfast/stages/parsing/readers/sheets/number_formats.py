"""A spreadsheet's number as its cell shows it: number formats of Office applied to a value."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

BUILT_IN: Mapping[int, str] = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    14: "yyyy-mm-dd",  # shown by the reader's own locale; the one unambiguous order stands in for it
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm",
    37: "#,##0;-#,##0",
    38: "#,##0;-#,##0",
    39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;-#,##0.00",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss",
    48: "0.0E+0",
}
_TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|_.|\*.|\[(\$[^\]]*|[^\]]*)\]|(AM/PM|A/P)|(General)|(yyyy|yy|mmmmm|mmmm|mmm|mm|m|dddd|ddd|dd|d|hh|h|ss|s)'
    r"|([0#?][0#?,]*(?:\.[0#?]*)?,*|\.[0#?]+)(E[+-][0#?]+)?|(.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)\s*(-?\d{1,15}(?:\.\d{1,15})?)\]")
_HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq,
    "<>": operator.ne,
}  # fmt: skip
_SIGNED = re.compile(r"[-(](?![^\[]*\])")
"""A section that writes the sign itself."""
_ELAPSED = re.compile(r"^(h+|m+|s+)$", re.IGNORECASE)
_FRACTION = re.compile(r"[#?0]\s*/\s*[#?\d]")
_EPOCH_1900, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - cells know no zone
_LAST_DAY = 2_958_465
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def shown(value: float, code: str, *, since_1904: bool = False) -> str:
    """Return a number as a cell with this format code shows it."""
    if not code or code.lower() == "general" or code == "@":
        return general(value)
    section, is_signed = _section(value, code)
    tokens = _tokens(section)
    if any(kind == "date" for kind, _ in tokens):
        return _date(value, tokens, since_1904=since_1904) or general(value)
    if _FRACTION.search(section):
        return general(value)
    if not any(kind in ("digits", "general") for kind, _ in tokens):
        return "".join(text for kind, text in tokens if kind == "literal").strip()
    return _number(value if is_signed else abs(value), tokens).strip()


def general(value: float) -> str:
    """Return a number as a cell without a format shows it: no invented digits, no `.0`."""
    if value == int(value) and abs(value) < 1e15:  # noqa: PLR2004 - beyond this floats skip whole numbers
        return str(int(value))
    return f"{value:.11g}"


def is_unshown(value: float, code: str) -> bool:
    """Return whether a cell with this format code leaves a number out on purpose, as `0;-0;;@` does zeros."""
    return ";" in code and math.isfinite(value) and not _section(value, code)[0].strip()


def _section(value: float, code: str) -> tuple[str, bool]:
    """Return the part of the code that applies, and whether the number keeps its sign there."""
    sections = _split(code)
    conditions = [_CONDITION.search(section) for section in sections[:2]]
    if any(conditions):
        return _by_condition(value, sections, conditions)
    if value < 0 and len(sections) > 1:
        return sections[1], False
    if value == 0 and len(sections) > 2:  # noqa: PLR2004 - positive; negative; zero
        return sections[2], True
    return sections[0], True


def _by_condition(
    value: float, sections: tuple[str, ...], conditions: list[re.Match[str] | None]
) -> tuple[str, bool]:
    """Return the first part whose condition holds, else the one behind those with conditions."""
    for section, condition in zip(sections, conditions, strict=False):
        if condition is not None and _HOLDS[condition[1]](value, float(condition[2])):
            return section, not _SIGNED.search(section)
    rest = sections[min(sum(one is not None for one in conditions), len(sections) - 1)]
    return rest, not _SIGNED.search(rest)


@lru_cache(maxsize=512)
def _split(code: str) -> tuple[str, ...]:
    return tuple(re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', code[:500]))


@lru_cache(maxsize=512)
def _tokens(section: str) -> tuple[tuple[str, str], ...]:
    """Return the section's parts as (kind, text)."""
    tokens: list[tuple[str, str]] = []
    for match in _TOKEN.finditer(section):
        quoted, escaped, bracket, noon, whole, date, digits, exponent, other = match.groups()
        if quoted is not None or escaped is not None:
            tokens.append(("literal", quoted if quoted is not None else escaped))
        elif bracket is not None:
            tokens.extend(_bracket(bracket))
        elif noon:
            tokens.append(("date", "noon"))
        elif whole:
            tokens.append(("general", ""))
        elif date:
            tokens.append(("date", date.lower()))
        elif digits:
            tokens.append(("digits", digits + (exponent or "")))
        elif other is not None:
            tokens.append(("literal", other))
    return tuple(_with_minutes(tokens))


def _bracket(text: str) -> list[tuple[str, str]]:
    """Read `[$€-407]` as its currency sign, `[h]` as elapsed time, colours and conditions as nothing."""
    if text.startswith("$"):
        return [("literal", text[1:].split("-", 1)[0])]
    return [("date", f"[{text[0].lower()}]")] if _ELAPSED.match(text) else []


def _with_minutes(tokens: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Tell minutes from months: `m` after hours or before seconds."""
    dates = [number for number, (kind, _) in enumerate(tokens) if kind == "date"]
    found = list(tokens)
    for place, number in enumerate(dates):
        if tokens[number][1] not in ("m", "mm"):
            continue
        before = tokens[dates[place - 1]][1] if place else ""
        after = tokens[dates[place + 1]][1] if place + 1 < len(dates) else ""
        if before in ("h", "hh", "[h]") or after in ("s", "ss"):
            found[number] = ("date", "minute" if tokens[number][1] == "m" else "minutes")
    return found


def _date(value: float, tokens: tuple[tuple[str, str], ...], *, since_1904: bool) -> str:
    """Return a day number as date or time, empty when it is none."""
    if not 0 <= value <= _LAST_DAY:
        return ""
    places = next((text.count("0") for kind, text in tokens if kind == "digits" and text.startswith(".")), 0)
    exact = (Decimal(repr(value)) * 86400).quantize(Decimal(1).scaleb(-min(places, 6)), ROUND_HALF_UP)
    seconds = int(exact)
    epoch = _EPOCH_1904 if since_1904 else _EPOCH_1900
    if not since_1904 and 0 < value < 60:  # noqa: PLR2004 - the 29th of February 1900 that never was
        epoch += timedelta(days=1)
    moment = epoch + timedelta(seconds=seconds)
    half_day = any(text == "noon" for _, text in tokens)
    pieces = []
    for number, (kind, text) in enumerate(tokens):
        if kind == "digits":  # `ss.000`: fractions of a second
            pieces.append(f"{exact % 1}"[1:] if number and text.startswith(".") else text)
        else:
            pieces.append(_date_part(moment, seconds, text, half_day=half_day) if kind == "date" else text)
    return "".join(pieces).strip()


def _date_part(moment: datetime, seconds: int, token: str, *, half_day: bool) -> str:
    hour = (moment.hour % 12 or 12) if half_day else moment.hour
    parts = {
        "yyyy": f"{moment.year:04d}",
        "yy": f"{moment.year % 100:02d}",
        "mmmmm": _MONTHS[moment.month - 1][0],
        "mmmm": _MONTHS[moment.month - 1],
        "mmm": _MONTHS[moment.month - 1][:3],
        "mm": f"{moment.month:02d}",
        "m": str(moment.month),
        "dddd": _DAYS[moment.weekday()],
        "ddd": _DAYS[moment.weekday()][:3],
        "dd": f"{moment.day:02d}",
        "d": str(moment.day),
        "hh": f"{hour:02d}",
        "h": str(hour),
        "minutes": f"{moment.minute:02d}",
        "minute": str(moment.minute),
        "ss": f"{moment.second:02d}",
        "s": str(moment.second),
        "noon": "AM" if moment.hour < 12 else "PM",  # noqa: PLR2004
        "[h]": str(seconds // 3600),
        "[m]": str(seconds // 60),
        "[s]": str(seconds),
    }
    return parts[token]


def _number(value: float, tokens: tuple[tuple[str, str], ...]) -> str:
    percents = sum(text.count("%") for kind, text in tokens if kind == "literal")
    exact = Decimal(repr(value)) * 100**percents  # binary floats would round 2.675 down, Excel does not
    pieces, is_written = [], False
    for kind, text in tokens:
        if kind == "literal":
            pieces.append(text)
        elif kind == "general":
            pieces.append(general(value))
        elif not is_written:
            pieces.append(_digits(exact, text))
            is_written = True
    return "".join(pieces)


def _digits(value: Decimal, pattern: str) -> str:
    mantissa, _, exponent = pattern.upper().partition("E")
    scaled = mantissa.rstrip(",")  # each comma at the end divides by a thousand
    value /= 1000 ** (len(mantissa) - len(scaled))
    whole, _, fraction = scaled.partition(".")
    places = len(fraction)
    if exponent:
        base, _, power = f"{value:.{places}E}".partition("E")
        sign = power[0] if power[0] == "-" or exponent.startswith("+") else ""
        return f"{base}E{sign}{int(power[1:]):0{max(1, len(exponent) - 1)}d}"
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{rounded:,.{places}f}" if "," in whole else f"{rounded:.{places}f}"
    return _padded(text, least=whole.count("0"), optional=len(fraction) - len(fraction.rstrip("#?")))


def _padded(text: str, *, least: int, optional: int) -> str:
    """Return the digits with leading zeros to the least number, and without optional zeros at the end."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, fraction = digits.partition(".")
    for _ in range(optional):
        fraction = fraction.removesuffix("0") if fraction.endswith("0") else fraction
    if whole == "0" and least == 0:
        whole = "" if fraction else whole
    whole = whole.rjust(least, "0") if "," not in whole else whole
    if not (whole + fraction).strip("0,"):
        sign = ""
    return f"{sign}{whole}{point if fraction else ''}{fraction}"
