"""Tell what a question comes down to, so that the same one is known when it is asked again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from holdfast.text.languages import language_of_question
from holdfast.text.numbers import unit_of
from holdfast.text.stopwords import STOP_WORDS
from holdfast.text.words import stem, words

MOST_WORDS = 64
"""Content words of a question; a letter has more, and all of them must be the same."""
MOST_CHARACTERS = 20_000
"""Of a question; what is longer is a document, and never the same as another."""
_FAR = 60
"""Characters in front of a number in which the word stands that it belongs to (`error 17`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gist:
    """What a question comes down to."""

    exact: frozenset[str]
    """What decides: tokens with a digit, question words, negations, filled fields. None may differ."""
    words: frozenset[str]
    """Stems of its other content words, of which some may differ; never empty."""

    def overlap(self, other: Gist) -> float:
        """Return the share of both questions' words that both have; 0 where something exact differs."""
        if self.exact != other.exact:
            return 0.0
        return len(self.words & other.words) / len(self.words | other.words)


def gist_of(question: str, fields: Mapping[str, str] | None = None) -> Gist | None:
    """Return what a question (with its fields) comes down to, None where nothing of it tells it apart.

    None for what is too long to be a question, too.

    The order of words does not count, nor do case, punctuation, small words of the question's language,
    endings. `HX-200`, `hx200` and `HX 200` are one token, `5 bar` and `5bar`, too.
    """
    if len(question) > MOST_CHARACTERS:
        return None
    text = unicodedata.normalize("NFKC", question).casefold().translate(_DASHES)
    text = _NOT.sub(" not", text)
    language = language_of_question(text) or "en"
    codes, rest = _codes_apart(text, {*STOP_WORDS[language], *_DECIDES})
    said = words(rest)
    decisive = {_DECIDES[word] for word in said if word in _DECIDES}
    content = {
        stem(word, _STEMMERS[language])
        for word in said
        if word not in _DECIDES and word not in STOP_WORDS[language]
    }
    filled = {f"{name}={' '.join(value.casefold().split())}" for name, value in (fields or {}).items()}
    if not (content or codes or filled):
        return None
    exact = {*codes, *decisive, *filled}
    if len(content) > MOST_WORDS:
        exact, content = exact | content, set()
    return Gist(exact=frozenset(exact), words=frozenset(content or {""}))


def _codes_apart(text: str, small: Collection[str]) -> tuple[set[str], str]:
    """Return the tokens that hold a digit, each with what belongs to it, and the text without them."""
    codes, spans, end = set(), list[tuple[int, int]](), 0
    for match in _TOKEN.finditer(text):
        if match.start() < end or not any(sign.isdigit() for sign in match["token"]):
            continue
        start, end = match.span()
        code = match["sign"] + _BETWEEN.sub("", match["token"])
        if code[-1].isdigit() and (unit := _unit_behind(text, end)):
            name, end = unit
            code += name
        elif (
            code[0].isdigit()
            and (before := _BEFORE.search(text, max(0, start - _FAR), start))
            and before[1] not in small
        ):
            start, code = before.start(1), before[1] + code
        codes.add(code)
        spans.append((start, end))
    return codes, " ".join(_between(text, spans))


def _unit_behind(text: str, end: int) -> tuple[str, int] | None:
    match = _UNIT.match(text, end)
    name = unit_of(match[1]) if match else ""
    return (name.casefold(), match.end()) if match and name else None


def _between(text: str, spans: list[tuple[int, int]]) -> Iterator[str]:
    at = 0
    for start, end in spans:
        yield text[at:start]
        at = end
    yield text[at:]


_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-") | {"\u2019": "'"})
_NOT = re.compile(
    r"\bcan(?:'?t|not)\b|\bwon'?t\b|\b(?:do|does|did|is|are|was|were|has|have|had|should|would|could)n'?t\b"
    r"|(?<=must|need)n't\b"
)
_TOKEN = re.compile(r"(?P<sign>(?:(?<!\w)[-+<>≤≥±~€$£])?)(?P<token>[^\W_]+(?:[-_/.,:+'][^\W_]+)*)")
_BETWEEN = re.compile(r"(?<!\d)[-_/.,:+']|[-_/.,:+'](?!\d)")
"""What joins the parts of a code; between two digits it stays: 1.5 is not 15."""
_UNIT = re.compile(r"[ \u00a0]?([%°€$£]?[^\W\d_]*\d?(?:/[^\W\d_]+)?)(?![\w/])")
_BEFORE = re.compile(r"(?<![\w-])([^\W\d_]+)[ \u00a0]+\Z")
_STEMMERS = {
    "de": "german", "en": "english", "es": "spanish", "fr": "french", "it": "italian", "nl": "dutch",
}  # fmt: skip
_DECIDES = {
    word: said
    for line in """
        who: who whom
        whose
        when
        where
        why
        how
        not: not no never neither nor
        without: without except
        off
        out
        down
        before
        after
        above: above over
        below: below under
        more
        less
        most: most max maximum
        least: least min minimum
        first
        last
        only
        instead
        wer: wer wen wem
        wessen
        wann
        wo
        wohin
        woher
        warum: warum wieso weshalb
        wie
        wieviel
        nicht: nicht kein keine keinen keinem keiner keines nie niemals
        ohne
        aus
        ab
        vor
        nach
        ueber: über
        unter
        mehr
        weniger
        erst: erst erste ersten erster erstes
        letzt: letzte letzten letzter letztes
        mindestens
        hoechstens: höchstens
        statt
        qui
        quand
        comment
        pourquoi
        où
        pas: pas jamais ni
        sans
        quien: quién quien
        cuando: cuándo cuando
        donde: dónde donde
        como: cómo como
        sin
        nunca
        chi
        dove
        perche: perché
        non: non mai
        senza
        waar
        wanneer
        waarom
        hoe
        niet: niet geen nooit
        zonder
    """.strip().splitlines()
    for said, _, spelt in [line.strip().partition(":")]
    for word in (spelt or said).split()
}
"""Small words on which the answer turns, each by what it says: they are never dropped."""
