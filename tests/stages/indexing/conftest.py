from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from holdfast.testing.indexes import LocalRig

OpenRig = Callable[..., LocalRig]


@pytest.fixture
def open_rig(tmp_path: Path) -> Iterator[OpenRig]:
    """Open the index in the test's folder; each call is another process's view of the same files."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(LocalRig(tmp_path, **options))


@pytest.fixture
def rig(open_rig: OpenRig) -> LocalRig:
    return open_rig()
