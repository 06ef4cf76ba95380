"""What is declared of a rung decides its limits, its price and its address, before any client is imported."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from holdfast.calling.accounts import Account
from holdfast.domain.attempts import Attempt
from holdfast.domain.calls import Call, Deadline
from holdfast.domain.prompts import Prompt
from holdfast.domain.usage import Usage
from holdfast.errors import ProviderRejected, UsageError
from holdfast.stages.generation.discover import discovered_model
from holdfast.stages.generation.ledger import LedgerModel
from holdfast.stages.generation.provider_keys import Key, read_key
from holdfast.stages.generation.provider_model import Endpoint
from holdfast.stages.generation.providers import limits_for, model_for, rung_named
from holdfast.stages.generation.settings import GenerationSettings, RungSettings
from holdfast.testing.provider import ProviderServer


def test_making_a_model_imports_no_client() -> None:
    script = (
        "import sys\n"
        "from holdfast.stages.generation.providers import model_for, rung_named\n"
        "from holdfast.stages.generation.discover import discovered_model\n"
        "model_for(rung_named('openai:gpt-5-mini'))\n"
        "heavy = {'pydantic_ai', 'openai', 'anthropic', 'httpx2', 'genai_prices'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("openai:gpt-4o-mini", 128_000),
        ("openai:gpt-4.1-mini", 1_000_000),
        ("openai:gpt-4", 8_192),
        ("openai:gpt-5.4-mini", 400_000),
        ("openai:something-new", 8_192),
        ("anthropic:claude-haiku-4-5", 200_000),
        ("anthropic:claude-sonnet-5-5", 1_000_000),
        ("ollama:llama3.2", 4_096),
        ("ollama:gpt-oss", 4_096),
    ],
)
def test_a_known_window_is_used_and_an_unknown_one_is_taken_small(name: str, window: int) -> None:
    assert limits_for(rung_named(name)).context_tokens == window


def test_a_declared_window_wins() -> None:
    rung = RungSettings(provider="ollama", model="qwen3", context_tokens=32_768, output_tokens=700)
    limits = limits_for(rung)
    assert (limits.context_tokens, limits.output_tokens) == (32_768, 700)


@pytest.mark.parametrize("name", ["gpt-4o", "openai:", "google:gemini", ":x", ""])
def test_a_model_without_a_known_provider_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError, match="PROVIDER:NAME"):
        rung_named(name)


def test_ollama_names_may_hold_a_colon() -> None:
    assert rung_named("ollama:llama3.2:3b").model == "llama3.2:3b"


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"provider": "openai"}, "a rung needs `model`"),
        ({"provider": "gogle", "model": "x"}, "'openai', 'anthropic', 'ollama' or 'pydantic-ai'"),
        ({"model": "x", "base_url": "api.example.com/v1"}, "must begin with http"),
        ({"model": "x", "base_url": "https://me:secret@example.com/v1"}, "must not hold a user"),
        ({"model": "x", "context_tokens": 600, "output_tokens": 700}, "must be smaller"),
        ({"model": "x", "modle": "y"}, "Extra inputs"),
    ],
)
def test_a_wrong_rung_is_refused(declared: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        RungSettings.model_validate(declared)


def test_without_rungs_the_extractive_answerer_is_on() -> None:
    settings = GenerationSettings()
    assert (settings.rungs, settings.extractive, settings.deadline_s) == ((), True, 30)


def test_a_key_comes_from_the_variable_or_from_the_file_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret-2\n")
    environ = {"A": " secret-1 ", "B_FILE": str(tmp_path / "key")}
    assert read_key("A", wanted_by="m", environ=environ).reveal() == "secret-1"
    assert read_key("B", wanted_by="m", environ=environ).reveal() == "secret-2"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "K is not set"),
        ({"K_FILE": "/no/such/file"}, "K_FILE names cannot be read"),
        ({"K": "a\nb"}, "no key has"),
    ],
)
def test_a_key_that_cannot_be_had_names_the_variable(environ: dict[str, str], words: str) -> None:
    with pytest.raises(ProviderRejected, match=words):
        read_key("K", wanted_by="m", environ=environ)


def test_a_key_shows_only_its_variable() -> None:
    key = Key("secret", variable="K")
    assert "secret" not in f"{key} {key!r} {[key]}"


def test_prices_are_known_for_a_provider_s_own_address_and_never_guessed_for_another() -> None:
    price_of = pytest.importorskip("holdfast.stages.generation.provider_prices").price_of
    usage = Usage(input_tokens=1_000_000, output_tokens=0)

    def endpoint(base_url: str, *, is_own: bool = False, is_here: bool = False) -> Endpoint:
        return Endpoint(
            provider="openai", model="gpt-4o-mini", base_url=base_url, key_env="", is_own=is_own,
            is_here=is_here, temperature=0, stream=True,
        )  # fmt: skip

    own = endpoint("https://api.openai.com/v1", is_own=True)
    assert price_of(usage, own).usd == pytest.approx(0.15)
    assert price_of(usage, own, model="gpt-4o-mini-2024-07-18").usd == pytest.approx(0.15)
    assert price_of(usage, own, model="a-name-nobody-knows").usd == pytest.approx(0.15)
    assert price_of(usage, endpoint("https://gateway.example.com/v1")) is None
    assert price_of(usage, endpoint("http://127.0.0.1:11434/v1", is_here=True)).usd == 0
    half = price_of(replace(usage, cached_tokens=500_000), own)
    assert (half.usd, half.saved_usd) == (pytest.approx(0.1125), pytest.approx(0.0375))


class NoLedger:
    """Fails when anything is put on record."""

    async def begin(self, attempt: Attempt) -> None:
        raise AssertionError(attempt)

    async def end(self, attempt: Attempt) -> None:
        raise AssertionError(attempt)


def test_a_call_that_may_cost_more_than_a_run_may_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pydantic_ai", reason="the extra `providers` is not installed")
    monkeypatch.setenv("OPENAI_API_KEY", "no-real-key")
    bare = model_for(rung_named("openai:gpt-4o-mini"))
    model = LedgerModel(bare, Account(ledger=NoLedger(), workflow="desk", per_run_usd=0.0001))
    prompt = Prompt(question="", messages=(), passages=(), tokens=10_000, output_tokens=1_000)

    async def call() -> None:
        async for _ in model.generate(prompt, Call(deadline=Deadline.after(20))):
            pass

    with pytest.raises(ProviderRejected, match=r"may cost 0\.0021 USD, a run may cost 0\.0001"):
        asyncio.run(call())


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"OPENAI_API_KEY": "x"}, "openai:gpt-5-mini"),
        ({"ANTHROPIC_API_KEY_FILE": "/x"}, "anthropic:claude-haiku-4-5"),
        ({"OLLAMA_HOST": "127.0.0.1:1"}, ""),
        ({"OLLAMA_HOST": "example.com"}, ""),
        ({"OLLAMA_HOST": "http://:99999999"}, ""),
    ],
)
def test_a_model_is_discovered_without_importing_or_waiting(environ: dict[str, str], name: str) -> None:
    started = time.monotonic()
    assert discovered_model(environ) == name
    assert time.monotonic() - started < 0.1


def test_a_local_ollama_is_found_with_its_first_model_that_answers() -> None:
    with ProviderServer() as server:
        assert discovered_model({"OLLAMA_HOST": server.url}) == "ollama:llama3.2"
