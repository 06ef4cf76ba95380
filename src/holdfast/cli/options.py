"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path | None,
    typer.Option("-w", "--workflow", metavar="PATH", help="Workflow, workspace or folder of documents."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one line of JSON, last on stdout.")]
As = Annotated[str | None, typer.Option("--as", metavar="USER", help="Ask as this user.")]
Groups = Annotated[
    list[str] | None, typer.Option("--group", "-g", metavar="G", help="A group the user is in (repeat).")
]
