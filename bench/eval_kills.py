"""Kill `holdfast eval` in the middle of 500 cases, again and again: it goes on, pays nothing twice, ends alike.

python bench/eval_kills.py [KILLS]
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from holdfast.storage import experiments as store
from holdfast.storage.database import open_database, sqlite_url
from holdfast.testing.provider import ProviderServer, Scripted, Served

CASES = 500
AT_ONCE = 16
ASKED = re.compile(r"bolts of pump p(\d+)\?")


def main() -> None:
    """Print how often each case was paid, and whether the result is that of a run without kills."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as temporary, ProviderServer(_answer) as server:
        folder, environment = _desk(Path(temporary), server.openai_url), _environment(Path(temporary))
        _holdfast(["sync", str(folder)], environment)
        rng = random.Random(7)
        recorded: set[str] = set()
        for number in range(1, kills + 1):
            process = _started(["eval", str(folder), "--at-once", str(AT_ONCE)], environment)
            goal = len(server.requests) + rng.randrange(40, CASES // (kills + 1))
            while len(server.requests) < goal and process.poll() is None:
                time.sleep(0.01)
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            now = _on_record(Path(temporary))
            assert recorded <= now, "what was on record is gone"
            recorded = now
            print(f"kill {number}: {len(server.requests)} calls made, {len(recorded)} cases on record")
        paid = Counter(_pump(request) for request in server.requests)
        ended = json.loads(_holdfast(["eval", str(folder), "--at-once", str(AT_ONCE), "--json"], environment))
        after = Counter(_pump(request) for request in server.requests)
        again = [case for case in recorded if after[case] != paid[case]]
        print(
            f"at its end: {ended['cases']} cases, {sum(after.values())} calls; paid again although on record: {len(again)}"
        )
        print(f"calls that were under way when it was killed, made again: {sum(after.values()) - CASES}")
        whole = json.loads(
            _holdfast(["eval", str(folder), "--fresh", "--at-once", str(AT_ONCE), "--json"], environment)
        )
        print(f"same result as without a kill: {_figures(ended) == _figures(whole)}")


def _figures(told: dict[str, Any]) -> dict[str, Any]:
    return {name: one["value"] for name, one in told["metrics"].items() if one["unit"] in ("share", "count")}


def _answer(request: Served) -> Scripted:
    n = int(_pump(request)[1:])
    return Scripted(text=f"Tighten the cover bolts of pump p{n} to {20 + n % 70} Nm [1].", delay_s=0.1)


def _pump(request: Served) -> str:
    return f"p{ASKED.findall(json.dumps(request.body['messages']))[-1]}"


def _desk(root: Path, url: str) -> Path:
    folder = root / "desk"
    (folder / "documents").mkdir(parents=True)
    (folder / "golden").mkdir()
    cases = ["cases:"]
    for n in range(CASES):
        said = f"Tighten the cover bolts of pump p{n} to {20 + n % 70} Nm."
        (folder / "documents" / f"p{n}.md").write_text(f"# Pump p{n}\n\n{said}\n")
        expect = f'{{outcome: answer, facts: ["{20 + n % 70} Nm"], evidence: [{{document: p{n}.md, quote: "{said}"}}]}}'
        question = f"How tight are the cover bolts of pump p{n}?"
        cases.append(f'  - {{id: p{n}, question: "{question}", principal: {{user: ana}}, expect: {expect}}}')
    for number in range(0, CASES, 250):  # one file holds only so many cases
        text = "\n".join(["cases:", *cases[1 + number : 251 + number]])
        (folder / "golden" / f"pumps-{number}.yaml").write_text(f"{text}\n")
    (folder / "workflow.yaml").write_text(
        "name: desk\nembedding: {model: lsa}\nsources: [{files: documents, access: [everyone]}]\ngeneration:\n"
        f"  rungs: [{{provider: openai, model: gpt-4o-mini, base_url: '{url}', key_env: DESK_KEY}}]\n  extractive: false\n"
    )
    return folder


def _environment(root: Path) -> dict[str, str]:
    return {**os.environ, "HOLDFAST_HOME": str(root / "home"), "DESK_KEY": "sk-test-0000000000000000"}


def _started(words: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "holdfast", *words], env=environment, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def _holdfast(words: list[str], environment: dict[str, str]) -> str:
    process = _started(words, environment)
    out, err = process.communicate()
    assert process.returncode in (0, 1), err
    return out.splitlines()[-1] if out else ""


def _on_record(root: Path) -> set[str]:
    (file,) = (root / "home").rglob("records.db")
    database = open_database(sqlite_url(file))
    with database.read() as connection:
        newest = store.list_experiments(connection, limit=1)
        rows = store.case_runs_of(connection, newest[0].experiment.id) if newest else ()
    database.close()
    return {row.case for row in rows if not row.not_run}


if __name__ == "__main__":
    main()
