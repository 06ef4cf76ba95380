"""Tell what of a question the sentences chosen for its answer do not hold.

Words that meet say how near a sentence is; they do not say that it answers. A question about a thing that
the passages do not hold is nearest to the same value of another thing, or to another value of the same
thing: both are told by what is missing. Each rule is silent unless something definite is missing, for a
refusal of what could have been answered is a loss too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from holdfast.domain.prompts import Passage
from holdfast.text.codes import asked_codes, scope_codes
from holdfast.text.identifiers import identifier_keys
from holdfast.text.kinds import MOMENT, holds_kind, kind_asked
from holdfast.text.languages import language_of_question
from holdfast.text.names import names
from holdfast.text.numbered import asked_numbers, told_numbers
from holdfast.text.numbers import days, quantities
from holdfast.text.periods import asked_periods, in_words, row_periods
from holdfast.text.questions import Asked, read_question
from holdfast.text.relevance import Candidate
from holdfast.text.sentences import Kind, is_row
from holdfast.text.tables import cells_of, empty_column, header_of
from holdfast.text.weights import covered
from holdfast.text.words import STOP_WORDS, content_stems, stem, words
from holdfast.text.years import other_years, said_instead


def lacks(question: str, passages: Sequence[Passage], chosen: Sequence[Candidate]) -> tuple[str, ...]:
    """Return what the chosen sentences lack, each a clause of a refusal's reason; empty when nothing."""
    if not chosen:
        return ()
    matter = _Matter(question=question, passages=passages, chosen=chosen)
    return tuple(said for rule in _RULES if (said := rule(matter)))


_FAR = 0.25
"""Weighted share of the question that another passage holds beside what the cited ones do."""
_NEARER, _LITTLE = 0.1, 0.4
"""The same for a question that names a code and of which the cited sentences hold less than `_LITTLE`."""
_KNOWN = 2
"""Other documents that hold a word of a name, from which it is the corpus's own and tells nothing apart."""
_CAPITALS = 0.6
"""Share of capitalised words from which a question is written in capitals, and they name nothing."""
_DATES = frozenset(
    words(
        "January February March April May June July August September October November December Monday Tuesday"
        " Wednesday Thursday Friday Saturday Sunday"
    )
)
"""Names that say when, which papers write in many ways."""
_SAY_WHEN = frozenset(content_stems("date day month year time week"))
"""Words of a column that fits every question for a time."""
_WORD = 3
"""Letters from which a word of a name counts: `rev B` is no name."""
_QUALIFIERS = 2
"""Words of content before the last one of a name that are held against it."""
_FAMILY = 3
"""Names with the same last word that make it the word for a family."""
_NAME = 2
"""Words from which a name is one with a kind (`Gold Account`)."""


@dataclass(frozen=True, kw_only=True)
class _Matter:
    """A question, what was found for it, and the sentences chosen."""

    question: str
    passages: Sequence[Passage]
    chosen: Sequence[Candidate]

    @cached_property
    def asked(self) -> Asked:
        return read_question(self.question)

    @cached_property
    def codes(self) -> frozenset[str]:
        return asked_codes(self.question, self.passages)

    @cached_property
    def cited(self) -> Sequence[Passage]:
        return tuple({one.passage.n: one.passage for one in self.chosen}.values())

    @cached_property
    def held(self) -> frozenset[str]:
        """Return the stems of the cited passages, what stands above them and their paths."""
        return frozenset().union(*(content_stems(_scope(passage)) for passage in self.cited))

    @cached_property
    def elsewhere(self) -> Sequence[frozenset[str]]:
        """Return the stems that each of the other documents holds."""
        cited = {passage.document for passage in self.cited}
        found: dict[str, frozenset[str]] = {}
        for passage in self.passages:
            if passage.document not in cited:
                found[passage.document] = found.get(passage.document, frozenset()) | _stems(passage)
        return tuple(found.values())

    @cached_property
    def names(self) -> Sequence[str]:
        """Return the names that the question is about; none where capitals say nothing (German, a title)."""
        spelled = re.findall(r"[^\W\d_]+", self.question)
        capitals = sum(word[0].isupper() for word in spelled)
        if language_of_question(self.question) not in ("", "en") or capitals > _CAPITALS * len(spelled):
            return ()
        keys = identifier_keys(self.question) | self.codes
        return [
            name
            for name in names(self.question)
            if not _DATES & set(words(name))
            and self.asked.names >= frozenset(content_stems(name))
            and not any(word in key for word in content_stems(name) for key in keys)
        ]


def _without_code(matter: _Matter) -> str:
    """A code that stands neither in the sentences nor above them."""
    held = frozenset[str]()
    for one in matter.chosen:
        held |= identifier_keys(f"{one.sentence.text} {one.heading} {header_of(one.passage)}")
        held |= scope_codes(one.passage)
    missing = sorted(matter.codes - held)
    return f"none of it is said of {', '.join(missing).upper()}" if missing else ""


