"""What Plannr and the platform reported to us, what became of each report, and dealing with one again (P53)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from api.dependencies import NowDep, ServicesDep
from api.problem_types import PAGE_NOT_FOUND
from api.problems import Problem
from api.web.rendering import PagesDep
from api.web.wording import counted, moment, since
from api.webhooks.deliveries import Delivery
from api.webhooks.telling import resource_id
from api.workbench import sync_wording as wording
from api.workbench.access import WorkbenchVisitDep
from api.workbench.consequences import Consequence
from api.workbench.sync_asking import Question, SyncAsking, SyncAskingDep
from api.workbench.sync_lists import PAGE, ListChoice, Turning, choice_of
from models.tables import WebhookDeliveryRow
from storage.audit import AuditRepository
from storage.webhooks import InboxState, WebhookRepository

ADDRESS: Final = "/workbench/deliveries"
_ANY: Final = ("", "Any")
_FIELDS: Final[list[tuple[str, str, list[tuple[str, str]]]]] = [
    ("state", "State", [_ANY, ("handled", "Dealt with"), ("waiting", "Waiting"), ("dead", "Given up")]),
    ("source", "From", [_ANY, *wording.SOURCES.items()]),
]
_IF_IT_FAILS: Final = (
    "It is tried again by itself, with longer and longer pauses. It stands here until it has worked or is given up."
)
_LEAD: Final = (
    "Plannr and the platform report each change, and what they fail to report is found by asking them. A report only "
    "says where to look: the record is read again, so one that comes late or twice does no harm."
)
_BANNERS: Final = {
    "reprocess": (
        "It is dealt with again",
        "That takes a moment. Refresh this page to see what became of it.",
    )
}

router = APIRouter()


class DeliveryChoice(ListChoice):
    """Which reports the list shows."""

    state: InboxState | None = None
    source: Literal["plannr", "platform"] | None = None


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
    choice = choice_of(request, DeliveryChoice)
    turning = Turning(services, visit, "webhook-deliveries", choice)
    place = turning.before
    async with services.database.reading() as session:
        found = await WebhookRepository(session).page(
            visit.adviser.firm.id,
            source=choice.source,
            state=choice.state,
            before=(place[0], *_key_of(place[1])) if place is not None else None,
            limit=PAGE + 1,
        )
    shown = turning.shown(found, _places(found))
    wanted = choice.wanted()
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
        deliveries=[_shown(row, now) for row in shown.rows],
        following=shown.following,
        first_page=choice.cursor is None,
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
    row = await _row(asking, source, event_id)
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
    row = await _row(asking, source, event_id)

    async def act() -> None:
        async with asking.services.database.transaction() as session:
            await WebhookRepository(session).reopen(row.source, row.event_id, asking.now)
            await AuditRepository(session).record(
                firm=asking.firm,
                actor=asking.visit.adviser.actor,
                action="reprocess_delivery",
                at=asking.now,
                details={"source": row.source, "event": row.event_id},
            )

    return await asking.carry_out(await asking.typed(), ADDRESS, "reprocess", act)


async def _row(asking: SyncAsking, source: str, event_id: str) -> WebhookDeliveryRow:
    """Return a delivery; raises Problem `not-found` for one of another firm too."""
    async with asking.services.database.reading() as session:
        row = await WebhookRepository(session).get(source, event_id, asking.firm)
    if row is None:
        raise Problem(PAGE_NOT_FOUND)
    return row


def _key_of(identifier: str) -> tuple[str, str]:
    source, _, event_id = identifier.partition("/")
    return source, event_id


def _places(rows: Sequence[WebhookDeliveryRow]) -> list[tuple[datetime, str]]:
    return [(row.received_at, f"{row.source}/{row.event_id}") for row in rows]


def _shown(row: WebhookDeliveryRow, now: datetime) -> ShownDelivery:
    state, colour, told = _state(row, now)
    return ShownDelivery(
        what=wording.event_words(row.event_type, row.source),
        at=row.received_at,
        whom=wording.SOURCES.get(row.source, row.source),
        about=_resource(row),
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


def _resource(row: WebhookDeliveryRow) -> str:
    record = row.body.get("uuid")
    return record if isinstance(record, str) else resource_id(Delivery.of(row)) or ""
