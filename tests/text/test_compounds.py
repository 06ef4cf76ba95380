"""A question's word finds the compounds that it is part of, and a compound its parts."""

from __future__ import annotations

import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.access import Principal
from holdfast.stages.indexing.analyser import Analyser
from holdfast.testing.indexes import LocalRig
from holdfast.testing.records import document
from holdfast.text.compounds import LONGEST, MOST, SHORTEST, Compounds

BEN = Principal(user="ben")
GERMAN = {
    "kuendigung": "Die Kündigungsfrist beträgt drei Monate zum Quartalsende.",
    "einspruch": "Einsprüche sind innerhalb einer kurzen Frist zu begründen.",
    "rueckgabe": "Ein Rückgaberecht besteht vierzehn Tage lang, ohne dass Gründe zu nennen sind.",
    "reise": "Reisekosten erstattet die Buchhaltung gegen Vorlage der Belege.",
    "kosten": "Die Kosten einer Reise ins Ausland genehmigt vorab die Leitung.",
    "versand": "Unter fünfzig Euro fällt eine Versandkostenpauschale von fünf Euro an.",
    "pauschale": "Der Versand ist täglich; Kosten und Pauschale stehen in der Liste.",
    "kranken": "Die Krankenversicherung meldet der Arbeitgeber an.",
    "diebstahl": "Gegen Diebstahl schützt eine Versicherung, die jeder selbst abschließt.",
    "recht": "Die Kündigung braucht die Schriftform; welches Recht gilt, sagt der Vertrag.",
    "laut": "In der Schlacht um die Macht gab niemand acht.",
}
ASKED = {
    "Welche Frist gilt für eine Kündigung?": "kuendigung",
    "Wie lange habe ich das Recht auf Rückgabe?": "rueckgabe",
    "Wer erstattet Kosten, die auf einer Reise entstehen?": "reise",
    "Welche Pauschale fällt beim Versand an?": "versand",
    "Wer meldet eine Versicherung für Kranke an?": "kranken",
    "Wer genehmigt Auslandsreisekosten?": "kosten",
}


def publish(rig: LocalRig, *names: str) -> None:
    writer = rig.writer()
    rig.write(writer, (document(name, GERMAN[name], language="de") for name in names), size=1_000)
    writer.publish()


def corpus(language: str, *texts: str) -> Compounds:
    analyser = Analyser(stemming=True)
    counts = Counter(term for text in texts for term in analyser.terms(text, language))
    return Compounds(counts, partial(analyser.stem, language=language))


@pytest.fixture(scope="module")
def german() -> Compounds:
    return corpus("de", *GERMAN.values())


@pytest.mark.parametrize(
    ("word", "compounds"),
    [
        ("frist", {"kundigungsfrist"}),
        ("kundig", {"kundigungsfrist"}),
        ("reis", {"reisekost"}),
        ("versand", {"versandkostenpauschal"}),
        ("versicher", {"krankenversicher"}),
        ("acht", set[str]()),
        ("tag", set[str]()),
        ("kundigungsfrist", set[str]()),
    ],
)
def test_a_word_is_found_within_what_it_begins_or_ends(
    german: Compounds, word: str, compounds: set[str]
) -> None:
    assert set(german.of(word)) == compounds


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("kundigungsfrist", ("kundig", "frist")),
        ("versandkostenpauschal", ("versand", "kost", "pauschal")),
        ("auslandsreisekost", ("ausland", "reis", "kost")),
        ("schlacht", ()),
        ("frist", ()),
        ("", ()),
    ],
)
def test_a_compound_is_taken_apart_into_words_of_the_corpus(
    german: Compounds, word: str, parts: tuple[str, ...]
) -> None:
    assert german.parts(word) == parts


def test_other_languages_that_write_them_as_one_word_are_read_so_too() -> None:
    dutch = corpus("nl", "De verzekeringspolis ligt klaar.", "Elke verzekering heeft een polis.")
    swedish = corpus("sv", "Ett anställningsavtal gäller.", "Vid anställning sluts ett avtal.")
    assert dutch.parts("verzekeringspolis") == ("verzekeer", "polis")
    assert swedish.of("avtal") == ("anstallningsavtal",)
    assert swedish.parts("anstallningsavtal") == ("anstallning", "avtal")


def test_questions_find_papers_that_write_as_one_word_what_they_write_as_two(tmp_path: Path) -> None:
    with LocalRig(tmp_path / "with") as rig, LocalRig(tmp_path / "without", compounds=False) as plain:
        for one in (rig, plain):
            publish(one, *GERMAN)
        found = {asked: rig.search(asked, BEN, k=3)["sparse"][0].document for asked in ASKED}
        assert found == ASKED
        before = {asked: [hit.document for hit in plain.search(asked, BEN, k=1)["sparse"]] for asked in ASKED}
        assert sum(before[asked] == [wanted] for asked, wanted in ASKED.items()) < len(ASKED)


def test_what_is_written_in_one_word_outranks_its_parts(tmp_path: Path) -> None:
    with LocalRig(tmp_path) as rig:
        publish(rig, *GERMAN)
        assert rig.search("Reisekosten", BEN, k=2)["sparse"][0].document == "reise"


def test_papers_filed_since_are_known_too(tmp_path: Path) -> None:
    with LocalRig(tmp_path) as rig:
        publish(rig, "einspruch")
        assert [hit.document for hit in rig.search("Frist", BEN, k=5)["sparse"]] == ["einspruch"]
        publish(rig, "kuendigung")
        found = {hit.document for hit in rig.search("Frist", BEN, k=5)["sparse"]}
        assert found == {"einspruch", "kuendigung"}


def test_languages_without_compounds_are_searched_as_before(tmp_path: Path) -> None:
    papers = [
        document(f"{n}.md", text, language="en")
        for n, text in enumerate(("the timetable of a table", "times and tables", "a table in time"))
    ]
    with LocalRig(tmp_path / "with") as rig, LocalRig(tmp_path / "without", compounds=False) as plain:
        for one in (rig, plain):
            one.publish(*papers)
        for asked in ("time", "timetable", "table"):
            both = [[(hit.document, hit.score) for hit in one.search(asked, BEN, k=9)["sparse"]]
                    for one in (rig, plain)]  # fmt: skip
            assert both[0] == both[1]


WORDS = st.text(alphabet="abenrst", min_size=1, max_size=14)


@given(words=st.sets(WORDS, max_size=60), asked=WORDS)
def test_compounds_begin_or_end_with_the_word_and_parts_are_words_of_the_corpus(
    words: set[str], asked: str
) -> None:
    known = Compounds(dict.fromkeys(words, 1), lambda word: word[:8])
    found = known.of(asked)
    assert len(found) <= MOST
    assert set(found) <= words - {asked}
    assert all(one.startswith(asked) or one.endswith(asked) for one in found)
    assert set(known.parts(asked)) <= words
    assert all(len(part) >= SHORTEST for part in known.parts(asked))


def test_words_made_to_take_long_do_not() -> None:
    halves = ["frist", "kunde", "zeiten", "arbeit", "recht"]
    words = {a + b + c: 1 for a in halves for b in halves for c in halves} | dict.fromkeys(halves, 9)
    words |= {f"{'ab' * 9}{number:b}".translate(str.maketrans("01", "xy")): 1 for number in range(20_000)}
    known = Compounds(words, lambda word: word[:-1])
    started = time.process_time()
    for asked in ("abab", "frist", "frist" * 12, "a" * LONGEST, "x" * 100_000, "fristkundezeiten"):
        known.of(asked)
        known.parts(asked)
    assert time.process_time() - started < 1
