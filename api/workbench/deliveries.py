"""What Plannr and the platform reported to us, what became of each report, and dealing with one again (P53)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from api.dependencies import NowDep, ServicesDep
from api.web.rendering import PagesDep
from api.web.wording import counted, moment, since
from api.webhooks.inbox import Deliveries, DeliveryFilters, record_of
from api.workbench import sync_wording as wording
from api.workbench.access import WorkbenchVisitDep
from api.workbench.consequences import Consequence
from api.workbench.sync_asking import Question, SyncAskingDep
from api.workbench.sync_lists import choice_of
from models.tables import WebhookDeliveryRow

ADDRESS: Final = "/workbench/deliveries"
_ANY: Final = ("", "Any")
_FIELDS: Final[list[tuple[str, str, list[tuple[str, str]]]]] = [
    ("state", "State", [_ANY, ("handled", "Dealt with"), ("waiting", "Waiting"), ("dead", "Given up")]),
    ("source", "From", [_ANY, *wording.SOURCES.items()]),
]
_IF_IT_FAILS: Final = (
    "It is tried again by itself, with longer and longer pauses. One that was given up for its age is given up again."
)
_LEAD: Final = (
    "Plannr and the platform report each change, and what they fail to report is found by asking them. A report only "
    "says where to look: the record is read again, so one that comes late or twice does no harm."
)
_BANNERS: Final = {
    "reprocess": (
        "The report was dealt with again",
        "The list below shows what became of it.",
    )
}

router = APIRouter()


@dataclass(frozen=True, slots=True)
class ShownDelivery:
    """A delivery as a row shows it; `action` is empty where there is nothing to do."""

    what: str
    at: datetime
    whom: str
    about: str
    state: str
    colour: str
    since: str
    attempts: str
    answer: str
    action: str
    href: str


@router.get("/deliveries")
async def show_deliveries(
    request: Request, pages: PagesDep, services: ServicesDep, visit: WorkbenchVisitDep, now: NowDep
) -> Response:
    """Show what concerns the firm, the newest first, narrowed as the address says."""
    filters = choice_of(request, DeliveryFilters)
    rows, following = await Deliveries(services, visit.adviser).rows(filters)
    wanted = filters.wanted()
    return pages.render(
        request,
        "workbench/deliveries.html",
        adviser=visit.adviser,
        address=ADDRESS,
        heading="News from the two systems",
        lead=_LEAD,
        whom="From",
        action_heading="What you can do",
        banners=_BANNERS,
        deliveries=[_shown(row, now) for row in rows],
        following=following,
        first_page=filters.cursor is None,
        wanted=wanted,
        narrowed=bool(wanted),
        fields=_FIELDS,
        none_yet=(
            "Nothing was reported yet",
            "As soon as a client or an account of your firm changes in Plannr or on the platform, it stands here.",
        ),
    )


@router.get("/deliveries/{source}/{event_id}/reprocess")
async def ask_to_reprocess(source: str, event_id: str, asking: SyncAskingDep) -> Response:
    """Say what dealing with a report again leads to."""
    row = await Deliveries(asking.services, asking.visit.adviser).row(source, event_id)
    return asking.confirm(
        Question(
            about=f"{wording.SOURCES[row.source]} · {moment(row.received_at)}",
            title="Deal with this report again?",
            button="Deal with it again",
            back=ADDRESS,
            consequences=[
                Consequence("What it says", [f"{wording.event_words(row.event_type, row.source)}."]),
                Consequence(
                    "What happens",
                    [
                        "The record it is about is read again, now, and everybody it concerns is told what is new.",
                        "What was done before is not done twice: no second e-mail, and no second record.",
                    ],
                ),
                Consequence("If it fails again", [_IF_IT_FAILS]),
            ],
        )
    )


@router.post("/deliveries/{source}/{event_id}/reprocess")
async def reprocess(source: str, event_id: str, asking: SyncAskingDep) -> Response:
    """Let a report be dealt with again."""
    deliveries = Deliveries(asking.services, asking.visit.adviser)
    await deliveries.row(source, event_id)

    async def act() -> None:
        await deliveries.reprocess(source, event_id, asking.now)

    return await asking.carry_out(await asking.typed(), ADDRESS, "reprocess", act)


def _shown(row: WebhookDeliveryRow, now: datetime) -> ShownDelivery:
    state, colour, told = _state(row, now)
    return ShownDelivery(
        what=wording.event_words(row.event_type, row.source),
        at=row.received_at,
        whom=wording.SOURCES.get(row.source, row.source),
        about=record_of(row) or "",
        state=state,
        colour=colour,
        since=told,
        attempts=f"{counted(row.attempts, 'attempt')} failed" if row.attempts else "",
        answer=wording.error_words(row.last_error),
        action="" if row.handled_at is not None else "Deal with it again",
        href=f"{ADDRESS}/{row.source}/{quote(row.event_id, safe='')}/reprocess",
    )


def _state(row: WebhookDeliveryRow, now: datetime) -> tuple[str, str, str]:
    if row.handled_at is not None:
        return "Dealt with", "green", moment(row.handled_at)
    if row.dead_at is not None:
        return "Given up", "red", moment(row.dead_at)
    waited = since(row.received_at, now)
    return "Waiting", "yellow", "Since just now" if waited == "just now" else f"For {waited}"
