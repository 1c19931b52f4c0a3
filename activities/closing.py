"""What a journey undoes or follows up in both systems; each write looks first, so a retry repeats them all."""

from temporalio import activity

from activities.failures import failures
from connectors.errors import Conflict
from connectors.plannr.port import PlannrGateway, TaskRecord
from connectors.platform.port import MandateOrder, PlatformGateway
from models.endings import CloseInPlannr, HolderToRelease, RaiseTask, TaskRaised, Undone, UndoOnPlatform
from models.payloads import AmendAccount, MandateOpened, OpenMandate


class ClosingActivities:
    """Compensation (P43), amendments of an open account (P44), and a mandate that failed (P47)."""

    def __init__(self, plannr: PlannrGateway, platform: PlatformGateway) -> None:
        """Write through these gateways."""
        self._plannr = plannr
        self._platform = platform

    @activity.defn(name="closing.undo_on_platform")
    async def undo_on_platform(self, request: UndoOnPlatform) -> Undone:
        """P43: cancel the account and its mandates, then release whom only this journey registered."""
        journey = request.journey
        with failures():
            account = await self._platform.find_account(journey.journey_id)
            if account is not None and account.status == "pending":
                await self._platform.cancel_account(account.account, request.reason)
            reverted = [
                holder.person_id for holder in request.holders if await self._release(journey.journey_id, holder)
            ]
        return Undone(platform_account=account.account if account else None, reverted=reverted)

    @activity.defn(name="closing.close_in_plannr")
    async def close_in_plannr(self, request: CloseInPlannr) -> None:
        """P43: plan inactive and application closed, with the reason; nothing where there is none."""
        journey = request.journey
        with failures():
            await self._plannr.close_plan(journey.firm, journey.journey_id, request.reason)
            await self._plannr.close_application(journey.firm, journey.journey_id, request.reason)

    @activity.defn(name="closing.amend_account")
    async def amend_account(self, request: AmendAccount) -> MandateOpened:
        """P44: bring the pending account to the amended form, and its mandate too if one is selected."""
        with failures():
            await self._platform.amend_account(request.platform_account, request.account_details)
            if request.replaced_mandate is not None:
                await self._platform.cancel_mandate(request.replaced_mandate)
            return MandateOpened(platform_mandate=await self._mandate(request))

    @activity.defn(name="closing.open_mandate")
    async def open_mandate(self, request: OpenMandate) -> MandateOpened:
        """P47: set up a fresh mandate beside the one that failed."""
        with failures():
            return MandateOpened(platform_mandate=await self._mandate(request))

    @activity.defn(name="closing.raise_task")
    async def raise_task(self, request: RaiseTask) -> TaskRaised:
        """P47: raise a task for the adviser, once per key."""
        journey = request.journey
        with failures():
            task = await self._plannr.create_task(
                journey.firm,
                TaskRecord(
                    key=request.key,
                    journey_id=journey.journey_id,
                    account=request.plannr_account,
                    name=request.name,
                    description=request.description,
                    assignee=journey.adviser.plannr_account,
                ),
            )
        return TaskRaised(task=task)

    async def _mandate(self, request: AmendAccount | OpenMandate) -> str | None:
        if request.account_details.direct_debit is None:
            return None
        payer = next(holder for holder in request.holders if holder.role.acts)
        mandate = await self._platform.create_mandate(
            MandateOrder(
                journey_id=request.journey.journey_id,
                account=request.platform_account,
                client=payer.platform_client,
                direct_debit=request.account_details.direct_debit,
                number=request.mandate_number,
            )
        )
        return mandate.mandate

    async def _release(self, journey_id: str, holder: HolderToRelease) -> bool:
        """Let a client go back to Registered; False when it is not ours to do, or the client has accepted terms."""
        if not holder.registered_here:
            return False
        client = await self._platform.find_client(external_reference=holder.plannr_account)
        if client is None or client.status != "pending" or client.terms_accepted is not None:
            return False
        if await self._platform.has_other_accounts(client.client, journey_id):
            return False
        try:
            await self._platform.revert_client(client.client)
        except Conflict:
            # Terms were accepted between our look and this call: then the client stays as they are.
            return False
        return True
