"""Discrepancies of one firm: listed, and repaired as proposed or as a person decides (P54)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from api.cursors import read_cursor, write_cursor
from api.launching import START_PATIENCE
from api.problem_types import DECISION_NOT_POSSIBLE, DISCREPANCY_CLOSED, DISCREPANCY_NOT_FOUND
from api.problems import Problem
from api.reconciling import open_discrepancies
from api.security.advisers import SignedInAdviser
from domain.masking import EMPTY
from domain.ownership import Act, Owner, Subject, client_rules
from models.deciding import Settle
from models.schemas.discrepancies import DiscrepancyPage, DiscrepancyView, RepairBegun, RepairForm
from models.syncing import Cause, Changed, StartPlatformSync
from models.tables import DiscrepancyRow
from runtime.services import Services
from runtime.temporal import JOURNEYS_QUEUE
from storage.audit import AuditRepository
from storage.discrepancies import DiscrepancyRepository
from workflows.deciding import SettleDiscrepancy, settle_id
from workflows.syncing import PlatformSync, platform_sync_id

Decision = Literal["repair", "take_plannr", "take_platform", "choose_record"]

_CLIENT_FIELDS: Final = frozenset(rule.field for rule in client_rules())


class DiscrepancyFilters(BaseModel):
    """Which discrepancies a list shows."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    state: Literal["open", "closed", "all"] = "open"
    field: str | None = Field(default=None, max_length=60, description="a field of the ownership table")
    owner: Owner | None = None
    proposal: Act | None = None
    client: str | None = Field(default=None, max_length=100, description="the platform's id of a client or an account")
    limit: int = Field(default=25, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=300, description="from the `next` link of a page")

    def wanted(self) -> dict[str, str]:
        """Return the filters as they stand in an address, in one order."""
        given = self.model_dump(mode="json", exclude={"limit", "cursor"}, exclude_none=True)
        return {name: str(value) for name, value in given.items()}


@dataclass(frozen=True, slots=True)
class Discrepancies:
    """The discrepancies of one firm; those of every other firm do not exist here."""

    services: Services
    adviser: SignedInAdviser

    @property
    def _firm(self) -> str:
        return self.adviser.firm.id

    async def page(self, filters: DiscrepancyFilters, now: datetime) -> DiscrepancyPage:
        """Return a page, the newest first; raises the problem `invalid-request` for a cursor of another list."""
        rows, following = await self.rows(filters)
        return DiscrepancyPage(
            discrepancies=[view(row, now) for row in rows],
            open=await open_discrepancies(self.services, self._firm),
            next=f"/api/v1/discrepancies?{following}" if following else None,
        )

    async def rows(self, filters: DiscrepancyFilters) -> tuple[list[DiscrepancyRow], str | None]:
        """Return a page of rows, and the query of the next one."""
        secret = self.services.settings.secret_key.get_secret_value().encode()
        listing = f"discrepancies/{self._firm}?{urlencode(filters.wanted())}"
        async with self.services.database.reading() as session:
            rows = await DiscrepancyRepository(session).page(
                self._firm,
                state=filters.state,
                field=filters.field,
                owner=filters.owner,
                proposal=filters.proposal,
                platform_id=filters.client,
                before=read_cursor(secret, listing, filters.cursor) if filters.cursor else None,
                limit=filters.limit + 1,
            )
        shown = rows[: filters.limit]
        if len(rows) == len(shown):
            return shown, None
        cursor = write_cursor(secret, listing, (shown[-1].first_seen_at, shown[-1].discrepancy_id))
        return shown, urlencode({**filters.wanted(), "limit": filters.limit, "cursor": cursor})

    async def row(self, discrepancy_id: str) -> DiscrepancyRow:
        """Return one; raises the problem `discrepancy-not-found`."""
        async with self.services.database.reading() as session:
            row = await DiscrepancyRepository(session).get(discrepancy_id, self._firm)
        if row is None:
            raise Problem(DISCREPANCY_NOT_FOUND)
        return row

    async def repair(self, discrepancy_id: str, form: RepairForm, now: datetime) -> RepairBegun:
        """Put a repair or a decision on record and let it be carried out.

        Raises:
            Problem: `discrepancy-not-found`, `discrepancy-closed`, or `decision-not-possible`.
        """
        row = await self.row(discrepancy_id)
        decision = _decision(row, form)
        async with self.services.database.transaction() as session:
            await AuditRepository(session).record(
                firm=self._firm,
                actor=self.adviser.actor,
                action="repair_discrepancy",
                at=now,
                reason=form.reason,
                details={
                    "discrepancy": row.discrepancy_id,
                    "platform_id": row.platform_id,
                    "field": row.field,
                    "decision": decision,
                    "plannr_account": form.plannr_account,
                },
            )
        workflow_id = await (self._sync(row) if decision == "repair" else self._settle(row, form))
        return RepairBegun(discrepancy_id=row.discrepancy_id, workflow_id=workflow_id, link=_link(row))

    async def _sync(self, row: DiscrepancyRow) -> str:
        settings = self.services.settings
        handle = await self.services.temporal.start_workflow(
            PlatformSync.run,
            StartPlatformSync(subject=row.subject, platform_id=row.platform_id, settle=settings.sync_settle),
            id=platform_sync_id(row.platform_id),
            task_queue=JOURNEYS_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            start_signal="changed",
            start_signal_args=[Changed(cause=Cause.PERSON)],
            rpc_timeout=START_PATIENCE,
            static_summary="Sync of a record, asked for by a person",
        )
        return handle.id

    async def _settle(self, row: DiscrepancyRow, form: RepairForm) -> str:
        handle = await self.services.temporal.start_workflow(
            SettleDiscrepancy.run,
            Settle(
                discrepancy_id=row.discrepancy_id,
                firm=self._firm,
                take=form.take,
                plannr_account=form.plannr_account,
            ),
            id=settle_id(row.discrepancy_id),
            task_queue=JOURNEYS_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            rpc_timeout=START_PATIENCE,
            static_summary="A person's decision on a discrepancy",
        )
        return handle.id


