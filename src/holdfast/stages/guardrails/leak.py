"""Keep the words of the system prompt out of answers."""

from __future__ import annotations

import re
from typing import Literal

from holdfast.domain.checks import Finding, Screening
from holdfast.stages.guardrails.settings import OutputSettings

WITHHELD = "[instructions withheld]"
LIMITS = "A prompt that is retold in other words, translated or encoded is not recognised."
"""What this guardrail cannot do, for the interface to say."""

_WORD = re.compile(r"\w+")
_TEMPLATE_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_QUOTED = re.compile(r"\"[^\"\n]{1,400}\"|\u201c[^\u201d\n]{1,400}\u201d|`[^`\n]{1,400}`")
_FEWEST_WORDS = 4


class PromptLeak:
    """Masks or blocks runs of words that stand in the system prompt in the same order."""

    name = "prompt_leak"

    def __init__(self, system_prompt: str, settings: OutputSettings | None = None) -> None:
        self.settings = settings or OutputSettings()
        segments = _segments(system_prompt)
        longest = max(map(len, segments), default=0)
        self._size = min(self.settings.prompt_words, longest)
        # shorter prompts than this share their words with ordinary sentences
        self._runs = (
            _runs(segments, self._size) if self._size >= _FEWEST_WORDS else frozenset[tuple[str, ...]]()
        )

    def screen(self, text: str, *, direction: Literal["in", "out"]) -> Screening:
        """Return the answer with each such run replaced; marks `[n]` around it stay."""
        action = self.settings.prompt_leak
        if direction == "in" or action == "off" or not self._runs:
            return Screening(text=text)
        places = self._places(text)
        if not places:
            return Screening(text=text)
        finding = Finding(
            guardrail=self.name,
            kind="system_prompt",
            action=action,
            detail=f"{len(places)} passages repeat {self._size} or more words of the system prompt",
        )
        return Screening(text=_withheld(text, places) if action == "mask" else text, findings=(finding,))

    def _places(self, text: str) -> list[tuple[int, int]]:
        """Return the runs, those that touch or overlap as one."""
        words = [(match.group().casefold(), *match.span()) for match in _WORD.finditer(text)]
        places: list[tuple[int, int]] = []
        for first in range(len(words) - self._size + 1):
            run = words[first : first + self._size]
            if tuple(word for word, _, _ in run) not in self._runs:
                continue
            start, end = run[0][1], run[-1][2]
            if places and start <= places[-1][1]:
                start, _ = places.pop()
            places.append((start, end))
        return places


def _segments(system_prompt: str) -> list[list[str]]:
    """Return the words between template code and quoted text: what is quoted the model was told to say."""
    plain = _QUOTED.sub("\0", _TEMPLATE_CODE.sub("\0", system_prompt))
    return [_WORD.findall(segment.casefold()) for segment in plain.split("\0")]


def _runs(segments: list[list[str]], size: int) -> frozenset[tuple[str, ...]]:
    return frozenset(
        tuple(words[first : first + size]) for words in segments for first in range(len(words) - size + 1)
    )


def _withheld(text: str, places: list[tuple[int, int]]) -> str:
    pieces: list[str] = []
    end = 0
    for start, stop in places:
        pieces += [text[end:start], WITHHELD]
        end = stop
    return "".join([*pieces, text[end:]])
