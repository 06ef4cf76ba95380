"""Read tensors from a safetensors file: eight bytes of length, a JSON header, one raw buffer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from holdfast.domain.queries import FloatArray
from holdfast.domain.stages import Stage
from holdfast.errors import StorageError

_LENGTH_BYTES = 8


def read_weights(path: Path) -> dict[str, FloatArray]:
    """Return the file's float32 tensors by name, mapped from disk; raise StorageError when it is damaged."""
    try:
        raw = np.memmap(path, dtype=np.uint8, mode="r")
        length = int.from_bytes(raw[:_LENGTH_BYTES].tobytes(), "little")
        start = _LENGTH_BYTES + length
        header = json.loads(raw[_LENGTH_BYTES:start].tobytes())
        return {
            name: raw[start + entry["data_offsets"][0] : start + entry["data_offsets"][1]]
            .view("<f4")
            .reshape(entry["shape"])
            for name, entry in header.items()
            if entry.get("dtype") == "F32"
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(
            f"{path} is no readable safetensors file ({type(error).__name__})",
            stage=Stage.EMBEDDING,
            move="Delete its folder and run `holdfast models get`",
        ) from error
