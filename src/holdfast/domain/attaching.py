"""Give each attachment the place of a document of its own, with the outer document's access list."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from holdfast.domain.documents import Attachment, RawDocument

MAX_NAME_BYTES = 200
MAX_PARTS = 8
"""Folders of an archive that a file keeps, the innermost."""
DEEPEST = 3
"""Attachments inside attachments are followed this far."""
TOO_DEEP = f"attachments are followed {DEEPEST} deep; take it out of its container to have it read"


def attached_documents(outer: RawDocument, attachments: Iterable[Attachment]) -> Iterator[RawDocument]:
    """Yield one document per attachment at `outer.eml/name.pdf`.

    A file of an archive keeps its folders, `outer.zip/folder/name.pdf`; nothing in a name leads out of
    the outer document. The access list is the outer one as it stands: permission patterns are never
    matched against an attachment's name, which its sender chose.
    """
    taken: set[str] = set()
    for position, attachment in enumerate(attachments, start=1):
        name = _free_name(_safe_path(attachment.name) or f"attachment-{position}", taken)
        taken.add(name)
        yield RawDocument(
            source=outer.source,
            path=f"{outer.path}/{name}",
            data=attachment.data,
            digest=hashlib.sha256(attachment.data).hexdigest(),
            access=outer.access,
            stamp=outer.stamp,
            properties=outer.properties,
        )


def _safe_path(name: str) -> str:
    """Return the name's parts but those that mean a place (`..`, a drive), each made safe."""
    parts = (_safe_name(part) for part in name.replace("\\", "/").split("/"))
    return "/".join([part for part in parts if part and not part.endswith(":")][-MAX_PARTS:])


def _safe_name(part: str) -> str:
    """Return a part of a name, printable, not too long, its extension kept."""
    shown = (
        "".join(char for char in part if char.isprintable()).encode("utf-8", "ignore").decode().strip(" .")
    )
    stem, dot, extension = shown.rpartition(".")
    if not dot:
        stem, extension = shown, ""
    tail = f"{dot}{extension}"[:20]
    return stem.encode()[:MAX_NAME_BYTES].decode("utf-8", "ignore") + tail


def _free_name(name: str, taken: set[str]) -> str:
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    number, free = 2, name
    while free in taken:
        free, number = f"{stem} ({number}){dot}{extension}", number + 1
    return free
