from alembic import context
from sqlalchemy import Connection

from models.tables import StoredRow


def run_migrations(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=StoredRow.metadata,
        compare_type=True,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


# Alembic executes this file; importing it as a module has no effect.
if __name__ != "storage.migrations.env":
    run_migrations(context.config.attributes["connection"])
