"""ZIP archives: each file inside becomes a document of its own; how many and how much is bounded."""

from __future__ import annotations

from dataclasses import dataclass, field
from zipfile import ZipInfo

from holdfast.domain.documents import ParseStatus
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.units import Attached, Block, Reading, ReadingLimits, Unit, Unreadable, Verdict

_MOST_FILES = 2000
_MOST_NAMED = 10
_UTF8 = 0x800
_CLUTTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield the names as text, then the files; what is locked, damaged or too much is named."""
    package = Package(data, limits, may_be_locked=True)
    entries = [entry for entry in package.entries() if not _is_clutter(entry.filename)]
    names = [_name(entry) for entry in entries]
    yield Unit(key="contents", blocks=(Block(text="\n".join(names), locator=Locator(part="contents")),))
    lost = _Lost()
    left = limits.max_archive_bytes
    for entry, name in zip(entries[:_MOST_FILES], names, strict=False):
        if entry.flag_bits & 1:
            lost.locked.append(name)
        elif entry.file_size > left:
            lost.too_large.append(name)
        else:
            content = _content(package, entry)
            left -= len(content or b"")
            if content is None:
                lost.damaged.append(name)
            elif content:
                yield Attached(name=name, data=content)
    if names and len(lost.locked) == len(names):
        raise Unreadable(ParseStatus.ENCRYPTED, "the archive needs a password. Unpack it into the folder")
    if words := lost.words(of=len(names)):
        yield Verdict(status=ParseStatus.PARTIAL, reason=f"{words}. Unpack it into the folder")


@dataclass(slots=True)
class _Lost:
    """Files inside that are not read, by the reason."""

    locked: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    too_large: list[str] = field(default_factory=list)

    def words(self, *, of: int) -> str:
        """Return what was lost in words, empty when nothing was."""
        reasons = (
            (self.locked, "need a password"),
            (self.damaged, "are damaged"),
            (self.too_large, "are beyond parsing.max_archive_bytes"),
        )
        said = [f"{len(names)} of {of} files {why} ({_shown(names)})" for names, why in reasons if names]
        if of > _MOST_FILES:
            said.append(f"only the first {_MOST_FILES} of {of} files were read")
        return "; ".join(said)


def _content(package: Package, entry: ZipInfo) -> bytes | None:
    try:
        return package.read_entry(entry)
    except Unreadable:
        return None


def _name(entry: ZipInfo) -> str:
    """Return an entry's name; programs that write UTF-8 often forget to say so."""
    if entry.flag_bits & _UTF8:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.filename


def _is_clutter(name: str) -> bool:
    return name.endswith("/") or name.startswith(_CLUTTER[0]) or name.rpartition("/")[2] in _CLUTTER


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(name[-100:] for name in names[:_MOST_NAMED]) + more
