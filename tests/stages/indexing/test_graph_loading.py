"""Libraries of machine code that share a process leave each other alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

GRAPH, MODELS, WORDS = "holdfast.stages.indexing.graph", "onnxruntime", "holdfast.stages.indexing.sparse"


@pytest.mark.parametrize(
    "modules",
    [(GRAPH, MODELS), (MODELS, GRAPH), (WORDS, GRAPH, MODELS), (GRAPH, WORDS, MODELS)],
    ids=lambda modules: " then ".join(name.rpartition(".")[2] for name in modules),
)
def test_the_graph_and_the_models_load_in_any_order(modules: tuple[str, ...]) -> None:
    """A sync of nothing new opens the graph to test it for leaks; the first question then opens the model."""
    told = "".join(f"import {name}\n" for name in modules)
    graph = (
        "import numpy as np\n"
        "from holdfast.stages.indexing import graph\n"
        "made = graph._empty(8)\n"
        "made.add(np.arange(4), np.eye(4, 8, dtype=np.float32))\n"
        "assert made.search(np.eye(4, 8, dtype=np.float32)[2], 1).keys[0] == 2\n"
    )
    done = subprocess.run([sys.executable, "-c", told + graph], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
