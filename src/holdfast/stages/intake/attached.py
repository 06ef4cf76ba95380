"""A file that comes with an item, as text."""

from __future__ import annotations

import hashlib
from pathlib import Path

from holdfast.domain.documents import RawDocument
from holdfast.domain.items import ItemAttachment
from holdfast.domain.stages import Stage
from holdfast.errors import UsageError
from holdfast.protocols import Parser


def attached(path: Path, parser: Parser, data: bytes | None = None) -> ItemAttachment:
    """Return the file's text under its name; raise UsageError when it has none.

    Its bytes are read from the path unless they are given.
    """
    try:
        data = path.read_bytes() if data is None else data
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror})",
            stage=Stage.INTAKE,
            move="Name a file you may read.",
        ) from error
    digest = hashlib.sha256(data).hexdigest()
    parsed = parser.parse(RawDocument(source="item", path=path.name, data=data, digest=digest))
    if not parsed.status.has_text:
        raise UsageError(
            f"{path.name} holds no text that could be read ({parsed.reason})",
            stage=Stage.INTAKE,
            move="Attach another file.",
        )
    return ItemAttachment(name=path.name, text=parsed.text)
