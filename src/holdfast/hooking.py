"""Import a workflow's own Python files under private names, from the bytes that were trusted."""

from __future__ import annotations

import builtins
import hashlib
import importlib
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import CodeType, ModuleType
from typing import Any

from holdfast.access.hook_files import HookFiles

PREFIX = "_holdfast_hooks_"


def import_hook(hooks: HookFiles, module: str) -> ModuleType:
    """Return `module` of the folder; raises whatever its code raises.

    Each state of each folder is a package of its own, so two workflows may both have a `hooks.py`,
    and sys.path stays as it is. Inside, `import beside` and `from .beside import x` both work, also
    later in a function. Bytecode caches are not used: they are not part of what was trusted.
    """
    package = package_of(hooks)
    with _LOCK:
        if _FINDER not in sys.meta_path:
            sys.meta_path.append(_FINDER)
        _FINDER.packages.setdefault(package, hooks)
    return importlib.import_module(f"{package}.{module}")


def package_of(hooks: HookFiles) -> str:
    """Return the private package under which the folder's modules are known."""
    identity = f"{hooks.folder.resolve()}\0{hooks.digest}".encode("utf-8", "surrogateescape")
    return PREFIX + hashlib.sha256(identity).hexdigest()[:16]


class _Finder(MetaPathFinder):
    """Finds the modules of private packages, others not at all."""

    def __init__(self) -> None:
        self.packages: dict[str, HookFiles] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module whose source was read, None for any other name."""
        del path, target
        package, _, module = fullname.partition(".")
        hooks = self.packages.get(package)
        if hooks is None:
            return None
        file = _file_of(hooks.sources, module)
        if module and not file:
            return None
        loader = _Loader(hooks, package, file)
        is_package = not module or file.endswith("__init__.py")
        spec = spec_from_loader(fullname, loader, origin=loader.origin, is_package=is_package)
        if spec is not None and file:
            spec.has_location = True
        return spec


class _Loader(InspectLoader):
    """Runs a module from the bytes that were read, never from the disk."""

    def __init__(self, hooks: HookFiles, package: str, file: str) -> None:
        self._hooks = hooks
        self._package = package
        self._file = file
        self.origin = str(hooks.folder / file)

    def get_source(self, fullname: str) -> str:
        """Return the source text, for tracebacks."""
        del fullname
        return self._hooks.sources.get(self._file, b"").decode("utf-8", "replace")

    def get_code(self, fullname: str) -> CodeType:
        """Return the code, compiled now."""
        del fullname
        return compile(self._hooks.sources.get(self._file, b""), self.origin, "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module with an import statement that finds its neighbours."""
        module.__dict__["__builtins__"] = builtins.__dict__ | {"__import__": self._import}
        exec(self.get_code(module.__name__), module.__dict__)  # noqa: S102 - running trusted hooks is the job

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - the names of builtins.__import__
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> ModuleType:
        top = name.partition(".")[0]
        if level or not _file_of(self._hooks.sources, top):
            return builtins.__import__(name, globals, locals, fromlist, level)
        found = importlib.import_module(f"{self._package}.{name}")
        if not fromlist:
            return sys.modules[f"{self._package}.{top}"]
        for wanted in fromlist:
            if not hasattr(found, wanted) and _file_of(self._hooks.sources, f"{name}.{wanted}"):
                importlib.import_module(f"{self._package}.{name}.{wanted}")
        return found


def _file_of(sources: Mapping[str, bytes], module: str) -> str:
    """Return the file of a dotted module name, empty when the folder has none."""
    stem = module.replace(".", "/")
    return next((name for name in (f"{stem}/__init__.py", f"{stem}.py") if name in sources), "")


_FINDER = _Finder()
_LOCK = threading.Lock()
