"""Starting journeys from a file: stored row by row, then started by a workflow of their own."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from temporalio.common import Priority, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from api import views
from api.import_files import read_rows
from api.launching import START_PATIENCE
from api.problem_types import IMPORT_NOT_FOUND
from api.problems import Problem
from api.security.advisers import SignedInAdviser
from models.imports import RunImport
from models.schemas.imports import ImportProgress
from runtime.services import Services
from runtime.temporal import JOURNEYS_QUEUE
from storage.audit import AuditRepository
from storage.identifiers import derived_id
from storage.imports import ImportRepository, NewImport, NewImportedRow
from workflows.imports import JourneyImport, import_workflow_id


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
        firm, digest = self.adviser.firm, hashlib.sha256(content).hexdigest()
        import_id = derived_id("journey-import", firm.id, digest, *([now.isoformat()] if dry_run else []))
        new = NewImport(
            import_id=import_id,
            firm=firm.id,
            firm_name=firm.name,
            sha256=digest,
            dry_run=dry_run,
            adviser=self.adviser.adviser.model_dump(mode="json"),
            created_at=now,
        )
        fresh = await self._store(new, read_rows(content, firm.id))
        progress = await self.progress(import_id)
        if not progress.finished:
            await self._run(import_id)
        return progress, fresh

    async def progress(self, import_id: str) -> ImportProgress:
        """Return an import with what became of each row so far; raises the problem `import-not-found`."""
        async with self.services.database.reading() as session:
            repository = ImportRepository(session)
            imported = await repository.get(import_id, firm=self.adviser.firm.id)
            rows = await repository.rows(import_id)
        if imported is None:
            raise Problem(IMPORT_NOT_FOUND)
        return views.import_progress(imported, rows)

    async def _store(self, new: NewImport, rows: list[NewImportedRow]) -> bool:
        async with self.services.database.transaction() as session:
            fresh = await ImportRepository(session).begin(new, rows)
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
