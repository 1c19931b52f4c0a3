"""The journey's calls that undo and follow up: compensation (P43), amendments (P44), a failed mandate (P47)."""

from temporalio import workflow

from workflows.calls import call

with workflow.unsafe.imports_passed_through():
    from activities.closing import ClosingActivities
    from domain.journey import EndReason, Party
    from models.endings import CloseInPlannr, RaiseTask, UndoOnPlatform
    from models.payloads import AmendAccount, OpenMandate
    from models.people import AccountDetails

from workflows.state import JourneyState


class Closing:
    """What the journey asks of both systems after or instead of opening the account."""

    def __init__(self, state: JourneyState) -> None:
        """Work on the state of one journey."""
        self._state = state

    async def undo_on_platform(self, reason: EndReason) -> None:
        """P43: account and mandates cancelled; whom only this journey registered goes back to Registered."""
        state = self._state
        await call(
            self._state,
            Party.PLATFORM,
            ClosingActivities.undo_on_platform,
            UndoOnPlatform(
                journey=state.ref,
                holders=[holder.to_release for holder in state.holders.values()],
                reason=reason.value,
            ),
            "Platform: cancel account, release client",
        )

    async def close_in_plannr(self, reason: EndReason) -> None:
        """P43: application closed and plan inactive, with the reason."""
        await call(
            self._state,
            Party.PLANNR,
            ClosingActivities.close_in_plannr,
            CloseInPlannr(journey=self._state.ref, reason=reason.value),
            "Plannr: close application, plan inactive",
        )

    async def amend_account(
        self, account: AccountDetails, mandate_number: int, *, replaced_mandate: str | None
    ) -> str | None:
        """P44: the open account brought to the amended form; returns the mandate that is now in place, if any."""
        state = self._state
        assert state.records.platform_account is not None
        amended = await call(
            self._state,
            Party.PLATFORM,
            ClosingActivities.amend_account,
            AmendAccount(
                journey=state.ref,
                holders=state.refs(),
                platform_account=state.records.platform_account,
                account_details=account,
                mandate_number=mandate_number,
                replaced_mandate=replaced_mandate,
            ),
            "Platform: amend account",
        )
        return amended.platform_mandate

    async def open_mandate(self, mandate_number: int) -> str | None:
        """P47: a fresh mandate, awaiting the client."""
        state = self._state
        assert state.records.platform_account is not None
        assert state.account is not None
        opened = await call(
            self._state,
            Party.PLATFORM,
            ClosingActivities.open_mandate,
            OpenMandate(
                journey=state.ref,
                holders=state.refs(),
                platform_account=state.records.platform_account,
                account_details=state.account,
                mandate_number=mandate_number,
            ),
            f"Platform: fresh mandate, number {mandate_number}",
        )
        return opened.platform_mandate

    async def raise_task(self, key: str, name: str, description: str) -> None:
        """P47: a task for the adviser in Plannr, once."""
        state = self._state
        await call(
            self._state,
            Party.PLANNR,
            ClosingActivities.raise_task,
            RaiseTask(
                journey=state.ref,
                plannr_account=state.payer.holder.plannr_account,
                key=key,
                name=name,
                description=description,
            ),
            f"Plannr: task for the adviser: {name}",
        )
