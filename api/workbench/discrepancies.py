"""Where Plannr and the platform differ, on one page; and when both were last compared as a whole (P54)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from fastapi import APIRouter, Request, Response

from api import reconciling
from api.deciding import Discrepancies, DiscrepancyFilters
from api.dependencies import NowDep, ServicesDep
from api.web.rendering import PagesDep
from api.web.wording import counted
from api.workbench import sync_wording as wording
from api.workbench.access import WorkbenchVisitDep
from api.workbench.consequences import Consequence
from api.workbench.discrepancy_rows import LIST, shown_rows
from api.workbench.sync_asking import Question, SyncAskingDep
from api.workbench.sync_lists import choice_of
from domain.ownership import Act
from models.schemas.reconciliations import ReconciliationView
from runtime.services import Services
from storage.audit import AuditRepository
from storage.discrepancies import DiscrepancyRepository

_SLOWLY: Final = (
    "Every client and every account is read and compared field by field. With many clients this takes minutes to "
    "hours, as each system allows only so many questions a minute."
)
_ANY: Final = ("", "Any")
_OPTIONS: Final[Mapping[str, list[tuple[str, str]]]] = {
    "state": [("open", "Open"), ("closed", "Closed"), ("all", "Open and closed")],
    "field": [_ANY, *wording.FIELDS.items()],
    "owner": [_ANY, *((owner.value, words) for owner, words in wording.OWNERS.items())],
    "proposal": [_ANY, *((act.value, words) for act, words in wording.PROPOSALS.items())],
}
_LABELS: Final = {
    "state": "State",
    "field": "What differs",
    "owner": "Kept in",
    "proposal": "Repair",
}
_BEGUN_BY: Final = {
    "schedule": "It began by itself",
    "adviser": "Somebody at the workbench began it",
    "operator": "An operator began it",
}
router = APIRouter()


@dataclass(frozen=True, slots=True)
class ShownRun:
    """The newest comparison of everything, in one firm's figures."""

    running: bool
    phase: str
    percent: int
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    begun_by: str


@router.get("/discrepancies")
async def show_discrepancies(
    request: Request, pages: PagesDep, services: ServicesDep, visit: WorkbenchVisitDep, now: NowDep
) -> Response:
    """Show the firm's differences, the newest first, narrowed as the address says."""
    filters, firm = choice_of(request, DiscrepancyFilters), visit.adviser.firm.id
    found, following = await Discrepancies(services, visit.adviser).rows(filters)
    newest = await reconciling.newest(services, firm)
    async with services.database.reading() as session:
        rows = await shown_rows(session, firm, found, now)
        counts = await DiscrepancyRepository(session).counts(firm)
    wanted = filters.wanted()
    return pages.render(
        request,
        "workbench/discrepancies.html",
        adviser=visit.adviser,
        differences=rows,
        following=following,
        first_page=filters.cursor is None,
        counts=_counts(counts),
        run=_run(newest) if newest is not None else None,
        every_night=night(services),
        wanted=wanted,
        narrowed=wanted != {"state": "open"},
        fields=[(name, _LABELS[name], options) for name, options in _OPTIONS.items()],
    )


@router.get("/discrepancies/compare")
async def ask_to_compare(asking: SyncAskingDep) -> Response:
    """Say what comparing everything leads to."""
    return asking.confirm(
        Question(
            about="Sync",
            title="Compare everything now?",
            button="Compare now",
            back=LIST,
            consequences=[
                Consequence(
                    "Both systems",
                    [_SLOWLY],
                ),
                Consequence(
                    "What may be repaired", ["It is: the value that the rules call right is written to the other side."]
                ),
                Consequence(
                    "What needs a person",
                    ["It is listed here, and a task in Plannr asks the client's adviser, once for each difference."],
                ),
                Consequence("If a comparison is running", ["You join it: there is never more than one at a time."]),
            ],
        )
    )


@router.post("/discrepancies/compare")
async def compare(asking: SyncAskingDep) -> Response:
    """Begin to compare everything, or join the comparison that runs."""

    async def act() -> None:
        run_id = await reconciling.begin(asking.services, "adviser", asking.now)
        async with asking.services.database.transaction() as session:
            await AuditRepository(session).record(
                firm=asking.firm,
                actor=asking.visit.adviser.actor,
                action="start_reconciliation",
                at=asking.now,
                details={"run": run_id},
            )

    return await asking.carry_out(await asking.typed(), LIST, "compare", act)


def night(services: Services) -> str:
    """Return when everything is compared by itself, such as `2:30 am`."""
    at = time.fromisoformat(services.settings.reconcile_at)
    noon = time(12)
    return f"{at.hour % 12 or 12}:{at.minute:02d} {'am' if at < noon else 'pm'}"


def _counts(counts: Mapping[str, int]) -> list[tuple[str, int, str]]:
    """Return the words, the number and the query of each count above the list."""
    words = (
        ("Can be repaired on the platform", Act.TO_PLATFORM),
        ("Can be repaired in Plannr", Act.TO_PLANNR),
        ("Wait for you", Act.PERSON),
    )
    return [(said, counts.get(act.value, 0), f"proposal={act.value}") for said, act in words]


def _run(view: ReconciliationView) -> ShownRun:
    return ShownRun(
        running=not view.finished,
        phase=wording.PHASES[view.phase],
        percent=view.percent,
        started_at=view.started_at,
        finished_at=view.finished_at,
        outcome=_outcome(view),
        begun_by=_BEGUN_BY.get(view.trigger, _BEGUN_BY["schedule"]),
    )


def _outcome(view: ReconciliationView) -> str:
    if not view.found:
        return "In your firm nothing differed."
    new = f"{view.new} of them new" if view.new else "none of them new"
    repaired = f", and {view.repaired} repaired" if view.repaired else ""
    return f"In your firm {counted(view.found, 'difference')} stood out, {new}{repaired}."
