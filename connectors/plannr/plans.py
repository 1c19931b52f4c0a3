"""Plans of accounts that were opened on the platform, in Plannr over HTTP."""

from connectors.plannr.business import BusinessOverHttp
from connectors.plannr.mapping_syncing import changed_members, opened_plan_body, to_plan
from connectors.plannr.port import NewPlan, PlanChange, PlannrPlan
from connectors.plannr.wire import WirePlan


class PlansOverHttp(BusinessOverHttp):
    """The part of the gateway that the sync needs for plans."""

    async def read_plans(
        self, firm: str, *, plans: list[str] | None = None, references: list[str] | None = None
    ) -> list[PlannrPlan]:
        """Return the plans that are there, each kind of filter in one call."""
        found: dict[str, PlannrPlan] = {}
        for name, values in (("uuid", plans), ("proposal_reference", references)):
            if values:
                listed = await self._listed(firm, "GET /api/v1/plans", WirePlan, filters={name: ",".join(values)})
                found |= {stored.uuid: to_plan(stored) for stored in listed}
        return list(found.values())

    async def open_plan(self, firm: str, plan: NewPlan) -> PlannrPlan:
        """Make the plan once per reference; one that is there stays as it is (P3)."""
        present = await self.read_plans(firm, references=[plan.reference])
        if present:
            return present[0]
        body = opened_plan_body(plan, await self._provider(firm), self._clock())
        return to_plan(await self._call(firm, "POST /api/v1/plans", WirePlan, json=body))

    async def change_plan(self, firm: str, plan: str, change: PlanChange) -> PlannrPlan:
        """Write what is given and differs; raises NotFound."""
        ids = {"uuid": plan}
        stored = await self._call(firm, "GET /api/v1/plans/{uuid}", WirePlan, ids=ids)
        members = changed_members(stored, change, self._clock())
        if members:
            stored = await self._call(firm, "PUT /api/v1/plans/{uuid}", WirePlan, ids=ids, json=members)
        return to_plan(stored)