def _other_number(matter: _Matter) -> str:
    """The thing with the number that was asked about: a sentence is of another one, or of one of several."""
    for key, own in asked_numbers(matter.question, matter.passages).items():
        told = [told_numbers(key, one.passage, one.sentence, one.heading) for one in matter.chosen]
        other = next((numbers for numbers in told if numbers and numbers.isdisjoint(own.numbers)), None)
        if other:
            return f"it is of {own.word} {', '.join(sorted(other))}, not {', '.join(sorted(own.numbers))}"
        missing = own.numbers.difference(*told)
        if missing and missing != own.numbers:
            return f"none of it is said of {own.word} {', '.join(sorted(missing))}"
    return ""


def _without_kind(matter: _Matter) -> str:
    """A value of the kind that was asked for."""
    kind = kind_asked(matter.question)
    if kind is None:
        return ""
    for one in matter.chosen:
        header = header_of(one.passage) if one.sentence.kind is Kind.ROW else ""
        if holds_kind(kind, matter.question, one.sentence.text, header):
            return ""
    return f"it holds no {kind.name.removeprefix('an ').removeprefix('a ')}"


def _other_date(matter: _Matter) -> str:
    """A date in the asked column: a word is left that no row holds, and their dates are in others."""
    asked = frozenset(matter.asked.stems) | _SAY_WHEN
    if kind_asked(matter.question) is not MOMENT or asked <= matter.held | _SAY_WHEN:
        return ""
    labels: list[str] = []
    for one in matter.chosen:
        header = cells_of(header_of(one.passage))
        cells = cells_of(one.sentence.text)
        if one.sentence.kind is not Kind.ROW or len(header) != len(cells):
            return ""
        dated = [label.replace("_", " ") for label, cell in zip(header, cells, strict=True) if days(cell)]
        if not dated or any(not asked.isdisjoint(content_stems(label)) for label in dated):
            return ""
        labels += dated
    return f"its dates stand in another column ({', '.join(dict.fromkeys(labels))})"


def _other_period(matter: _Matter) -> str:
    """The month that was asked about: the row, or the table that it stands in, is of another one."""
    asked = asked_periods(matter.question)
    other = [one for one in matter.chosen if "period" in one.factors]
    if not asked or not other or any(_tells(matter, one) for one in matter.chosen if one not in other):
        return ""
    told = row_periods(other[0].sentence.text)
    return f"it is not of {in_words(asked)}" + (f" but of {in_words(set(told))}" if told else "")


def _other_year(matter: _Matter) -> str:
    """The year that was asked about: the sentences, or what they stand under, are of another one."""
    told = other_years(matter.question, [(one.passage, one.sentence.start) for one in matter.chosen])
    return f"it is {said_instead(matter.question, told)}" if told and not _other_period(matter) else ""


def _tells(matter: _Matter, one: Candidate) -> bool:
    """Return whether a sentence says a number that is neither asked with nor part of a date."""
    dated = [(day.start, day.end) for day in days(one.sentence.text)]
    return any(
        quantity.value not in matter.asked.numbers
        and not any(start <= quantity.start < end for start, end in dated)
        for quantity in quantities(one.sentence.text)
    )


def _empty_cell(matter: _Matter) -> str:
    """Something in the column that was asked for: the row's cell there is empty."""
    best = matter.chosen[0]
    if best.sentence.kind is not Kind.ROW or best.passage.chunk_id is None:
        return ""
    label = empty_column(header_of(best.passage), best.sentence.text, matter.asked.beside)
    return f"its cell under {label} is empty" if label else ""


def _without_name(matter: _Matter) -> str:
    """A name of which the cited passages do not hold every word."""
    for name in matter.names:
        missing = {word for word in content_stems(name) if len(word) >= _WORD} - matter.held
        if missing and not all(_is_known(word, matter.elsewhere) for word in missing):
            return f"it does not name {name}"
    return ""


def _other_name(matter: _Matter) -> str:
    """A name that the cited passages do not hold as it stands, while one of its kind stands above them."""
    for name in matter.names:
        own = [stem(word) for word in words(name)]
        if len(own) < _NAME:
            continue
        told = [_scope(passage) for passage in matter.cited]
        if not any(_runs(own, [stem(word) for word in words(text)]) for text in told):
            other = next(
                (
                    one
                    for one in _names_above([_above(one) for one in matter.chosen])
                    if _is_sibling(own, one)
                ),
                "",
            )
        else:
            other = next(iter(_longer(name, told, frozenset(matter.asked.stems))), "")
        if other:
            return f"it is about {other}, not {name}"
    return ""


