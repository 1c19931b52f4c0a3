"""The paths of the sync whose histories are kept: each begins one workflow and waits for its end."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from connectors.errors import ConnectorUnavailable
from domain.ownership import Subject
from models.syncing import Cause, Changed
from tests.sample_client import KNOWN
from tests.workflows.syncing_world import FIRM, Handle, SyncWorld
from workflows.syncing import PlatformSync

Scenario = Callable[[SyncWorld], Awaitable[Handle]]

AWAY = ConnectorUnavailable("platform", "GET /accounts/{id}", "away", retry_after=0.05)


async def client_made(world: SyncWorld) -> Handle:
    """A client of the platform who is nowhere in Plannr, after a burst of events."""
    client = world.platform.add_client(KNOWN)
    handles = [await world.platform_changed(client) for _ in range(3)]
    return await ended(handles[0])


async def client_changed_meanwhile(world: SyncWorld) -> Handle:
    """An event while the comparison waits for a platform that is away: compared once more."""
    client, account = await world.linked()
    world.platform.fail_next("client_record", *[AWAY] * 4)
    handle = await world.platform_changed(client, settle=timedelta(milliseconds=20))
    await world.eventually(lambda: world.platform.call_count > 2)
    world.plannr.edit_person(FIRM, account, mobile="+447400999999")
    await handle.signal(PlatformSync.changed, Changed(cause=Cause.POLL))
    return await ended(handle)


async def account_after_an_outage(world: SyncWorld) -> Handle:
    """An account of a client who is linked on the way, while the platform is away twice."""
    client = world.platform.add_client(KNOWN)
    world.platform.fail_next("account_record", AWAY, AWAY)
    return await ended(
        await world.platform_changed(world.platform.open_staff_account([client], "tpsipp"), Subject.ACCOUNT)
    )


async def person_changed(world: SyncWorld) -> Handle:
    """A linked person's details change in Plannr."""
    _, account = await world.linked()
    world.plannr.edit_person(FIRM, account, mobile="+447400999999")
    return await ended(await world.plannr_changed(account))


async def plan_changed(world: SyncWorld) -> Handle:
    """A plan's status changes in Plannr."""
    client, _ = await world.linked()
    opened = world.platform.open_staff_account([client], "isa")
    await (await world.platform_changed(opened, Subject.ACCOUNT)).result()
    ((_, plan),) = world.plannr.every_plan
    world.plannr.edit_plan(FIRM, plan, status="inactive")
    return await ended(await world.plannr_changed(plan, "plan"))


async def nobody_concerned(world: SyncWorld) -> Handle:
    """A record of Plannr that is linked with nobody."""
    world.plannr.add_person(FIRM, "person-1", KNOWN)
    return await ended(await world.plannr_changed("person-1"))


async def ended(handle: Handle) -> Handle:
    """Return the handle once its workflow has ended."""
    await handle.result()
    return handle


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        client_made,
        client_changed_meanwhile,
        account_after_an_outage,
        person_changed,
        plan_changed,
        nobody_concerned,
    )
}
