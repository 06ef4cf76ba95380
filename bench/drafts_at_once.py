"""What the web layer adds to 100 drafts at a time: CPU of the server's process, with it and without.

python bench/drafts_at_once.py [ROUNDS]

Stages are faked and drafts are kept in the database in both cases. Clients are in another process.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import httpx2
from workbench import PAUSE_S, SENTENCES, Writer, faked, served, write_folder

from holdfast.domain.access import Principal

DRAFTS = 100
SSE = {"accept": "text/event-stream"}
END = "end"


def main() -> None:
    """Print the CPU of both, and their difference."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as room:
        folder = write_folder(Path(room))
        os.environ["HOLDFAST_HOME"] = f"{room}/home"
        web = _measured(_serve, folder, _through_the_web, rounds)
        flow = _measured(_stream, folder, _directly, rounds)
    print(
        f"{DRAFTS} drafts at a time, {SENTENCES} sentences each (one alone takes {SENTENCES * PAUSE_S:.1f} s)"
    )
    print(f"server: {_told(web)}; the same drafts without the web layer: {_told(flow)}")
    print(f"web layer: {median(web) - median(flow):.2f} s CPU")


def _told(values: list[float]) -> str:
    return f"median {median(values):.2f} s CPU ({min(values):.2f} to {max(values):.2f})"


def _measured(
    work: Callable[[Path, Connection], None],
    folder: Path,
    ask: Callable[[Connection, str], None],
    rounds: int,
) -> list[float]:
    """Return the CPU seconds of another process for each round of drafts, the first one left out."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=work, args=(folder, theirs))
    process.start()
    where, used = ours.recv(), []
    for _ in range(rounds + 1):
        ours.send("cpu")
        before = ours.recv()
        ask(ours, where)
        ours.send("cpu")
        used.append(ours.recv() - before)
    ours.send(END)
    process.join()
    return used[1:]


def _through_the_web(_pipe: Connection, url: str) -> None:
    async def drafts() -> None:
        async with httpx2.AsyncClient(base_url=url, timeout=60) as client:
            shown = await asyncio.gather(*(draft(client) for _ in range(DRAFTS)))
            assert all(shown)

    async def draft(client: httpx2.AsyncClient) -> int:
        async with client.stream("POST", "/api/items", json={"question": "How?"}, headers=SSE) as answer:
            return sum([b'"data-outcome"' in line async for line in answer.aiter_bytes()])

    asyncio.run(drafts())


def _directly(pipe: Connection, _nothing: str) -> None:
    pipe.send("drafts")
    pipe.recv()


def _serve(folder: Path, pipe: Connection) -> None:
    with served(Writer(), folder) as url:
        pipe.send(url)
        _account(pipe, lambda: None)


def _stream(folder: Path, pipe: Connection) -> None:
    async def main() -> None:
        async with faked(Writer(), folder) as flow:
            pipe.send("")

            async def draft() -> None:
                async for _ in flow.stream("How?", principal=Principal(user="local"), thread=""):
                    pass

            async def drafts() -> None:
                await asyncio.gather(*(draft() for _ in range(DRAFTS)))

            loop = asyncio.get_running_loop()
            await asyncio.to_thread(
                _account, pipe, lambda: asyncio.run_coroutine_threadsafe(drafts(), loop).result()
            )

    asyncio.run(main())


def _account(pipe: Connection, drafts: Callable[[], None]) -> None:
    """Say what CPU was used, or work the drafts, until the end."""
    while (asked := pipe.recv()) != END:
        if asked == "drafts":
            drafts()
        pipe.send(time.process_time())


if __name__ == "__main__":
    main()
