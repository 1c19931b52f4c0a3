"""The hub: where a client starts, comes back to, and sees every account (C4, P26, P49)."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.dependencies import NowDep, ServicesDep
from api.portal.dependencies import VisitDep
from api.portal.hub import Kind, hub_of
from api.portal.sessions import firm_name
from api.portal.sharing import share
from api.web.rendering import PagesDep
from domain.client_time import usual_minutes
from storage.client_time import past_visits

router = APIRouter()


@router.get("")
async def hub_page(request: Request, pages: PagesDep, services: ServicesDep, visit: VisitDep, now: NowDep) -> Response:
    """Show who invited the client, why, how long it takes, what to have ready, and every task."""
    hub = hub_of(services.settings, await share(services, visit, now), now)
    async with services.database.reading() as database:
        minutes = usual_minutes(await past_visits(database, visit.person.firm))
    return pages.render(
        request,
        "portal/hub.html",
        visit=visit,
        hub=hub,
        firm=firm_name(services.settings, visit.person.firm),
        wanted=hub.of_kind(Kind.TO_DO, Kind.WAITING, Kind.PREPARING),
        minutes=minutes,
    )


@router.get("/next")
async def landing(services: ServicesDep, visit: VisitDep, now: NowDep) -> Response:
    """Lead to the next open task, or to the hub where there is something to read first (P26)."""
    hub = hub_of(services.settings, await share(services, visit, now), now)
    return RedirectResponse(hub.landing, status_code=303)
