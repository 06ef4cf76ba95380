"""Find the number that a document calls itself by."""

from __future__ import annotations

import re
from collections.abc import Mapping

from holdfast.stages.enriching.head import labelled_lines

_NUMBER = r"(?:no|number|nr|nummer|id|identifier|code|n°|№|numéro|número|numero)\.?"
_PAPER = (
    r"(?:document|doc|dokument(?:en)?|policy|bulletin|procedure|manual|form|specification|spec|standard|report|"
    r"instruction|notice|circular|richtlinien?|formular|norm|merkblatt|verfahren|anweisungs?|documento)"
)
_LABEL = re.compile(
    rf"documento?|dokument|{_PAPER}\.?[ -]?{_NUMBER}|(?:n°|no\.|numéro|número|numero)(?: d[eu]l?)? {_PAPER}",
    re.IGNORECASE,
)
"""`Reference: SB-2022-03` may be about another document and is none."""
_VALUE = re.compile(
    r"((?=[\w./-]*\d)(?=[\w./-]*[^\W\d_])[^\W_][\w./-]*[^\W_])(?=\s*$|\s*[,;(]|\s+(?:rev|version|v|issue)\b)",
    re.IGNORECASE,
)
_FILE = re.compile(r"\.[a-z][a-z0-9]{1,4}$", re.IGNORECASE)


def number_of(text: str, properties: Mapping[str, str]) -> str:
    """Return the number, with letters and digits, from front matter or the first lines; empty when none."""
    stated = ((re.sub(r"[_-]", " ", name), value) for name, value in properties.items())
    lines = ((line.label, line.value) for line in labelled_lines(text))
    for label, value in (*stated, *lines):
        if _LABEL.fullmatch(label) and (match := _VALUE.match(value.strip())) and not _FILE.search(match[1]):
            return match[1]
    return ""
