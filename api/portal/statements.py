"""The statement of a pension: read on the platform, corrected in its time (P32)."""

import hashlib
from datetime import datetime, timedelta

from fastapi import Response

from api.portal.acts import CONTENT_HEADERS
from api.portal.person_journey import PersonJourney
from api.problem_types import STATEMENT_UNKNOWN, SYSTEM_UNAVAILABLE, WRONG_STAGE
from api.problems import Problem
from connectors.errors import NotFound
from connectors.platform.port import PlatformGateway
from domain.calendar import london_day
from domain.eligibility import needs_statement, statement_correction_ends
from domain.journey import Stage
from domain.rules import load_rules
from models.schemas.portal_journeys import StatementView


def statement_view(journey: PersonJourney, now: datetime) -> StatementView | None:
    """Return where the statement is and until when it can be corrected; None where there is none."""
    if not _has_statement(journey):
        return None
    until = corrections_until(journey)
    return StatementView(
        content_url=f"/portal/api/journeys/{journey.progress.journey_id}/statement",
        corrections_until=until,
        can_be_corrected=now < until,
    )


def corrections_until(journey: PersonJourney) -> datetime:
    """Return the end of the time for corrections: whole days from the activation, when the statement goes out."""
    sent_at = journey.progress.stage_since
    sent_on = london_day(sent_at)
    return sent_at + timedelta(days=(statement_correction_ends(sent_on, load_rules()) - sent_on).days)


def expect_correctable(journey: PersonJourney, now: datetime) -> None:
    """Refuse a correction of what is not there, or comes too late.

    Raises:
        Problem: `statement-unknown`, or `wrong-stage` after the time for corrections.
    """
    if not _has_statement(journey):
        raise Problem(STATEMENT_UNKNOWN)
    until = corrections_until(journey)
    if now >= until:
        detail = (
            f"The time for corrections of the statement ended on {london_day(until):%d %B %Y}. "
            "Tell your adviser what has to change."
        )
        raise Problem(WRONG_STAGE, detail, extra={"stage": journey.stage.value})


async def statement_content(platform: PlatformGateway, journey: PersonJourney) -> Response:
    """Return the statement in its newest version, exactly as the platform made it.

    Raises:
        Problem: `statement-unknown`, or `system-unavailable` when the platform serves other bytes than it announced.
        ConnectorUnavailable: the platform can't be reached.
    """
    account = journey.progress.records.platform_account
    if not _has_statement(journey) or account is None:
        raise Problem(STATEMENT_UNKNOWN)
    try:
        found = await platform.account_documents(account)
        newest = max((one for one in found if one.kind == "statement"), key=lambda one: one.issued_at, default=None)
        if newest is None:
            raise Problem(STATEMENT_UNKNOWN)
        content = await platform.account_document_content(account, newest.document_id, newest.version)
    except NotFound:
        raise Problem(STATEMENT_UNKNOWN) from None
    if hashlib.sha256(content).hexdigest() != newest.sha256:
        detail = "The platform does not serve the statement as it announced it. Your adviser's support looks into it."
        raise Problem(SYSTEM_UNAVAILABLE, detail, headers={"Retry-After": "300"}, extra={"system": "platform"})
    return Response(content, media_type=newest.media_type, headers=CONTENT_HEADERS)


def _has_statement(journey: PersonJourney) -> bool:
    return journey.stage is Stage.ACTIVE and needs_statement(journey.progress.wrapper)