def _other_member(matter: _Matter) -> str:
    """The same for a name in small letters, where the titles tell that its last word stands for a family.

    `lime green account`, when what was found is about a `Navy Blue Account` and a `Gold Account`.
    """
    asked = [stem(word) for word in words(matter.question)]
    told = [[stem(word) for word in words(_scope(passage))] for passage in matter.cited]
    for other in _names_above([_above(one) for one in matter.chosen]):
        *before, kind = [stem(word) for word in words(other)]
        if kind not in asked or set(before) <= set(asked) or not _is_family(kind, matter.passages):
            continue
        own = _content_before(matter.question, asked.index(kind))
        if own and not set(own) <= set(before) and not any(_runs([*own, kind], text) for text in told):
            return f"it is about {other}"
    return ""


def _is_family(kind: str, passages: Sequence[Passage]) -> bool:
    """Return whether the titles and headings above the passages hold several names that end with the word."""
    above = _names_above([f"{passage.metadata.title}\n{passage.context}" for passage in passages])
    ending = {" ".join(words(name)) for name in above if stem(words(name)[-1]) == kind}
    return len(ending) >= _FAMILY


def _content_before(question: str, at: int) -> list[str]:
    """Return the stems of up to two words of content right before a place of the question."""
    found: list[str] = []
    for word in reversed(words(question)[max(0, at - _QUALIFIERS) : at]):
        if word in STOP_WORDS or not word.isalpha():
            break
        found.insert(0, stem(word))
    return found


def _apart(matter: _Matter) -> str:
    """What another passage, mostly about another thing, holds of the question."""
    if any(passage.chunk_id is None for passage in matter.cited):
        return ""  # a lookup's row was fetched for the item, and its words are names of columns
    asked = matter.asked.beside
    held = frozenset[str]().union(*(_stems(passage) for passage in matter.cited))
    best = max(covered(asked, _stems(passage)) for passage in matter.passages)
    gap = best - covered(asked, held)
    if gap <= _NEARER or (gap <= _FAR and not matter.codes):
        return ""
    said = covered(asked, frozenset[str]().union(*(one.wide for one in matter.chosen)))
    return _BETTER if gap > _FAR or said < _LITTLE else ""


_BETTER = "another passage holds more of the question"
_RULES: Sequence[Callable[[_Matter], str]] = (
    _without_code,
    _other_number,
    _without_kind,
    _other_date,
    _other_period,
    _other_year,
    _empty_cell,
    _without_name,
    _other_name,
    _other_member,
    _apart,
)


def _scope(passage: Passage) -> str:
    path = re.sub(r"[/_.-]", " ", passage.document)
    return f"{passage.metadata.title}\n{passage.context}\n{passage.text}\n{path}"


def _stems(passage: Passage) -> frozenset[str]:
    return frozenset(content_stems(f"{passage.context}\n{passage.metadata.title}\n{passage.text}"))


def _is_known(word: str, elsewhere: Sequence[frozenset[str]]) -> bool:
    return sum(word in held for held in elsewhere) >= _KNOWN


def _runs(wanted: Sequence[str], held: Sequence[str]) -> bool:
    """Return whether the words stand one behind the other."""
    size = len(wanted)
    return any(list(held[i : i + size]) == list(wanted) for i in range(len(held) - size + 1))


def _above(one: Candidate) -> str:
    return f"{one.passage.metadata.title}\n{one.heading.lstrip('# ')}\n{one.passage.context}"


def _names_above(texts: Sequence[str]) -> Sequence[str]:
    """Return the names of several words in titles and headings."""
    lines = [line for text in texts for line in text.splitlines() if line and not is_row(line)]
    parts = [part for line in lines for part in re.split(r" > |: ", line)]
    return [name for part in parts for name in names(f"of {part}") if len(words(name)) >= _NAME]


def _is_sibling(own: Sequence[str], other: str) -> bool:
    """Return whether another name ends like the asked one."""
    theirs = [stem(word) for word in words(other)]
    return theirs[-1] == own[-1] and theirs != own


def _longer(name: str, told: Sequence[str], asked: frozenset[str]) -> Sequence[str]:
    """Return the longer names (`Navy Blue Account`) within which alone a name (`Blue Account`) stands."""
    pattern = re.compile(
        r"(?:(?P<before>\b[A-Z][\w'&-]*)[ -])?(?P<name>"
        + r"[\s-]+".join(map(re.escape, name.split()))
        + r")\b"
    )
    found = []
    for match in (match for text in told for match in pattern.finditer(text)):
        before = (match["before"] or "").casefold()
        if not before or before in STOP_WORDS or stem(before) in asked:
            return ()
        found.append(" ".join(match.group().split()))
    return found
