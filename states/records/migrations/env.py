"""Alembic's door: runs on the connection that `states.records.schema` hands over."""

from alembic import context
from sqlmodel import SQLModel

from states.records import core  # noqa: F401  (knows all tables)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
