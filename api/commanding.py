"""How an adviser's command reaches its journey: once, on the record first, and answered in time."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, Header
from fastapi.responses import JSONResponse
from temporalio.client import WorkflowUpdateHandle

from api import views
from api.dependencies import NowDep, ServicesDep
from api.idempotency import Answer, Once, OnceDep
from api.journeys import Journeys
from api.problem_types import STALE_VERSION
from api.problems import Problem
from api.security.advisers import SignedInAdviser, WritingAdviserDep
from models.messages import Command, CommandOutcome
from models.schemas.journeys import CommandResult
from runtime.services import Services
from runtime.temporal import JourneyHandle
from storage.audit import AuditRepository

_ENTITY_TAG: Final = re.compile(r'"([0-9]{1,9})"')

Send = Callable[[JourneyHandle, str], Awaitable[WorkflowUpdateHandle[CommandOutcome]]]
"""Starts the update on the journey under this update id."""


@dataclass(frozen=True, slots=True)
class CommandDesk:
    """One command of one adviser, not given yet."""

    services: Services
    adviser: SignedInAdviser
    once: Once
    now: datetime
    expected_version: int | None

    async def give(self, journey_id: str, action: str, command: Command, send: Send) -> JSONResponse:
        """Write the command to the audit, give it, and answer with what it led to.

        Raises:
            Problem: `journey-not-found`, what the workflow refuses, or `engine-unavailable`.
        """

        async def act() -> Answer:
            journeys = Journeys(self.services, self.adviser.firm.id)
            await journeys.require(journey_id)
            await self._record(journey_id, action, command)
            handle, update_id = journeys.handle(journey_id), self.once.operation_id
            outcome = await journeys.command(command, lambda: send(handle, update_id))
            return await _answer(journeys, journey_id, outcome)

        return await self.once.run(act)

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


async def _answer(journeys: Journeys, journey_id: str, outcome: CommandOutcome | None) -> Answer:
    completed = outcome is not None
    state = outcome or await journeys.get(journey_id)
    result = CommandResult(journey_id=journey_id, stage=state.stage, version=state.version, completed=completed)
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
