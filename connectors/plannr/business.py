"""Illustrations, applications and plans in Plannr over HTTP; each is found again by its journey before it is made."""

from typing import Any, Final

from connectors.errors import Conflict, NotFound
from connectors.plannr.connection import PlannrConnection
from connectors.plannr.mapping import (
    application_body,
    changed_application,
    changed_plan,
    closed_application,
    closed_plan,
    illustration_body,
    new_plan_body,
    to_saved_application,
    to_saved_plan,
)
from connectors.plannr.port import (
    ApplicationRecord,
    ClosingReason,
    IllustrationRecord,
    PlanRecord,
    SavedApplication,
    SavedPlan,
)
from connectors.plannr.wire import WireApplication, WireIllustration, WirePlan, WireProvider

PROVIDER_NAME: Final = "Söderberg & Partners Wealth Management"
"""The platform as the firm's list of providers names it."""


class BusinessOverHttp(PlannrConnection):
    """The part of the gateway that is about what a journey leads to."""

    async def record_illustration(self, firm: str, record: IllustrationRecord) -> str:
        """Record the illustration as a draft, once per journey, and return its id."""
        stored = await self._illustration(firm, record.journey_id, record.accounts)
        if stored is not None:
            return stored.uuid
        body = illustration_body(record)
        return (await self._call(firm, "POST /api/v1/illustration", WireIllustration, json=body)).uuid

    async def save_application(self, firm: str, record: ApplicationRecord) -> SavedApplication:
        """Create the journey's application or change what differs; a complete or closed one never goes back."""
        stored = await self._application(firm, record.journey_id)
        if stored is None:
            stored = await self._create_application(firm, record)
        return await self._change_application(firm, stored, changed_application(stored, record))

    async def save_plan(self, firm: str, record: PlanRecord) -> SavedPlan:
        """Create the journey's plan or change what differs; an active or inactive one never goes back."""
        stored = await self._plan(firm, record)
        if stored is None:
            body = new_plan_body(record, await self._provider(firm), self._clock())
            return to_saved_plan(await self._call(firm, "POST /api/v1/plans", WirePlan, json=body))
        return await self._change_plan(firm, stored, changed_plan(stored, record, self._clock()))

    async def find_application(self, firm: str, journey_id: str) -> SavedApplication | None:
        """Return the journey's application, if there is one."""
        stored = await self._application(firm, journey_id)
        return to_saved_application(stored) if stored else None

    async def find_plan(self, firm: str, journey_id: str) -> SavedPlan | None:
        """Return the journey's plan, if there is one."""
        stored = await self._proposed(firm, journey_id)
        return to_saved_plan(stored) if stored else None

    async def close_application(self, firm: str, journey_id: str, reason: ClosingReason) -> SavedApplication | None:
        """Close the journey's application unless it is over; None where there is none (P43)."""
        stored = await self._application(firm, journey_id)
        if stored is None:
            return None
        return await self._change_application(firm, stored, closed_application(stored, reason))

    async def close_plan(self, firm: str, journey_id: str, reason: ClosingReason) -> SavedPlan | None:
        """Make the journey's proposed plan inactive; None where there is none (P43)."""
        stored = await self._proposed(firm, journey_id)
        if stored is None:
            return None
        return await self._change_plan(firm, stored, closed_plan(stored, reason, self._clock()))

    async def _change_application(
        self, firm: str, stored: WireApplication, changes: dict[str, Any]
    ) -> SavedApplication:
        if changes:
            ids = {"uuid": stored.uuid}
            stored = await self._call(firm, "PUT /api/v1/applications/{uuid}", WireApplication, ids=ids, json=changes)
        return to_saved_application(stored)

    async def _change_plan(self, firm: str, stored: WirePlan, changes: dict[str, Any]) -> SavedPlan:
        if changes:
            ids = {"uuid": stored.uuid}
            stored = await self._call(firm, "PUT /api/v1/plans/{uuid}", WirePlan, ids=ids, json=changes)
        return to_saved_plan(stored)

    async def _illustration(self, firm: str, journey_id: str, accounts: list[str]) -> WireIllustration | None:
        # Plannr filters illustrations by name only, which is a person's text and belongs into no address.
        operation = "GET /api/v1/client/{client_uuid}/illustrations"
        listed = await self._listed(firm, operation, WireIllustration, ids={"client_uuid": accounts[0]})
        return next((item for item in listed if item.journey_id == journey_id), None)

    async def _create_application(self, firm: str, record: ApplicationRecord) -> WireApplication:
        """Return the new application, or the one that another attempt has made in the meantime."""
        body = {**application_body(record), "external_reference": record.journey_id}
        try:
            return await self._call(firm, "POST /api/v1/applications", WireApplication, json=body)
        except Conflict:
            stored = await self._application(firm, record.journey_id)
            if stored is None:
                raise
            return stored

    async def _application(self, firm: str, journey_id: str) -> WireApplication | None:
        operation = "GET /api/v1/applications"
        return next(
            iter(await self._listed(firm, operation, WireApplication, filters={"external_reference": journey_id})), None
        )

    async def _plan(self, firm: str, record: PlanRecord) -> WirePlan | None:
        """Return the journey's plan, or the one that Plannr has made of its illustration by itself."""
        stored = await self._proposed(firm, record.journey_id)
        if stored is not None:
            return stored
        illustration = await self._illustration(firm, record.journey_id, record.accounts)
        if illustration is None or illustration.plan is None:
            return None
        return await self._call(firm, "GET /api/v1/plans/{uuid}", WirePlan, ids={"uuid": illustration.plan.uuid})

    async def _proposed(self, firm: str, journey_id: str) -> WirePlan | None:
        listed = await self._listed(firm, "GET /api/v1/plans", WirePlan, filters={"proposal_reference": journey_id})
        return next(iter(listed), None)

    async def _provider(self, firm: str) -> str:
        operation = "GET /api/v1/providers"
        for provider in await self._listed(firm, operation, WireProvider, filters={"name": PROVIDER_NAME}):
            if (provider.name or "").casefold() == PROVIDER_NAME.casefold():
                return provider.uuid
        raise NotFound("plannr", operation, f"the firm has no provider “{PROVIDER_NAME}”; add it in Plannr")
