"""A record that a reviewer corrects with `holdfast review edit`, to the golden case and who asks again."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from holdfast.opening import open as opened
from holdfast.storage.schema import runs
from holdfast.testing.provider import ProviderServer, Scripted

from .conftest import Ended, Holdfast, write

pytest.importorskip("pydantic_ai", reason="the extra `providers` is not installed")

QUESTION = "Fill in the claim C-1042."
DOCUMENTS = {
    "documents/claim.md": "# Claim C-1042\n\nThe claim C-1042 is for water damage. The repair costs 2,340 EUR.\n",
    "documents/letter.md": "# Letter on C-1042\n\nThe repair of claim C-1042 costs 2,430 EUR after all.\n",
}
DECLARATION = """\
name: claims
embedding: {{model: lsa}}
sources: [{{files: documents, access: [everyone]}}]
output:
  schema:
    type: object
    properties:
      claim: {{type: string, pattern: "^C-\\\\d+$"}}
      cause: {{type: string, enum: [water, fire, theft]}}
      cost_eur: {{type: number, minimum: 0}}
      rooms: {{type: array, items: {{type: string}}}}
      note: {{type: [string, "null"]}}
      parts:
        type: array
        items:
          type: object
          properties: {{name: {{type: string}}, price_eur: {{type: number}}}}
          required: [name]
    required: [claim, cause]
    additionalProperties: false
  cite: [claim, cost_eur]
deciding: {{uncertain: escalate, default_route: desk, routes: {{desk: {{contact: desk@example.com}}}}}}
generation:
  rungs:
    - {{provider: openai, model: gpt-4.1-mini, base_url: '{url}'}}
