"""What a journey writes to Plannr, one activity per stage; each write is idempotent, so a retry repeats them all."""

from temporalio import activity

from activities.failures import failures
from connectors.plannr.port import (
    ApplicationRecord,
    ApplicationStatus,
    PlannrGateway,
    PlanRecord,
    PlanStatus,
)
from models.payloads import (
    ApplicationSaved,
    CompleteApplication,
    HolderRecord,
    HolderRef,
    JourneyRef,
    OpenApplication,
    SaveApplication,
    UpdatePeople,
)


class PlannrActivities:
    """The journey's writes to the adviser's CRM."""

    def __init__(self, plannr: PlannrGateway) -> None:
        """Write through this gateway."""
        self._plannr = plannr

    @activity.defn(name="plannr.open_application")
    async def open_application(self, request: OpenApplication) -> ApplicationSaved:
        """P11: write each holder's details to their record and open the application as a draft."""
        journey = request.journey
        holders = [record.holder for record in request.holders]
        with failures():
            await self._update(journey, request.holders)
            saved = await self._plannr.save_application(
                journey.firm,
                ApplicationRecord(
                    journey_id=journey.journey_id,
                    accounts=_accounts(holders),
                    wrapper=journey.wrapper,
                    status="draft",
                    illustration=request.plannr_illustration,
                    account_details=request.account_details,
                ),
            )
        return ApplicationSaved(plannr_application=saved.application)

    @activity.defn(name="plannr.update_people")
    async def update_people(self, request: UpdatePeople) -> None:
        """P41, P44: write each party's details to their record; the application is not touched."""
        with failures():
            await self._update(request.journey, request.holders)

    @activity.defn(name="plannr.save_application")
    async def save_application(self, request: SaveApplication) -> ApplicationSaved:
        """P12: propose the plan and make the application pending. P13: save it as the draft it is, without a plan."""
        with failures():
            if not request.propose:
                return await self._save(request, status="draft", plan=None)
            plan = await self._plannr.save_plan(request.journey.firm, _plan(request, status="proposed"))
            return await self._save(request, status="pending", plan=plan.plan)

    @activity.defn(name="plannr.complete_application")
    async def complete_application(self, request: CompleteApplication) -> ApplicationSaved:
        """P15: plan active under the platform's account number, application complete."""
        with failures():
            plan = await self._plannr.save_plan(
                request.journey.firm,
                _plan(request, status="active", policy_number=request.platform_account),
            )
            return await self._save(request, status="complete", plan=plan.plan)

    async def _update(self, journey: JourneyRef, holders: list[HolderRecord]) -> None:
        for record in holders:
            account = record.holder.plannr_account
            await self._plannr.update_person(journey.firm, account, record.details)
            if record.bank_details is not None:
                await self._plannr.save_bank_account(journey.firm, account, record.bank_details)

    async def _save(
        self,
        request: SaveApplication | CompleteApplication,
        *,
        status: ApplicationStatus,
        plan: str | None,
    ) -> ApplicationSaved:
        saved = await self._plannr.save_application(
            request.journey.firm,
            ApplicationRecord(
                journey_id=request.journey.journey_id,
                accounts=_accounts(request.holders),
                wrapper=request.journey.wrapper,
                status=status,
                plan=plan,
                account_details=request.account_details,
            ),
        )
        return ApplicationSaved(plannr_application=saved.application, plannr_plan=plan)


def _plan(
    request: SaveApplication | CompleteApplication,
    *,
    status: PlanStatus,
    policy_number: str | None = None,
) -> PlanRecord:
    return PlanRecord(
        journey_id=request.journey.journey_id,
        accounts=_accounts(request.holders),
        wrapper=request.journey.wrapper,
        name=request.account_details.name,
        status=status,
        policy_number=policy_number,
    )


def _accounts(holders: list[HolderRef]) -> list[str]:
    # The plan belongs to those who own the account: to the child, not to the registered contact (P31).
    return [holder.plannr_account for holder in holders if holder.role.owns]
