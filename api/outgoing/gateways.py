"""The way to the firms' own systems, as settings allow it."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends

from activities.delivering import DeliveringActivities
from activities.registry import Activity
from api.dependencies import ServicesDep
from connectors.firms.addresses import Resolve, look_up
from connectors.firms.http_adapter import HttpFirmGateway
from connectors.firms.port import FirmGateway
from runtime.services import Services
from runtime.settings import Settings


def host_resolver() -> Resolve:
    """Return what looks hosts up; tests put another one in its place."""
    return look_up


ResolverDep = Annotated[Resolve, Depends(host_resolver)]


def firm_gateway(settings: Settings, resolve: Resolve = look_up) -> HttpFirmGateway:
    """Return a gateway with the time-outs and the rules for addresses of these settings."""
    return HttpFirmGateway(
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        private=settings.event_urls_private,
        resolve=resolve,
    )


async def _firms(services: ServicesDep, resolve: ResolverDep) -> AsyncIterator[FirmGateway]:
    gateway = firm_gateway(services.settings, resolve)
    try:
        yield gateway
    finally:
        await gateway.aclose()


FirmsDep = Annotated[FirmGateway, Depends(_firms)]


def build_delivery_activities(services: Services) -> list[Activity]:
    """Return the activities of deliveries bound to these services, for a worker of the journeys' queue."""
    delivering = DeliveringActivities(services.database, firm_gateway(services.settings))
    return [delivering.deliver, delivering.give_up]
