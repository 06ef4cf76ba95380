"""Ask a model by way of a batch first, and on the line where the batch did not answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from holdfast.domain.calls import Call, Deadline
from holdfast.domain.prompts import Piece, Prompt
from holdfast.domain.streams import closing
from holdfast.errors import DeadlineOver, ProviderUnavailable
from holdfast.protocols import Model
from holdfast.stages.generation.settings import GenerationSettings
from holdfast.telemetry.logs import log


class BatchedModel:
    """The first call of a run goes out in a batch; what comes after it, such as a repair, goes alone."""

    def __init__(self, carried: Model, single: Model, settings: GenerationSettings) -> None:
        self.name = single.name
        self._carried = carried
        self._single = single
        self._settings = settings

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        """Yield what the batch brings, or else the single call, which has a usual call's time.

        Raises what the batch does for a request that would fail again, when its deadline is over, and
        where `generation.batch.otherwise` is `fail`.
        """
        if not any(one.is_batch and one.model == self.name for one in call.journal):
            try:
                async with closing(self._carried.generate(prompt, call)) as pieces:
                    async for piece in pieces:
                        yield piece
            except DeadlineOver:
                raise
            except ProviderUnavailable as error:
                if self._settings.batch.otherwise == "fail":
                    raise
                log("batch.not_answered", "warning", model=self.name, error=error.what)
            else:
                return
        left = min(self._settings.deadline_s, call.deadline.left_s)
        alone = replace(call, deadline=Deadline.after(left))
        async with closing(self._single.generate(prompt, alone)) as pieces:
            async for piece in pieces:
                yield piece
