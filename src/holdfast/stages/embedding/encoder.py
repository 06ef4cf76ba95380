"""Run an ONNX graph on one text at a time.

`onnxruntime` and `tokenizers` are loaded here only, and only when a graph is opened: together .45 s,
which commands that embed nothing do not pay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from holdfast.domain.queries import FloatArray
from holdfast.domain.stages import Stage
from holdfast.errors import DeclarationError, StorageError
from holdfast.stages.embedding.runtime import load_onnxruntime

_SLOW_FUSIONS = ["SkipLayerNormFusion"]
"""onnxruntime 1.32 on a processor: the fused kernel took 25% of a run, the two it replaces took 8%."""
_CHARS_PER_TOKEN_AT_MOST = 64
"""Text behind this many characters a token is not even cut into tokens: 1 MB would take .3 s for nothing."""
_KNOWN_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_PREFERRED_OUTPUTS = ("embedding", "sentence_embedding", "last_hidden_state", "token_embeddings")
_SMALLEST_NORM = 1e-12


class TextEncoder:
    """A graph and its tokenizer; safe to call from several threads, each call uses the caller's only."""

    def __init__(
        self,
        graph: Path,
        tokenizer: Path,
        *,
        max_tokens: int,
        pooling: Literal["mean", "cls"] = "mean",
    ) -> None:
        self._session = _session(graph)
        self._tokenizer = _tokenizer(tokenizer, max_tokens=max_tokens)
        self._chars = max_tokens * _CHARS_PER_TOKEN_AT_MOST
        self._inputs = _inputs(self._session.get_inputs(), graph)
        self._outputs = [_output([output.name for output in self._session.get_outputs()])]
        self._pooling = pooling

    def encode(self, text: str) -> FloatArray:
        """Return the text's vector, shape (dimension,), L2-normalised."""
        return self.run(self.tokens(text))

    def tokens(self, text: str) -> Sequence[int]:
        """Return the ids the graph reads, cut at the model's limit; a lone surrogate becomes `?`."""
        clean = text[: self._chars].encode("utf-8", "replace").decode("utf-8")
        ids: Sequence[int] = self._tokenizer.encode_batch_fast([clean])[0].ids  # .8 of `encode`: no offsets
        return ids

    def run(self, ids: Sequence[int]) -> FloatArray:
        """Return the vector of one text's ids."""
        made = self._session.run(self._outputs, self._feeds(ids))[0]
        if made.ndim == 3:  # noqa: PLR2004 (1, tokens, dimension): not pooled yet
            made = made[0].mean(axis=0) if self._pooling == "mean" else made[0, 0]
        vector: FloatArray = made.reshape(-1).astype(np.float32, copy=False)
        return vector / max(float(np.sqrt(vector @ vector)), _SMALLEST_NORM)

    def _feeds(self, ids: Sequence[int]) -> dict[str, npt.NDArray[Any]]:
        feeds = {}
        for name, (rank, kind) in self._inputs.items():
            fill = {"input_ids": ids, "attention_mask": [1] * len(ids), "token_type_ids": [0] * len(ids)}[
                name
            ]
            row: npt.NDArray[Any] = np.array(fill, dtype=kind)
            feeds[name] = row if rank == 1 else row[np.newaxis]
        return feeds


def _session(graph: Path) -> Any:
    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    # a run stays on its caller's thread; idle threads of its own would only starve the next step
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            str(graph), options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOW_FUSIONS
        )
    except Exception as error:  # onnxruntime raises a dozen classes of its own, none of them public
        raise StorageError(
            f"onnxruntime cannot open {graph} ({str(error).splitlines()[0][:160]})",
            stage=Stage.EMBEDDING,
            move="Delete the file and run `holdfast models get`, or correct embedding.onnx.folder",
        ) from error


def _tokenizer(path: Path, *, max_tokens: int) -> Any:
    import tokenizers  # noqa: PLC0415 see the top

    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise StorageError(
            f"{path} is no readable tokenizer ({str(error).splitlines()[0][:160]})",
            stage=Stage.EMBEDDING,
            move="Put the model's own tokenizer.json there",
        ) from error
    # MiniLM's file has 128 tokens and padding to 128 baked in
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer


def _inputs(declared: Sequence[Any], graph: Path) -> Mapping[str, tuple[int, type]]:
    names = {given.name for given in declared}
    if "input_ids" not in names or not names <= set(_KNOWN_INPUTS):
        raise DeclarationError(
            f"{graph} wants {', '.join(sorted(names))}; only {', '.join(_KNOWN_INPUTS)} can be given",
            stage=Stage.EMBEDDING,
            move="Export the text model with these inputs",
        )
    return {
        given.name: (len(given.shape), np.int32 if "int32" in given.type else np.int64) for given in declared
    }


def _output(names: Sequence[str]) -> str:
    return next((name for name in _PREFERRED_OUTPUTS if name in names), names[0])
