"""Run the migrations on the connection that holdfast.storage.migrating opened."""

from __future__ import annotations

from alembic import context

from holdfast.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
