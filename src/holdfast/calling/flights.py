"""Let calls that ask the same at the same time wait for one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Flights(Generic[T]):
    """The calls that are under way, by key; those of one event loop know nothing of another's."""

    def __init__(self) -> None:
        self._flights: dict[tuple[asyncio.AbstractEventLoop, str], Flight[T]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    def under_way(self, key: str) -> Flight[T] | None:
        """Return the flight to wait for; None: nobody asks this now."""
        return self._flights.get((asyncio.get_running_loop(), key))

    def start(self, key: str) -> Flight[T]:
        """Return a new flight, which the caller leads."""
        slot = (asyncio.get_running_loop(), key)
        flight = Flight[T](lambda: self._flights.pop(slot, None))
        self._flights[slot] = flight
        return flight


class Flight(Generic[T]):
    """One call and those that wait for it."""

    def __init__(self, ended: Callable[[], object]) -> None:
        self._ended = ended
        self._waiting: dict[asyncio.Future[tuple[T] | None], None] = {}

    @contextmanager
    def led(self, *, own: tuple[type[Exception], ...] = ()) -> Iterator[None]:
        """Lead the flight within this block, which lands it.

        What the block raises is raised by all who wait: what failed for one is not tried by each. After
        a cancellation, or an error that is the leader's own alone, the longest waiting leads.
        """
        try:
            yield
        except own:
            self._hand_over()
            raise
        except Exception as error:
            for place in self._end():
                place.set_exception(error)
            raise
        except BaseException:
            self._hand_over()
            raise

    def land(self, value: T) -> None:
        """Give all who wait what was brought."""
        for place in self._end():
            place.set_result((value,))

    async def landing(self) -> tuple[T] | None:
        """Return what the leader brought, or None when the caller leads from now on; raise its error."""
        place: asyncio.Future[tuple[T] | None] = asyncio.get_running_loop().create_future()
        self._waiting[place] = None
        try:
            return await place
        except asyncio.CancelledError:
            self._waiting.pop(place, None)
            was_given_the_lead = (
                place.done() and not place.cancelled() and not place.exception() and place.result() is None
            )
            if was_given_the_lead:
                self._hand_over()
            raise

    def _hand_over(self) -> None:
        """Let the longest waiting lead; the flight is over when nobody waits."""
        while self._waiting:
            place = next(iter(self._waiting))
            del self._waiting[place]
            if not place.done():
                place.set_result(None)
                return
        self._end()

    def _end(self) -> list[asyncio.Future[tuple[T] | None]]:
        """Return those who wait; whoever asks from now on finds no flight."""
        ended, self._ended = self._ended, _nothing
        ended()
        places = [place for place in self._waiting if not place.done()]
        self._waiting.clear()
        return places


def _nothing() -> None:
    """Do nothing: a flight ends once, and its key may belong to another by then."""
