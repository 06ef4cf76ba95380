"""A workflow's ladder is made once for a Version, and anew for another."""

from __future__ import annotations

from pathlib import Path

from holdfast.wire import wire

DECLARED = """name: desk
sources: []
embedding: {model: lsa}
generation:
  rungs: [{provider: openai, model: gpt-4o-mini, base_url: "http://127.0.0.1:9/v1", when: "route.tokens < 9000"}]
"""


def test_a_ladder_is_made_once_for_a_version_and_anew_for_another(tmp_path: Path) -> None:
    (tmp_path / "workflow.yaml").write_text(DECLARED, encoding="utf-8")
    wiring = wire(tmp_path)
    try:
        ladders = wiring._ladders
        first = ladders.ladder("", version="v1")
        assert ladders.ladder("", version="v1") is first
        assert len(first) == 2
        assert len(ladders.ladder("extractive", version="v1")) == 1
        later = ladders.ladder("", version="v2")
        assert later is not first
        assert ladders.ladder("", version="v2") is later
    finally:
        wiring.close()
