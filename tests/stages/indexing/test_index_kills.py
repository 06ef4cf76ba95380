from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from holdfast.domain.access import Principal
from holdfast.domain.hits import Hit
from holdfast.stages.indexing.sums import Look
from holdfast.testing.indexes import LocalRig

KILLS = int(os.environ.get("HOLDFAST_KILLS", "3"))
BEN = Principal(user="ben")
DOCUMENTS = 8

CHILD = """
import sys
from pathlib import Path
from holdfast.stages.indexing import writer
from holdfast.domain.hits import Hit
from holdfast.testing.indexes import LocalRig
from holdfast.testing.records import document

writer.FLUSH_CHUNKS = 3
folder, revision, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
with LocalRig(folder, exact_up_to=20) as rig:
    print("ready", flush=True)
    while True:
        revision += 1
        new = rig.writer()
        rig.refile({"0.md": ["everyone", f"g{revision % 3}"]})
        kept = {f"{n}.md" for n in range(count)} | {f"extra{revision}.md"}
        rig.write(new, [document(p, f"revision {revision} of {p}") for p in sorted(kept)])
        new.remove([(s, p) for s, p in new.known() if p not in kept])
        new.publish()
        print(revision, flush=True)
"""


def test_a_kill_at_any_moment_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    rng = random.Random(KILLS)
    revision = 0
    for kill in range(KILLS):
        acknowledged = killed(tmp_path, revision, rng)
        revision = checked(tmp_path, tmp_path / f"fresh{kill}")
        assert revision in (acknowledged, acknowledged + 1)
    assert revision > 0


def killed(folder: Path, revision: int, rng: random.Random) -> int:
    """Start a writer, kill it at some moment, return the last revision it said was published."""
    command = [sys.executable, "-c", CHILD, str(folder), str(revision), str(DOCUMENTS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    said = [process.stdout.readline() for _ in range(rng.randrange(3))]
    time.sleep(rng.random() * 0.15)
    process.kill()
    process.wait()
    said += process.stdout.readlines()
    process.stdout.close()
    return max([revision, *map(int, said)])


def checked(folder: Path, fresh: Path) -> int:
    """Return the revision that readers see, whole, in files that equal those built from nothing."""
    with LocalRig(folder, exact_up_to=20) as rig:
        assert rig.projections.broken(Look.EVERYTHING) == ()
        if rig.index.version == 0:
            return 0
        found = rig.texts("revision", BEN, k=100)
        (revision,) = {text.split()[1] for texts in found.values() for text in texts}
        expected = sorted(
            [f"revision {revision} of {n}.md" for n in range(DOCUMENTS)]
            + [f"revision {revision} of extra{revision}.md"]
        )
        assert {leg: sorted(texts) for leg, texts in found.items()} == {"sparse": expected, "dense": expected}
        url = f"sqlite:///{folder / 'records.sqlite'}"
        with LocalRig(fresh, url=url, exact_up_to=20) as rebuilt:
            for question in ("revision", f"extra{revision}.md", "3.md of"):
                ours, theirs = rig.search(question, BEN, k=100), rebuilt.search(question, BEN, k=100)
                assert ids(ours["sparse"]) == ids(theirs["sparse"])
                assert scores(ours["dense"]) == scores(theirs["dense"])
        with rig.database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    return int(revision)


def ids(hits: tuple[Hit, ...]) -> list[int]:
    return sorted(hit.chunk_id for hit in hits)


def scores(hits: tuple[Hit, ...]) -> dict[int, float]:
    return {hit.chunk_id: round(hit.score, 4) for hit in hits}
