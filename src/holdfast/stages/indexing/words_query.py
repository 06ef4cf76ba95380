"""Turn a question's words into the query that the sparse leg is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain

import tantivy

from holdfast.stages.indexing.analyser import Analyser
from holdfast.text.compounds import JOINING, Compounds

COMPOUND_WEIGHT = 0.5
"""Of a compound where a question has one of its halves, or the other way round, beside the word itself."""
STALE_AT = 0.02
"""Share of chunks that came or went from which compounds are looked for again."""


class WordsQuery:
    """Reads questions as the chunks were read, and knows which words of theirs are compounds."""

    def __init__(self, analyser: Analyser, *, compounds: bool) -> None:
        self._analyser = analyser
        self._has_compounds = compounds
        self._compounds: dict[str, tuple[int, Compounds]] = {}
        """By language, with the number of chunks for which they were found."""

    def terms(self, text: str, languages: Iterable[str]) -> list[str]:
        """Return the question's terms in every one of these languages, repeats kept."""
        return [
            term for code in languages for term in of_language(code, self._analyser.query_terms(text, code))
        ]

    def any_of(self, index: tantivy.Index, terms: Sequence[str]) -> tantivy.Query:
        """Return the query for chunks with any of these terms, or with compounds that they are part of.

        Repeated terms keep their weight: a term's clause is boosted by its count.
        """
        weights = Counter(terms)
        languages = {_language(term) for term in weights}
        known = {code: found for code in languages if (found := self._known(index, code)) is not None}
        compounds = {term: _within(known, term) for term in weights}
        meant = Counter(chain.from_iterable(compounds.values()))
        clauses = []
        for term, weight in weights.items():
            same: dict[str, float] = {term: weight}
            for one in compounds[term]:
                # a compound of two words of the question is what it asks for
                same[one] = weight if meant[one] > 1 else COMPOUND_WEIGHT * weight
            clauses.append(_best_of(index, same))
        parts = {
            part: COMPOUND_WEIGHT * weight
            for term, weight in weights.items()
            for part in _parts(known, term)
            if part not in weights
        }
        clauses += [_term(index, part, weight) for part, weight in parts.items()]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, clause) for clause in clauses])

    def _known(self, index: tantivy.Index, language: str) -> Compounds | None:
        """Return the compounds of this language in the index; None where it writes none.

        To find them takes a tenth of a second for 50,000 words, so a few chunks more or less do not count.
        """
        if not self._has_compounds or language not in JOINING:
            return None
        searcher = index.searcher()
        size, found = searcher.num_docs, self._compounds.get(language)
        if found is None or abs(found[0] - size) > STALE_AT * size:
            prefix = f"{language}:"
            counts = {
                term.removeprefix(prefix): count for term, count in searcher.terms_with_prefix("body", prefix)
            }
            known = Compounds(counts, partial(self._analyser.stem, language=language))
            found = self._compounds[language] = size, known
        return found[1]


def of_language(language: str, terms: Iterable[str]) -> Iterator[str]:
    """Yield the terms as terms of one language: `die` is an article in German and none in English."""
    return (f"{language}:{term}" for term in terms)


def _language(term: str) -> str:
    return term.partition(":")[0]


def _within(known: Mapping[str, Compounds], term: str) -> tuple[str, ...]:
    """Return the compounds that a term begins or ends, as terms."""
    language, _, word = term.partition(":")
    return tuple(of_language(language, known[language].of(word))) if language in known else ()


def _parts(known: Mapping[str, Compounds], term: str) -> tuple[str, ...]:
    """Return the words that a term is made of, as terms."""
    language, _, word = term.partition(":")
    return tuple(of_language(language, known[language].parts(word))) if language in known else ()


def _best_of(index: tantivy.Index, weights: Mapping[str, float]) -> tantivy.Query:
    """Return the query that scores a chunk by the best of these terms in it."""
    each = [_term(index, term, weight) for term, weight in weights.items()]
    return each[0] if len(each) == 1 else tantivy.Query.disjunction_max_query(each)


def _term(index: tantivy.Index, term: str, weight: float) -> tantivy.Query:
    query = tantivy.Query.term_query(index.schema, "body", term, index_option="freq")
    return query if weight == 1 else tantivy.Query.boost_query(query, float(weight))
