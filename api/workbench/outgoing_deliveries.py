"""Events to the firm's own systems: what became of each, and sending one again (P55)."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from api.dependencies import ServicesDep
from api.outgoing.deliveries import Deliveries, DeliveryFilters
from api.problem_types import PAGE_NOT_FOUND
from api.problems import Problem
from api.web.rendering import PagesDep
from api.web.wording import counted, moment
from api.workbench import sync_wording as wording
from api.workbench.access import WorkbenchVisitDep
from api.workbench.consequences import Consequence
from api.workbench.deliveries import ADDRESS as INCOMING
from api.workbench.deliveries import ShownDelivery
from api.workbench.sync_asking import Question, SyncAsking, SyncAskingDep
from api.workbench.sync_lists import choice_of
from models.schemas.outgoing_subscriptions import DeliveryView
from models.tables import DeliveryState, EventDeliveryRow, EventSubscriptionRow, OutgoingEventRow
from storage.event_deliveries import EventDeliveryRepository
from storage.event_subscriptions import EventSubscriptionRepository

ADDRESS: Final = f"{INCOMING}/outgoing"
_LEAD: Final = (
    "Where your firm's own systems have asked for it, they are told what happens here. Every event is offered again "
    "and again, for days, until it is taken."
)
_HOW_TO_ASK: Final = (
    "Whoever looks after them can have events delivered: the documentation of the interface says how, under event "
    "subscriptions."
)
_BANNERS: Final = {
    "resend": ("The event is sent again", "That takes a moment. Refresh this page to see what was answered."),
}

router = APIRouter()


@router.get("/deliveries/outgoing")
async def show_outgoing(request: Request, pages: PagesDep, services: ServicesDep, visit: WorkbenchVisitDep) -> Response:
    """Show the firm's outgoing events, the newest first, narrowed as the address says."""
    filters = choice_of(request, DeliveryFilters)
    shown = await Deliveries(services, visit.adviser).page(filters)
    async with services.database.reading() as session:
        subscriptions = await EventSubscriptionRepository(session).of_firm(visit.adviser.firm.id)
    hosts = {one.subscription_id: host(one) for one in subscriptions}
    wanted = filters.wanted()
    return pages.render(
        request,
        "workbench/deliveries.html",
        adviser=visit.adviser,
        address=ADDRESS,
        heading="Events to your own systems",
        lead=_LEAD,
        whom="To",
        action_heading="What you can do",
        banners=_BANNERS,
        deliveries=[_shown(one, hosts) for one in shown.deliveries],
        following=shown.next.partition("?")[2] if shown.next is not None else None,
        first_page=filters.cursor is None,
        wanted=wanted,
        narrowed=bool(wanted),
        fields=_fields(hosts),
        none_yet=_none_yet(subscriptions),
    )


@router.get("/deliveries/outgoing/{subscription_id}/{seq}/resend")
async def ask_to_resend(subscription_id: str, seq: int, asking: SyncAskingDep) -> Response:
    """Say what sending an event again leads to."""
    row, subscription, event = await _delivery(asking, subscription_id, seq)
    before = f"It was offered {counted(row.attempts, 'time')} so far." if row.attempts else "It was not offered yet."
    return asking.confirm(
        Question(
            about=f"To {host(subscription)} · {moment(event.occurred_at)}",
            title="Send this event again?",
            button="Send it again",
            back=ADDRESS,
            consequences=[
                Consequence("What it says", [f"{wording.event_words(event.type)}.", before]),
                Consequence(
                    "Your own system",
                    ["It gets the same event once more, under the same id, so that it knows it if it had it already."],
                ),
                Consequence("Plannr and the platform", ["Nothing changes in either system."]),
            ],
        )
    )


@router.post("/deliveries/outgoing/{subscription_id}/{seq}/resend")
async def resend(subscription_id: str, seq: int, asking: SyncAskingDep) -> Response:
    """Send an event again, at once."""
    await _delivery(asking, subscription_id, seq)

    async def act() -> None:
        await Deliveries(asking.services, asking.visit.adviser).resend(subscription_id, seq, asking.now)

    return await asking.carry_out(await asking.typed(), ADDRESS, "resend", act)


async def _delivery(
    asking: SyncAsking, subscription_id: str, seq: int
) -> tuple[EventDeliveryRow, EventSubscriptionRow, OutgoingEventRow]:
    """Return a delivery with what it is about; raises Problem `not-found` for one of another firm too."""
    async with asking.services.database.reading() as session:
        found = await EventDeliveryRepository(session).find(subscription_id, seq, firm=asking.firm)
    if found is None:
        raise Problem(PAGE_NOT_FOUND)
    return found


def host(subscription: EventSubscriptionRow) -> str:
    """Return where a subscription delivers to, without the rest of its address, which may hold a secret."""
    return urlsplit(subscription.url).hostname or "an address"


def _fields(hosts: dict[str, str]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    states = [("", "Any"), *((state.value, words) for state, (words, _) in wording.DELIVERIES.items())]
    fields = [("state", "State", states)]
    return [*fields, ("subscription", "To", [("", "Any"), *hosts.items()])] if len(hosts) > 1 else fields


def _none_yet(subscriptions: list[EventSubscriptionRow]) -> tuple[str, str]:
    if subscriptions:
        return (
            "No event was sent yet",
            "As soon as something happens that your systems asked to hear of, it stands here.",
        )
    return "None of your own systems asks for events", _HOW_TO_ASK


def _shown(delivery: DeliveryView, hosts: dict[str, str]) -> ShownDelivery:
    state, colour = wording.DELIVERIES[delivery.state]
    return ShownDelivery(
        what=wording.event_words(delivery.type),
        at=delivery.created_at,
        whom=hosts.get(delivery.subscription_id, "An address that was given up"),
        about=f"Number {delivery.seq}",
        state=state,
        colour=colour,
        since=moment(delivery.delivered_at) if delivery.delivered_at is not None else "",
        attempts=f"Offered {counted(delivery.attempts, 'time')}" if delivery.attempts else "Not offered yet",
        answer=_answer(delivery),
        action="" if delivery.state is DeliveryState.PENDING else "Send it again",
        href=f"{ADDRESS}/{delivery.subscription_id}/{delivery.seq}/resend",
    )


def _answer(delivery: DeliveryView) -> str:
    if delivery.last_error:
        return wording.error_words(delivery.last_error)
    return f"It answered {delivery.last_status}" if delivery.last_status is not None else ""
