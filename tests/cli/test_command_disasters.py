"""Interrupted, killed, doubled and damaged: the command ends clearly, and what was indexed is kept."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from holdfast.storage.database import open_database, sqlite_url
from holdfast.storage.leases import lease
from holdfast.testing.provider import Fault, ProviderServer, Scripted

DECLARATION = "name: many\nembedding: {model: lsa}\nsources: [{files: documents, access: [everyone]}]\n"
PARTS = ["gland", "coupling", "bearing", "impeller", "filter", "relief valve", "base plate", "drain plug"]


def many(folder: Path, count: int) -> Path:
    (folder / "documents").mkdir(parents=True)
    (folder / "workflow.yaml").write_text(DECLARATION)
    for n in range(count):
        part = PARTS[n % len(PARTS)]
        text = f"# The {part} of pump {n}\n\nTighten the {part} of pump {n} to {n + 10} Nm.\n\n## Stock\n\nShelf {n}.\n"
        (folder / "documents" / f"{n:03}.md").write_text(text)
    return folder


def until(holds: Any, what: str, *, timeout_s: float = 30) -> None:
    give_up = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < give_up, what
        time.sleep(0.02)


def hits(holdfast: Any, folder: Path, query: str) -> list[tuple[str, int, str]]:
    found = holdfast("search", folder, query, "--k", "5", "--json").json["hits"]
    return [(hit["document"], hit["chunk"], hit["text"]) for hit in found]


def test_an_interrupted_sync_ends_with_130_and_keeps_what_was_published(holdfast: Any, own: Path) -> None:
    assert holdfast("sync", own).exit_code == 0
    before = hits(holdfast, own, "gland bolts")
    declared = (own / "workflow.yaml").read_text()
    with ProviderServer([Scripted(fault=Fault.STALL)]) as server:
        endpoint = f"{{url: '{server.openai_url}/embeddings', model: m, dimension: 4}}"
        stalled = declared.replace("{model: lsa}", f"{{model: endpoint, endpoint: {endpoint}}}")
        (own / "workflow.yaml").write_text(stalled)
        process = holdfast.start("sync", own, "--json")
        until(lambda: server.requests or process.poll() is not None, "the endpoint was never called")
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=15)
    assert process.returncode == 130, err
    assert out == ""
    assert "interrupted" in err
    assert "Traceback" not in err
    (own / "workflow.yaml").write_text(declared)
    assert hits(holdfast, own, "gland bolts") == before
    assert holdfast("sync", own).exit_code == 0


def test_a_sync_that_waits_for_another_one_can_be_interrupted(
    holdfast: Any, own: Path, tmp_path: Path
) -> None:
    assert holdfast("sync", own).exit_code == 0
    (file,) = (tmp_path / "home").glob("*/records.db")
    database = open_database(sqlite_url(file))
    try:
        with lease(database, "sync", wait_s=1):
            process = holdfast.start("sync", own)
            assert "another sync is running" in process.stderr.readline()
            os.killpg(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=15)
        assert process.returncode == 130, err
    finally:
        database.close()
    assert holdfast("sync", own).exit_code == 0


def test_two_syncs_at_once_end_with_one_whole_index(holdfast: Any, tmp_path: Path) -> None:
    folder = many(tmp_path / "many", 18)
    both = [holdfast.start("sync", folder, "--json") for _ in range(2)]
    ended = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], ended
    assert all("Traceback" not in err for _, err in ended)
    report = holdfast("sync", folder, "--json").json
    assert report["documents"] == {"added": 0, "updated": 0, "removed": 0, "unchanged": 18, "failed": 0}
    assert hits(holdfast, folder, "coupling of pump 17")[0][0] == "017.md"


def test_a_sync_killed_at_any_moment_is_made_whole_by_the_next(holdfast: Any, tmp_path: Path) -> None:
    folder = many(tmp_path / "many", 48)
    moments = random.Random(20)
    killed = 0
    for turn in range(3):
        process = holdfast.start("sync", folder, "--rebuild" if turn == 2 else "--json")
        until(lambda: list((tmp_path / "home").glob("*/records.db")), "no database was made")
        time.sleep(moments.uniform(0.0, 0.2))
        if turn % 2:
            until(lambda: list((tmp_path / "home").glob("*/index/*")), "no index was made")
        process.kill()
        process.communicate(timeout=15)
        killed += process.returncode == -signal.SIGKILL
    assert killed >= 1
    healed = holdfast("sync", folder, "--json")
    assert healed.exit_code == 0, healed.stderr
    fresh = type(holdfast)(environment={**holdfast.environment, "HOLDFAST_HOME": str(tmp_path / "fresh")})
    other = fresh("sync", folder, "--json")
    assert healed.json["chunks"] == other.json["chunks"]
    assert healed.json["problems"] == other.json["problems"] == []
    for query in ("coupling of pump 17", "Nm of the drain plug", "Shelf 17"):
        assert hits(holdfast, folder, query) == hits(fresh, folder, query)
    again = holdfast("sync", folder, "--json").json["documents"]
    assert again == {"added": 0, "updated": 0, "removed": 0, "unchanged": 48, "failed": 0}


@pytest.mark.parametrize("damage", ["garbled", "emptied", "removed", "a file"])
def test_a_damaged_index_folder_is_rebuilt_or_told_and_nothing_is_lost(
    holdfast: Any, own: Path, tmp_path: Path, damage: str
) -> None:
    assert holdfast("sync", own).exit_code == 0
    before = hits(holdfast, own, "gland bolts")
    (index,) = (tmp_path / "home").glob("*/index")
    files = [path for path in index.rglob("*") if path.is_file()]
    match damage:
        case "garbled":
            for path in files:
                path.write_bytes(os.urandom(200))
        case "emptied":
            for path in files:
                path.write_bytes(b"")
        case "removed":
            shutil.rmtree(index)
        case _:
            shutil.rmtree(index)
            index.write_text("not a folder")
    asked = holdfast("search", own, "gland bolts", "--json")
    assert asked.exit_code in (0, 5), asked.stderr
    assert asked.exit_code == 0 or asked.says("sync"), asked.stderr
    synced = holdfast("sync", own, "--rebuild")
    if damage == "a file" and synced.exit_code == 5:
        assert synced.says("index"), synced.stderr
        index.unlink()
    elif synced.exit_code != 0:
        raise AssertionError(synced.stderr)
    assert hits(holdfast, own, "gland bolts") == before


def test_a_damaged_embedding_space_is_told_or_made_anew(holdfast: Any, own: Path, tmp_path: Path) -> None:
    assert holdfast("sync", own).exit_code == 0
    for path in (tmp_path / "home").glob("*/lsa/*"):
        path.write_bytes(b"nothing")
    asked = holdfast("search", own, "gland bolts", "--json")
    assert asked.exit_code == 0 or asked.says("embedding"), asked.stderr
    assert holdfast("sync", own).exit_code == 0
    assert hits(holdfast, own, "gland bolts")[0][0] == "gland.md"


def test_damage_in_an_index_is_told_by_doctor_and_by_sync_which_builds_it_anew(
    holdfast: Any, tmp_path: Path
) -> None:
    folder = many(tmp_path / "many", 20)
    assert holdfast("sync", folder).exit_code == 0
    before = hits(holdfast, folder, "gland bolts")

    def damage(pattern: str) -> str:
        (file,) = tmp_path.rglob(f"index/{pattern}")
        with file.open("r+b") as opened:
            opened.seek(200)
            opened.write(b"\xa5" * 40)
        return f"{file.parent.name}/{file.name}"

    damaged = damage("dense/vectors.*")
    advice = holdfast("doctor", folder, "--json").json["advice"]
    assert [one["title"] for one in advice if "damaged" in one["title"]] == [
        f"Files of the index are damaged ({damaged})"
    ]
    assert damaged in holdfast("sync", folder).stderr
    assert damaged not in holdfast("sync", folder).stderr
    # A question builds it anew by itself; the sync after it tells that it was so.
    damaged = damage("sparse/terms.*/*.term")
    assert hits(holdfast, folder, "gland bolts") == before
    assert damaged in " ".join(holdfast("sync", folder, "--json").json["notices"])
    assert not [
        one for one in holdfast("doctor", folder, "--json").json["advice"] if "damaged" in one["title"]
    ]
