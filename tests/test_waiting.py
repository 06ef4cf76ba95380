from __future__ import annotations

import asyncio

import pytest

from holdfast.waiting import wait_for


class Written(Exception):
    pass


class NeverWritten:
    def __repr__(self) -> str:
        raise Written


def test_what_the_work_returns_is_never_written_out() -> None:
    made = NeverWritten()

    async def work() -> NeverWritten:
        return made

    with asyncio.Runner() as runner:
        assert wait_for(runner, work()) is made
        assert wait_for(runner, work()) is made


def test_what_the_work_raises_is_raised() -> None:
    async def work() -> int:
        raise KeyError("lost")

    with asyncio.Runner() as runner, pytest.raises(KeyError, match="lost"):
        wait_for(runner, work())
