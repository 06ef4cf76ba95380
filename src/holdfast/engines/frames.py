"""Frames between a process and its workers: a JSON value with raw bytes behind it, each with its length.

JSON and bytes on purpose, never pickle: what a worker sends was made from a hostile file, and reading it
must not run anything.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

_HEAD = struct.Struct(">QQ")
_MOST_BYTES = 1 << 29
"""A longer frame is no frame: the worker's output is damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message: a JSON value and the bytes that came with it."""

    message: Any
    payload: bytes = b""


class BrokenFrames(ValueError):
    """What arrived is not a frame."""


def pack(message: Any, payload: bytes = b"") -> bytes:
    """Return one frame as bytes."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return b"".join((_HEAD.pack(len(body), len(payload)), body, payload))


def read_frame(pipe: BinaryIO) -> Frame | None:
    """Return the next frame of a blocking pipe, or None at its end."""
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    body_size, payload_size = _HEAD.unpack(head)
    body = pipe.read(body_size)
    payload = pipe.read(payload_size)
    if len(body) < body_size or len(payload) < payload_size:
        return None
    return Frame(message=json.loads(body), payload=payload)


class FrameBuffer:
    """Collects bytes as they arrive, hands out the frames that are complete."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames completed by these bytes; raise BrokenFrames."""
        self._bytes += data
        frames: list[Frame] = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self) -> Frame | None:
        if len(self._bytes) < _HEAD.size:
            return None
        body_size, payload_size = _HEAD.unpack_from(self._bytes)
        if body_size + payload_size > _MOST_BYTES:
            raise BrokenFrames("a worker sent something that is no frame")
        body_end = _HEAD.size + body_size
        end = body_end + payload_size
        if len(self._bytes) < end:
            return None
        body, payload = bytes(self._bytes[_HEAD.size : body_end]), bytes(self._bytes[body_end:end])
        del self._bytes[:end]
        try:
            return Frame(message=json.loads(body), payload=payload)
        except ValueError as error:
            raise BrokenFrames("a worker sent a frame that is no JSON") from error
