"""How an adviser's command reaches its journey: once, on the record first, and answered in time."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Header
from fastapi.responses import JSONResponse
from temporalio.client import WorkflowUpdateHandle, WorkflowUpdateStage
from temporalio.workflow import UpdateMethodMultiParam

from api import views
from api.bank_accounts import refuse_impossible_accounts
from api.dependencies import NowDep, ServicesDep
from api.eligibility import Reassessment, reassess
from api.idempotency import Answer, Once, OnceDep
from api.journeys import Journeys
from api.problem_types import PERSON_UNKNOWN, STALE_VERSION, WRONG_STAGE
from api.problems import Problem
from api.security.advisers import SignedInAdviser, WritingAdviserDep
from models.commands import Amend, Command, CommandOutcome, HolderDetails
from models.schemas.amendments import AmendmentPreview
from models.schemas.journeys import CommandResult
from runtime.services import Services
from storage.audit import AuditRepository
from workflows.onboarding import OnboardingJourney

_ENTITY_TAG: Final = re.compile(r'"([0-9]{1,9})"')

CommandT = TypeVar("CommandT", bound=Command)
Update = UpdateMethodMultiParam[[OnboardingJourney, CommandT], CommandOutcome]
"""The journey's update that takes commands of this kind."""


@dataclass(frozen=True, slots=True)
class CommandDesk:
    """One command of one adviser, not given yet."""

    services: Services
    adviser: SignedInAdviser
    once: Once
    now: datetime
    expected_version: int | None

    async def give(
        self,
        journey_id: str,
        action: str,
        command: CommandT,
        update: Update[CommandT],
        *,
        forms: list[HolderDetails] | None = None,
        beforehand: Callable[[], Awaitable[None]] | None = None,
    ) -> JSONResponse:
        """Look at the forms it carries, write the command to the audit, give it, and answer with what it led to.

        `beforehand` is done once, as late as can be before the command is given, however often it is repeated.

        Raises:
            Problem: `bank-details-invalid` or `not-eligible` for forms that cannot stand, `journey-not-found`, what
                the workflow refuses, or `engine-unavailable`.
        """
        refuse_impossible_accounts(self.services.bank_details, forms or [])

        async def act() -> Answer:
            journeys = Journeys(self.services, self.adviser.firm.id)
            await journeys.require(journey_id)
            found = None if forms is None else await reassess(journeys, journey_id, forms, self.now)
            if beforehand is not None and not await self._is_recorded(journey_id):
                await beforehand()
            await self._record(journey_id, action, command)

            async def send() -> WorkflowUpdateHandle[CommandOutcome]:
                return await journeys.handle(journey_id).start_update(
                    update, command, id=self.once.operation_id, wait_for_stage=WorkflowUpdateStage.ACCEPTED
                )

            outcome = await journeys.command(command, send)
            if found is not None:
                await found.keep(self.now)
            return await _answer(journeys, journey_id, outcome, found)

        return await self.once.run(act)

    async def preview(self, journey_id: str, command: Amend) -> AmendmentPreview:
        """Show what an amendment would change and void, and change nothing (P44).

        Raises:
            Problem: as `give`, apart from what only the workflow can refuse.
        """
        refuse_impossible_accounts(self.services.bank_details, command.holders)
        journeys = Journeys(self.services, self.adviser.firm.id)
        progress = await journeys.get(journey_id)
        if progress.stage.is_final:
            raise Problem(WRONG_STAGE, "The journey is over.")
        if self.expected_version not in {None, progress.version}:
            raise Problem(STALE_VERSION)
        if {form.person_id for form in command.holders} - {holder.person_id for holder in progress.holders}:
            raise Problem(PERSON_UNKNOWN)
        found = await reassess(journeys, journey_id, command.holders, self.now)
        effect = await journeys.amendment_effect(journey_id, command)
        return AmendmentPreview(
            journey_id=journey_id,
            version=progress.version,
            changed=effect.changed,
            voids=effect.voids,
            material=effect.material,
            warnings=found.warnings,
        )

    async def _is_recorded(self, journey_id: str) -> bool:
        async with self.services.database.reading() as session:
            return await AuditRepository(session).has_update(journey_id, self.once.operation_id)

    async def _record(self, journey_id: str, action: str, command: Command) -> None:
        async with self.services.database.transaction() as session:
            await AuditRepository(session).record(
                firm=self.adviser.firm.id,
                actor=self.adviser.actor,
                action=action,
                at=self.now,
                journey_id=journey_id,
                reason=command.reason,
                details={"update": self.once.operation_id, "expected_version": self.expected_version},
            )


async def _answer(
    journeys: Journeys, journey_id: str, outcome: CommandOutcome | None, found: Reassessment | None
) -> Answer:
    completed = outcome is not None
    state = outcome or await journeys.get(journey_id)
    result = CommandResult(
        journey_id=journey_id,
        stage=state.stage,
        version=state.version,
        completed=completed,
        warnings=found.warnings if found else [],
    )
    headers = {"ETag": views.etag(state.version), "Location": views.journey_path(journey_id)}
    return Answer(HTTPStatus.OK if completed else HTTPStatus.ACCEPTED, result, headers, settled=completed)


def _expected_version(
    if_match: Annotated[
        str | None, Header(description="the `ETag` of the journey you looked at", examples=['"3"'])
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    tag = _ENTITY_TAG.fullmatch(if_match.strip())
    if tag is None:
        raise Problem(STALE_VERSION, "`If-Match` names no version that this journey ever had.")
    return int(tag[1])


def _desk(
    services: ServicesDep,
    adviser: WritingAdviserDep,
    once: OnceDep,
    now: NowDep,
    version: Annotated[int | None, Depends(_expected_version)],
) -> CommandDesk:
    return CommandDesk(services, adviser, once, now, version)


CommandDeskDep = Annotated[CommandDesk, Depends(_desk)]
