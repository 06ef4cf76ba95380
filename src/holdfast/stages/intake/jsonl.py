"""Take items from a file with one JSON object per line."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from holdfast.domain.access import Principal
from holdfast.domain.items import ItemAttachment, WorkItem
from holdfast.errors import UsageError
from holdfast.stages.intake.items import ItemReader, ReadAttachments
from holdfast.stages.intake.json_lines import fail, read_lines
from holdfast.stages.intake.settings import IntakeSettings

MAX_ATTACHMENT_BYTES = 20_000_000


class JsonlIntake:
    """The items of a JSONL file, read while they are worked on."""

    def __init__(
        self,
        path: Path,
        settings: IntakeSettings | None = None,
        *,
        principal: Principal,
        may_name_principals: bool = True,
        read_attachments: ReadAttachments | None = None,
    ) -> None:
        """Take the file; `principal` asks where an item names nobody.

        `may_name_principals` is False where accounts are configured. `read_attachments` turns a file into
        text; without it UTF-8 text files can be attached.
        """
        self._path = path
        self._settings = settings or IntakeSettings()
        self._reader = ItemReader(
            name=path.name,
            folder=path.parent,
            principal=principal,
            may_name_principals=may_name_principals,
            read_attachments=read_attachments or read_text_attachment,
        )

    def items(self) -> Iterator[WorkItem]:
        """Yield items in order; raise UsageError naming the line of a malformed one."""
        seen: dict[str, int] = {}
        max_bytes = int(self._settings.max_line_mb * 1_000_000)
        try:
            with self._path.open("rb") as file:
                for line in read_lines(file, name=self._path.name, max_bytes=max_bytes):
                    item = self._reader.item(line)
                    first = seen.setdefault(item.id, line.number)
                    if first != line.number:
                        fail(
                            self._path.name,
                            line.number,
                            f"repeats the id {item.id!r} of line {first}",
                            move="Give every item an id of its own",
                        )
                    yield item
        except OSError as error:
            raise UsageError(
                f"{self._path} cannot be read ({error.strerror})", stage="intake", move="Check the path"
            ) from error

    def count(self) -> int:
        """Return how many items there are, having checked every line.

        Called before the first item is worked on, it finds the malformed line 900 before 899 answers
        have been paid for. It reads the file a first time, so not for a pipe.
        """
        return sum(1 for _ in self.items())


def read_text_attachment(path: Path) -> tuple[ItemAttachment, ...]:
    """Return a UTF-8 text file as an attachment; raise OSError or ValueError."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is not a regular file")
    if status.st_size > MAX_ATTACHMENT_BYTES:
        raise ValueError(f"it is larger than {MAX_ATTACHMENT_BYTES // 1_000_000} MB")
    try:
        return (ItemAttachment(name=path.name, text=path.read_bytes().decode("utf-8-sig")),)
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8 text") from error
