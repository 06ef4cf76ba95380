"""Bring a database to the expected schema with Alembic."""

from __future__ import annotations

import threading
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from holdfast.errors import StorageError

LOCK_KEY = 4_771_003_911
ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps what it works on in a module of its own, so that two threads would take each other's."""


def migrate(engine: sa.Engine, url: str) -> None:
    """Run every missing migration in one transaction; two processes at once are safe."""
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))  # the parser reads % as its own
    try:
        with ONE_AT_A_TIME, engine.connect() as connection:
            writing = connection.execution_options(holdfast_write=True)
            with writing.begin():
                if engine.dialect.name == "postgresql":
                    writing.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
                config.attributes["connection"] = writing
                command.upgrade(config, "head")
    except CommandError as error:
        raise StorageError(
            f"the records database was made by a newer Holdfast ({error})",
            stage="storage",
            move=f"Install that version, or use another database than {sa.make_url(url).render_as_string()}.",
        ) from error