def view(row: DiscrepancyRow, now: datetime) -> DiscrepancyView:
    """Return a discrepancy as advisers get it."""
    kept = row.model_dump(exclude={"firm", "run_id"})
    return DiscrepancyView(
        **kept,
        state="open" if row.closed_at is None else "closed",
        decisions=decisions(row),
        age_days=max(0, ((row.closed_at or now) - row.first_seen_at).days),
        link=_link(row),
    )


def decisions(row: DiscrepancyRow) -> list[Decision]:
    """Return what can be asked for about a discrepancy; an empty side can't be taken, since nothing is erased."""
    if row.closed_at is not None:
        return []
    if row.proposal is not Act.PERSON:
        return ["repair"]
    if row.candidates:
        return ["choose_record"]
    if row.subject is not Subject.CLIENT or row.field not in _CLIENT_FIELDS:
        return []
    sides: list[tuple[Decision, str]] = [("take_plannr", row.plannr_value), ("take_platform", row.platform_value)]
    return [decision for decision, value in sides if value != EMPTY]


def _decision(row: DiscrepancyRow, form: RepairForm) -> Decision:
    if row.closed_at is not None:
        raise Problem(DISCREPANCY_CLOSED)
    wanted: Decision = "repair"
    if form.plannr_account is not None:
        wanted = "choose_record"
    elif form.take is not None:
        wanted = "take_plannr" if form.take == "plannr" else "take_platform"
    possible = decisions(row)
    if wanted not in possible:
        words = ", ".join(possible) or "none: correct the record in Plannr or on the platform"
        raise Problem(DECISION_NOT_POSSIBLE, f"What can be decided here: {words}.", extra={"decisions": list(possible)})
    if wanted == "choose_record" and form.plannr_account not in row.candidates:
        raise Problem(DECISION_NOT_POSSIBLE, "This record is none of the `candidates`.")
    return wanted


def _link(row: DiscrepancyRow) -> str:
    return f"/api/v1/discrepancies/{row.discrepancy_id}"
