"""What happens next with journeys that were submitted, with its dates (A4)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request, Response

from api.dependencies import NowDep, ServicesDep
from api.journeys import Journeys
from api.launching import start_policy
from api.web.rendering import PagesDep
from api.workbench.access import WorkbenchVisitDep
from api.workbench.wording import STAGES
from connectors.bank_holidays import bank_holidays
from domain.calendar import london_day
from domain.journey import Party, Stage
from domain.reminders import ReminderPolicy, due, last_day
from domain.wrappers import wrapper_words
from models.messages import JourneyTimings, Progress

_AHEAD: Final = timedelta(days=366)

router = APIRouter()


@dataclass(frozen=True, slots=True)
class NextStep:
    """Something that will happen: when, if there is a day, and what."""

    when: date | datetime | None
    words: str


@router.get("/new/done/{journey_id}")
async def show_done(
    *,
    journey_id: str,
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    visit: WorkbenchVisitDep,
    now: NowDep,
) -> Response:
    """Confirm what was submitted: its reference, what happens next and when, and where to go on."""
    journeys = Journeys(services, visit.adviser.firm.id)
    progress = await journeys.get(journey_id)
    others = [await journeys.get(other) for other in progress.together if other != journey_id]
    timings = start_policy(services.settings).timings
    return pages.render(
        request,
        "workbench/new_done.html",
        adviser=visit.adviser,
        progress=progress,
        accounts=[(one, wrapper_words(one.wrapper)) for one in (progress, *others)],
        stages=STAGES,
        steps=next_steps(progress, timings, now),
        still_needed=_still_needed(progress),
    )


def _still_needed(progress: Progress) -> tuple[str, str] | None:
    """Return the form that the journey waits for, as the end of its address and in words."""
    if progress.stage.is_final or progress.waiting_on is not Party.ADVISER:
        return None
    if not progress.details_submitted:
        return "details", "Go on with the client's details"
    if progress.stage is Stage.APPLICATION_DRAFT:
        return "application", "Go on with the account"
    return None


def next_steps(progress: Progress, timings: JourneyTimings, now: datetime) -> list[NextStep]:
    """Return what happens next if nobody does anything before (P12, P40)."""
    if progress.stage is not Stage.AWAITING_CLIENT:
        return []
    policy = ReminderPolicy(
        reminder_days=tuple(timings.reminder_days),
        adviser_notice_day=timings.adviser_notice_day,
        expiry_day=timings.expiry_day,
        hour=timings.reminder_hour,
    )
    since, today = progress.waiting_since, london_day(now)
    steps = [
        NextStep(since, "The client gets an e-mail with a link to the portal, to read and accept the terms."),
        NextStep(None, "The platform checks the client's identity and bank account. You hear if a check needs you."),
    ]
    holidays = frozenset(bank_holidays(today, today + _AHEAD))
    for one in due(since, policy, holidays):
        if one.kind == "reminder" and one.number == 1:
            steps.append(NextStep(one.at, "If the client has not acted, the first reminder goes out."))
        if one.kind == "adviser_notice":
            steps.append(NextStep(one.at, "If the client is still quiet, you are told."))
    last = last_day(since, policy)
    steps.append(NextStep(last, "The last day for the client to act. Then the journey ends and is undone."))
    return steps
