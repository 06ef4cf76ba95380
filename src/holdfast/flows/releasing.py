"""Let a reply's text through to the reader sentence by sentence, each after its checks."""

from __future__ import annotations

import asyncio
import re

from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Answer
from holdfast.domain.prompts import Prompt, Reply
from holdfast.protocols import Checker, Decider, Guards
from holdfast.text.sentences import split_sentences

_END = re.compile(r"[.!?:;)\]\"'”»]\s*$|\n\s*$")
"""What a sentence, row or heading may end with."""
_END_INSIDE = re.compile(r"[.!?:;)\]\"'”»]\s+\S|\n\s*\S")


class Release:
    """Holds text back until its sentences are whole and would stand as an answer by themselves.

    A sentence that does not (it cites nothing yet, or its passage does not support it) waits with all that
    follows: either a later one completes it, or the outcome decides. So nothing is shown that the checks
    would have kept back, and what was shown is never taken away for its content.
    """

    def __init__(
        self,
        item: WorkItem,
        prompt: Prompt,
        *,
        checker: Checker,
        decider: Decider,
        guards: Guards,
        model: str,
    ) -> None:
        self._judged = (item, prompt)
        self._checker = checker
        self._decider = decider
        self._guards = guards
        self._model = model
        self._held = ""
        self._tried = 0
        self._is_at_end = False

    async def __call__(self, piece: str) -> str:
        """Return the text that may be shown now, often none."""
        self._held += piece
        begins_one = self._is_at_end and not piece.isspace()
        self._is_at_end = bool(_END.search(piece)) or (self._is_at_end and piece.isspace())
        if not begins_one and not _END_INSIDE.search(piece):
            return ""  # most pieces are parts of words: cutting all that is held for each would add up
        ready = _whole_sentences(self._held)
        if ready <= self._tried:
            return ""
        self._tried = ready
        shown = await asyncio.to_thread(self._checked, self._held[:ready])
        if shown:
            self._held, self._tried = self._held[ready:], 0
        return shown

    def begin_anew(self) -> None:
        """Forget what was held back: the reply begins anew."""
        self._held, self._tried, self._is_at_end = "", 0, False

    def _checked(self, text: str) -> str:
        item, prompt = self._judged
        reply = Reply(text=text.strip(), model=self._model)
        checks = self._checker.check(item, prompt, reply)
        ruling = self._decider.decide(item, prompt, reply, checks)
        if not ruling.final or not isinstance(ruling.outcome, Answer):
            return ""
        screened = self._guards.screen_outcome(ruling.outcome).outcome
        if not isinstance(screened, Answer):
            return ""
        return text.replace(reply.text, screened.text, 1)


def _whole_sentences(text: str) -> int:
    """Return the offset behind the last sentence that another one has begun after."""
    pieces = split_sentences(text)
    return pieces[-1].start if len(pieces) > 1 else 0
