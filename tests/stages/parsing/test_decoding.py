"""Text of unknown encoding is read as somebody wrote it: short files of Windows, DOS and other scripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.stages.parsing.readers.texts.decoding import decode

GERMAN = (
    "Tarif;gültig ab;Betrag\nStandgeld;01.01.2026;45,00\n",
    "Größe;Menge\nM;3\n",
    "Überweisung an Böhm & Söhne GmbH\n",
    "Name;Straße\nMüller;Hauptstraße 5\n",
    "Übergrößenträger",
)


@pytest.mark.parametrize("text", GERMAN)
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp850", "utf-8", "utf-16"])
def test_a_short_german_file_of_windows_or_dos_keeps_its_umlauts(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Temp;°C\nA;21\n", "cp1252"),
        ("±0,5 mm; µm; ½\n", "cp1252"),
        ("m²; 20°C; ½ cup; 5µm", "cp1252"),
        ("word\u2014word and foo\u2026bar, it\u2019s rock\u2018n\u2019roll", "cp1252"),
        ("Foo™ is ours. R®D", "cp1252"),
        ("\u201cQuoted\u201d\u2013dash", "cp1252"),
        ("Crème brûlée à la carte, garçon", "cp1252"),
        ("Crème brûlée à la carte, garçon", "cp850"),
        ("¿Qué? ¡Sí! Año", "cp1252"),
        ("ÄÖÜ GROSS MÜLLER", "cp1252"),
        ("Größe °C ½ \u2013", "cp1252"),
        ("Größe; Größe; Größe", "cp1252"),
        ("L\u2019été à Nîmes coûte 5 €", "cp1252"),
        ("Zażółć gęślą jaźń; książka", "cp1250"),
        ("Привет, это CSV;Имя;Цена", "cp1251"),
        ("日本語のテキスト、表とカタカナ", "shift_jis"),
        ("中文文本内容和一些更多的文字", "gb18030"),
        ("한국어 텍스트와 더 많은 단어", "euc_kr"),
    ],
)
def test_signs_and_other_scripts_are_read_as_written(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


WORDS = [
    "Größe",
    "°C",
    "Böhm",
    "±0,5",
    "5µm",
    "½ l",
    "m²",
    "über",
    "café",
    "a \u2013 b",
    "A",
    "pump",
    "3",
    "Straße;",
    "5 €",
]


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_western_text_of_windows_is_never_read_in_another_script(words: list[str]) -> None:
    found = decode(" ".join(words).encode("cp1252"))
    assert len(found) == len(" ".join(words))
    assert all(letter < "\u0370" or letter > "\u1fff" for letter in found)


@given(st.binary(max_size=400))
def test_any_bytes_become_text(data: bytes) -> None:
    assert isinstance(decode(data), str)
