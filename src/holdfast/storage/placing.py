"""Find where one workflow's records lie when several of a workspace share a database."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import sqlalchemy as sa

from holdfast.errors import StorageError
from holdfast.storage import counters
from holdfast.storage.database import Database, engine_of, told
from holdfast.storage.schema import identity

OWNER = "workflow"
"""Fact: whose records these are."""
MEMBER = "workflows/"
"""How the owner begins that is one of a workspace's workflows, by its folder's name."""
PREFIX = "holdfast_"
LONGEST = 40
"""Characters of a workflow's folder in a schema's name; PostgreSQL cuts names off at 63 bytes."""
SEARCH_PATH = "search_path"
_LOCK = sa.text("select pg_advisory_xact_lock(4771003912)")
"""Until the transaction ends nobody else makes or claims a place in this database."""


def place_of(url: str, member: str, *, earlier: str = "") -> str:
    """Return the URL of one member's own records beneath the URL of its workspace.

    On PostgreSQL that is a schema, made if need be, for SQLite a file beside the one that is named. Where
    the URL names a schema itself, or `earlier` (the workflow's name, as it was once written down) has its
    records at the URL already, they stay there. Raises StorageError when the schema cannot be made.
    """
    engine = engine_of(url)
    parsed = engine.url
    if SEARCH_PATH in str(parsed.query.get("options", "")) or not parsed.database:
        return url
    try:
        with told():
            if _owner_at(engine) in {one for one in (MEMBER + member, earlier) if one}:
                return url
            if engine.dialect.name == "sqlite":
                return _beside(parsed, member)
            return _schema_in(engine, parsed, member)
    finally:
        engine.dispose()


def claim(database: Database, owner: str, *, earlier: str = "") -> None:
    """Write down whose records these are; raise StorageError when they are another workflow's.

    `earlier` is how the same workflow was written down before.
    """
    with database.write() as connection:
        if not database.is_sqlite:  # of two that claim it at one moment the second has to see the first
            connection.execute(_LOCK)
        known = counters.remembered(connection, OWNER)
        if known in ("", earlier):
            counters.remember(connection, OWNER, owner)
    if known not in ("", owner, earlier):
        raise StorageError(
            f"the database belongs to the workflow {known!r}, not to {owner!r}",
            stage="storage",
            move="Put both below `workflows/` of one workspace, where they share a URL, or give each a "
            "database (or a schema: options=-csearch_path=NAME) of its own",
        )


def _owner_at(engine: sa.Engine) -> str:
    """Return whose records lie at the URL itself, empty for nobody's."""
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").exists():
        return ""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(identity.name):
            return ""
        return counters.remembered(connection, OWNER)


def _beside(url: sa.URL, member: str) -> str:
    file = Path(url.database or "")
    own = file.with_name(f"{file.stem}.{member}{file.suffix}")
    return url.set(database=str(own)).render_as_string(hide_password=False)


def _schema_in(engine: sa.Engine, url: sa.URL, member: str) -> str:
    schema = schema_of(member)
    with engine.begin() as connection:
        connection.execute(_LOCK)
        # Looked up first: without the right to make one, `IF NOT EXISTS` fails even where it exists.
        if not sa.inspect(connection).has_schema(schema):
            _make(connection, schema)
    options = f"{url.query.get('options', '')} -c{SEARCH_PATH}={schema}".strip()
    return url.update_query_dict({"options": options}).render_as_string(hide_password=False)


def _make(connection: sa.Connection, schema: str) -> None:
    try:
        connection.execute(sa.schema.CreateSchema(schema))
    except sa.exc.ProgrammingError as error:
        raise StorageError(
            f"the schema {schema} cannot be made ({str(error.orig).splitlines()[0]})",
            stage="storage",
            move=f"Have the database's owner run: CREATE SCHEMA {schema} AUTHORIZATION "
            f"{connection.engine.url.username or 'ROLE'}",
        ) from error


def schema_of(member: str) -> str:
    """Return the name of a member's schema; no two members have one name."""
    plain = re.sub(r"[^a-z0-9]+", "_", member.lower())[:LONGEST].strip("_")
    if plain == member:
        return PREFIX + plain
    digest = hashlib.sha256(member.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{PREFIX}{plain}_{digest}" if plain else PREFIX + digest
