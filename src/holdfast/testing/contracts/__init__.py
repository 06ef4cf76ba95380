"""A suite for each socket: subclass it, override the fixture `part`, and your part is held to its laws."""

from __future__ import annotations

try:
    import pytest
except ImportError as error:
    raise ImportError("holdfast.testing.contracts needs pytest: `pip install pytest`") from error

# Without this an assert of ours would fail in a user's run without saying what it compared.
pytest.register_assert_rewrite(__name__)
