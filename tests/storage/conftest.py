from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.testing.databases import PostgresServer, sqlite_database


@pytest.fixture(autouse=True)
def schema_at_once() -> None:
    """Nothing is taken from elsewhere: here the migrations themselves are tested."""


@pytest.fixture(scope="session")
def made_once(postgres: PostgresServer) -> Iterator[str]:
    """The URL of a PostgreSQL database with the schema, to be copied: quicker than to migrate each."""
    with postgres.database() as url:
        open_database(url).close()
        yield url


@pytest.fixture(scope="session")
def file_made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("schema") / "made.sqlite"
    open_database(sqlite_url(file)).close()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield sqlite_database(tmp_path)
    else:
        with request.getfixturevalue("postgres").database() as made:
            yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, file_made_once: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield sqlite_url(shutil.copy(file_made_once, tmp_path / "records.sqlite"))
    else:
        server, template = request.getfixturevalue("postgres"), request.getfixturevalue("made_once")
        with server.database(template=template) as made:
            yield made


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = open_database(url)
    yield opened
    opened.close()


@pytest.fixture
def file_database(tmp_path: Path, file_made_once: Path) -> Iterator[Database]:
    """A SQLite database, for properties that run many times."""
    opened = open_database(sqlite_url(shutil.copy(file_made_once, tmp_path / "one.sqlite")))
    yield opened
    opened.close()
