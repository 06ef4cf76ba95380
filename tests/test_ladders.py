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


def test_a_named_model_that_is_declared_is_asked_as_its_rung_says_and_once(tmp_path: Path) -> None:
    """It went to the provider's own address, with the usual key, whatever its rung said."""
    (tmp_path / "workflow.yaml").write_text(DECLARED, encoding="utf-8")
    wiring = wire(tmp_path)
    try:
        named = wiring._ladders.ladder("openai:gpt-4o-mini", version="v1")
        assert [rung.model.name for rung in named] == ["openai:gpt-4o-mini", "extractive"]
        assert named[0].suits is None, "it is named, so it is asked"
        other = wiring._ladders.ladder("openai:gpt-4o", version="v1")
        assert [rung.model.name for rung in other] == ["openai:gpt-4o", "openai:gpt-4o-mini", "extractive"]
    finally:
        wiring.close()
