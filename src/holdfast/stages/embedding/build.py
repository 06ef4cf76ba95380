"""Build a graph in a process of its own: `python -m holdfast.stages.embedding.build MODEL TARGET PRECISION`.

A separate process because `onnx` and the quantiser take .7 s and 400 MB that a running Holdfast would
keep, and because a crash in them then costs only the int8 graph. Progress goes to stdout, a line each.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
from pathlib import Path

import numpy as np
import onnx

from holdfast.domain.queries import FloatArray
from holdfast.stages.embedding import pinned
from holdfast.stages.embedding.encoder import TextEncoder
from holdfast.stages.embedding.graph import describe
from holdfast.stages.embedding.model_cache import sha256_of
from holdfast.stages.embedding.runtime import load_onnxruntime
from holdfast.stages.embedding.weights import read_weights

LEAST_COSINE = 0.97
"""An int8 graph below this, on average over the probes, is not used (.995 where int8 works as it should)."""
PROBES = (
    "Why does the pump lose pressure after an hour?",
    "Tighten the flange bolts to 24 Nm in a cross pattern, then check the seal for leaks.",
    "Order 4711 was shipped on 29 February with 3 of 5 pallets missing; the customer asks for a credit note.",
    "Warranty claims must be filed within 30 days. " * 12,
    "SELECT id, total FROM orders WHERE status = 'late' AND total > 10000;",
)


def main(model: Path, target: Path, precision: str, *, least_cosine: float = LEAST_COSINE) -> None:
    """Write `int8.onnx` or `fp32.onnx` and `graph.json`, which says what it is, into `target`."""
    _say("describing the graph")
    exact = target / "fp32.onnx"
    onnx.save(describe(read_weights(model / pinned.WEIGHTS.name)), exact)
    kept, cosine = exact, 1.0
    if precision == "int8":
        _say("rounding the weights to 8 bits")
        rounded = target / "int8.onnx"
        _quantise(exact, rounded)
        _say("comparing it with the exact graph")
        cosine = _agreement(exact, rounded, model / pinned.TOKENIZER.name)
        kept = rounded if cosine >= least_cosine else exact
        (exact if kept is rounded else rounded).unlink()
    made = {"file": kept.name, "sha256": sha256_of(kept), "cosine": round(cosine, 5)}
    (target / "graph.json").write_text(json.dumps(made), encoding="utf-8")


def _quantise(exact: Path, rounded: Path) -> None:
    load_onnxruntime()
    quantization = importlib.import_module("onnxruntime.quantization")
    quantization.quantize_dynamic(exact, rounded, weight_type=quantization.QuantType.QInt8, per_channel=True)


def _agreement(exact: Path, rounded: Path, tokenizer: Path) -> float:
    """Return the mean cosine of the two graphs' vectors on the probes."""

    def vectors(graph: Path) -> FloatArray:
        encoder = TextEncoder(graph, tokenizer, max_tokens=pinned.MAX_TOKENS)
        return np.stack([encoder.encode(probe) for probe in PROBES])

    return float((vectors(exact) * vectors(rounded)).sum(axis=1).mean())


def _say(what: str) -> None:
    print(what, flush=True)  # noqa: T201 the parent reads it


if __name__ == "__main__":
    # the quantiser advises a pre-processing step that is meant for graphs of convolutions
    logging.disable(logging.WARNING)
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
