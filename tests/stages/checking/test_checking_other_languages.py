from __future__ import annotations

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.checks import Checks
from holdfast.domain.documents import Metadata
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import kind_of
from holdfast.domain.prompts import Passage, Prompt, Reply
from holdfast.stages.checking.checker import LexicalChecker
from holdfast.stages.deciding.decider import ThresholdDecider

PASSWORDS = """## Mindestlängen
| Konto | Länge | Wechsel |
|---|---|---|
| Normales Benutzerkonto | 12 Zeichen | alle 365 Tage |
| Administratorkonto | 18 Zeichen | alle 90 Tage |
"""
RETURNS = (
    "Verdeckte Transportschäden meldet der Kunde innerhalb von sieben Tagen nach der Anlieferung. "
    "Ausgemusterte Notebooks können nach Ablauf der Nutzungsdauer für 90 Euro erworben werden. "
    "Rabatte werden nicht gewährt."
)
TRUCK = """## Codes d'erreur
| Code | Cause | Action |
|---|---|---|
| F09 | Surchauffe du moteur de traction | arrêt pendant 20 minutes |
| F17 | Surcharge détectée | reposer la charge |
"""


def checked(question: str, reply: str, text: str, language: str) -> tuple[Checks, str]:
    passage = Passage(
        n=1, document="papier.md", text=text, start=0, end=len(text), locator=None, chunk_id=1, score=1.0,
        metadata=Metadata(title="Papier", language=language),
    )  # fmt: skip
    item = WorkItem(id="1", principal=Principal(user="ada"), question=question)
    prompt = Prompt(question=question, messages=(), passages=(passage,))
    written = Reply(text=reply, model="provider:one")
    checks = LexicalChecker().check(item, prompt, written)
    return checks, kind_of(ThresholdDecider().decide(item, prompt, written, checks).outcome)


@pytest.mark.parametrize(
    ("question", "reply", "text", "language"),
    [
        ("wie lang muss ein Adminpasswort sein",
         "Das Passwort eines Administratorkontos muss mindestens 18 Zeichen lang sein. [1]", PASSWORDS, "de"),
        ("Was zahle ich, wenn ich mein ausgedientes Notebook privat übernehmen will?",
         "Ein ausgemustertes Notebook können Sie nach Ablauf der Nutzungsdauer für 90 Euro kaufen. [1]",
         RETURNS, "de"),
        ("Wie lange hat der Kunde Zeit, einen verdeckten Transportschaden zu melden?",
         "Er muss verdeckte Transportschäden innerhalb von 7 Tagen nach der Anlieferung melden. [1]",
         RETURNS, "de"),
        ("gibt es einen rabatt", "Nein, Rabatte werden nicht gewährt. [1]", RETURNS, "de"),
        ("le chariot affiche F09, je l'arrête combien de temps",
         "En cas de code F09 (surchauffe), le chariot doit être arrêté pendant 20 minutes. [1]", TRUCK, "fr"),
    ],
)  # fmt: skip
def test_what_a_model_says_in_the_papers_language_is_answered(
    question: str, reply: str, text: str, language: str
) -> None:
    checks, kind = checked(question, reply, text, language)
    assert kind == "answer", checks


@pytest.mark.parametrize(
    ("question", "reply", "text", "language", "why"),
    [
        ("wie lang muss ein Adminpasswort sein",
         "Das Passwort eines Administratorkontos muss mindestens 20 Zeichen lang sein. [1]", PASSWORDS, "de",
         "number 20 is in no cited passage"),
        ("Wie lange hat der Kunde Zeit, einen verdeckten Transportschaden zu melden?",
         "Er muss verdeckte Transportschäden innerhalb von neun Tagen nach der Anlieferung melden. [1]",
         RETURNS, "de", "number neun Tagen is in no cited passage"),
        ("gibt es einen rabatt", "Ja, Rabatte werden gewährt. [1]", RETURNS, "de",
         "says yes where the passage says no"),
        ("le chariot affiche F09, je l'arrête combien de temps",
         "En cas de code F09, le chariot doit être arrêté pendant 45 minutes. [1]", TRUCK, "fr",
         "number 45 minutes is in no cited passage"),
        ("wie lang muss ein Adminpasswort sein", "Der Betriebsrat stimmt jeder Kündigung zu. [1]", PASSWORDS, "de",
         ""),
    ],
)  # fmt: skip
def test_what_the_papers_do_not_say_is_held_back(
    question: str, reply: str, text: str, language: str, why: str
) -> None:
    checks, kind = checked(question, reply, text, language)
    assert kind == "refusal"
    assert why in checks.claims[0].conflicts or not why
