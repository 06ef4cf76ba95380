"""Make the part that `use:` names: an installed plug-in, or a hook of the workflow's folder."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Any

from holdfast import protocols
from holdfast.access.hook_files import HookFiles, read_hook_files
from holdfast.access.trust import untrusted
from holdfast.domain.stages import Stage
from holdfast.errors import DeclarationError, HoldfastError
from holdfast.hooking import import_hook, package_of

SOCKETS: Mapping[Stage, type] = {
    Stage.SOURCES: protocols.Source,
    Stage.PARSING: protocols.Parser,
    Stage.ENRICHING: protocols.Enricher,
    Stage.CHUNKING: protocols.Chunker,
    Stage.EMBEDDING: protocols.Embedder,
    Stage.INDEXING: protocols.Index,
    Stage.INTAKE: protocols.Intake,
    Stage.GUARDRAILS: protocols.Guards,
    Stage.RETRIEVAL: protocols.Retriever,
    Stage.LOOKUPS: protocols.Lookup,
    Stage.RERANKING: protocols.Reranker,
    Stage.ASSEMBLY: protocols.Assembler,
    Stage.GENERATION: protocols.Model,
    Stage.CHECKING: protocols.Checker,
    Stage.DECIDING: protocols.Decider,
    Stage.DELIVERY: protocols.Delivery,
}
"""What a part of each stage has to keep."""
GROUP = "holdfast."
NOTHING: Mapping[str, object] = MappingProxyType({})


def part(
    use: str,
    *,
    stage: str,
    folder: Path,
    options: Mapping[str, Any],
    trusted: bool,
    context: Mapping[str, object] = NOTHING,
    hooks: HookFiles | None = None,
    socket: type | None = None,
) -> Any:
    """Return the part: what `use` names, called with the options, checked against the stage's socket.

    Of `context` (`embedder`, `index`...) it gets what it names as parameters. `hooks` is the code that
    was trusted, read now where it is left out. Raises NotAllowed for a hook of an untrusted folder and
    DeclarationError for everything else, naming the line in the user's file.
    """
    if ":" in use:
        maker = hook(use, stage=stage, folder=folder, trusted=trusted, hooks=hooks)
    else:
        maker = _plugin(use, stage)
    made = _made(maker, use, stage, folder, options, context)
    _check_socket(made, socket or SOCKETS[Stage(stage)], use, stage)
    return made


def hook(use: str, *, stage: str, folder: Path, trusted: bool, hooks: HookFiles | None = None) -> Any:
    """Return what `module:name` of the folder's code is, without calling it.

    Raises NotAllowed for an untrusted folder and DeclarationError when there is no such thing in it.
    """
    if not trusted:
        raise untrusted(folder, use=use)
    return _hook(use, stage, hooks or read_hook_files(folder))


def installed(stage: str) -> tuple[str, ...]:
    """Return the names of the plug-ins that are installed for a stage."""
    return tuple(sorted({point.name for point in entry_points(group=f"{GROUP}{stage}")}))


def _plugin(use: str, stage: str) -> Any:
    named = list(entry_points(group=f"{GROUP}{stage}", name=use))
    if not named:
        raise _wrong(f"no plug-in named {use} is installed", stage, _others(use, stage))
    targets = {point.value for point in named}
    if len(targets) > 1:
        what = f"two installed packages call their plug-in {use} ({', '.join(sorted(targets))})"
        raise _wrong(what, stage, "Uninstall one of them")
    return _loaded(named[0], use, stage)


def _others(use: str, stage: str) -> str:
    names = installed(stage)
    if not names:
        group = f"the entry-point group {GROUP}{stage} is empty"
        return f"None is ({group}); a hook of this folder is written module:name"
    listed = get_close_matches(use, names, n=3) or names
    return f"There {'is' if len(listed) == 1 else 'are'} {', '.join(listed)}"


def _loaded(point: EntryPoint, use: str, stage: str) -> Any:
    try:
        return point.load()
    except (Exception, SystemExit) as error:  # whatever a stranger's module raises
        raise _failed(error, f"the plug-in {use} cannot be loaded", stage, None) from error


def _hook(use: str, stage: str, hooks: HookFiles) -> Any:
    """Return what the folder's code defines under the name."""
    module, _, name = use.partition(":")
    try:
        loaded = import_hook(hooks, module)
    except HoldfastError:
        raise
    except (Exception, SystemExit) as error:  # whatever a user's module raises
        if isinstance(error, ModuleNotFoundError) and error.name == f"{package_of(hooks)}.{module}":
            files = ", ".join(hooks.sources) or "none"
            move = f"Write it beside workflow.yaml; the Python files there: {files}"
            raise _wrong(f"{use} names the module {module}, which does not exist", stage, move) from None
        raise _failed(error, f"{use} cannot be imported", stage, hooks.folder) from error
    if not hasattr(loaded, name):
        own = [one for one in vars(loaded) if not one.startswith("_")]
        near = get_close_matches(name, own, n=1)
        move = f"Did you mean {module}:{near[0]}?" if near else f"Define {name} in it"
        raise _wrong(f"{use}: {module}.py defines no {name}", stage, move)
    found = getattr(loaded, name)
    _check_own(found, use, stage, hooks)
    return found


