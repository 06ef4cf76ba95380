"""An index version that a run named is searched again after others took its place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

import holdfast
from holdfast.cli.main import app
from holdfast.earlier import at_version
from holdfast.errors import StorageError, UsageError
from holdfast.session import Flow
from holdfast.storage.retention import purge
from holdfast.storage.settings import RetentionSettings

Make = Callable[..., Path]
ANA = holdfast.Principal(user="ana")
SALES = holdfast.Principal(user="sam", groups=frozenset({"sales"}))
TORQUE = "gland bolts HX-200"


async def texts(flow: Flow, query: str, *, at: int = 0, principal: holdfast.Principal = ANA) -> str:
    return "\n".join(hit.text for hit in (await flow.search(query, principal=principal, at=at)).hits)


async def changed(flow: Flow, path: str, text: str | None) -> int:
    """Change or delete a document, sync, and return the version that is published then."""
    file = flow.wiring.folder / "documents" / path
    file.unlink() if text is None else file.write_text(text)
    return (await flow.sync()).index_version


def folders(flow: Flow) -> list[str]:
    found = flow.wiring.state / "earlier"
    return sorted(one.name for one in found.iterdir()) if found.exists() else []


def test_what_a_run_found_is_found_again_at_its_version(make: Make) -> None:
    async def story() -> None:
        async with holdfast.open(make()) as flow:
            await flow.sync()
            run = await flow.ask("How tight are the gland bolts of the HX-200?", principal=ANA)
            assert await changed(flow, "gland.md", "# Gland\n\nTighten the gland bolts to 48 Nm.\n") == 2
            assert await changed(flow, "warranty.md", None) == 3
            assert await changed(flow, "new.md", "# New\n\nThe gland bolts of the KD-7 need 7 Nm.\n") == 4
            then, second, now = [await texts(flow, TORQUE, at=at) for at in (run.index_version, 2, 0)]
            assert "35 Nm" in then
            assert "48 Nm" not in then
            assert "KD-7" not in then
            assert "warranty" in then
            assert "48 Nm" in second
            assert "warranty" in second
            assert "48 Nm" in now
            assert "KD-7" in now
            assert "warranty" not in now
            legs = (await flow.search(TORQUE, principal=ANA, at=1)).hits[0].legs
            assert legs.keys() == {"sparse", "dense"}
            assert await texts(flow, TORQUE, at=4) == now
            assert folders(flow) == ["1", "2"]

    asyncio.run(story())


def test_todays_access_lists_decide_at_an_earlier_version_too(make: Make) -> None:
    async def story() -> None:
        folder = make()
        rules = folder / "documents" / "permissions.yaml"
        async with holdfast.open(folder) as flow:
            await flow.sync()
            await changed(flow, "gland.md", "# Gland\n\nTighten the gland bolts to 48 Nm.\n")
            assert "1,940 EUR" not in await texts(flow, "HX-200 pump costs", at=1)
            assert "35 Nm" in await texts(flow, TORQUE, at=1)
            rules.write_text('"**": [everyone]\n"gland.md": [sales]\n')
            await flow.refresh_access()
            assert "35 Nm" not in await texts(flow, TORQUE, at=1)
            assert "35 Nm" in await texts(flow, TORQUE, at=1, principal=SALES)
            assert "1,940 EUR" in await texts(flow, "HX-200 pump costs", at=1)

    asyncio.run(story())


def test_a_version_past_its_time_is_told_and_its_index_goes(make: Make) -> None:
    async def story() -> None:
        async with holdfast.open(make()) as flow:
            await flow.sync()
            await changed(flow, "gland.md", "# Gland\n\nTighten the gland bolts to 48 Nm.\n")
            await changed(flow, "gland.md", "# Gland\n\nTighten the gland bolts to 50 Nm.\n")
            assert "35 Nm" in await texts(flow, TORQUE, at=1)
            with flow.wiring.database.write() as connection:
                later = datetime.now(UTC) + timedelta(days=40)
                assert purge(connection, RetentionSettings(), later).revisions == 2
            with pytest.raises(StorageError, match="index version 1 is past its time") as caught:
                await flow.search(TORQUE, principal=ANA, at=1)
            assert "Search version 3 or a later one (3 is published)" in caught.value.move
            await flow.sync()
            assert folders(flow) == []

    asyncio.run(story())


def test_one_that_is_open_when_its_time_ends_is_not_searched_with_holes(make: Make) -> None:
    async def story() -> None:
        async with holdfast.open(make()) as flow:
            await flow.sync()
            await changed(flow, "gland.md", "# Gland\n\nTighten the gland bolts to 48 Nm.\n")
            async with at_version(flow.wiring, 1) as earlier:
                item = flow._item(TORQUE, ANA)
                assert (await earlier.retriever().retrieve(item)).hits
                assert earlier.index_version == 1
                with flow.wiring.database.write() as connection:
                    purge(connection, RetentionSettings(), datetime.now(UTC) + timedelta(days=40))
                with pytest.raises(StorageError, match="past its time"):
                    await earlier.retriever().retrieve(item)

    asyncio.run(story())


def test_a_version_that_never_was_is_a_usage_error(make: Make) -> None:
    async def story() -> None:
        async with holdfast.open(make()) as flow:
            await flow.sync()
            for at in (7, -1):
                with pytest.raises(UsageError, match=f"no index version {at}; the published one is 1"):
                    await flow.search(TORQUE, principal=ANA, at=at)

    asyncio.run(story())


def test_indexes_of_earlier_versions_stay_within_their_room(make: Make) -> None:
    async def story() -> None:
        folder = make()
        (folder / "holdfast.yaml").write_text("retention: {earlier_index_mb: 0}\n")
        async with holdfast.open(folder) as flow:
            await flow.sync()
            for torque in (48, 50, 52):
                await changed(flow, "gland.md", f"# Gland\n\nTighten the gland bolts to {torque} Nm.\n")
            with pytest.raises(StorageError, match=r"more than the 0 MB that earlier versions may take"):
                await flow.search(TORQUE, principal=ANA, at=1)
        (folder / "holdfast.yaml").write_text("retention: {earlier_index_mb: 1}\n")
        async with holdfast.open(folder) as flow:
            assert "35 Nm" in await texts(flow, TORQUE, at=1)
            (flow.wiring.state / "earlier" / "1" / "padding").write_bytes(b"x" * 990_000)
            assert "48 Nm" in await texts(flow, TORQUE, at=2)
            assert folders(flow) == ["2"]
            assert "35 Nm" in await texts(flow, TORQUE, at=1)

    asyncio.run(story())


def test_what_is_forgotten_is_gone_from_earlier_versions_too(make: Make) -> None:
    async def story() -> None:
        async with holdfast.open(make()) as flow:
            await flow.sync()
            await changed(flow, "gland.md", None)
            assert "35 Nm" in await texts(flow, TORQUE, at=1)
            erased = await flow.forget("gland.md", who="kim")
            assert erased.searched.left == ()
            assert "35 Nm" not in await texts(flow, TORQUE, at=1)
            assert "warranty" in await texts(flow, "warranty HX-200", at=1)

    asyncio.run(story())


def test_the_command_searches_an_earlier_version(make: Make) -> None:
    folder = make()

    def command(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, [*words, "-w", str(folder)], prog_name="holdfast")
        return result.exit_code, result.output

    assert command("sync")[0] == 0
    (folder / "documents" / "gland.md").write_text("# Gland\n\nTighten the gland bolts to 48 Nm.\n")
    assert command("sync")[0] == 0
    code, output = command("search", TORQUE, "--at", "1", "--json")
    assert code == 0
    assert "35 Nm" in json.loads(output.splitlines()[-1])["hits"][0]["text"]
    code, output = command("search", TORQUE, "--at", "9")
    assert code == 2
    assert "there is no index version 9" in output
