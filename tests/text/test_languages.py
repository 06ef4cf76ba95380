"""The language of a question, by its small words."""

from __future__ import annotations

import pytest

from holdfast.text.languages import language_name, language_of_question


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Wie lange ist die Garantie der Pumpe?", "de"),
        ("How long is the warranty of the pump?", "en"),
        ("Quelle est la pression maximale de la pompe ?", "fr"),
        ("¿Cuál es la presión máxima de la bomba?", "es"),
        ("Qual è la pressione massima della pompa?", "it"),
        ("Wat is de maximale druk van de pomp?", "nl"),
        ("HX-200 torque", ""),
        ("Warranty?", ""),
        ("die", ""),
        ("", ""),
    ],
)
def test_a_question_s_language_is_told_by_its_small_words_or_not_at_all(question: str, language: str) -> None:
    assert language_of_question(question) == language


def test_a_language_without_a_name_at_hand_is_called_by_its_code() -> None:
    assert (language_name("de"), language_name("fi")) == ("German", "fi")
