"""Where a journey stands in each of the two systems, asked of the systems themselves and of nothing else."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final

from api.web.wording import day
from connectors.errors import ConnectorError, NotFound
from models.messages import Progress
from runtime.services import Services

_PATIENCE_SECONDS: Final = 2.0
_NONE_YET: Final = "None yet"
_GONE: Final = "Not there any more"


@dataclass(frozen=True, slots=True)
class Held:
    """What a system holds under one heading; `reference` is the record's id there."""

    what: str
    state: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class SystemState:
    """What a system says of a journey; `held` is None when it could not be asked."""

    name: str
    held: list[Held] | None


async def both_systems(services: Services, progress: Progress, names: dict[str, str]) -> list[SystemState]:
    """Ask both systems at once; one that is away holds up neither the page nor the other.

    Args:
        services: The application's services.
        progress: The journey.
        names: How the page calls each person, by their id.
    """
    return list(
        await asyncio.gather(
            _asked("Plannr", _plannr(services, progress, names)),
            _asked("Platform", _platform(services, progress, names)),
        )
    )


async def _asked(name: str, asking: Awaitable[list[Held]]) -> SystemState:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return SystemState(name, await asking)
    except (ConnectorError, TimeoutError):
        return SystemState(name, None)


async def _plannr(services: Services, progress: Progress, names: dict[str, str]) -> list[Held]:
    plannr, firm = services.plannr, progress.firm
    people = [
        await _found(f"Record of {names[holder.person_id]}", _link(services, firm, holder.plannr_account))
        for holder in progress.holders
    ]
    application = await plannr.find_application(firm, progress.journey_id)
    plan = await plannr.find_plan(firm, progress.journey_id)
    return [
        *people,
        Held("Application", application.status.capitalize(), application.application)
        if application
        else Held("Application", _NONE_YET),
        Held("Plan", plan.status.capitalize(), plan.plan) if plan else Held("Plan", _NONE_YET),
    ]


async def _link(services: Services, firm: str, account: str) -> tuple[str, str]:
    person = await services.plannr.read_person(firm, account)
    return (
        "Linked and tagged" if person.link_tagged else "Linked"
    ) if person.platform_client else "Not linked", account


async def _platform(services: Services, progress: Progress, names: dict[str, str]) -> list[Held]:
    account, mandate = progress.records.platform_account, progress.records.platform_mandate
    held = [
        await _found(f"{names[holder.person_id]} as a client", _client(services, holder.platform_client))
        for holder in progress.holders
        if holder.platform_client is not None
    ] or [Held("Client", _NONE_YET)]
    held.append(await _found("Account", _account(services, account)) if account else Held("Account", _NONE_YET))
    if mandate is not None:
        held.append(await _found("Direct debit mandate", _mandate(services, mandate)))
    return held


async def _client(services: Services, client: str) -> tuple[str, str]:
    found = await services.platform.read_client(client)
    terms = "; terms in force accepted" if found.terms_current else ""
    return f"{found.status.capitalize()}{terms}", client


async def _account(services: Services, account: str) -> tuple[str, str]:
    found = await services.platform.read_account(account)
    first = f"; first money on {day(found.first_subscription_on)}" if found.first_subscription_on else ""
    return f"{found.status.capitalize()}{first}", account


async def _mandate(services: Services, mandate: str) -> tuple[str, str]:
    found = await services.platform.read_mandate(mandate)
    return found.status.replace("_", " ").capitalize(), found.reference


async def _found(what: str, reading: Awaitable[tuple[str, str]]) -> Held:
    try:
        state, reference = await reading
    except NotFound:
        return Held(what, _GONE)
    return Held(what, state, reference)
