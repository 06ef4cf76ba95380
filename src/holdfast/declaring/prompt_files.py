"""Check and digest the files of a workflow's `prompts/` folder."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

from holdfast.declaring.mending import nearest
from holdfast.declaring.mistakes import Mistake, Unreadable
from holdfast.declaring.yaml_text import Place, YamlText

PROMPTS = "prompts"
MOST_FILES = 500
MOST_BYTES = 1_000_000


def prompt_files(folder: Path) -> dict[str, Path]:
    """Return the prompt files by their path below `prompts/`; hidden ones and links do not count."""
    root = folder / PROMPTS
    if root.is_symlink() or not root.is_dir():
        return {}
    found: dict[str, Path] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if any(part.startswith(".") for part in name.parts) or path.is_symlink() or not path.is_file():
            continue
        found[name.as_posix()] = path
        if len(found) > MOST_FILES:
            raise Unreadable(Mistake(file=f"{PROMPTS}/", what=f"holds more than {MOST_FILES} files"))
    return found


def digest_of(files: dict[str, Path]) -> str:
    """Return a digest of names and contents, empty when there are no files; raise Unreadable."""
    if not files:
        return ""
    digest = hashlib.sha256()
    for name, path in files.items():
        try:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except OSError as error:
            what = f"cannot be read ({error.strerror})"
            raise Unreadable(
                Mistake(file=f"{PROMPTS}/{name}", what=what, move="correct its rights")
            ) from error
        if len(data) > MOST_BYTES:
            what = f"is larger than {MOST_BYTES:,} bytes"
            raise Unreadable(Mistake(file=f"{PROMPTS}/{name}", what=what, move="shorten it"))
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


def prompt_mistakes(
    named: dict[Place, str], files: dict[str, Path], text: YamlText, *, file: str
) -> list[Mistake]:
    """Return the prompt files that the declaration names and that are not there."""
    mistakes = []
    for place, name in named.items():
        if not name or PurePosixPath(name).as_posix() in files:
            continue
        meant = nearest(name, files)
        move = f"did you mean '{meant}'?" if meant else "write the file, or leave the key out"
        what = f"{'.'.join(map(str, place))} names {PROMPTS}/{name}, which does not exist"
        mistakes.append(Mistake(file=file, line=text.line(place), what=what, move=move))
    return mistakes
