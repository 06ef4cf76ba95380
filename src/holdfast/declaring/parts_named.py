"""Find every part that `use:` names in a declaration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holdfast.declaring.mending import nearest
from holdfast.declaring.mistakes import Mistake
from holdfast.declaring.yaml_text import Place, YamlText
from holdfast.settings import PartSettings, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPart:
    """A part that stands in the place of Holdfast's own."""

    stage: str
    use: str
    place: Place
    """Where `use` stands in the declaration."""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_hook(self) -> bool:
        """Return whether it is Python code of the workflow's folder, not an installed plug-in."""
        return ":" in self.use


def named_parts(settings: Settings) -> tuple[NamedPart, ...]:
    """Return every part that is named, in the order of the sections."""
    return tuple(_walk(settings, ()))


def hook_mistakes(parts: tuple[NamedPart, ...], folder: Path, text: YamlText, *, file: str) -> list[Mistake]:
    """Return the hooks that are misspelt, or whose Python file is not there."""
    found = ((part, _wrong_hook(part.use, folder, key=part.place[-1])) for part in parts if part.is_hook)
    return [
        Mistake(file=file, line=text.line(part.place), what=wrong[0], move=wrong[1])
        for part, wrong in found
        if wrong
    ]


def hook_file(use: str, folder: Path) -> Path:
    """Return the Python file that holds `module:name`."""
    stem = folder.joinpath(*use.partition(":")[0].split("."))
    package = stem / "__init__.py"
    return package if package.is_file() else stem.with_name(f"{stem.name}.py")


def _wrong_hook(use: str, folder: Path, *, key: str | int = "use") -> tuple[str, str] | None:
    module, _, name = use.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), name)):
        return f"{key}: {use} is no name of a hook", "write module:name, such as hooks:by_clause"
    wanted = hook_file(use, folder)
    if wanted.is_file():
        return None
    stems = [path.stem for path in sorted(folder.glob("*.py"))]
    meant = nearest(module, stems)
    move = f"did you mean {meant}:{name}?" if meant else "write the file beside workflow.yaml"
    return f"{key}: {use} names the file {wanted.relative_to(folder)}, which does not exist", move


def _walk(value: Any, place: Place) -> Iterator[NamedPart]:
    if isinstance(value, PartSettings) and value.use:
        stage = str(place[0]) if place else ""
        yield NamedPart(stage=stage, use=value.use, place=(*place, "use"), options=value.options)
    if isinstance(value, Settings):
        for name in type(value).model_fields:
            yield from _walk(getattr(value, name), (*place, name))
    elif isinstance(value, tuple):
        for position, one in enumerate(value):
            yield from _walk(one, (*place, position))
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _walk(one, (*place, str(key)))
