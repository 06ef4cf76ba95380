"""Read a question in the word forms of the papers that were found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from holdfast.text.compounds import JOINING, Compounds
from holdfast.text.languages import language_of_question, small_words_of
from holdfast.text.words import STEMMERS, stem

SHORTEST = 4
"""Letters from which a word is read as another form of itself."""
_WORD = re.compile(r"(?<![\w-])[^\W\d_]+(?![\w-])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A question in the papers' words, with each word that was changed."""

    text: str
    changes: tuple[tuple[str, str], ...] = ()


def as_written(question: str, texts: Iterable[str], *, language: str = "") -> Written:
    """Return the question with words that no text holds in the form in which the texts have them.

    `Rückgaben` is read as `Rückgabe`, `Frist` as the one `Kündigungsfrist` of the texts or as that in
    which two words of the question meet, `Reisekosten` as `Reise Kosten`. A word that may be several
    stays. Questions in English, or in a language that cannot be told, stay as they are: their stems are
    compared anyway. What is no question may be read so as well, with its `language`.
    """
    language = language or language_of_question(question)
    if language == "en" or language not in STEMMERS:
        return Written(text=question)
    asked = [match[0] for match in _WORD.finditer(question) if len(match[0]) >= SHORTEST]
    small = small_words_of(language)
    papers = _Papers.of(texts, asked, language)
    read = papers.read([word for word in asked if word.casefold() not in small])
    text = _WORD.sub(lambda match: read.get(match[0], match[0]), question)
    return Written(
        text=text, changes=tuple((word, read[word]) for word in dict.fromkeys(asked) if word in read)
    )


@dataclass(frozen=True, slots=True)
class _Papers:
    """The words of the texts by their stems, each as it is written first."""

    held: frozenset[str]
    written: Mapping[str, str]
    """By stem."""
    language: str
    compounds: Compounds | None

    @classmethod
    def of(cls, texts: Iterable[str], asked: Iterable[str], language: str) -> _Papers:
        """Return the words of the texts; those of the question are words of which compounds are made too."""
        stemmed = partial(stem, language=STEMMERS[language])
        held: set[str] = set()
        written: dict[str, str] = {}
        counts: Counter[str] = Counter()
        for text in texts:
            for match in _WORD.finditer(text):
                word = match[0].casefold()
                held.add(word)
                counts[stemmed(word)] += 1
                written.setdefault(stemmed(word), match[0])
        counts.update(stemmed(word.casefold()) for word in asked)
        known = Compounds(counts, stemmed) if language in JOINING else None
        return cls(frozenset(held), written, language, known)

    def read(self, words: Sequence[str]) -> dict[str, str]:
        """Return those of the words that are read otherwise, with how."""
        stems = {word: stem(word.casefold(), STEMMERS[self.language]) for word in words}
        missing = [word for word in words if word.casefold() not in self.held]
        bent = {word: self.written[stems[word]] for word in missing if stems[word] in self.written}
        absent = [word for word in missing if word not in bent]
        return bent | self._joined(absent, stems) if absent and self.compounds is not None else bent

    def _joined(self, absent: Sequence[str], stems: Mapping[str, str]) -> dict[str, str]:
        """Return the absent words that stand in a compound, or whose parts stand there, with these."""
        assert self.compounds is not None
        within = {
            word: [compound for compound in self.compounds.of(one) if compound in self.written]
            for word, one in stems.items()
        }
        met = Counter(compound for found in within.values() for compound in found)
        read: dict[str, str] = {}
        for word in absent:
            several = [compound for compound in within[word] if met[compound] > 1]
            if one := _only(several or within[word]):
                sharing = [other for other in stems if one in within[other]]
                read |= dict.fromkeys(sharing if several else [word], self.written[one])
            elif (parts := self.compounds.parts(stems[word])) and self.written.keys() >= set(parts):
                read[word] = " ".join(self.written[part] for part in parts)
        return read


def _only(found: Sequence[str]) -> str:
    return found[0] if len(found) == 1 else ""
