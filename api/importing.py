"""Starting journeys from a file: stored row by row, then started by a workflow of their own."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import Request
from starlette.datastructures import UploadFile
from temporalio.common import Priority, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from api import views
from api.import_files import read_rows
from api.launching import START_PATIENCE
from api.middleware import MAX_FILE_BYTES
from api.problem_types import BODY_TOO_LARGE, IMPORT_NOT_FOUND, IMPORT_UNUSABLE, MEDIA_TYPE_NOT_TAKEN
from api.problems import Problem
from api.security.advisers import SignedInAdviser
from models.imports import RunImport
from models.schemas.imports import ImportProgress
from models.tables import JourneyImportRow
from runtime.services import Services
from runtime.temporal import JOURNEYS_QUEUE
from storage.audit import AuditRepository
from storage.identifiers import derived_id
from storage.imports import ImportRepository, NewImport, NewImportedRow
from workflows.imports import JourneyImport, import_workflow_id

MIB: Final = 1024 * 1024
_RECENT: Final = 20


async def uploaded_file(request: Request) -> bytes:
    """Return the file that was sent, as the body itself or as the part `file` of a form.

    Raises:
        Problem: `import-unusable` when there is none, `media-type-not-taken`, or `body-too-large`.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "text/csv":
        content = await request.body()
    elif media_type == "multipart/form-data":
        async with request.form(max_files=1, max_fields=1) as form:
            part = form.get("file")
            if not isinstance(part, UploadFile):
                raise Problem(IMPORT_UNUSABLE, "The form has no part named `file` that is a file.")
            content = await part.read()
    else:
        raise Problem(MEDIA_TYPE_NOT_TAKEN)
    if len(content) > MAX_FILE_BYTES:
        raise Problem(BODY_TOO_LARGE, f"The file is larger than {MAX_FILE_BYTES // MIB} MiB.")
    return content


@dataclass(frozen=True, slots=True)
class Imports:
    """The imports of one firm; those of every other firm do not exist here."""

    services: Services
    adviser: SignedInAdviser

    async def begin(self, content: bytes, now: datetime, *, dry_run: bool) -> tuple[ImportProgress, bool]:
        """Store the file's rows and let its good ones be started, or in a dry run only be looked at.

        The same file again starts nothing: the import that is there is returned, and False. A dry run is made anew each
        time, since what it looks at may have been mended meanwhile.

        Raises:
            Problem: `import-unusable` when the file as a whole cannot be read.
        """
        firm, digest = self.adviser.firm.id, hashlib.sha256(content).hexdigest()
        import_id = derived_id("journey-import", firm, digest, *([now.isoformat()] if dry_run else []))
        return await self._begin(self._new(import_id, digest, now, dry_run=dry_run), read_rows(content, firm))

    async def start_ready(self, dry_run_id: str, now: datetime) -> ImportProgress:
        """Start the rows that a dry run found ready, each once however often this is asked for.

        Raises:
            Problem: `import-not-found`, or `import-unusable` while the dry run goes on or when no row is ready.
        """
        looked_at = await self.progress(dry_run_id)
        if not looked_at.dry_run:
            return looked_at
        if not looked_at.finished:
            raise Problem(IMPORT_UNUSABLE, "The rows are still being checked. Wait until all of them are.")
        async with self.services.database.reading() as session:
            repository = ImportRepository(session)
            ready = [
                NewImportedRow(row=row.row, external_reference=row.external_reference, form=row.form, problems=[])
                for row in await repository.ready(dry_run_id)
            ]
            file = await repository.get(dry_run_id)
        # Looked for after the rows were read: whoever starts them takes the forms away in the same transaction.
        started = await self.started_from(dry_run_id)
        if started is not None:
            return await self.progress(started)
        if not ready or file is None:
            raise Problem(IMPORT_UNUSABLE, "No row of this file can be started.")
        new = self._new(_started_id(dry_run_id), file.sha256, now, dry_run=False)
        progress, _ = await self._begin(new, ready, dry_run_id)
        return progress

    async def started_from(self, dry_run_id: str) -> str | None:
        """Return the import that the ready rows of a dry run became, if they were started."""
        async with self.services.database.reading() as session:
            found = await ImportRepository(session).get(_started_id(dry_run_id), firm=self.adviser.firm.id)
        return found.import_id if found is not None else None

    async def progress(self, import_id: str) -> ImportProgress:
        """Return an import with what became of each row so far; raises the problem `import-not-found`."""
        async with self.services.database.reading() as session:
            repository = ImportRepository(session)
            imported = await repository.get(import_id, firm=self.adviser.firm.id)
            rows = await repository.rows(import_id)
        if imported is None:
            raise Problem(IMPORT_NOT_FOUND)
        return views.import_progress(imported, rows)

    async def recent(self) -> list[tuple[JourneyImportRow, int]]:
        """Return the firm's newest imports, each with how many rows it has."""
        async with self.services.database.reading() as session:
            return await ImportRepository(session).recent(self.adviser.firm.id, _RECENT)

    def _new(self, import_id: str, digest: str, now: datetime, *, dry_run: bool) -> NewImport:
        firm = self.adviser.firm
        return NewImport(
            import_id=import_id,
            firm=firm.id,
            firm_name=firm.name,
            sha256=digest,
            dry_run=dry_run,
            adviser=self.adviser.adviser.model_dump(mode="json"),
            created_at=now,
        )

    async def _begin(
        self, new: NewImport, rows: Sequence[NewImportedRow], dry_run_id: str | None = None
    ) -> tuple[ImportProgress, bool]:
        fresh = await self._store(new, rows, dry_run_id)
        progress = await self.progress(new.import_id)
        if not progress.finished:
            await self._run(new.import_id)
        return progress, fresh

    async def _store(self, new: NewImport, rows: Sequence[NewImportedRow], dry_run_id: str | None) -> bool:
        async with self.services.database.transaction() as session:
            repository = ImportRepository(session)
            fresh = await repository.begin(new, rows)
            if dry_run_id is not None:
                await repository.drop_forms(dry_run_id)
            if fresh:
                await AuditRepository(session).record(
                    firm=new.firm,
                    actor=self.adviser.actor,
                    action="import_journeys",
                    at=new.created_at,
                    details={"import": new.import_id, "rows": len(rows), "dry_run": new.dry_run},
                )
        return fresh

    async def _run(self, import_id: str) -> None:
        """Let the rows that wait be started; an import whose workflow is there already goes on by itself."""
        firm = self.adviser.firm.id
        try:
            await self.services.temporal.start_workflow(
                JourneyImport.run,
                RunImport(import_id=import_id, firm=firm),
                id=import_workflow_id(import_id),
                task_queue=JOURNEYS_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                rpc_timeout=START_PATIENCE,
                static_summary="Journeys from a file",
                priority=Priority(fairness_key=firm),
            )
        except WorkflowAlreadyStartedError:
            return


def _started_id(dry_run_id: str) -> str:
    return derived_id("journey-import-start", dry_run_id)
