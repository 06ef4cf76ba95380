"""Read from a document's first lines which others it says it replaces, or what replaces it."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence

from holdfast.stages.enriching.head import HEAD_CHARACTERS, HEAD_LINES

_BY = (
    r"superseded by|replaced by|obsoleted by|cancelled by|ersetzt durch|abgelöst durch|abgelöst von|"
    r"remplacée? par|reemplazad[oa] por|sostituit[oa] da|vervangen door"
)
_VERB = (
    r"supersedes|replaces|obsoletes|takes the place of|ersetzt|löst|tritt an die stelle(?: von| des| der)?|"
    r"annule et remplace|remplace et annule|remplace|se substitue à|reemplaza(?: a)?|sustituye(?: a)?|"
    r"sostituisce|vervangt"
)
_LABEL_VERB = (
    rf"(?:{_VERB}|supersede|superseded|replaced|löst ab|ersetzte|cancels|cancelled|withdraws|revokes)"
)
_NOT_DENIED = r"(?<!not )(?<!never )(?<!longer )"
_TWICE = r"(?:(?:hereby|formally|fully|vollständig|hiermit)\s+)?"
_WITH = r"(?:(?:cancels|withdraws|revokes|updates|aktualisiert|annule)\s*(?:and|und|&|/|et)\s*)?"
SUPERSEDED_BY = re.compile(_BY, re.IGNORECASE)
SUPERSEDES = re.compile(
    rf"{_LABEL_VERB}(?:\s*(?:and|und|&|/|et)\s*{_LABEL_VERB})?"
    r"(?: (?:documents?|policy|policies|version|revision|edition|dokumente?))?",
    re.IGNORECASE,
)
"""As the label of a line. `Superseded:` alone lists what is superseded; `Superseded by:` is the other way."""
KIND = (
    r"\w*(?:polic(?:y|ies)|documents?|versions?|editions?|revisions?|guid(?:e|es|ance|elines?|ebook)|manual|"
    r"handbook|bulletin|procedures?|instructions?|standard|notice|memo(?:randum)?|circular|agreement|contract|"
    r"specification|plan|release|issue|directive|regulations?|rules|list|sheet|report|letter|protocol|article|"
    r"statement|schedule|charter|code|note|terms|tariff?|forecast|budget|timetable|catalog(?:ue)?|"
    r"dokument|richtlinien?|fassung|ausgabe|anweisung|anleitung|handbuch|merkblatt|vertrag|vereinbarung|"
    r"regelung|ordnung|vorschrift|mitteilung|information|verfahren|liste|norm|satzung|konzept|leitfaden|rundschreiben|"
    r"politique|procédure|règlement|manuel|notice|circulaire|charte|consigne|fiche|documento|"
    r"política|versión|procedimiento|versione|procedura|manuale|versie|beleid|handleiding)"
)
"""Kinds of documents: a sentence counts only when it is about one; `this kit replaces HX-200` is not."""
THIS = (
    r"(?:this|the present|diese[rs]?|das vorliegende|die vorliegende|ce|cette|la présente|le présent|este|"
    r"esta|quest[oa]|deze|dit)"
)
_AUXILIARIES = r"(?:[^\W\d]+\s+){0,3}?"
_OF_KIND = rf".*?\b{THIS}\s+(?:[^\W\d]+\s+){{0,4}}?{KIND}\s+{_AUXILIARIES}"
_SUBJECT = rf"(?:{_OF_KIND}|(?P<alone>{THIS}\s+{_AUXILIARIES}))?"
IDENTIFIER = r"(?=[\w./-]*\d)(?=[\w./-]*[^\W\d_])[^\W_][\w./-]*[^\W_]"
_IDENTIFIERS = re.compile(
    rf"(?:[^\W\d]+\s+){{0,4}}?({IDENTIFIER}(?:(?:\s*,\s*|\s+(?:and|und|et|y|e|en|&)\s+){IDENTIFIER})*)"
    r"(?=[\s.,;)]*$|[.,;)]|\s+(?:and|und|et|dated|issued|vom|du|vollständig|in (?:full|its entirety))\b)"
)
_FILE = re.compile(r"[\w./-]+\.[a-z][a-z0-9]{1,4}(?![\w/])", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<![\s.]\w)(?<![\s.]\w\w)(?<!\d)[.;!?](?=\s|$)|[;!?](?=\s|$)|\.$")
_VAGUE = re.compile(
    r"\W*(?:all|any|every|each|everything|both|not|nicht|keine?n?|alle[snrm]?|sämtliche[nrs]?|jede[nrs]?|"
    r"tout\w*|tous|todos|todas|tutt[ei])\b",
    re.IGNORECASE,
)
_DETERMINERS = re.compile(
    r"(?:(?:the|our|its|an?|der|die|das|den|le|la|les|el|il|de|het)\s+)+", re.IGNORECASE
)
_GERMAN = re.compile(r"ersetzt|löst|tritt", re.IGNORECASE)
_HAS_KIND = re.compile(rf"(?:\S+\s+){{0,7}}?{KIND}\b", re.IGNORECASE)
_LONGEST = 300
_SHORT = 3
_WORD = re.compile(r"[^\W_]+")
_SENTENCE_ON = re.compile(rf"[.;]\s+(?=(?:{_BY}|{_VERB})\s)", re.IGNORECASE)
_SPLIT = re.compile(r"\s*[,;\n]\s*|\s+(?:and|und|et|&)\s+")
_ONE_NAME = re.compile(rf"{IDENTIFIER}|{_FILE.pattern}|[\d.-]+", re.IGNORECASE)
_STEMS = (
    "supersede", "replace", "obsolete", "cancelled", "ersetzt", "löst", "tritt", "remplac", "reemplaza",
    "sustituye", "sostitui", "vervang", "takes", "substitue",
)  # fmt: skip
"""In each `_VERB` and `_BY` there is one of these, within a word: words may stand on two lines."""
_MARKS = re.compile(r"[*_`#>|]+")
_ALSO = rf"(?:\s+(?:and|und|&)\s+(?:{_LABEL_VERB}))?"
_OF_OTHERS = rf"{_NOT_DENIED}{_TWICE}{_WITH}(?P<verb>{_VERB}){_ALSO}"
_OF_SUCCESSOR = rf"{_NOT_DENIED}(?P<verb>{_BY})"
_NO_TITLE = r"(?!)"
_NOTHING = frozenset(
    {"", "-", "\u2013", "\u2014", "none", "n/a", "na", "nil", "keine", "kein", "no", "null", "~", "tbd"}
)


def said_of_others(text: str, title: str) -> tuple[str, ...]:
    """Return what the first sentence about it says that this document supersedes.

    A phrase is passed on as it stands, up to the end of its sentence (`the Travel Policy of 2022 and is in
    force from March`): only who knows all documents can tell where the name of one ends.
    """
    return _first(text, title, _OF_OTHERS)


def said_of_successor(text: str, title: str) -> tuple[str, ...]:
    """Return what the first sentence about it says that this document is superseded by."""
    return _first(text, title, _OF_SUCCESSOR)


def split_references(value: str) -> tuple[str, ...]:
    """Return the documents that a value names.

    `SB-2023-01 and a.md` are two; `Travel and Expense Policy` stays whole, as only who knows all titles can
    tell.
    """
    lines = [name for line in re.split(r"[;\n]", value) for name in _parts(line)]
    names = (name.strip(" \t\"'`[]*.").removeprefix("(").strip() for name in lines)
    return tuple(dict.fromkeys(name for name in names if name.casefold() not in _NOTHING))


def _parts(line: str) -> list[str]:
    parts = [part for part in (one.strip() for one in _SPLIT.split(line)) if part]
    return parts if all(_ONE_NAME.fullmatch(part.strip("\"'`[]()*.")) for part in parts) else [line]


def _first(text: str, title: str, claim: str) -> tuple[str, ...]:
    if not _may_claim(text):  # of a thousand documents a few do, and their patterns hold their titles
        return ()
    sentence = _sentence(_named(title), claim)
    for window in windows(text):
        match = sentence.match(window)
        if match and (found := _references(match, title)):
            return found
        for tail in _tails(window):
            match = sentence.match(tail)
            if match and _is_edition(match["said"], title) and (found := _references(match, title)):
                return found
    return ()


def _tails(window: str) -> Iterator[str]:
    """Yield what such a word begins as a sentence of a line: `Valid from 1 May. Replaces Tariff 2025`."""
    starts = (match.end() for match in _SENTENCE_ON.finditer(window))
    return (window[start:] for start in starts if window[start].isupper())


def _may_claim(text: str) -> bool:
    """Return False where no sentence of the first lines can say that one document replaces another."""
    head = lowered_head(text)
    return any(stem in head for stem in _STEMS)


def lowered_head(text: str) -> str:
    """Return the first lines in lower case, as `re.IGNORECASE` has it."""
    return text[:HEAD_CHARACTERS].casefold().replace("\u0131", "i")


def _named(title: str) -> str:
    is_kind = re.search(KIND, title, re.IGNORECASE)
    return rf"(?:the\s+)?{re.escape(title)}\s+{_AUXILIARIES}" if is_kind else _NO_TITLE


@functools.lru_cache(maxsize=16)
def _sentence(named: str, claim: str) -> re.Pattern[str]:
    return re.compile(
        rf"\W*(?:(?P<own>{named})|(?P<subject>{_SUBJECT})){claim}\s+(?P<said>\S.*)", re.IGNORECASE
    )


def _references(match: re.Match[str], title: str) -> tuple[str, ...]:
    said = match["said"][:_LONGEST]
    if end := _SENTENCE_END.search(said):
        said = said[: end.start()]
    said = said.strip()
    if match["verb"].casefold() == "löst":
        if not (apart := re.match(r"(.+?)\s+ab\b", said)):
            return ()
        said = apart[1]
    codes = None if match["alone"] else _IDENTIFIERS.match(said)
    if codes and not _FILE.match(said[codes.start(1) :]):
        return split_references(codes[1])
    if _is_edition(said, title):
        return split_references(said)
    is_bare = not match["own"] and (not match["subject"] or bool(match["alone"]))
    return split_references(said) if _is_name(said, match["verb"], is_bare=is_bare) else ()


def _is_edition(said: str, title: str) -> bool:
    """Return whether a phrase begins like the title but for its numbers: `Tariff 2025` in `Tariff 2026`."""
    if match := _DETERMINERS.match(said):
        said = said[match.end() :]
    own = _WORD.findall(title.casefold())
    named = _WORD.findall(said.casefold())[: len(own)]
    is_numbered = any(word.isdigit() for word in own) and any(len(word) > _SHORT for word in own)
    return is_numbered and named != own and _without_numbers(named) == _without_numbers(own)


def _without_numbers(told: Sequence[str]) -> list[str]:
    return ["#" if word.isdigit() else word for word in told]


def _is_name(said: str, verb: str, *, is_bare: bool) -> bool:
    """Return whether a phrase looks like the name of a document: `the need for a form` does not."""
    if _FILE.search(" ".join(said.split()[:6])) or said[:1] in "\"'\u201c\u201e\u00ab*_`":
        return True
    if _VAGUE.match(said):
        return False
    name = said[match.end() :] if (match := _DETERMINERS.match(said)) else said
    if _HAS_KIND.match(name) and not (name[:1].islower() and not re.search(r"\d|[A-Z]", name[:60])):
        return True
    return not is_bare and not _GERMAN.match(verb) and name[:1].isupper() and name[1:2] != " "


def windows(text: str) -> Iterator[str]:
    """Yield each of the first lines with what of its paragraph follows, as sentences run over lines."""
    raw = text[:HEAD_CHARACTERS].splitlines()
    lines = [without_marks(line) for line in raw]
    found = 0
    for number, line in enumerate(lines):
        found += bool(line)
        if found > HEAD_LINES:
            return
        if line:
            yield " ".join([line, *_following(raw, lines, number)])[:500]


def without_marks(text: str) -> str:
    """Return the text without Markdown's marks, its white space one blank each."""
    return " ".join(_MARKS.sub(" ", text).split())


def _following(raw: list[str], lines: list[str], number: int) -> Iterator[str]:
    if raw[number].lstrip().startswith(("#", "|")):
        return
    for further in range(number + 1, min(number + 4, len(lines))):
        if not lines[further] or raw[further].lstrip().startswith(("#", "|", "- ", "* ")):
            return
        yield lines[further]
