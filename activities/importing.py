"""Journeys started from a file, a few rows at a time; what is settled stays settled when a batch is tried again."""

from collections.abc import Callable
from datetime import UTC, datetime

from pydantic import JsonValue
from temporalio import activity

from activities.failures import failures
from activities.import_columns import column_of, place_of
from activities.start_refusals import StartRefused
from activities.starting import Opener, Starting
from connectors.errors import ConnectorRejected, NotAuthorised
from models.imports import BatchDone, ImportBatch
from models.messages import Adviser
from models.schemas.starting import StartJourneyForm
from models.tables import ImportedRow, ImportRowState, JourneyImportRow
from storage.database import Database
from storage.imports import ImportRepository

_REFUSED_BY_SYSTEM = "rejected-by-system"


class ImportActivities:
    """Starts the journeys of a file by the same logic as a single start."""

    def __init__(
        self,
        starting: Starting,
        database: Database,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Start by this logic, with the rows in this database."""
        self._starting = starting
        self._database = database
        self._clock = clock

    @activity.defn(name="imports.start_batch")
    async def start_batch(self, request: ImportBatch) -> BatchDone:
        """Start the next journeys of the file, or look at them in a dry run; a refused row holds up no other."""
        async with self._database.reading() as session:
            repository = ImportRepository(session)
            imported = await repository.get(request.import_id)
            rows = await repository.waiting(request.import_id, request.limit)
        if imported is None:
            return BatchDone(settled=0, left=0)
        for row in rows:
            activity.heartbeat(row.row)
            with failures():
                await self._settle(imported, row)
        async with self._database.reading() as session:
            counts = await ImportRepository(session).counts(request.import_id)
        return BatchDone(settled=len(rows), left=counts[ImportRowState.WAITING])

    async def _settle(self, imported: JourneyImportRow, row: ImportedRow) -> None:
        journey_id: str | None = None
        problems: list[dict[str, JsonValue]] = []
        try:
            state, journey_id = await self._attempt(imported, row)
        except StartRefused as refused:
            state, problems = ImportRowState.REFUSED, _problems(refused)
        except NotAuthorised:
            # An operator renews our access; no row is to blame.
            raise
        except ConnectorRejected as error:
            state = ImportRowState.REFUSED
            problems = [_problem(None, _REFUSED_BY_SYSTEM, f"{error.system.capitalize()} refused: {error.reason}.")]
        async with self._database.transaction() as session:
            await ImportRepository(session).settle(
                imported.import_id, row.row, state, journey_id=journey_id, problems=problems
            )

    async def _attempt(self, imported: JourneyImportRow, row: ImportedRow) -> tuple[ImportRowState, str]:
        form = StartJourneyForm.model_validate(row.form)
        opener = Opener(imported.firm, imported.firm_name, Adviser.model_validate(imported.adviser))
        prepared = await self._starting.prepare(opener, form, self._clock())
        if imported.dry_run:
            return ImportRowState.READY if prepared.start else ImportRowState.MET, prepared.journey_id
        if prepared.start is not None and row.journey_id is None:
            await self._announce(row, prepared.journey_id)
        started = await self._starting.launch(prepared, self._clock())
        # What an earlier attempt announced and did not see started is there because of this file all the same.
        ours = started.created or row.journey_id is not None
        return ImportRowState.STARTED if ours else ImportRowState.MET, started.journey_id

    async def _announce(self, row: ImportedRow, journey_id: str) -> None:
        async with self._database.transaction() as session:
            await ImportRepository(session).announce(row.import_id, row.row, journey_id)


def _problems(refused: StartRefused) -> list[dict[str, JsonValue]]:
    return [
        _problem(column_of(place_of(fault.pointer)), fault.named.get("code", refused.refusal.value), fault.detail)
        for fault in refused.faults
    ]


def _problem(column: str | None, code: str, detail: str) -> dict[str, JsonValue]:
    return {"column": column, "code": code, "detail": detail}
