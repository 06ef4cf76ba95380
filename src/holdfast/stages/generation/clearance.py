"""Send a provider nothing of documents that its groups may not see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping

from holdfast.domain.access import EVERYONE, USER_PREFIX, AccessList
from holdfast.domain.calls import Call
from holdfast.domain.items import is_attached
from holdfast.domain.prompts import Piece, Prompt
from holdfast.domain.stages import Stage
from holdfast.domain.streams import closing
from holdfast.errors import NotCleared
from holdfast.protocols import Model
from holdfast.storage.database import Database
from holdfast.storage.runs import LOOKUP_PREFIX
from holdfast.storage.visibility import hidden_among


class ClearedModel:
    """Passes a prompt on only when each of its passages may be sent to this rung's provider.

    The rung is taken for somebody who is in its `may_see` groups, in `everyone`, and in nothing else: a
    passage may be sent when that somebody might see its document, or use its lookup, at this moment. What
    the asker wrote, history and attachments included, is the asker's own to send.
    """

    def __init__(
        self,
        model: Model,
        *,
        database: Database,
        may_see: Collection[str],
        lookups: Mapping[str, Collection[str]],
    ) -> None:
        """Take the rung's `may_see` and the declared `access` of each lookup by its name."""
        self.name = model.name
        self._model = model
        self._database = database
        groups = {group for group in may_see if not group.startswith(USER_PREFIX)}
        self._entries = frozenset({*groups, EVERYONE})
        self._lookups = {
            f"{LOOKUP_PREFIX}{name}": AccessList(entries=frozenset(access))
            for name, access in lookups.items()
        }

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        """Yield what the model yields; raise NotCleared before anything is sent."""
        named = {one.document for one in prompt.passages if not is_attached(one.document)}
        closed = await asyncio.to_thread(self._closed, named)
        count = sum(passage.document in closed for passage in prompt.passages)
        if count:
            raise NotCleared(
                f"{self.name} may not be sent {count} of the {len(prompt.passages)} passages (`may_see`)",
                stage=Stage.GENERATION,
                move="Add a rung that may see them, or name their groups in the rung's may_see",
            )
        async with closing(self._model.generate(prompt, call)) as pieces:
            async for piece in pieces:
                yield piece

    def _closed(self, names: Collection[str]) -> frozenset[str]:
        """Return those of these documents and lookups that the rung may not see today."""
        of_lookups = frozenset(name for name in names if name.startswith(LOOKUP_PREFIX))
        closed = frozenset(
            name
            for name in of_lookups
            if name not in self._lookups or self._lookups[name].entries.isdisjoint(self._entries)
        )
        with self._database.read() as connection:
            return closed | hidden_among(connection, set(names) - of_lookups, entries=self._entries)
