"""Imports of journeys from files."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables import ImportedRow, ImportRowState, JourneyImportRow
from storage.upsert import insert_into


@dataclass(frozen=True, slots=True, kw_only=True)
class NewImport:
    """A file that was uploaded; `adviser` is `models.messages.Adviser` in its JSON form."""

    import_id: str
    firm: str
    firm_name: str
    sha256: str
    dry_run: bool
    adviser: dict[str, JsonValue] = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewImportedRow:
    """A row of the file: with its form when it can be tried, else with the problems that it has."""

    row: int
    external_reference: str
    form: dict[str, JsonValue] | None
    problems: list[dict[str, JsonValue]]


class ImportRepository:
    """Files and what became of their rows."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def begin(self, new: NewImport, rows: Sequence[NewImportedRow]) -> bool:
        """Store a file with its rows; False when it was stored before, and then nothing of it changes."""
        values = {name: getattr(new, name) for name in NewImport.__slots__}
        stored = await self._session.execute(
            insert_into(self._session, JourneyImportRow)
            .values(**values)
            .on_conflict_do_nothing(index_elements=["import_id"])
            .returning(col(JourneyImportRow.import_id))
        )
        if stored.first() is None:
            return False
        if rows:
            await self._session.execute(insert(ImportedRow), [_columns(new.import_id, row) for row in rows])
        return True

    async def get(self, import_id: str, *, firm: str | None = None) -> JourneyImportRow | None:
        """Return the import; None when there is none, or none of this firm."""
        query = select(JourneyImportRow).where(col(JourneyImportRow.import_id) == import_id)
        if firm is not None:
            query = query.where(col(JourneyImportRow.firm) == firm)
        return (await self._session.scalars(query)).one_or_none()

    async def rows(self, import_id: str) -> list[ImportedRow]:
        """Return every row of an import, in the file's order."""
        query = select(ImportedRow).where(col(ImportedRow.import_id) == import_id)
        return list(await self._session.scalars(query.order_by(col(ImportedRow.row))))

    async def waiting(self, import_id: str, limit: int) -> list[ImportedRow]:
        """Return the next rows that wait, in the file's order."""
        query = select(ImportedRow).where(
            col(ImportedRow.import_id) == import_id, col(ImportedRow.state) == ImportRowState.WAITING
        )
        return list(await self._session.scalars(query.order_by(col(ImportedRow.row)).limit(limit)))

    async def counts(self, import_id: str) -> Counter[ImportRowState]:
        """Return how many rows are in each state."""
        query = (
            select(col(ImportedRow.state), func.count())
            .where(col(ImportedRow.import_id) == import_id)
            .group_by(col(ImportedRow.state))
        )
        return Counter({row[0]: row[1] for row in await self._session.execute(query)})

    async def announce(self, import_id: str, row: int, journey_id: str) -> None:
        """Note, before it is started, which journey a waiting row will become: there was none of this id before."""
        await self._session.execute(
            update(ImportedRow)
            .where(col(ImportedRow.import_id) == import_id, col(ImportedRow.row) == row)
            .values(journey_id=journey_id)
        )

    async def settle(
        self,
        import_id: str,
        row: int,
        state: ImportRowState,
        *,
        journey_id: str | None = None,
        problems: Sequence[dict[str, JsonValue]] = (),
    ) -> None:
        """Note what became of a row that waited; only one that is ready to be started still needs its form."""
        values: dict[str, object] = {"state": state, "journey_id": journey_id, "problems": list(problems)}
        if state is not ImportRowState.READY:
            values["form"] = None
        await self._session.execute(
            update(ImportedRow)
            .where(
                col(ImportedRow.import_id) == import_id,
                col(ImportedRow.row) == row,
                col(ImportedRow.state) == ImportRowState.WAITING,
            )
            .values(**values)
        )

    async def ready(self, import_id: str) -> list[ImportedRow]:
        """Return the rows that a dry run found ready and that nobody has started yet, in the file's order."""
        query = select(ImportedRow).where(
            col(ImportedRow.import_id) == import_id,
            col(ImportedRow.state) == ImportRowState.READY,
            col(ImportedRow.form).is_not(None),
        )
        return list(await self._session.scalars(query.order_by(col(ImportedRow.row))))

    async def drop_forms(self, import_id: str) -> None:
        """Forget the forms of a dry run, once its rows are started."""
        await self._session.execute(
            update(ImportedRow).where(col(ImportedRow.import_id) == import_id).values(form=None)
        )

    async def recent(self, firm: str, limit: int) -> list[tuple[JourneyImportRow, int]]:
        """Return a firm's newest imports, each with how many rows it has."""
        rows = (
            select(col(ImportedRow.import_id), func.count().label("rows"))
            .group_by(col(ImportedRow.import_id))
            .subquery()
        )
        query = (
            select(JourneyImportRow, func.coalesce(rows.c.rows, 0))
            .outerjoin(rows, rows.c.import_id == col(JourneyImportRow.import_id))
            .where(col(JourneyImportRow.firm) == firm)
            .order_by(col(JourneyImportRow.created_at).desc(), col(JourneyImportRow.import_id))
            .limit(limit)
        )
        return [(found[0], found[1]) for found in await self._session.execute(query)]


def _columns(import_id: str, row: NewImportedRow) -> dict[str, object]:
    return {
        "import_id": import_id,
        "row": row.row,
        "external_reference": row.external_reference,
        "form": row.form,
        "state": ImportRowState.REFUSED if row.problems else ImportRowState.WAITING,
        "journey_id": None,
        "problems": row.problems,
    }
