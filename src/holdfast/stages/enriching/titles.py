"""Find the title of a document: what it says, its first heading, or its file's name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from holdfast.domain.documents import ParsedDocument

LONGEST = 200
HEADING_WITHIN = 3_000
"""A first heading further down is the heading of a part, not of the document."""

LONGEST_LINE = 90
"""Characters of a first line that may be a title."""

_NUMBERED = re.compile(r"(?:§\s*)?\d{1,2}(?:\.\d{1,2})*[.)]?\s+[^\W\d]")
"""The heading of a part (`1 Materiality`), which is not called so."""
_JUNK = re.compile(
    r"""^(?:
        microsoft\ (?:word|excel|powerpoint)\b.* | powerpoint[- ]?pr\w+ | presentation\d* |
        pr[äa]sentation\d* | untitled.* | unbenannt.* | sans\ titre.* | (?:no|kein)\ title | title | titel |
        (?:layout|slide|folie)\s*\d* |
        (?:document|dokument|book|mappe|sheet|tabelle|template|vorlage|new\ document|scan)\s*[\d()_-]* |
        .*\.(?:docx?|dotx?|xlsx?|xltx?|pptx?|potx?|pdf|indd|qxd|rtf|txt|tex|dvi|ps|eps|html?|fm|pub|vsd|odt|md|csv)
    )$""",
    re.IGNORECASE | re.VERBOSE,
)
_SEPARATORS = re.compile(r"_+|(?<=[a-zäöüß])-(?=[a-zäöüß])|(?<=[a-zäöüß]{4})-(?=\d)")


def title_of(path: str, properties: Mapping[str, str], parsed: ParsedDocument) -> str:
    """Return the best title there is; never empty for a path with a name."""
    stated = properties.get("title") or properties.get("subject") or ""
    if not is_junk(stated):
        return _one_line(stated)
    return _first_heading(parsed) or title_from_name(path)


def is_junk(title: str) -> bool:
    """Return whether a program put it there, not a person."""
    title = title.strip()
    return not any(map(str.isalpha, title)) or len(title) > LONGEST or _JUNK.match(title) is not None


def title_from_name(path: str) -> str:
    """Return the file's name as words; the dashes of an identifier (SB-2024-03) stay."""
    name = PurePosixPath(path).name
    stem = PurePosixPath(name).stem if "." in name.strip(".") else name
    return _one_line(_SEPARATORS.sub(" ", stem)) or name


def _first_heading(parsed: ParsedDocument) -> str:
    for section in parsed.sections:
        if section.start > HEADING_WITHIN:
            break
        if section.locator.heading and not section.hidden:
            heading = section.locator.heading[0]
            if _NUMBERED.match(heading):
                return _first_line(parsed.text[: section.start])
            return "" if is_junk(heading) else _one_line(heading)
    return ""


def _first_line(above: str) -> str:
    """Return the line above the first numbered heading where it reads like a title, else nothing."""
    line = next((line.strip() for line in above.splitlines() if line.strip()), "")
    reads_like_one = len(line) <= LONGEST_LINE and line[-1:] not in ".:;,!?" and not is_junk(line)
    return _one_line(line) if reads_like_one else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())[:LONGEST]
