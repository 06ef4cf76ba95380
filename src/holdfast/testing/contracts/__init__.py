"""A suite for each socket: subclass it, override the fixture `part`, and your part is held to its laws."""

from __future__ import annotations

from pathlib import Path

try:
    import pytest
except ImportError as error:
    raise ImportError("holdfast.testing.contracts needs pytest: `pip install pytest`") from error

_SUITES = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))

# Without this an assert of ours would fail in a user's run without saying what it compared.
pytest.register_assert_rewrite(*(f"{__name__}.{suite}" for suite in _SUITES))
