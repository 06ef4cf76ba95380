"""Tasks that misbehave, for the tests of worker processes; found by name through the pool's `paths`."""

# ruff: noqa: T201 - a task takes arguments and bytes whether it needs them or not

from __future__ import annotations

import ctypes
import json
import os
import time
from pathlib import Path


def echo(arguments, data):
    yield arguments, data[::-1]


def identify(arguments, data):
    yield {"pid": os.getpid(), "session": os.getsid(0), "key": os.environ.get("HOLDFAST_TEST_KEY", "")}, b""


def print_between(arguments, data):
    print("noise of a native library", flush=True)
    os.write(1, b"more noise")
    yield "kept", b""


def raise_error(arguments, data):
    yield "before", b""
    raise ValueError("no such thing")


def abort(arguments, data):
    for number in range(arguments["after"]):
        yield f"page {number + 1}", b""
    os.abort()


def abort_once(arguments, data):
    yield "try", b""
    flag = Path(arguments["flag"])
    if not flag.exists():
        flag.touch()
        os.abort()
    yield "done", b""


def sleep(arguments, data):
    yield "before", b""
    time.sleep(60)


def start_a_child_and_sleep(arguments, data):
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    yield child, b""
    time.sleep(60)


def spin(arguments, data):
    yield "before", b""
    while True:
        pass


def allocate(arguments, data):
    yield "before", b""
    kept = []
    while True:
        kept.append(bytearray(16 << 20))


def write_much(arguments, data):
    path = Path(arguments["path"])
    with path.open("wb") as file:
        for _ in range(64):
            file.write(b"x" * (1 << 20))
    yield "written", b""


def grow(arguments, data):
    block = bytearray(arguments["mb"] << 20)
    for place in range(0, len(block), 4096):
        block[place] = 1
    yield os.getpid(), b""


def corrupt_the_pipe(arguments, data):
    yield "before", b""
    for descriptor in range(3, 10):
        try:
            os.write(descriptor, b"\xff" * 64)
        except OSError:
            continue
    time.sleep(60)


def read_null(arguments, data):
    yield json.dumps("before"), b""
    ctypes.string_at(0)
