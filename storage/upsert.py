"""`INSERT … ON CONFLICT`, which both databases know and SQLAlchemy spells once for each."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from models.tables import StoredRow


def insert_into(session: AsyncSession, table: type[StoredRow]) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that understands `on_conflict_…` on the database of this session."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
