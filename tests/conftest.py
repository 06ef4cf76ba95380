"""What holds for every test."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from holdfast.telemetry import logs


@pytest.fixture(autouse=True)
def quiet_afterwards() -> Iterator[None]:
    """Take back what a test set up for logs: the last call counts for a whole process."""
    root = logging.getLogger()
    handlers, level, disabled = list(root.handlers), root.level, logging.root.manager.disable
    yield
    logs._sinks[:] = []
    if root.handlers != handlers:
        root.handlers[:] = handlers
    root.setLevel(level)
    logging.disable(disabled)
