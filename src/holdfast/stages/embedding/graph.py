"""Describe all-MiniLM-L6-v2 as an ONNX graph, from its weights alone.

One text per run: the input is the ids of one text without padding, so there is no mask to add, to apply
in the mean, or to get wrong, and a text's vector cannot depend on its neighbours (quantised activations
share one scale per run: in padded batches of 1,024 tokens the same text moved by up to .01 of cosine).
Chunks of 150 tokens on two cores: 160 texts a second from single runs on two threads, 57 to 87 from padded,
length-sorted batches whose operators share the threads (best of ten alternating rounds each).

A layer normalisation is written as an instance normalisation whose channels are the tokens: the same
arithmetic in a kernel of onnxruntime that adds up several numbers at once. Its LayerNormalization adds one
after another, and took a quarter of a run (1.28).

`onnx` is imported here only, and this module only by the process that builds (build.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from holdfast.domain.queries import FloatArray
from holdfast.stages.embedding.pinned import DIMENSION

OPSET = 18
IR_VERSION = 9
LAYERS = 6
HEADS = 12
EPSILON = 1e-12
"""Of every layer normalisation (`layer_norm_eps` of the model's config.json)."""


def describe(weights: Mapping[str, FloatArray]) -> ModelProto:
    """Return the graph: `input_ids` (tokens,) in, `embedding` (384,) out, L2-normalised."""
    draft = _Draft()
    hidden = _embeddings(draft, weights)
    for layer in range(LAYERS):
        hidden = _layer(draft, weights, hidden, f"encoder.layer.{layer}")
    mean = draft.add("ReduceMean", hidden, draft.constant("texts_and_tokens", np.array([0, 1])), keepdims=0)
    draft.add("Div", mean, draft.add("ReduceL2", mean, keepdims=1), output="embedding")
    return draft.model()


def _embeddings(draft: _Draft, weights: Mapping[str, FloatArray]) -> str:
    """Return words and places summed and normalised, of shape (1, tokens, 384)."""
    words = draft.constant("words", weights["embeddings.word_embeddings.weight"])
    # every token is of type 0, so its row is added to the positions once instead of in every run
    places = (
        weights["embeddings.position_embeddings.weight"]
        + (weights["embeddings.token_type_embeddings.weight"][0])
    )
    first = draft.constant("first", np.array([0]))
    length = draft.add("Shape", "input_ids")
    for name, rows in (("places", places), ("ones", np.ones(len(places))), ("zeros", np.zeros(len(places)))):
        every = draft.constant(f"all_{name}", rows.astype(np.float32))
        draft.add("Slice", every, first, length, first, output=name)
    summed = draft.add("Add", draft.add("Gather", words, "input_ids"), "places")
    return _normalised(draft, weights, draft.add("Unsqueeze", summed, first), "embeddings.LayerNorm")


def _layer(draft: _Draft, weights: Mapping[str, FloatArray], hidden: str, layer: str) -> str:
    mixed = _linear(
        draft, weights, _attention(draft, weights, hidden, layer), f"{layer}.attention.output.dense"
    )
    hidden = _normalised(
        draft, weights, draft.add("Add", mixed, hidden), f"{layer}.attention.output.LayerNorm"
    )
    wide = _gelu(draft, _linear(draft, weights, hidden, f"{layer}.intermediate.dense"))
    narrow = _linear(draft, weights, wide, f"{layer}.output.dense")
    return _normalised(draft, weights, draft.add("Add", narrow, hidden), f"{layer}.output.LayerNorm")


def _attention(draft: _Draft, weights: Mapping[str, FloatArray], hidden: str, layer: str) -> str:
    """Return the heads' weighted values, side by side; the three projections are one multiplication."""
    names = [f"{layer}.attention.self.{role}" for role in ("query", "key", "value")]
    head_size = DIMENSION // HEADS
    scales = (head_size**-0.5, 1.0, 1.0)  # the softmax's scale is folded into the query's weights
    parts = [weights[f"{name}.weight"].T * scale for name, scale in zip(names, scales, strict=True)]
    biases = [weights[f"{name}.bias"] * scale for name, scale in zip(names, scales, strict=True)]
    projected = draft.linear(hidden, np.hstack(parts), np.hstack(biases), f"{layer}.attention.self")
    split = draft.constant("heads", np.array([-1, HEADS, head_size]))
    query, key, value = (
        draft.add("Reshape", part, split) for part in draft.split(projected, parts=len(names))
    )
    scores = draft.add(
        "MatMul",
        draft.add("Transpose", query, perm=[1, 0, 2]),
        draft.add("Transpose", key, perm=[1, 2, 0]),
    )
    weighted = draft.add(
        "MatMul", draft.add("Softmax", scores, axis=-1), draft.add("Transpose", value, perm=[1, 0, 2])
    )
    side_by_side = draft.constant("hidden", np.array([1, -1, DIMENSION]))
    return draft.add("Reshape", draft.add("Transpose", weighted, perm=[1, 0, 2]), side_by_side)


def _linear(draft: _Draft, weights: Mapping[str, FloatArray], given: str, name: str) -> str:
    return draft.linear(given, weights[f"{name}.weight"].T, weights[f"{name}.bias"], name)


def _normalised(draft: _Draft, weights: Mapping[str, FloatArray], given: str, name: str) -> str:
    scale = draft.constant(f"{name}.weight", weights[f"{name}.weight"])
    bias = draft.constant(f"{name}.bias", weights[f"{name}.bias"])
    even = draft.add("InstanceNormalization", given, "ones", "zeros", epsilon=EPSILON)
    return draft.add("Add", draft.add("Mul", even, scale), bias)


def _gelu(draft: _Draft, given: str) -> str:
    """Return x/2 * (1 + erf(x / sqrt 2)), the form that onnxruntime knows how to fuse."""
    root = draft.constant("sqrt_two", np.array(2**0.5, np.float32))
    one = draft.constant("one", np.array(1, np.float32))
    half = draft.constant("half", np.array(0.5, np.float32))
    raised = draft.add("Add", draft.add("Erf", draft.add("Div", given, root)), one)
    return draft.add("Mul", draft.add("Mul", given, raised), half)


class _Draft:
    """Collects nodes and constants in the order in which they are needed."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._constants: dict[str, TensorProto] = {}

    def constant(self, name: str, value: npt.NDArray[Any]) -> str:
        """Keep a tensor under its name, once, and return the name."""
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def add(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Append a node and return the name of its output."""
        name = output or f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def split(self, given: str, *, parts: int) -> list[str]:
        """Cut the last axis into equal parts."""
        names = [f"Split_{len(self._nodes)}_{part}" for part in range(parts)]
        self._nodes.append(helper.make_node("Split", [given], names, axis=-1, num_outputs=parts))
        return names

    def linear(self, given: str, weight: FloatArray, bias: FloatArray, name: str) -> str:
        """Multiply by `weight` (in, out) and add `bias`."""
        multiplied = self.add("MatMul", given, self.constant(f"{name}.weight", weight.astype(np.float32)))
        return self.add("Add", multiplied, self.constant(f"{name}.bias", bias.astype(np.float32)))

    def model(self) -> ModelProto:
        """Return the whole graph as a model."""
        graph = helper.make_graph(
            self._nodes,
            "all-MiniLM-L6-v2",
            [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["tokens"])],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [DIMENSION])],
            list(self._constants.values()),
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="holdfast",
        )
