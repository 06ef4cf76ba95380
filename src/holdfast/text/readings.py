"""Read the sentences, rows and items of passages with what stands around each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.domain.prompts import Passage
from holdfast.text.periods import spoken_months
from holdfast.text.sentences import Kind, Sentence, is_row, split_sentences
from holdfast.text.tables import header_of, spoken
from holdfast.text.words import content_stems, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One sentence, row or item of a passage and its surroundings."""

    passage: Passage
    sentence: Sentence
    index: int
    """Place among the passage's sentences, from 0."""
    heading: str
    """The last heading above it within the passage, or empty."""
    header: str
    """For a row: the names of its columns."""
    order: tuple[str, ...]
    """Its own content stems, in order."""
    stems: frozenset[str]
    """Its own stems and, for a row, those of its header and of the months that stand in it in figures."""
    months: frozenset[str]
    """Stems of the months that stand in a row in figures (`2026-08`: August)."""
    above: frozenset[str]
    """Stems of its passage's context and title."""
    place: frozenset[str]
    """Stems of the nearest heading (in the passage, else the last of the context's path), and of the sentence
    before when it leans on that."""
    posed: frozenset[str]
    """Stems of the question that its paper poses right above it, empty where there is none."""
    wide: frozenset[str]
    """Its own stems and those of its heading, context, title and the sentence before it."""
    whole: frozenset[str]
    """Stems of the whole passage and of what stands above it."""
    words: str
    """What it says on its own feet: a row behind its heading and with the names of its columns, a sentence
    that leans on the one before behind that one."""


def readings_of(passages: Sequence[Passage]) -> list[Reading]:
    """Return the readings in order; headings, rules and header rows are none."""
    return [reading for passage in passages for reading in _read(passage)]


def leans(text: str) -> bool:
    """Return whether a sentence begins with a word that points to the one before it."""
    return next(iter(words(text)), "") in _POINTING


_POINTING = frozenset(
    "it its he she they his her their this that these those such both here there".split()  # noqa: SIM905
)


def _read(passage: Passage) -> list[Reading]:
    above = frozenset(content_stems(f"{passage.context}\n{passage.metadata.title}"))
    whole = above | frozenset(content_stems(passage.text))
    header = header_of(passage)
    path = next((line for line in passage.context.splitlines() if not is_row(line)), "")
    nearest = path.rpartition(" > ")[2] or passage.metadata.title
    place = frozenset(content_stems(path.rpartition(" > ")[2]))
    posed = place if nearest.endswith("?") else frozenset[str]()
    readings: list[Reading] = []
    heading, before, said = "", frozenset[str](), ""
    for index, sentence in enumerate(split_sentences(passage.text)):
        if sentence.kind is Kind.HEADING:
            heading, before, said = sentence.text, frozenset(), ""
            nearest = heading.lstrip("# ")
            place = frozenset(content_stems(heading))
            posed = place if nearest.endswith("?") else frozenset()
        if sentence.kind in (Kind.HEADING, Kind.RULE) or sentence.text == header or not words(sentence.text):
            continue
        order = content_stems(sentence.text)
        is_table = sentence.kind is Kind.ROW
        months = frozenset(content_stems(spoken_months(sentence.text) if is_table else ""))
        stems = frozenset(order) | frozenset(content_stems(header if is_table else "")) | months
        readings.append(
            Reading(
                passage=passage,
                sentence=sentence,
                index=index,
                heading=heading,
                header=header if is_table else "",
                order=order,
                stems=stems,
                months=months,
                above=above,
                place=place | before if leans(sentence.text) else place,
                posed=posed,
                wide=stems | above | frozenset(content_stems(heading)) | before,
                whole=whole,
                words=_words(nearest, said if leans(sentence.text) else "", sentence, header),
            )
        )
        before, said = stems, sentence.text
        if sentence.text.endswith("?"):  # a question in a paper is the heading of its answer
            place, nearest, posed = stems, sentence.text, stems
    return readings


def _words(nearest: str, said: str, sentence: Sentence, header: str) -> str:
    if sentence.kind is Kind.ROW:
        return ": ".join(filter(None, (nearest, spoken(header, sentence.text))))
    return f"{said} {sentence.text}".strip()
