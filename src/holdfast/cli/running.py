"""Run a command's work, turning failures into one line and an exit code."""

from __future__ import annotations

import json
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from holdfast.cli.harmless import harmless, harmless_json
from holdfast.errors import HoldfastError
from holdfast.loading import load

INTERRUPTED = 130
UNEXPECTED = 70
"""EX_SOFTWARE: a fault of ours, told from every failure that a user can mend."""
DEBUG = "HOLDFAST_DEBUG"


def run(work: str, /, **arguments: Any) -> None:
    """Load the work by its name, run it, and leave with its exit code.

    A failure is a line on stderr; where JSON was asked for, also the last line on stdout.
    """
    as_json = bool(arguments.get("as_json"))
    try:
        code = load(work)(**arguments)
        sys.stdout.flush()
    except HoldfastError as error:
        code = error.exit_code
        _tell(str(error), as_json=as_json, code=code, stage=error.stage, move=error.move)
    except BrokenPipeError:
        # The reader of our output has gone (`holdfast ... | head`): nothing to say, nothing to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        where = traceback.extract_tb(error.__traceback__)[-1]
        what = (
            f"this should not have happened ({type(error).__name__}: {error}; "
            f"{Path(where.filename).name} line {where.lineno})"
        )
        move, code = f"Set {DEBUG}=1 to see all of it, and please report it.", UNEXPECTED
        _tell(f"{what}. {move}", as_json=as_json, code=code, move=move)
    except KeyboardInterrupt:
        typer.echo("holdfast: interrupted; what was finished is kept", err=True)
        sys.stderr.flush()
        os._exit(INTERRUPTED)  # a thread that waits for an endpoint would be joined by any other exit
    raise typer.Exit(code or 0)


def _tell(text: str, *, as_json: bool, code: int, stage: str = "", move: str = "") -> None:
    typer.echo(f"holdfast: {harmless(text)}", err=True)
    if as_json:
        failure = {"v": 1, "error": text, "stage": stage or None, "move": move or None, "exit_code": code}
        with suppress(BrokenPipeError):
            typer.echo(harmless_json(json.dumps(failure, ensure_ascii=False)))
