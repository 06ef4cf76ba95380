"""Run a command's work, turning failures into one line and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Any

import typer

from holdfast.errors import HoldfastError
from holdfast.loading import load

INTERRUPTED = 130
UNEXPECTED = 70
"""EX_SOFTWARE: a fault of ours, told from every failure that a user can mend."""
DEBUG = "HOLDFAST_DEBUG"


def run(work: str, /, **arguments: Any) -> None:
    """Load the work by its name, run it, and leave with its exit code."""
    try:
        code = load(work)(**arguments)
        sys.stdout.flush()
    except HoldfastError as error:
        typer.echo(f"holdfast: {error}", err=True)
        code = error.exit_code
    except BrokenPipeError:
        # The reader of our output has gone (`holdfast ... | head`): nothing to say, nothing to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        where = traceback.extract_tb(error.__traceback__)[-1]
        typer.echo(
            f"holdfast: this should not have happened ({type(error).__name__}: {error}; "
            f"{Path(where.filename).name} line {where.lineno}). "
            f"Set {DEBUG}=1 to see all of it, and please report it.",
            err=True,
        )
        code = UNEXPECTED
    except KeyboardInterrupt:
        typer.echo("holdfast: interrupted; what was finished is kept", err=True)
        sys.stderr.flush()
        os._exit(INTERRUPTED)  # a thread that waits for an endpoint would be joined by any other exit
    raise typer.Exit(code or 0)
