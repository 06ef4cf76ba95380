"""A scripted model that reads its prompt: it quotes the passages it was shown, as far as it was told to.

It is a caricature, made to show what a gate sees of a changed prompt, and says nothing of a real model. What it
does depends on the prompt's text alone:

- it picks sentences from the passages in the prompt, nothing else, by the words of the question in the prompt;
- it cites when the system text speaks of square brackets, else it does not;
- it declines when the system text has the word NO_ANSWER and the passages seem not to answer;
- it leaves superseded passages out when the system text speaks of them and another passage is there;
- it keeps numbers when the system text says exactly, verbatim or word for word, else it rounds them;
- it adds a rule of thumb of its own unless the system text forbids guessing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from holdfast.domain.documents import Metadata, Status
from holdfast.domain.prompts import Passage
from holdfast.stages.generation.extractive import written
from holdfast.stages.generation.nearness import Ranking
from holdfast.stages.generation.picking import pick
from holdfast.testing.provider import ProviderServer, Scripted, Served
from holdfast.text.answerability import judge
from holdfast.text.relevance import rank_sentences

KEY = "SCRIPTED_READER_KEY"
"""Variable of the declared key; any value will do."""
NO_ANSWER = "NO_ANSWER"
NOTHING = "I cannot say."
"""What a reader that may not decline says where no sentence of the passages has a word of the question."""
SENTENCES = 3
DECLINES_BELOW = 0.3
"""Answerability by words below which a reader that may decline does."""

_PASSAGE = re.compile(
    r'<passage n="(?P<n>\d+)" mark="(?P<mark>\d+)"(?P<attributes>(?:"[^"]*"|[^">])*)>\n(?P<text>.*?)\n</passage n="(?P=n)"',
    re.DOTALL,
)
_DOCUMENT = re.compile(r'document="([^"]*)"')
_QUESTION = re.compile(r"^Question: (.*)\Z", re.DOTALL | re.MULTILINE)
_FIELDS = re.compile(r"^Fields of the record:\n+(.*?)\n\n", re.DOTALL | re.MULTILINE)
_MARKS = re.compile(r" ?\[\d+\]")
_NUMBER = re.compile(r"(?<![\w./-])\d{2,4}(?![\w./-]*\d)")
_CITES = re.compile(r"square brackets", re.IGNORECASE)
_EXACT = re.compile(r"\bexactly as\b|\bverbatim\b|\bword for word\b|\bunchanged\b", re.IGNORECASE)
_BOUND = re.compile(r"\b(?:do not|don't|never|no) guess|\bguess(?:es|ing)? (?:is|are) not\b", re.IGNORECASE)
_THUMB = " As a rule of thumb the next larger size takes a quarter more."

Reader = Callable[["Asked"], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a prompt says."""

    system: str
    question: str
    passages: tuple[Passage, ...]
    text: str
    """The whole prompt: what tells one request from another."""


def serving(reader: Reader) -> ProviderServer:
    """Return a provider on this machine whose model answers as `reader` does."""

    def answer(request: Served) -> Scripted:
        return Scripted(text=reader(asked_in(request)), pieces=1)

    return ProviderServer(answer, keeps_requests=False, batches=None)


def rung(url: str, **more: object) -> dict[str, object]:
    """Return the declaration of a rung that asks it."""
    return {"provider": "openai", "model": "scripted-reader", "base_url": url, "key_env": KEY, **more}


def asked_in(request: Served) -> Asked:
    """Return what the messages of a request say."""
    texts = {one["role"]: _text_of(one["content"]) for one in request.body["messages"]}
    shown = texts.get("user", "")
    found = _QUESTION.search(shown)
    fields = _FIELDS.search(shown)
    return Asked(
        system=texts.get("system", ""),
        question=" ".join(filter(None, (found and found[1].strip(), fields and fields[1].strip()))),
        passages=tuple(_passage(one) for one in _PASSAGE.finditer(shown)),
        text="\n".join(texts.values()),
    )


def read(asked: Asked) -> str:
    """Return the reader's answer, or the word by which it declines."""
    passages = asked.passages
    if "superseded" in asked.system:
        passages = tuple(one for one in passages if one.metadata.status is not Status.SUPERSEDED) or passages
    ranking = Ranking(whole=rank_sentences(asked.question, passages))
    sure = judge(asked.question, passages, ranking.whole, dense=False).probability if ranking.whole else 0.0
    if NO_ANSWER in asked.system and sure < DECLINES_BELOW:
        return NO_ANSWER
    if not ranking.whole:
        return NOTHING
    text = "".join(written(pick(asked.question, passages, ranking, most=SENTENCES)))
    return _as_told(text, asked.system)


def read_otherwise(asked: Asked) -> str:
    """Return what is said when an answer comes out otherwise: declined where it was given, and the reverse."""
    if read(asked) != NO_ANSWER:
        return NO_ANSWER
    return read(Asked(system=asked.system.replace(NO_ANSWER, ""), question=asked.question,
                      passages=asked.passages, text=asked.text))  # fmt: skip


def _as_told(text: str, system: str) -> str:
    if not _EXACT.search(system):
        text = _NUMBER.sub(lambda found: str(round(int(found[0]), 1 - len(found[0]))), text)
    if not _CITES.search(system):
        text = _MARKS.sub("", text)
    return text if _BOUND.search(system) else text + _THUMB


def _passage(found: re.Match[str]) -> Passage:
    attributes = found["attributes"]
    document = _DOCUMENT.search(attributes)
    return Passage(
        n=int(found["n"]), document=document[1] if document else "", text=found["text"], start=0,
        end=len(found["text"]), score=1 / int(found["n"]),
        metadata=Metadata(status=Status.SUPERSEDED if 'status="superseded"' in attributes else Status.APPROVED),
    )  # fmt: skip


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content) if isinstance(content, list) else ""
