"""Keep built graphs beside the weights they were built from, named by all that went into them."""

from __future__ import annotations

import hashlib
import json
import logging
import platform
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from holdfast.domain.stages import Stage
from holdfast.errors import StorageError
from holdfast.stages.embedding import pinned
from holdfast.stages.embedding.model_cache import Progress, changing, put_in_place, sha256_of

GRAPH_VERSION = 1
"""Raise it with every change to graph.py that changes a vector by more than another onnxruntime does."""
BUILD_VERSION = 2
"""Raise it with every other change to graph.py: graphs are built anew, vectors stay valid."""
Precision = Literal["int8", "fp32"]

Builder = Callable[[Path, Path, str, Progress], str]
"""Builds a graph of the model in a new folder; returns what went wrong, in words."""

_BUILD_MAY_TAKE_S = 300
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltGraph:
    """A graph on disk."""

    path: Path
    precision: Precision
    """What was had, which is fp32 where int8 was asked for and does not work on this machine."""
    cosine: float
    """Mean agreement with the fp32 graph on the probe sentences."""
    sha256: str

    @property
    def is_intact(self) -> bool:
        """Return whether the file still is the one that was built; reads it whole (23 MB, 20 ms)."""
        return self.path.is_file() and sha256_of(self.path) == self.sha256


def built_graph(model: Path, precision: Precision) -> BuiltGraph | None:
    """Return the graph if it was built before with today's libraries, else None."""
    folder = model / _key(precision)
    try:
        made = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
        graph = BuiltGraph(
            path=folder / made["file"],
            precision="int8" if made["file"] == "int8.onnx" else "fp32",
            cosine=float(made["cosine"]),
            sha256=made["sha256"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return graph if graph.path.is_file() else None


def build_graph(
    model: Path,
    precision: Precision,
    progress: Progress,
    *,
    anew: bool = False,
    builder: Builder | None = None,
) -> BuiltGraph:
    """Return the graph, built if need be (about 6 s); `anew` replaces one that is there.

    Without a working int8 graph the fp32 one is returned, and said so. Raises StorageError.
    """
    if not anew and (graph := built_graph(model, precision)):
        return graph
    with changing(model) as partial:
        graph = built_graph(model, precision)
        if graph and (not anew or graph.is_intact):  # another process was faster
            return graph
        _check_files(model)
        run = builder or run_build
        made = partial / "graph"
        problem = run(model, made, precision, progress)
        if problem and precision == "int8":
            _log.warning("embedding: no int8 graph (%s); building fp32", problem)
            made = partial / "graph-fp32"
            problem = run(model, made, "fp32", progress)
        if problem:
            raise StorageError(
                f"the graph of {model.name} could not be built: {problem}",
                stage=Stage.EMBEDDING,
                move="Run `holdfast models get` for the whole story, or set `embedding: {model: lsa}`",
            )
        put_in_place(made, model / _key(precision))
    graph = built_graph(model, precision)
    assert graph is not None
    if graph.precision != precision:
        _log.warning("embedding: the %s graph cannot be had here, fp32 takes its place", precision)
    return graph


def _key(precision: str) -> str:
    """Return the folder's name: a hash of weights, graph, the two libraries, and the kind of processor."""
    onnxruntime = ".".join(version("onnxruntime").split(".")[:2])
    parts = (
        pinned.WEIGHTS.sha256,
        f"{GRAPH_VERSION}.{BUILD_VERSION}",
        onnxruntime,
        version("onnx"),
        precision,
        platform.machine(),
    )
    return f"graph-{precision}-{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:12]}"


def _check_files(model: Path) -> None:
    for file in (pinned.WEIGHTS, pinned.TOKENIZER):
        if sha256_of(model / file.name) != file.sha256:
            raise StorageError(
                f"{model / file.name} is not the file that was fetched",
                stage=Stage.EMBEDDING,
                move=f"Delete {model} and run `holdfast models get`",
            )


def run_build(model: Path, target: Path, precision: str, progress: Progress) -> str:
    """Build in another process, passing on what it says; return what went wrong, in words."""
    target.mkdir()
    # -P: a file called onnx.py in the current folder must never be run
    command = [
        sys.executable,
        "-P",
        "-m",
        "holdfast.stages.embedding.build",
        str(model),
        str(target),
        precision,
    ]
    with (target.parent / f"{target.name}.log").open("w+") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)  # noqa: S603
        watchdog = threading.Timer(_BUILD_MAY_TAKE_S, process.kill)
        watchdog.start()
        try:
            with process:
                for line in process.stdout or ():
                    progress(line.strip())
        except BaseException:
            process.kill()
            raise
        finally:
            watchdog.cancel()
        if process.returncode == 0:
            return ""
        log.seek(0)
        said = [line.strip() for line in log if line.strip()]
    return said[-1][:300] if said else f"the process ended with {process.returncode}"
