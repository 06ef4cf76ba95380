"""Find, check and render the templates of a workflow's prompts."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    meta,
    nodes,
)
from jinja2.exceptions import SecurityError

from holdfast.domain.stages import Stage
from holdfast.errors import DeclarationError
from holdfast.stages.assembly import sandbox

SYSTEM = "system.md.jinja"
ITEM = "item.md.jinja"
_BYTES_AT_MOST = 64_000
_CHARACTERS_AT_MOST = 4_000_000


class Templates:
    """The two templates of one workflow, checked, with everything they include.

    Raises DeclarationError naming file and line.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        system: str = "",
        item: str = "",
        system_names: frozenset[str],
        item_names: frozenset[str],
    ) -> None:
        self._environment = sandbox.PromptEnvironment(_OneOf(folder))
        self._system = _chosen(folder, system, SYSTEM)
        self._item = _chosen(folder, item, ITEM)
        self._sources: dict[str, str] = {}
        self._read(self._system, (), system_names)
        self._read(self._item, (), item_names)
        self.digest = _digest_of(self._sources)
        self.name = f"{self._system}+{self._item}@{self.digest}"

    @property
    def files(self) -> frozenset[str]:
        """Return the names of the templates that are used, with all that they include."""
        return frozenset(self._sources)

    def system(self, data: Mapping[str, Any]) -> str:
        """Return the system text: the same for every item of a workflow."""
        return self._render(self._system, data)

    def item(self, data: Mapping[str, Any]) -> str:
        """Return the text that shows evidence and item."""
        return self._render(self._item, data)

    def _read(self, name: str, above: tuple[str, ...], names: frozenset[str]) -> None:
        """Check one template and, depth first, those it includes."""
        if name in self._sources:
            return
        source, _, _ = _loaded(self._environment, name)
        tree = _parsed(self._environment, source, name)
        _check_names(tree, name, names)
        for include in tree.find_all(nodes.Include):
            wanted = _included(include)
            if wanted in (*above, name):
                path = " -> ".join((*above, name, wanted))
                raise _wrong(name, include.lineno, f"includes itself ({path})", "Remove one of the includes")
            if include.ignore_missing and not _exists(self._environment, wanted):
                continue
            try:
                self._read(wanted, (*above, name), names)
            except TemplateNotFound:
                raise _missing(name, include.lineno, wanted) from None
        self._sources[name] = source

    def _render(self, name: str, data: Mapping[str, Any]) -> str:
        try:
            return sandbox.render(self._environment, name, data, characters=_CHARACTERS_AT_MOST).strip()
        except (TemplateError, SecurityError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise _wrong(name, _line_of(error, name), f"cannot be rendered: {error}", "Correct it") from error


class _OneOf(BaseLoader):
    """The workflow's `prompts/` folder before Holdfast's own templates."""

    def __init__(self, folder: Path | None) -> None:
        own = PackageLoader("holdfast.stages.assembly", "templates")
        self._loaders: list[BaseLoader] = [own]
        if folder is not None:
            self._loaders.insert(0, FileSystemLoader(folder / "prompts"))

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Any]:
        """Return source and file of the first that has it."""
        for loader in self._loaders:
            try:
                source, filename, _ = loader.get_source(environment, template)
            except TemplateNotFound:
                continue
            return source, filename, None
        raise TemplateNotFound(template)


def _chosen(folder: Path | None, declared: str, default: str) -> str:
    if declared and not (folder and (folder / "prompts" / declared).is_file()):
        raise DeclarationError(
            f"workflow.yaml names the template prompts/{declared}, which does not exist",
            stage=Stage.ASSEMBLY,
            move="Write the file, or leave the name out to take the default",
        )
    return declared or default


def _loaded(environment: Environment, name: str) -> tuple[str, str | None, Any]:
    loader = environment.loader
    assert loader is not None
    try:
        source = loader.get_source(environment, name)
    except TemplateNotFound:  # an OSError by inheritance
        raise
    except UnicodeDecodeError as error:
        raise _wrong(name, None, f"is not UTF-8 text ({error.reason})", "Save it as UTF-8") from error
    except OSError as error:
        raise _wrong(name, None, f"cannot be read ({error.strerror})", "Make it readable") from error
    if len(source[0].encode()) > _BYTES_AT_MOST:
        raise _wrong(name, None, f"is over {_BYTES_AT_MOST} bytes", "Shorten it")
    return source


def _exists(environment: Environment, name: str) -> bool:
    try:
        _loaded(environment, name)
    except TemplateNotFound:
        return False
    return True


def _parsed(environment: Environment, source: str, name: str) -> nodes.Template:
    try:
        environment.compile(source, name)
        return environment.parse(source, name)
    except TemplateSyntaxError as error:
        raise _wrong(name, error.lineno, error.message or "syntax error", "Correct it") from error
    except RecursionError as error:
        raise _wrong(name, None, "is nested too deeply", "Flatten it") from error


def _included(include: nodes.Include) -> str:
    assert isinstance(include.template, nodes.Const)
    return str(include.template.value)


def _check_names(tree: nodes.Template, name: str, known: frozenset[str]) -> None:
    for unknown in sorted(meta.find_undeclared_variables(tree) - known):
        near = difflib.get_close_matches(unknown, known, n=1)
        line = next((found.lineno for found in tree.find_all(nodes.Name) if found.name == unknown), None)
        move = f"Did you mean `{near[0]}`?" if near else f"There are {', '.join(sorted(known))}"
        raise _wrong(name, line, f"`{unknown}` is not known", move)


def _line_of(error: Exception, name: str) -> int | None:
    """Return the line in the template at which rendering failed, from the rewritten traceback."""
    line, frame = None, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename.endswith(name):
            line = frame.tb_lineno
        frame = frame.tb_next
    return line


def _digest_of(sources: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for name, source in sorted(sources.items()):
        digest.update(f"{name}\0{source}\0".encode())
    return digest.hexdigest()[:16]


def _missing(name: str, line: int, wanted: str) -> DeclarationError:
    return _wrong(
        name, line, f"includes `{wanted}`, which does not exist", "Write it beside, or add `ignore missing`"
    )


def _wrong(name: str, line: int | None, what: str, move: str) -> DeclarationError:
    place = f"prompts/{name} line {line}" if line else f"prompts/{name}"
    return DeclarationError(f"{place}: {what}", stage=Stage.ASSEMBLY, move=move)
