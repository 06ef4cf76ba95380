"""What the tests of the embedding stage share."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import tokenizers
from onnx import TensorProto, helper, numpy_helper

from holdfast.domain.queries import FloatArray
from holdfast.stages.embedding.graphs import Precision, build_graph
from holdfast.stages.embedding.local import LocalEmbedder
from holdfast.stages.embedding.minilm import minilm
from holdfast.stages.embedding.model_cache import models_folder, quiet
from holdfast.stages.embedding.model_files import model_files

HERE = Path(__file__).parent
WORDS = ["[UNK]", "pump", "seal", "bolt", "oil"]


@pytest.fixture(scope="session")
def model() -> Path:
    folder = model_files(models_folder())
    if folder is None:
        pytest.skip("the embedding model is not here: run `holdfast models get` (make setup does)")
    return folder


@pytest.fixture(scope="session")
def reference() -> tuple[list[str], FloatArray]:
    """Fifty texts and their vectors, made by scripts/reference_vectors.py."""
    texts = json.loads((HERE / "reference_texts.json").read_text(encoding="utf-8"))
    with np.load(HERE / "reference_vectors.npz") as stored:
        return texts, stored["vectors"]


@pytest.fixture(scope="session")
def embedders(model: Path) -> dict[Precision, LocalEmbedder]:
    return {
        precision: minilm(model, build_graph(model, precision, quiet), wanted=precision)
        for precision in ("int8", "fp32")
    }


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text model of five words: each token's vector is a row of a table."""
    folder = tmp_path_factory.mktemp("tiny")
    table = np.arange(1, 16, dtype=np.float32).reshape(5, 3) * np.array([1, -1, 0.5], np.float32)
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])]
    ids = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    out = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["texts", "tokens", 3])
    graph = helper.make_graph(nodes, "tiny", ids, [out], [numpy_helper.from_array(table, "table")])
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9),
        folder / "model.onnx",
    )
    words = tokenizers.models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(words)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
