"""Run by Alembic on the connection that storage.migrating puts into the configuration."""

from alembic import context
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 - fills the metadata

# No begin_transaction here: the caller has begun one, and holds a lock in it.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    transactional_ddl=False,
)
context.run_migrations()
