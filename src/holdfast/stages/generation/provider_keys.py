"""Read a provider's key from the environment, or from the file that the environment names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from holdfast.domain.stages import Stage
from holdfast.errors import ProviderRejected


class Key:
    """A secret that shows itself only when asked."""

    __slots__ = ("_text", "variable")

    def __init__(self, text: str, *, variable: str) -> None:
        self._text = text
        self.variable = variable

    def __repr__(self) -> str:
        return f"Key({self.variable})"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled")

    def reveal(self) -> str:
        """Return the secret, for the client that sends it."""
        return self._text


def read_key(variable: str, *, wanted_by: str, environ: Mapping[str, str] | None = None) -> Key:
    """Return the key in `VARIABLE`, or in the file that `VARIABLE_FILE` names.

    Raises ProviderRejected naming the variable, never the value.
    """
    environment = os.environ if environ is None else environ
    text = environment.get(variable, "").strip()
    path = environment.get(f"{variable}_FILE", "")
    if not text and path:
        try:
            text = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ProviderRejected(
                f"{wanted_by} has no key: the file that {variable}_FILE names cannot be read "
                f"({type(error).__name__})",
                stage=Stage.GENERATION,
                move=f"Correct {variable}_FILE, or set {variable}",
            ) from None
    if not text or not text.isascii() or not text.isprintable():
        problem = "is not set" if not text else "holds characters that no key has"
        raise ProviderRejected(
            f"{wanted_by} has no key: {variable} {problem}",
            stage=Stage.GENERATION,
            move=f"Set {variable} (or {variable}_FILE), or name another variable in key_env",
        )
    return Key(text, variable=variable)
