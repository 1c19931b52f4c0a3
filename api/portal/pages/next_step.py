"""Where a client goes on: the page of the next open task (P26)."""

from typing import Final

from api.portal.person_journey import PersonJourney
from domain.portal_tasks import TaskKey
from models.schemas.portal_journeys import PortalJourney

HUB: Final = "/portal"
LANDING: Final = "/portal/next"
"""Leads to where a person goes on after signing in."""
_PAGES: Final = {
    TaskKey.DETAILS: "details",
    TaskKey.BANK_DETAILS: "bank-details",
    TaskKey.DIRECT_DEBIT_MANDATE: "direct-debit",
    TaskKey.PLATFORM_TERMS: "platform-terms",
    TaskKey.PRODUCT_TERMS: "product-terms",
}


def journey_page(journey_id: str, page: str) -> str:
    """Return the address of one of a journey's pages, e.g. `details` or `help`."""
    return f"{HUB}/journeys/{journey_id}/{page}"


def task_page(journey_id: str, task: TaskKey) -> str:
    """Return the address of a task's page; the hub for the one that was done by signing in."""
    return journey_page(journey_id, _PAGES[task]) if task in _PAGES else HUB


def next_page(journey: PersonJourney | PortalJourney) -> str:
    """Return the address of the next open task of a journey, or the hub when nothing can be done on it now (P26).

    Give the journey with what was just done: `journey.with_act(row)`, or the `journey` of an act's answer.
    """
    if isinstance(journey, PersonJourney):
        journey_id, task = journey.progress.journey_id, journey.tasks().next_task
    else:
        journey_id, task = journey.journey_id, journey.next_task
    return task_page(journey_id, task) if task is not None else HUB
