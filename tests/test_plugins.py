"""Parts of one's own: hooks and plug-ins."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from holdfast.access.hook_files import read_hook_files
from holdfast.errors import DeclarationError, NotAllowed
from holdfast.plugins import SOCKETS, installed, part

CHUNKER = """\
class ByClause:
    version = "1"

    def __init__(self, size=3, *, embedder=None):
        self.size, self.embedder = size, embedder

    def chunk(self, document):
        return ()
"""


def write(folder: Path, **modules: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def make(
    folder: Path,
    use: str = "hooks:ByClause",
    *,
    stage: str = "chunking",
    context: Mapping[str, object] | None = None,
    **options: Any,
) -> Any:
    return part(use, stage=stage, folder=folder, options=options, trusted=True, context=context or {})


def failure(folder: Path, use: str = "hooks:ByClause", *, stage: str = "chunking", **options: Any) -> str:
    with pytest.raises(DeclarationError) as caught:
        make(folder, use, stage=stage, **options)
    return str(caught.value)


# --- hooks ---


def test_a_hook_is_called_with_its_options(tmp_path: Path) -> None:
    assert make(write(tmp_path, hooks=CHUNKER), size=7).size == 7


def test_a_hook_gets_of_the_context_what_it_asks_for_by_name(tmp_path: Path) -> None:
    made = make(write(tmp_path, hooks=CHUNKER), context={"embedder": "minilm", "index": "local"})
    assert (made.embedder, made.size) == ("minilm", 3)


def test_a_hook_may_be_a_function_that_makes_the_part(tmp_path: Path) -> None:
    text = (
        CHUNKER
        + "def by_clause(*, index, **more):\n    made = ByClause(**more)\n    made.index = index\n    return made\n"
    )
    made = make(write(tmp_path, hooks=text), "hooks:by_clause", context={"index": 1, "embedder": 2}, size=4)
    assert (made.index, made.size, made.embedder) == (1, 4, None)


def test_a_hook_may_be_the_part_itself(tmp_path: Path) -> None:
    folder = write(tmp_path, hooks=CHUNKER + "ready = ByClause(9)\n")
    assert make(folder, "hooks:ready").size == 9
    assert "takes no options" in failure(folder, "hooks:ready", size=3)


def test_an_untrusted_hook_is_not_even_imported(tmp_path: Path) -> None:
    folder = write(tmp_path, hooks="from pathlib import Path\nPath(__file__).with_name('ran').touch()\n")
    with pytest.raises(NotAllowed) as caught:
        part("hooks:ByClause", stage="chunking", folder=folder, options={}, trusted=False)
    assert all(word in str(caught.value) for word in (str(folder), "hooks:ByClause", "holdfast trust"))
    assert not (folder / "ran").exists()


@pytest.mark.parametrize(
    "line", ["from clauses import SIZE", "import clauses\nSIZE = clauses.SIZE", "from .clauses import SIZE",
             "from . import clauses\nSIZE = clauses.SIZE"]
)  # fmt: skip
def test_modules_beside_a_hook_can_be_imported_either_way(tmp_path: Path, line: str) -> None:
    folder = write(tmp_path, hooks=f"{line}\n{CHUNKER}", clauses="SIZE = 5\n")
    assert sys.modules[type(make(folder)).__module__].SIZE == 5


def test_packages_beside_a_hook_can_be_imported_even_later(tmp_path: Path) -> None:
    write(tmp_path / "rules", __init__="", numbered="from .words import WORD\n", words="WORD = 'clause'\n")
    text = CHUNKER.replace("return ()", "import rules.numbered\n        return (rules.numbered.WORD,)")
    assert make(write(tmp_path, hooks=text)).chunk(None) == ("clause",)


def test_two_workflows_may_have_a_module_of_the_same_name(tmp_path: Path) -> None:
    one = write(
        tmp_path / "one", hooks="from rules import V\n" + CHUNKER.replace('"1"', "V"), rules="V = 'one'\n"
    )
    two = write(
        tmp_path / "two", hooks="from rules import V\n" + CHUNKER.replace('"1"', "V"), rules="V = 'two'\n"
    )
    assert (make(one).version, make(two).version) == ("one", "two")


def test_an_edited_hook_is_what_runs_next(tmp_path: Path) -> None:
    folder = write(tmp_path, hooks=CHUNKER)
    assert make(folder).version == "1"
    write(tmp_path, hooks=CHUNKER.replace('"1"', '"2"'))
    assert make(folder).version == "2"


def test_what_runs_is_what_was_read_when_it_was_trusted(tmp_path: Path) -> None:
    folder = write(tmp_path, hooks=CHUNKER)
    hooks = read_hook_files(folder)
    write(tmp_path, hooks="raise SystemExit('swapped')\n")
    made = part("hooks:ByClause", stage="chunking", folder=folder, options={}, trusted=True, hooks=hooks)
    assert made.version == "1"


def test_importing_a_hook_leaves_the_import_path_and_the_folder_as_they_are(tmp_path: Path) -> None:
    folder = write(tmp_path, hooks="import clauses\n" + CHUNKER, clauses="")
    before = list(sys.path)
    make(folder)
    assert sys.path == before
    assert not {"hooks", "clauses"} & sys.modules.keys()
    assert sorted(path.name for path in folder.iterdir()) == ["clauses.py", "hooks.py"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\nx = 1 / 0\n", "hooks.py line 2: ZeroDivisionError: division by zero"),
        ("def f(:\n", "hooks.py line 1: SyntaxError"),
        ("\nimport not_installed_anywhere\n", "hooks.py line 2: ModuleNotFoundError: No module named"),
        ("import sys\nsys.exit(3)\n", "hooks.py line 2: SystemExit: 3"),
        ("import clauses\n", "clauses.py line 2: KeyError: 'x'"),
        ("x = '\udcff'\n", "hooks.py"),
    ],
)
def test_a_failing_import_names_the_line_in_the_users_file(tmp_path: Path, text: str, told: str) -> None:
    folder = write(tmp_path, clauses="\n{}['x']\n")
    (folder / "hooks.py").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert told in failure(folder)


def test_a_failing_constructor_names_the_line_in_the_users_file(tmp_path: Path) -> None:
    text = CHUNKER.replace("self.size, self", "int(size)\n        self.size, self")
    assert "hooks.py line 5: ValueError: invalid literal" in failure(write(tmp_path, hooks=text), size="many")


def test_a_wrong_name_gets_the_nearest_one(tmp_path: Path) -> None:
    folder = write(tmp_path, hooks=CHUNKER)
    assert "Did you mean hooks:ByClause?" in failure(folder, "hooks:ByClauses")
    assert "the Python files there: hooks.py" in failure(folder, "hoks:ByClause")


def test_options_are_checked_against_the_signature(tmp_path: Path) -> None:
    folder = write(tmp_path, hooks=CHUNKER.replace("size=3", "size"))
    assert "has no option sizes. Did you mean size?" in failure(folder, sizes=3)
    assert "needs size, which is not among its options" in failure(folder)


def test_a_part_that_lacks_a_method_is_told_which(tmp_path: Path) -> None:
    text = failure(write(tmp_path, hooks=CHUNKER.replace("def chunk", "def chunks")))
    assert "made a ByClause, which has no method chunk. A Chunker has `chunk(document)`" in text


def test_a_part_that_lacks_an_attribute_is_told_which(tmp_path: Path) -> None:
    assert "which has no `version: str`" in failure(
        write(tmp_path, hooks=CHUNKER.replace("version", "versions"))
    )
    assert "which has no `version: str`" in failure(write(tmp_path, hooks=CHUNKER.replace('"1"', "1")))


def test_an_async_method_where_a_plain_one_is_called_is_told(tmp_path: Path) -> None:
    text = failure(write(tmp_path, hooks=CHUNKER.replace("def chunk", "async def chunk")))
    assert "ByClause.chunk is `async def`, where a Chunker has `def`" in text


def test_a_function_that_was_meant_as_the_part_itself_is_explained(tmp_path: Path) -> None:
    text = failure(write(tmp_path, hooks="def by_clause(document):\n    return ()\n"), "hooks:by_clause")
    assert "needs document" in text
    assert "It must be a function or class that returns the part" in text


def test_imported_names_are_no_hooks_for_trust_does_not_cover_their_options(tmp_path: Path) -> None:
    folder = write(tmp_path, hooks="from subprocess import run\nimport os\nsystem = os.system\n")
    assert "run is not defined in this folder's code (it comes from subprocess)" in failure(
        folder, "hooks:run", args="touch /tmp/x", shell=True
    )
    assert "is not defined in this folder's code" in failure(folder, "hooks:system", command="true")


# --- plug-ins ---


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder on the import path with an installed distribution that has plug-ins."""
    folder = tmp_path / "site"
    write(folder, holdfast_test_plugin=CHUNKER + "def broken():\n    raise RuntimeError('no')\n")
    about = folder / "holdfast_test_plugin-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: holdfast-test-plugin\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[holdfast.chunking]\nby-clause = holdfast_test_plugin:ByClause\nbroken = holdfast_test_plugin:broken\n"
        "missing = holdfast_test_plugin:nothing\n"
    )
    monkeypatch.syspath_prepend(folder)
    return folder


def test_an_installed_plug_in_needs_no_trust(plugins: Path, tmp_path: Path) -> None:
    assert plugins.is_dir()
    made = part("by-clause", stage="chunking", folder=tmp_path, options={"size": 4}, trusted=False)
    assert made.size == 4
    assert set(installed("chunking")) == {"broken", "by-clause", "missing"}


def test_a_wrong_plug_in_name_lists_the_nearest(plugins: Path) -> None:
    assert "no plug-in named by-clauses is installed. There is by-clause" in failure(plugins, "by-clauses")
    assert "None is (the entry-point group holdfast.parsing is empty)" in failure(
        plugins, "x", stage="parsing"
    )


def test_a_broken_plug_in_is_told_without_a_traceback(plugins: Path) -> None:
    assert "holdfast_test_plugin.py line 10: RuntimeError: no" in failure(plugins, "broken")
    assert "the plug-in missing cannot be loaded (AttributeError" in failure(plugins, "missing")


def test_every_socket_is_one_that_can_be_checked() -> None:
    for stage, socket in SOCKETS.items():
        members = [name for name in vars(socket) if not name.startswith("_")] + list(socket.__annotations__)
        assert members, stage
