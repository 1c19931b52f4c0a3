"""News of either system begin a sync of the record they are about, one at a time for each record (P50, P51)."""

from datetime import timedelta
from typing import Final

from api.webhooks.deliveries import Delivery
from api.webhooks.telling import Heard, resource_id
from domain.ownership import Subject
from models.syncing import Cause, Changed, PlannrKind, PlanState, StartPlannrSync, StartPlatformSync
from runtime.services import Services
from runtime.temporal import JOURNEYS_QUEUE
from storage.syncing import SyncRepository
from workflows.syncing import PlannrSync, PlatformSync, plannr_sync_id, platform_sync_id

POLLED: Final = ".polled"
_UNSETTLED: Final = frozenset({PlanState.JOURNEYS, PlanState.WAITING_FOR_CLIENT})
_PATIENCE: Final = timedelta(seconds=3)
_KINDS: Final[dict[str, PlannrKind]] = {"account": "account", "plan": "plan", "bank-account": "bank_account"}


async def sync_client(services: Services, delivery: Delivery, heard: Heard) -> bool:
    """Begin the sync of the client that a delivery of the platform is about."""
    client = resource_id(delivery)
    if client is not None and not heard.looked_at and not await _is_synced(services, Subject.CLIENT, delivery, client):
        await begin_platform_sync(services, Subject.CLIENT, client, _cause(delivery))
    return True


async def sync_account(services: Services, delivery: Delivery, heard: Heard) -> bool:
    """Begin the sync of the account that a delivery of the platform is about."""
    account = resource_id(delivery)
    if (
        account is not None
        and not heard.looked_at
        and not await _is_synced(services, Subject.ACCOUNT, delivery, account)
    ):
        await begin_platform_sync(services, Subject.ACCOUNT, account, _cause(delivery))
    return True


async def sync_from_plannr(services: Services, delivery: Delivery, heard: Heard) -> bool:
    """Begin the sync of the record that a delivery of Plannr is about, or of the clients it belongs to."""
    record, firm = delivery.body.get("uuid"), delivery.firm
    if not isinstance(record, str) or firm is None or heard.looked_at:
        return True
    owners = delivery.body.get("accounts")
    if isinstance(owners, list) and owners:
        for owner in owners:
            await begin_plannr_sync(services, firm, "account", str(owner), _cause(delivery))
        return True
    kind = _KINDS.get(delivery.event_type.rpartition(".")[0])
    if kind is not None:
        await begin_plannr_sync(services, firm, kind, record, _cause(delivery))
    return True


async def begin_platform_sync(services: Services, subject: Subject, platform_id: str, cause: Cause) -> None:
    """Begin the sync of a client or account of the platform, or tell the one that runs; raises RPCError."""
    settle = services.settings.sync_settle
    await services.temporal.start_workflow(
        PlatformSync.run,
        StartPlatformSync(subject=subject, platform_id=platform_id, settle=settle),
        id=platform_sync_id(platform_id),
        task_queue=JOURNEYS_QUEUE,
        start_signal="changed",
        start_signal_args=[Changed(cause=cause)],
        static_summary=f"Platform {subject.value} {platform_id}, compared with Plannr",
        rpc_timeout=_PATIENCE,
    )


async def begin_plannr_sync(services: Services, firm: str, kind: PlannrKind, plannr_id: str, cause: Cause) -> None:
    """Begin the sync of a record of a firm's Plannr, or tell the one that runs; raises RPCError."""
    settle = services.settings.sync_settle
    await services.temporal.start_workflow(
        PlannrSync.run,
        StartPlannrSync(firm=firm, kind=kind, plannr_id=plannr_id, settle=settle),
        id=plannr_sync_id(plannr_id),
        task_queue=JOURNEYS_QUEUE,
        start_signal="changed",
        start_signal_args=[Changed(cause=cause)],
        static_summary=f"Plannr {kind.replace('_', ' ')} {plannr_id}, compared with the platform",
        rpc_timeout=_PATIENCE,
    )


def _cause(delivery: Delivery) -> Cause:
    return Cause.POLL if delivery.event_type.endswith(POLLED) else Cause.WEBHOOK


async def _is_synced(services: Services, subject: Subject, delivery: Delivery, record: str) -> bool:
    """Tell whether the version that polling found is the one that our own record already speaks of."""
    version = delivery.body.get("version")
    if not delivery.event_type.endswith(POLLED) or not isinstance(version, int):
        return False
    async with services.database.reading() as session:
        repository = SyncRepository(session)
        if subject is Subject.CLIENT:
            client = await repository.client(record)
            return client is not None and client.platform_version >= version
        account = await repository.account(record)
        # One that was left to its journey, or waited for its client, may be due although it did not change since.
        return account is not None and account.state not in _UNSETTLED and account.platform_version >= version