"""
LENA = ("--as", "lena")


def drafted(cost: Any) -> Scripted:
    """Return a reply whose cost stands in the first passage, or does not."""
    record = {
        "no_answer": False, "claim": {"value": "C-1042", "cites": [1]}, "cause": "water",
        "cost_eur": {"value": cost, "cites": [1]}, "rooms": ["hall", "cellar"], "note": "call back", "parts": None,
    }  # fmt: skip
    return Scripted(text=json.dumps(record))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with ProviderServer([drafted(9999)]) as server:
        yield write(
            tmp_path / "work", {"workflow.yaml": DECLARATION.format(url=server.openai_url), **DOCUMENTS}
        )


@pytest.fixture
def run(holdfast: Holdfast, folder: Path) -> str:
    """Return a run that was handed over with a record as its draft."""
    told = holdfast("ask", folder, QUESTION, "--as", "ana", "--json").json
    assert told["outcome"] == "escalation", told
    assert (told["output"], told["draft_output"]["cost_eur"]) == (None, 9999)
    return str(told["run"])


def test_a_case_of_a_run_that_answered_with_a_record_expects_the_record(
    holdfast: Holdfast, tmp_path: Path
) -> None:
    with ProviderServer([drafted(2340)]) as server:
        declared = {"workflow.yaml": DECLARATION.format(url=server.openai_url), **DOCUMENTS}
        folder = write(tmp_path / "work", declared)
        told = holdfast("ask", folder, QUESTION, "--as", "ana", "--json").json
        assert told["outcome"] == "answer", told
        made = holdfast("cases", "from-run", folder, told["run"], "--as", "ana")
    assert made.exit_code == 0
    assert "name it here with --fact" not in made.stderr
    (case,) = holdfast("cases", folder, "--json").json["cases"]
    assert {name: one["value"] for name, one in case["fields"].items()} == {
        "claim": "C-1042", "cause": "water", "cost_eur": 2340, "rooms": ["hall", "cellar"], "note": "call back",
    }  # fmt: skip
    checked = holdfast("cases", "check", folder, "--strict")
    assert checked.exit_code == 0, checked.stdout


def edited(holdfast: Holdfast, folder: Path, run: str, *words: str, **more: Any) -> Ended:
    return holdfast("review", "edit", folder, run[:8], *words, *LENA, **more)


def shown(holdfast: Holdfast, folder: Path, run: str) -> Any:
    return holdfast("review", "show", folder, run[:8], *LENA, "--json").json


def test_single_fields_are_set_and_the_rest_of_the_record_stays(
    holdfast: Holdfast, folder: Path, run: str
) -> None:
    done = edited(
        holdfast, folder, run, "--set", "cost_eur=2430", "--cite", "cost_eur=2", "--set", "note=",
        "--set", "parts.0.name=pipe", "--set", "rooms.1=attic", "--words", "see the letter",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "cost_eur: 9999 -> 2430" in done.stderr
    case = shown(holdfast, folder, run)
    (decision,) = case["decisions"]
    assert decision["output"] == {
        "claim": "C-1042", "cause": "water", "cost_eur": 2430, "rooms": ["hall", "attic"], "note": None,
        "parts": [{"name": "pipe"}],
    }  # fmt: skip
    assert decision["cites"] == {"claim": [1], "cost_eur": [2]}
    assert "cost_eur: 2430 [2]" in decision["text"]
    assert {"field": "cost_eur", "before": 9999, "after": 2430} in decision["changed"]
    assert {"field": "note", "before": "call back", "after": None} in decision["changed"]
    assert case["draft_output"]["cost_eur"] == 9999
    told = holdfast("review", "show", folder, run[:8], *LENA).stdout
    assert "changed: note: call back -> (nothing)" in told


def test_a_whole_record_comes_from_a_file_or_from_stdin(
    holdfast: Holdfast, folder: Path, run: str, tmp_path: Path
) -> None:
    record = {"claim": "C-1042", "cause": "fire", "cost_eur": 2340}
    (tmp_path / "record.json").write_text(json.dumps({**record, "cause": "storm", "cost_eur": "much"}))
    refused = edited(holdfast, folder, run, "--record", str(tmp_path / "record.json"))
    assert refused.exit_code == 2
    assert refused.says("review: the record of", "cause: is", "cost_eur: is", "nothing was stored")
    assert shown(holdfast, folder, run)["decisions"] == []
    done = edited(holdfast, folder, run, "--record", "-", "--json", stdin=json.dumps(record))
    assert done.json["verdict"] == "edit", done.stderr
    (decision,) = shown(holdfast, folder, run)["decisions"]
    assert decision["output"] == record
    assert decision["cites"] == {"claim": [1], "cost_eur": [1]}  # what they cited before


def test_what_cannot_be_done_says_why_and_stores_nothing(holdfast: Holdfast, folder: Path, run: str) -> None:
    for words, said in (
        (("--set", "cost=5"), "did you mean 'cost_eur'?"),
        (("--set", "claim.x=5"), "claim is one value"),
        (("--set", "parts=[{"), "is no JSON"),
        (("--set", "rooms.7=x"), "the list has 2 entries"),
        (("--set", "claim"), "Write FIELD=VALUE"),
        (("--cite", "cost_eur=one"), "Write --cite FIELD=1,2"),
        (("--cite", "cost_eur=77"), "names [77]"),
        (("--cite", "cost=1"), "the record has no such field"),
        (("--text", "It is 2,430 EUR [2]."), "is a record, and the edit is none"),
        (("--text", "It is 2,430 EUR.", "--set", "note=x"), "both a text and a record"),
        (("--record", "nowhere.json"), "cannot be read"),
    ):
        refused = edited(holdfast, folder, run, *words)
        assert refused.exit_code == 2
        assert refused.says("review: ", said), refused.stderr
    for text in ("{", "[1]", '{"claim": NaN, "cause": "water"}', "[" * 5000):
        refused = edited(holdfast, folder, run, "--record", "-", stdin=text)
        assert refused.exit_code == 2
        assert refused.says("review: "), refused.stderr
    assert shown(holdfast, folder, run)["decisions"] == []


def test_a_slip_is_told_once_it_is_sent(holdfast: Holdfast, folder: Path, run: str) -> None:
    done = edited(holdfast, folder, run, "--set", "cost_eur=2034")
    assert "not in its sources: cost eur: 2034 (number 2034 is in no cited passage)" in done.stderr


def test_the_correction_becomes_a_golden_case_that_expects_its_fields(
    holdfast: Holdfast, folder: Path, run: str
) -> None:
    fields = ("--set", "cost_eur=2430", "--cite", "cost_eur=2", "--set", "note=", "--golden")
    done = edited(holdfast, folder, run, *fields)
    assert done.exit_code == 0, done.stderr
    written = (folder / "golden" / "corrections.yaml").read_text(encoding="utf-8")
    assert "cost_eur: 2430" in written
    assert "note: {compare: empty}" in written
    assert "rooms: [hall, cellar]" in written
    assert "facts" not in written
    assert "2,430 EUR after all" in written
    checked = holdfast("cases", "check", folder, "--json").json
    assert checked["wrong"] == 0, checked
    again = holdfast("review", "golden", folder, run[:8], *LENA)
    assert again.says("was made of this correction already")
    held = holdfast("review", folder, *LENA, "--json").json["held"]
    confirmed = holdfast("review", "confirm", folder, held[0]["case"], "--as", "mark")
    assert confirmed.exit_code == 0
    assert "field note: (nothing)" in confirmed.stdout
    assert "field cost_eur: 2430 (number)" in confirmed.stdout


def test_who_asks_the_same_again_is_told_the_record(holdfast: Holdfast, folder: Path, run: str) -> None:
    edited(holdfast, folder, run, "--set", "cost_eur=2430", "--cite", "cost_eur=2")
    (earlier,) = holdfast("ask", folder, QUESTION, "--as", "ben", "--json").json["corrected_before"]
    assert earlier["output"]["cost_eur"] == 2430
    assert "cost_eur: 2430 [2]" in earlier["text"]
    assert [one["document"] for one in earlier["citations"]].count("letter.md") == 1


def test_a_forgotten_document_takes_the_corrected_record_with_it(
    holdfast: Holdfast, folder: Path, run: str
) -> None:
    edited(holdfast, folder, run, "--set", "note=the Zanzibarquokka called about the repair")
    (folder / "documents" / "claim.md").unlink()
    gone = holdfast("forget", folder, "claim.md", "--yes", "--json")
    assert gone.exit_code == 0, gone.stderr
    assert gone.json["left"] == []
    (decision,) = shown(holdfast, folder, run)["decisions"]
    assert (decision["output"], decision["text"], decision["action"]) == (None, None, "edit")


def test_a_draft_without_its_fields_on_record_is_told_and_filled_in(
    holdfast: Holdfast, folder: Path, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "Only its text is on record, not its fields"
    assert told not in holdfast("review", "show", folder, run[:8], *LENA).stdout
    monkeypatch.setenv("HOLDFAST_HOME", str(folder.parent / "home"))
    asyncio.run(without_fields(folder, run))
    assert told in holdfast("review", "show", folder, run[:8], *LENA).stdout
    done = edited(holdfast, folder, run, "--set", "claim=C-1042", "--set", "cause=fire")
    assert done.exit_code == 0, done.stderr
    assert shown(holdfast, folder, run)["decisions"][0]["output"] == {"claim": "C-1042", "cause": "fire"}


async def without_fields(folder: Path, run: str) -> None:
    """Have a run as it was recorded before the fields of drafts were."""
    async with opened(folder) as flow:
        with flow.wiring.database.write() as connection:
            packed = connection.execute(sa.select(runs.c.outcome).where(runs.c.id == run)).scalar_one()
            outcome = json.loads(zlib.decompress(packed)) | {"output": None, "cites": {}}
            packed = zlib.compress(json.dumps(outcome).encode())
            connection.execute(sa.update(runs).where(runs.c.id == run).values(outcome=packed))
