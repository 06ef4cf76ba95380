"""Access that changed at a source of one's own counts with the next question, however it can be told."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

import holdfast
from holdfast.access.trust import trust
from holdfast.cli.main import app
from holdfast.freshness import Rounds, remember

ANA = holdfast.Principal(user="ana", groups=frozenset({"sales"}))
DECLARATION = """\
name: desk
embedding: {model: lsa}
sources:
  - {use: 'hooks:telling', name: telling, options: {place: FOLDER}}
  - {use: 'hooks:silent', name: silent, options: {place: FOLDER}}
"""
HOOKS = '''
from dataclasses import dataclass, replace
from pathlib import Path

from holdfast.domain.access import AccessList
from holdfast.errors import StorageError
from holdfast.testing.fakes import FakeSource


class Silent(FakeSource):
    """Reads who may see its papers from a file, and writes down each time it is listed."""

    def survey(self):
        folder = Path(self.folder)
        with (folder / "surveys").open("a") as file:
            file.write(self.name + "\\n")
        rules = (folder / self.name).read_text()
        if rules == "away":
            raise StorageError("the share is away", stage="sources", move="Mount it")
        access = AccessList(entries=frozenset(rules.split()))
        self.access = {path: access for path in self.texts}
        return replace(super().survey(), has_permissions=True, permissions_digest=rules)


class Telling(Silent):
    def permissions_digest(self):
        return (Path(self.folder) / self.name).read_text()


def made(part, name, folder):
    source = part(texts={f"{name}.md": f"The pump of the {name} source costs 12 EUR."}, name=name)
    source.folder = folder
    return source


def telling(place):
    return made(Telling, "telling", place)


def silent(place):
    return made(Silent, "silent", place)
'''


class Desk:
    """An opened workflow over both sources, with what was done to them."""

    def __init__(self, folder: Path, flow: holdfast.SyncFlow) -> None:
        self.folder = folder
        self.flow = flow

    def let_in(self, source: str, groups: str) -> None:
        (self.folder / source).write_text(groups)

    def found(self) -> set[str]:
        return {hit.document for hit in self.flow.search("pump", principal=ANA).hits}

    def surveys(self) -> Counter[str]:
        """Return how often each source was listed since the last call."""
        listed = (self.folder / "surveys").read_text().split()
        (self.folder / "surveys").write_text("")
        return Counter(listed)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    work = tmp_path / "work"
    work.mkdir()
    (work / "workflow.yaml").write_text(DECLARATION.replace("FOLDER", str(tmp_path)))
    (work / "hooks.py").write_text(HOOKS)
    for name in ("telling", "silent"):
        (tmp_path / name).write_text("sales")
    trust(work)
    with holdfast.open(work) as flow:
        flow.sync()
        opened = Desk(tmp_path, flow)
        opened.surveys()
        yield opened


def test_only_a_source_that_cannot_tell_is_listed_before_a_question(desk: Desk) -> None:
    assert desk.found() == {"telling.md", "silent.md"}
    assert desk.surveys() == {"silent": 1}


@pytest.mark.parametrize("name", ["telling", "silent"])
def test_access_that_changed_counts_with_the_next_question(desk: Desk, name: str) -> None:
    desk.let_in(name, "legal")
    assert desk.found() == {"telling.md", "silent.md"} - {f"{name}.md"}
    desk.let_in(name, "legal sales")
    assert desk.found() == {"telling.md", "silent.md"}


def test_a_source_that_is_away_keeps_no_other_from_being_followed(desk: Desk) -> None:
    desk.let_in("telling", "away")
    desk.let_in("silent", "legal")
    assert desk.found() == {"telling.md"}


def test_questions_that_come_while_a_source_is_listed_share_the_next_listing() -> None:
    rounds, begun, let_end = Rounds(), threading.Semaphore(0), threading.Semaphore(0)
    done: list[int] = []

    def work() -> str:
        begun.release()
        let_end.acquire()
        done.append(len(done))
        return f"round {len(done)}"

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(rounds.after_now, work)
        begun.acquire()
        later = [pool.submit(rounds.after_now, work) for _ in range(7)]
        while rounds.waiting < len(later):
            pass
        let_end.release()
        let_end.release()
        assert first.result() == "round 1"
        # None of them is served by the round that had begun before it came.
        assert {one.result() for one in later} == {"round 2"}
    assert len(done) == 2


def test_a_round_that_failed_serves_nobody_else() -> None:
    rounds = Rounds()

    def fails() -> str:
        raise KeyError("gone")

    with pytest.raises(KeyError):
        rounds.after_now(fails)
    assert rounds.after_now(lambda: "fine") == "fine"


def test_the_doctor_says_which_source_each_question_waits_for(desk: Desk) -> None:
    told = CliRunner().invoke(app, ["doctor", str(desk.folder / "work"), "--json"], prog_name="holdfast")
    titles = [one["title"] for one in json.loads(told.stdout.splitlines()[-1])["advice"]]
    (waits,) = [title for title in titles if "Each question waits" in title]
    assert "until silent is listed" in waits


def test_rules_that_a_sync_has_seen_count_as_followed_only_when_they_are(desk: Desk) -> None:
    wiring = desk.flow._flow.wiring
    desk.let_in("telling", "legal")
    remember(wiring, {source.name: source.survey() for source in wiring.sources()}, follows=False)
    # As another process finds it while the sync is about to close them.
    assert desk.found() == {"silent.md"}
