"""`holdfast testing`: scripted or recorded replies in the place of a model's provider, and recording them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from holdfast.cli.screen import say, show
from holdfast.errors import ProviderError, UsageError
from holdfast.loading import load

_SERVER = "holdfast.testing.provider:ProviderServer"
_REPLY = "holdfast.testing.provider:Scripted"
_REPLAY = "holdfast.testing.replaying:CassetteServer"
_RECORD = "holdfast.testing.recording:RecordingServer"
_PROVIDERS = "holdfast.stages.generation.providers:PROVIDERS"
_KEY = "holdfast.stages.generation.provider_keys:read_key"
_READ = "holdfast.testing.provider_files:read_script"


def provider(*, port: int, script: Path | None, text: str, cassette: Path | None, pace: float) -> int:
    """Serve until Ctrl-C, then say on stderr what was served; 1 when something was not on the cassette."""
    if sum((script is not None, bool(text), cassette is not None)) > 1:
        raise UsageError(
            "--script, --text and --cassette exclude each other", stage="testing", move="Leave one of them"
        )
    if cassette is not None:
        return _replay(load(_REPLAY)(cassette, pace=pace, port=port), port)
    replies = load(_READ)(script) if script is not None else [load(_REPLY)(text=text)] if text else ()
    with _until_interrupted(load(_SERVER)(replies, port=port, keeps_requests=False), port) as server:
        account = server.account
    statuses = ", ".join(f"{status}: {count}" for status, count in account.as_json()["by_status"].items())
    say(
        f"holdfast: {account.requests} requests{f' ({statuses})' if statuses else ''}, "
        f"{account.input_tokens} tokens in, {account.output_tokens} out"
    )
    return 0


def record(*, provider: str, cassette: Path, base_url: str, key_env: str, port: int) -> int:
    """Pass requests on until Ctrl-C, then say on stderr what was recorded; 1 when something was not."""
    known = load(_PROVIDERS)[provider]
    variable = key_env or known.key_env
    key = ""
    try:
        key = load(_KEY)(variable, wanted_by="recording").reveal()
    except ProviderError:
        if key_env:
            raise
        say(f"holdfast: {variable} is not set; the key of each request is passed on")
    server = load(_RECORD)(
        cassette, provider=provider, base_url=base_url or known.base_url, key=key, port=port
    )  # fmt: skip
    with _until_interrupted(server, port, protocols=(provider,), model="MODEL"):
        pass
    for problem in server.problems:
        say(f"holdfast: not recorded: {problem}")
    say(f"holdfast: {server.recorded} exchanges are on {cassette}; read it before you share it")
    return 1 if server.problems else 0


def _replay(server: Any, port: int) -> int:
    with _until_interrupted(server, port):
        pass
    for problem in server.unknown:
        say(f"holdfast: {problem}")
    say(f"holdfast: {server.replayed} requests replayed, {len(server.unknown)} unknown")
    return 1 if server.unknown else 0


@contextmanager
def _until_interrupted(
    server: Any, port: int, *, protocols: Sequence[str] = ("openai", "anthropic"), model: str = "loopback"
) -> Iterator[Any]:
    """Run a server until Ctrl-C or SIGTERM; the block then comes before it is closed."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopped.set())
    try:
        with server:
            _show(server, protocols, model)
            stopped.wait()
            yield server
    except OSError as error:
        raise UsageError(
            f"port {port} cannot be used ({error.strerror})", stage="testing", move="Name another --port"
        ) from None


def _show(server: Any, protocols: Sequence[str], model: str) -> None:
    """Print the addresses, and what to write into a workflow."""
    urls = {"openai": server.openai_url, "anthropic": server.anthropic_url}
    for name in protocols:
        show(f"{name:<10} {urls[name]}")
    show()
    show("generation:")
    show("  rungs:")
    first = protocols[0]
    show(f'    - {{provider: {first}, model: {model}, base_url: "{urls[first]}"}}')
    say("holdfast: serving until Ctrl-C; the lines above switch a workflow.yaml to it")
