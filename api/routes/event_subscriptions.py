"""Where a firm's own systems want to hear of events (P55)."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from api import problem_types as problems
from api.dependencies import NowDep, ServicesDep
from api.idempotency import Answer, OnceDep
from api.outgoing.gateways import FirmsDep, ResolverDep
from api.outgoing.subscriptions import PATH, Subscriptions, view
from api.problems import responses
from api.routes.journeys import IDEMPOTENCY, SIGN_IN
from api.security.advisers import WritingAdviserDep
from models.schemas.outgoing_subscriptions import (
    NewSubscriptionForm,
    ReplayForm,
    SubscriptionChangeForm,
    SubscriptionList,
    SubscriptionTested,
    SubscriptionView,
    SubscriptionWithSecret,
)

_ONE = (*SIGN_IN, problems.EVENT_SUBSCRIPTION_NOT_FOUND)
_COMMAND = (*_ONE, *IDEMPOTENCY)

router = APIRouter(prefix=PATH, tags=["events"])


async def _subscriptions(adviser: WritingAdviserDep, services: ServicesDep) -> Subscriptions:
    return Subscriptions(services, adviser)


SubscriptionsDep = Annotated[Subscriptions, Depends(_subscriptions)]


@router.get("", responses=responses(*SIGN_IN))
async def list_event_subscriptions(subscriptions: SubscriptionsDep) -> SubscriptionList:
    """List the firm's subscriptions, the oldest first."""
    return await subscriptions.all()


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=SubscriptionWithSecret,
    responses=responses(*SIGN_IN, *IDEMPOTENCY),
)
async def create_event_subscription(
    form: NewSubscriptionForm, subscriptions: SubscriptionsDep, once: OnceDep, resolve: ResolverDep, now: NowDep
) -> JSONResponse:
    """Subscribe an address to events from now on; the secret that signs them is shown here and never again."""

    async def act() -> Answer:
        return await subscriptions.create(once, form, resolve, now)

    return await once.run(act)


@router.get("/{subscription_id}", responses=responses(*_ONE))
async def get_event_subscription(subscription_id: str, subscriptions: SubscriptionsDep) -> SubscriptionView:
    """Show a subscription and how far deliveries have got."""
    return view(await subscriptions.get(subscription_id))


@router.patch("/{subscription_id}", responses=responses(*_ONE, problems.INVALID_REQUEST))
async def change_event_subscription(
    subscription_id: str,
    form: SubscriptionChangeForm,
    subscriptions: SubscriptionsDep,
    resolve: ResolverDep,
    now: NowDep,
) -> SubscriptionView:
    """Change address or types, pause it, or let it go on where it was paused."""
    return await subscriptions.change(subscription_id, form, resolve, now)


@router.delete("/{subscription_id}", status_code=HTTPStatus.NO_CONTENT, responses=responses(*_ONE))
async def delete_event_subscription(subscription_id: str, subscriptions: SubscriptionsDep, now: NowDep) -> None:
    """Remove a subscription with its log; nothing more is sent to it."""
    await subscriptions.remove(subscription_id, now)


@router.post(
    "/{subscription_id}/secrets",
    status_code=HTTPStatus.CREATED,
    response_model=SubscriptionWithSecret,
    responses=responses(*_COMMAND),
)
async def make_event_secret(
    subscription_id: str, subscriptions: SubscriptionsDep, once: OnceDep, now: NowDep
) -> JSONResponse:
    """Make a new secret; the one before signs too until it is ended or another one is made. At most two are alive."""

    async def act() -> Answer:
        return await subscriptions.make_secret(subscription_id, now)

    return await once.run(act)


@router.delete("/{subscription_id}/secrets/previous", status_code=HTTPStatus.NO_CONTENT, responses=responses(*_ONE))
async def end_previous_event_secret(subscription_id: str, subscriptions: SubscriptionsDep, now: NowDep) -> None:
    """End the secret before the newest one; without one nothing changes."""
    await subscriptions.end_previous_secret(subscription_id, now)


@router.post("/{subscription_id}/test", response_model=SubscriptionTested, responses=responses(*_COMMAND))
async def test_event_subscription(
    subscription_id: str, subscriptions: SubscriptionsDep, once: OnceDep, firms: FirmsDep, now: NowDep
) -> JSONResponse:
    """Post a signed event of the type `subscription.test.v1` to the address now, once, and tell what came of it."""

    async def act() -> Answer:
        return await subscriptions.test(subscription_id, once, firms, now)

    return await once.run(act)


@router.post(
    "/{subscription_id}/replay",
    status_code=HTTPStatus.ACCEPTED,
    response_model=SubscriptionView,
    responses=responses(*_COMMAND, problems.ENGINE_UNAVAILABLE),
)
async def replay_events(
    subscription_id: str, form: ReplayForm, subscriptions: SubscriptionsDep, once: OnceDep, now: NowDep
) -> JSONResponse:
    """Deliver every event after a place in the stream again, in order; each keeps its id."""

    async def act() -> Answer:
        return await subscriptions.replay(subscription_id, form.after, now)

    return await once.run(act)
