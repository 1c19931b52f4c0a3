"""The sync between the two systems: one client, one account, or what a record of Plannr concerns (P50, P51)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

from temporalio import activity

from activities.failures import failures
from activities.sync_accounts import AccountSync
from activities.sync_clients import ClientSync
from activities.sync_subjects import find_subjects
from activities.sync_systems import FirmOfAdviser, SyncSystems
from activities.sync_writes import is_changed_meanwhile
from connectors.errors import Conflict, ConnectorUnavailable, NotFound
from connectors.plannr.port import PlannrGateway
from connectors.platform.port import PlatformGateway
from models.syncing import (
    Cause,
    FindSubjects,
    FoundSubjects,
    LinkState,
    SyncAccount,
    SyncClient,
    SyncOutcome,
)
from storage.database import Database
from storage.syncing import SyncRepository

_READINGS: Final = 3
_REST: Final = timedelta(seconds=5)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SyncActivities:
    """Compares records of both systems and carries over what the ownership table allows; each is idempotent."""

    def __init__(
        self,
        plannr: PlannrGateway,
        platform: PlatformGateway,
        database: Database,
        *,
        key: bytes,
        firm_of_adviser: FirmOfAdviser,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Work with these systems.

        Args:
            plannr: The CRM.
            platform: The platform.
            database: Our own record.
            key: Of the fingerprints; see `activities.sync_values.sync_key`.
            firm_of_adviser: The firm, and the employee in its Plannr, of an adviser's reference on the platform.
            clock: The time, aware and in UTC.
        """
        self._systems = SyncSystems(plannr, platform, database, key, firm_of_adviser, clock)
        self._clients = ClientSync(self._systems)
        self._accounts = AccountSync(self._systems, self._one_client)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @activity.defn(name="sync.client")
    async def sync_client(self, request: SyncClient) -> SyncOutcome:
        """P5, P50, P51: compare a client with their record in Plannr; accounts that waited for the link follow."""
        with failures():
            outcome = await self._one_client(request.platform_client, request.cause)
            if outcome.state == LinkState.LINKED:
                await self._accounts_that_waited(request)
        return outcome

    @activity.defn(name="sync.account")
    async def sync_account(self, request: SyncAccount) -> SyncOutcome:
        """P3, P4, P50: compare an account with its plan in Plannr; holders who are not linked yet come first."""
        with failures():
            return await self._one_account(request.platform_account, request.cause)

    @activity.defn(name="sync.find_subjects")
    async def find_subjects(self, request: FindSubjects) -> FoundSubjects:
        """P51: find the clients and accounts of the platform that a record of Plannr concerns."""
        with failures():
            return await find_subjects(self._systems, request)

    async def _one_client(self, platform_client: str, cause: Cause) -> SyncOutcome:
        async with self._lock(platform_client):
            return await _again_if_changed(lambda: self._clients.run(platform_client, cause))

    async def _one_account(self, platform_account: str, cause: Cause) -> SyncOutcome:
        async with self._lock(platform_account):
            return await _again_if_changed(lambda: self._accounts.run(platform_account, cause))

    async def _accounts_that_waited(self, request: SyncClient) -> None:
        async with self._systems.database.reading() as session:
            sync = SyncRepository(session)
            row = await sync.client(request.platform_client)
            waiting = await sync.accounts_waiting(row.firm if row is not None else None)
        if not waiting:
            return
        for record in await self._systems.platform.accounts_of(request.platform_client):
            if record.account in waiting:
                await self._one_account(record.account, request.cause)

    def _lock(self, platform_id: str) -> asyncio.Lock:
        """Return the lock of a record: two syncs of it at once would each write what the other has just read."""
        return self._locks.setdefault(platform_id, asyncio.Lock())


async def _again_if_changed(sync: Callable[[], Awaitable[SyncOutcome]]) -> SyncOutcome:
    """Read and compare again when a record was changed or went away meanwhile; later, if it never comes to rest."""
    for _ in range(_READINGS):
        try:
            return await sync()
        except NotFound as gone:
            last = str(gone.system)
        except Conflict as conflict:
            if not is_changed_meanwhile(conflict):
                raise
            last = conflict.system
    raise ConnectorUnavailable(
        last, "sync", "the record changes faster than it can be compared", retry_after=_REST.total_seconds()
    )
