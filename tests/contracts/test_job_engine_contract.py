from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.engines.jobs import LocalJobEngine
from holdfast.protocols import JobEngine
from holdfast.storage.database import open_database, sqlite_url
from holdfast.storage.jobs import JobRecords
from holdfast.testing.contracts.job_engine import JobEngineContract


class TestLocalJobEngine(JobEngineContract):
    @pytest.fixture
    def part(self, tmp_path: Path) -> Iterator[JobEngine]:
        database = open_database(sqlite_url(tmp_path / "jobs.sqlite"))
        yield LocalJobEngine(JobRecords(database), attempts=1, backoff_s=0.0)
        database.close()
