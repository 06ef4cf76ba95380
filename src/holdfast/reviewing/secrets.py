"""Read a declared secret from the environment, or from the file that it names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from holdfast.errors import DeclarationError


def secret(variable: str, *, wanted_by: str, environ: Mapping[str, str] | None = None) -> str:
    """Return the value of `VARIABLE`, or of the file in `VARIABLE_FILE`; raise DeclarationError."""
    environment = os.environ if environ is None else environ
    value, file = environment.get(variable, "").strip(), environment.get(f"{variable}_FILE", "")
    if not value and file:
        try:
            value = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise DeclarationError(
                f"{wanted_by}: the file that {variable}_FILE names cannot be read ({type(error).__name__})",
                move=f"Correct {variable}_FILE, or set {variable}",
            ) from None
    if not value:
        raise DeclarationError(
            f"{wanted_by} names {variable}, which is not set", move=f"Set {variable} (or {variable}_FILE)"
        )
    return value
