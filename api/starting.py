"""Starting journeys over HTTP: the adviser's request handed to the start logic, its refusals turned into problems."""

from datetime import datetime
from http import HTTPStatus

from activities.start_refusals import StartRefused
from activities.starting import Opener, Started
from api import views
from api.idempotency import Answer
from api.launching import build_starting
from api.problem_types import PROBLEM_TYPES
from api.problems import Problem
from api.security.advisers import SignedInAdviser
from models.schemas.starting import StartJourneyForm
from runtime.services import Services


async def start_journey(services: Services, adviser: SignedInAdviser, form: StartJourneyForm, now: datetime) -> Started:
    """Start the journey this form describes, or find the one that is there already (P45).

    Raises:
        Problem: one of `activities.start_refusals`; then neither system has been written to.
        ConnectorUnavailable: A system does not answer.
    """
    try:
        return await build_starting(services).start(opener(adviser), form, now)
    except StartRefused as refused:
        raise from_start_refusal(refused) from None


async def start_answer(services: Services, adviser: SignedInAdviser, form: StartJourneyForm, now: datetime) -> Answer:
    """Start the journey as `start_journey` does, and say where it is."""
    started = await start_journey(services, adviser, form, now)
    shown = views.started(services.settings, started, form.external_reference)
    status = HTTPStatus.CREATED if started.created else HTTPStatus.OK
    return Answer(status, shown, {"Location": shown.links.self})


def opener(adviser: SignedInAdviser) -> Opener:
    """Return for whom this adviser starts journeys."""
    return Opener(firm=adviser.firm.id, firm_name=adviser.firm.name, adviser=adviser.adviser)


def from_start_refusal(refused: StartRefused, within: str = "") -> Problem:
    """Return the problem of a journey that is not started.

    Args:
        refused: Why.
        within: The place of its account in the request; the people stand at the request's own top.
    """
    errors = [
        {"pointer": _placed(fault.pointer, within), "detail": fault.detail, **fault.named} for fault in refused.faults
    ]
    return Problem(PROBLEM_TYPES[refused.refusal.value], refused.sentence, errors=errors, extra=refused.extra)


def _placed(pointer: str, within: str) -> str:
    return pointer if pointer.startswith(("/holders", "/registered_contact")) else within + pointer
