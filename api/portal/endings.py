"""A client who does not want to go on, or not alone (P27)."""

from datetime import datetime
from typing import Final

from api.portal.evidence import Act
from api.problem_types import STATEMENT_NOT_ACCEPTED
from api.problems import Problem
from domain.calendar import london_day
from domain.declarations import DECLINE_STATEMENT, HELP_STATEMENT
from models.schemas.portal_acts import Decline
from models.tables import EvidenceKind

AFTER_DECLINING: Final = (
    "Your adviser is told that you declined. The application ends, and you will get a confirmation by e-mail."
)
AFTER_ASKING: Final = "Your adviser is told and will get in touch with you. Nothing you have done so far is lost."


def declining(form: Decline) -> Act:
    """Return the act of declining, which ends the journey for everyone (P27, P30).

    Raises:
        Problem: `statement-not-accepted` when it is not confirmed.
    """
    if not form.confirm:
        errors = [{"pointer": "/confirm", "detail": "Declining is not confirmed."}]
        raise Problem(STATEMENT_NOT_ACCEPTED, "Nothing has ended: declining has to be confirmed.", errors=errors)
    return Act(kind=EvidenceKind.JOURNEY_DECLINED, statement=DECLINE_STATEMENT)


def asking_for_help(now: datetime) -> Act:
    """Return the act of asking for help: once a day, so that nobody is called twice for a double click (P27)."""
    return Act(kind=EvidenceKind.HELP_REQUESTED, statement=HELP_STATEMENT, said=f"help {london_day(now)}")
