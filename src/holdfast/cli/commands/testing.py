"""`holdfast testing provider`: serve scripted replies in the place of a model's provider."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

from holdfast.cli.screen import say, show
from holdfast.errors import UsageError
from holdfast.loading import load

_SERVER = "holdfast.testing.provider:ProviderServer"
_REPLY = "holdfast.testing.provider:Scripted"
_READ = "holdfast.testing.provider_files:read_script"


def provider(*, port: int, script: Path | None, text: str) -> int:
    """Serve until Ctrl-C, then say on stderr what was served."""
    if script is not None and text:
        raise UsageError(
            "--script and --text exclude each other", stage="testing", move="Write the text in the script"
        )
    replies = load(_READ)(script) if script is not None else [load(_REPLY)(text=text)] if text else ()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopped.set())
    try:
        with load(_SERVER)(replies, port=port, keeps_requests=False) as server:
            _show(server)
            stopped.wait()
            account = server.account
    except OSError as error:
        raise UsageError(
            f"port {port} cannot be used ({error.strerror})", stage="testing", move="Name another --port"
        ) from None
    statuses = ", ".join(f"{status}: {count}" for status, count in account.as_json()["by_status"].items())
    say(
        f"holdfast: {account.requests} requests{f' ({statuses})' if statuses else ''}, "
        f"{account.input_tokens} tokens in, {account.output_tokens} out"
    )
    return 0


def _show(server: Any) -> None:
    """Print the addresses, and what to write into a workflow."""
    show(f"openai     {server.openai_url}")
    show(f"anthropic  {server.anthropic_url}")
    show()
    show("generation:")
    show("  rungs:")
    show(f'    - {{provider: openai, model: loopback, base_url: "{server.openai_url}"}}')
    say("holdfast: serving until Ctrl-C; the lines above switch a workflow.yaml to it")
