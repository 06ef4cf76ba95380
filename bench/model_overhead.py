"""What a model call costs beyond the bare client: CPU, wall clock, first token; peers beside it.

    python bench/model_overhead.py [--way openai|anthropic|schema|anthropic-schema] [--stack MODULE:FUNCTION] [--peers agent langchain litellm]
                                   [--environments FOLDER] [--calls 200] [--rounds 7] [--at-once 8]

The loopback provider runs in processes of its own. `--stack` names what makes a model of a rung's settings: the
whole stack, unless it is said otherwise (`holdfast.stages.generation.providers:model_for`: the model alone). Exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from calls import holdfast as ours
from calls.serving import serving
from peers.environments import NoEnvironment, default_folder, python_of

TEXT = "The gland bolts of the HX-200 are tightened to 35 Nm, crosswise and in two steps [1]."
PIECES = 20
MOST_CPU_MS = 1.5
MOST_RATIO = 1.6
MOST_FIRST_MS = 2.0
SYSTEMS = {
    "openai": "", "anthropic": "_anthropic", "schema": "_schema", "anthropic-schema": "_anthropic_schema",
}  # fmt: skip
"""What is measured: OpenAI's protocol, Anthropic's, an object asked for in the own way of each."""
BESIDE = {"agent": "", "langchain": "calls-langchain", "litellm": "calls-litellm"}
"""Peers, and the environment that each needs (empty: Holdfast's own)."""


def main() -> None:
    """Measure, print, and say by the exit code whether the targets hold."""
    asked = _arguments()
    text = json.dumps({"text": TEXT, "torque_nm": 35}) if asked.way.endswith("schema") else TEXT
    reply = {"text": text, "pieces": PIECES, "output_tokens": PIECES}
    plain = json.dumps({"replies": [reply]})
    paced = json.dumps({"replies": [reply | {"first_token_s": 0.01, "pause_s": 0.001}]})
    of_anthropic, behind = asked.way.startswith("anthropic"), SYSTEMS[asked.way]
    with serving(plain) as fast, serving(paced) as slow:
        urls = [one.anthropic_url if of_anthropic else one.openai_url for one in (fast, slow)]
        plan = {
            "url": urls[0], "paced_url": urls[1], "calls": asked.calls, "rounds": asked.rounds,
            "at_once": asked.at_once, "text": text,
        }  # fmt: skip
        environment = os.environ | {ours.STACK: asked.stack}
        systems = [f"bare{behind}", f"holdfast{behind}"]
        found = _measured(Path(sys.executable), plan, systems, environment)
        rows = {"bare": found[systems[0]], "holdfast": found[systems[1]]}
        for name in asked.peers:
            try:
                python = _python_for(name, asked)
                rows[name] = _measured(python, plan, ["bare", name], environment)[name]
            except (NoEnvironment, subprocess.SubprocessError) as error:
                print(f"model_overhead: {name} was not measured: {error}", file=sys.stderr)
    print(
        f"{asked.calls} calls a block, {asked.at_once} at once, {asked.rounds} rounds, load {os.getloadavg()[0]:.1f}\n"
    )
    _table(rows)
    sys.exit(_judged(rows["bare"], rows["holdfast"]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--way", choices=list(SYSTEMS), default="openai")
    parser.add_argument("--stack", default="", metavar="MODULE:FUNCTION")
    parser.add_argument("--peers", nargs="*", choices=list(BESIDE), default=[])
    parser.add_argument("--environments", type=Path, default=default_folder())
    parser.add_argument("--install-within", type=float, default=600, metavar="SECONDS")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--at-once", type=int, default=8)
    return parser.parse_args()


def _python_for(name: str, asked: argparse.Namespace) -> Path:
    environment = BESIDE[name]
    if not environment:
        return Path(sys.executable)
    return python_of(environment, asked.environments.absolute(), within_s=asked.install_within)


def _measured(
    python: Path, plan: dict[str, Any], systems: list[str], environment: dict[str, str]
) -> dict[str, Any]:
    script = Path(__file__).parent / "calls" / "measure.py"
    done = subprocess.run(
        [python, str(script), json.dumps(plan | {"systems": systems})],
        env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=900,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def _table(rows: dict[str, dict[str, Any]]) -> None:
    print(
        "| | CPU ms a call | calls a CPU second | wall ms | streamed: CPU ms | calls a CPU second | wall ms | first token ms |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for one in rows.values():
        whole, streamed = median(one["cpu_ms"]), median(one["stream_cpu_ms"])
        print(
            f"| {one['title']} | {whole:.2f} | {1000 / whole:.0f} | {median(one['wall_ms']):.2f} | {streamed:.2f} | "
            f"{1000 / streamed:.0f} | {median(one['stream_wall_ms']):.2f} | {median(one['first_ms']):.2f} |"
        )
    print("\nSystems:\n")
    for one in rows.values():
        versions = ", ".join(f"{package} {version}" for package, version in one["versions"].items())
        print(f"- {one['title']} ({versions}): {one['how']}.")


def _judged(bare: dict[str, Any], ours: dict[str, Any]) -> int:
    """Print each target with what was measured, round by round in pairs; return 1 when one is missed."""
    missed = 0

    def say(what: str, value: float, most: float, unit: str) -> None:
        nonlocal missed
        missed += value > most
        print(f"- {what}: {value:.2f}{unit}, at most {most}{unit}: {'MISSED' if value > most else 'held'}")

    print("\nTargets, as medians over the rounds of Holdfast against the bare client:\n")
    for kind, words in (("", "whole"), ("stream_", "streamed")):
        pairs = zip(ours[f"{kind}cpu_ms"], bare[f"{kind}cpu_ms"], strict=True)
        say(f"CPU beyond it, {words}", median(a - b for a, b in pairs), MOST_CPU_MS, " ms")
        pairs = zip(ours[f"{kind}wall_ms"], bare[f"{kind}wall_ms"], strict=True)
        say(f"wall clock, {words}", median(a / b for a, b in pairs), MOST_RATIO, "x")
    say("first token later", median(ours["first_ms"]) - median(bare["first_ms"]), MOST_FIRST_MS, " ms")
    return int(missed > 0)


if __name__ == "__main__":
    main()
