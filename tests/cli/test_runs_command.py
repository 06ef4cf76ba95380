"""`holdfast runs` on a desk that was evaluated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

QUESTION = "How tight are the gland bolts of the HX-200?"
CASES = """\
cases:
  - id: gland
    question: How tight are the gland bolts of the HX-200?
    principal: {user: ana}
    expect:
      outcome: answer
      facts: ["35 Nm"]
      evidence: [{document: gland.md, quote: "Tighten the gland bolts of the HX-200 to 35 Nm."}]
"""


def test_runs_of_golden_cases_are_marked_and_can_be_left_out_or_chosen(holdfast: Any, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    for name in ("documents", "golden"):
        (folder / name).mkdir(parents=True)
    (folder / "documents" / "gland.md").write_text("Tighten the gland bolts of the HX-200 to 35 Nm.\n")
    (folder / "golden" / "cases.yaml").write_text(CASES)
    (folder / "workflow.yaml").write_text(
        "name: desk\nembedding: {model: lsa}\nsources: [{files: documents, access: [everyone]}]\n"
    )
    holdfast("eval", folder)
    asked = holdfast("ask", folder, QUESTION, "--json").json["run"]

    first, second = holdfast("runs", folder).stdout.splitlines()
    assert first.startswith(asked[:8])
    assert "[golden case]" not in first
    assert f"[golden case] {QUESTION}" in second

    listed = {
        origin: holdfast("runs", folder, "--origin", origin, "--json").json["runs"]
        for origin in ("work", "golden", "replay")
    }
    assert [(one["run"], one["origin"]) for one in listed["work"]] == [(asked, "work")]
    assert [one["origin"] for one in listed["golden"]] == ["golden"]
    assert listed["replay"] == []
    assert "no runs of this origin (replay)" in holdfast("runs", folder, "--origin", "replay").stdout
    shown = holdfast("runs", folder, listed["golden"][0]["run"])
    assert "[golden case] asked by" in shown.stdout
    assert holdfast("runs", folder, "--origin", "eval").exit_code == 2