def _check_own(found: Any, use: str, stage: str, hooks: HookFiles) -> None:
    """Refuse what the folder's code merely imported.

    Trust covers the Python files, not workflow.yaml: were imported names allowed, an edit of its
    options could call `subprocess.run` through a file that was trusted for something else.
    """
    home = getattr(found, "__module__", None) or type(found).__module__
    if str(home).partition(".")[0] != package_of(hooks):
        what = f"{use} is not defined in this folder's code (it comes from {home})"
        raise _wrong(what, stage, "Write a function or class of your own that uses it")


def _made(
    maker: Any, use: str, stage: str, folder: Path, options: Mapping[str, Any], context: Mapping[str, object]
) -> Any:
    if not callable(maker):
        if options:
            raise _wrong(f"{use} is no function or class, so it takes no options", stage, "Remove `options`")
        return maker
    arguments = _arguments(maker, use, stage, options, context)
    try:
        made = maker(**arguments)
    except HoldfastError:
        raise
    except (Exception, SystemExit) as error:  # whatever a user's function raises
        own = folder if ":" in use else None
        raise _failed(error, f"{use} failed when it was made", stage, own) from error
    if inspect.iscoroutine(made):
        made.close()
        raise _wrong(f"{use} is an async function", stage, "Write `def`: making a part waits for nothing")
    return made


def _arguments(
    maker: Callable[..., Any], use: str, stage: str, options: Mapping[str, Any], context: Mapping[str, object]
) -> dict[str, Any]:
    """Return the options, and what the signature asks for beside them."""
    try:
        parameters = inspect.signature(maker).parameters.values()
    except (ValueError, TypeError):  # some classes written in C have none
        return dict(options)
    named = {one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)}
    takes_all = any(one.kind is one.VAR_KEYWORD for one in parameters)
    arguments = {name: value for name, value in context.items() if name in named} | dict(options)
    if unknown := [] if takes_all else sorted(set(options) - named):
        near = get_close_matches(unknown[0], named, n=1)
        listed = ", ".join(sorted(named - set(context))) or "none"
        move = f"Did you mean {near[0]}?" if near else f"Its options are: {listed}"
        raise _wrong(f"{use} has no option {unknown[0]}", stage, move)
    needed = [one.name for one in parameters if one.default is one.empty and _is_single(one)]
    if missing := [name for name in needed if name not in arguments]:
        offered = f"; it may also ask for {', '.join(sorted(context))}" if context else ""
        what = f"{use} needs {missing[0]}, which is not among its options"
        move = f"Write it under `options`{offered}. It must be a function or class that returns the part"
        raise _wrong(what, stage, move)
    return arguments


def _is_single(parameter: inspect.Parameter) -> bool:
    return parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)


def _check_socket(made: Any, socket: type, use: str, stage: str) -> None:
    """Raise DeclarationError naming the first member of the socket that the part lacks."""
    for name, member in vars(socket).items():
        if name.startswith("_") or not inspect.isfunction(member):
            continue
        own = getattr(made, name, None)
        if not callable(own):
            what = f"{use} made a {type(made).__name__}, which has no method {name}"
            move = f"A {socket.__name__} has `{name}{_signature(member)}`; see holdfast.protocols"
            raise _wrong(what, stage, move)
        if inspect.iscoroutinefunction(own) and not inspect.iscoroutinefunction(member):
            what = f"{use}: {type(made).__name__}.{name} is `async def`, where a {socket.__name__} has `def`"
            raise _wrong(what, stage, "Write `def`; it runs off the event loop anyway")
    for name, kind in socket.__annotations__.items():
        value = getattr(made, name, None)
        if value is None or (kind in ("str", str) and not isinstance(value, str)):
            what = f"{use} made a {type(made).__name__}, which has no `{name}: {kind}`"
            raise _wrong(what, stage, f"A {socket.__name__} needs it; see holdfast.protocols")


def _signature(member: Callable[..., Any]) -> str:
    names = [name for name in inspect.signature(member).parameters if name != "self"]
    return f"({', '.join(names)})"


def _failed(error: BaseException, what: str, stage: str, folder: Path | None) -> DeclarationError:
    """Return an error with the last line of the user's own code instead of a traceback."""
    words = f"{type(error).__name__}: {error}".strip().removesuffix(":")
    if isinstance(error, SyntaxError) and error.filename and not error.filename.startswith("<"):
        place = f"{Path(error.filename).name} line {error.lineno}: "
        words = f"SyntaxError: {error.msg}"
    else:
        place = _place(error, folder)
    return _wrong(f"{what} ({place}{words})", stage, "Correct it there")


def _place(error: BaseException, folder: Path | None) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [one for one in frames if folder is None or Path(one.filename).is_relative_to(folder)]
    own = [one for one in own if one.filename != __file__ and "importlib" not in one.filename]
    if not own or own[-1].filename.startswith("<"):
        return ""
    file = Path(own[-1].filename)
    name = file.relative_to(folder) if folder else file.name
    return f"{name} line {own[-1].lineno}: "


def _wrong(what: str, stage: str, move: str) -> DeclarationError:
    return DeclarationError(what, stage=stage, move=move)
