"""Starting a journey: everything that could stand in its way is looked at before anything is created."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import JsonValue
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from api.journeys import Journeys
from api.problem_types import (
    CLIENT_NOT_LINKED,
    EMAIL_IN_USE,
    PLANNR_CLIENT_UNKNOWN,
    PLANNR_RECORD_INCOMPLETE,
    WRAPPER_NOT_SERVED,
)
from api.problems import Problem
from api.security.advisers import SignedInAdviser
from connectors.errors import NotFound
from connectors.plannr.port import PlannrPerson
from domain.identity import journey_id, person_id, workflow_id
from domain.journey import Wrapper
from models.messages import Holder, JourneyTimings, StartJourney
from models.schemas.journeys import StartJourneyForm
from runtime.services import Services
from runtime.temporal import JOURNEYS_QUEUE
from storage.audit import AuditRepository
from workflows import search_attributes
from workflows.onboarding import OnboardingJourney

_SERVED: Final = frozenset({Wrapper.ISA, Wrapper.GIA})
_START_PATIENCE: Final = timedelta(seconds=8)
_NEEDED_TO_REGISTER: Final = ("first_name", "last_name", "date_of_birth", "email")


async def start_journey(
    services: Services, adviser: SignedInAdviser, form: StartJourneyForm, now: datetime
) -> tuple[str, bool]:
    """Start the journey this form describes and return its id, and False when it was there already (P45).

    Raises:
        Problem: `wrapper-not-served`, `plannr-client-unknown`, `client-not-linked`, `plannr-record-incomplete`,
            `email-in-use`; then neither system has been written to.
        ConnectorUnavailable: A system does not answer.
    """
    wrapper = served_wrapper(form)
    accounts = [holder.plannr_account for holder in form.holders]
    journey = journey_id(adviser.firm.id, form.external_reference, accounts, wrapper)
    if await Journeys(services, adviser.firm.id).exists(journey):
        return journey, False
    holders = await asyncio.gather(*(_holder(services, adviser.firm.id, account, form) for account in accounts))
    async with services.database.transaction() as session:
        await AuditRepository(session).record(
            firm=adviser.firm.id,
            actor=adviser.actor,
            action="start_journey",
            at=now,
            journey_id=journey,
            details={"wrapper": wrapper.value, "with_illustration": form.illustration is not None},
        )
    return journey, await _start_workflow(
        services, _start(services, adviser, form, wrapper=wrapper, journey=journey, holders=list(holders))
    )


def served_wrapper(form: StartJourneyForm) -> Wrapper:
    """Return the wrapper; raises the problem `wrapper-not-served` with where to go instead (P1, P2)."""
    try:
        wrapper = Wrapper(form.wrapper)
    except ValueError:
        detail = "Only an ISA and a GIA can be opened here; every other kind of account is opened in the platform."
        raise Problem(WRAPPER_NOT_SERVED, detail, errors=[{"pointer": "/wrapper", "detail": detail}]) from None
    if wrapper not in _SERVED:
        detail = f"A {wrapper.value.upper()} cannot be opened here yet; open it in the platform."
        raise Problem(WRAPPER_NOT_SERVED, detail, errors=[{"pointer": "/wrapper", "detail": detail}])
    if len(form.holders) != 1:
        detail = "An account of several holders cannot be opened here yet; open it in the platform."
        raise Problem(WRAPPER_NOT_SERVED, detail, errors=[{"pointer": "/holders", "detail": detail}])
    return wrapper


async def _holder(services: Services, firm: str, account: str, form: StartJourneyForm) -> Holder:
    try:
        person = await services.plannr.read_person(firm, account)
    except NotFound:
        raise Problem(PLANNR_CLIENT_UNKNOWN) from None
    if person.platform_client is None:
        await _check_registration(services, person, form)
    else:
        await _check_link(services, person, form)
    return Holder(
        person_id=person_id(firm, account),
        plannr_account=account,
        platform_client=person.platform_client,
        known_details=person.known_details,
    )


async def _check_registration(services: Services, person: PlannrPerson, form: StartJourneyForm) -> None:
    """Make sure that a client without a link can be registered, which takes an illustration (P5, P6, P34)."""
    if form.illustration is None:
        detail = (
            "The client's record in Plannr has no external reference to a client of the platform"
            f"{'' if person.link_tagged else ' and no link tag'}; without a link a journey starts with an illustration."
        )
        raise Problem(CLIENT_NOT_LINKED, detail, extra={"missing": _missing_link_parts(person)})
    if missing := [name for name in _NEEDED_TO_REGISTER if getattr(person.known_details, name) is None]:
        errors = [
            {"pointer": "/holders/0/plannr_account", "field": name, "detail": f"{_words(name)} is missing in Plannr."}
            for name in missing
        ]
        detail = "The record in Plannr lacks: " + ", ".join(_words(name).lower() for name in missing) + "."
        raise Problem(PLANNR_RECORD_INCOMPLETE, detail, errors=errors)
    existing = await services.platform.find_client(email=person.known_details.email)
    if existing is not None and existing.external_reference != person.account:
        detail = f"The platform client {existing.client} has the e-mail address of this record already."
        raise Problem(EMAIL_IN_USE, detail, extra={"existing_client": existing.client})


async def _check_link(services: Services, person: PlannrPerson, form: StartJourneyForm) -> None:
    """Make sure that a link leads somewhere, and that a journey without an illustration has all of it (P5, P6)."""
    assert person.platform_client is not None
    if form.illustration is None and not person.link_tagged:
        detail = (
            "The client's record in Plannr has the platform's reference but lacks the tag "
            f"“{services.settings.link_tag}” that shows the link."
        )
        raise Problem(CLIENT_NOT_LINKED, detail, extra={"missing": _missing_link_parts(person)})
    try:
        await services.platform.read_client(person.platform_client)
    except NotFound:
        detail = "The reference in the client's Plannr record names a client that the platform does not know."
        raise Problem(CLIENT_NOT_LINKED, detail, extra={"missing": ["platform_client"]}) from None


def _missing_link_parts(person: PlannrPerson) -> list[JsonValue]:
    parts = {"external_reference": person.platform_client is not None, "tag": person.link_tagged}
    return [name for name, there in parts.items() if not there]


def _words(name: str) -> str:
    return {"email": "E-mail address", "date_of_birth": "Date of birth"}.get(name, name.replace("_", " ").capitalize())


def _start(
    services: Services,
    adviser: SignedInAdviser,
    form: StartJourneyForm,
    *,
    journey: str,
    wrapper: Wrapper,
    holders: list[Holder],
) -> StartJourney:
    settings = services.settings
    return StartJourney(
        journey_id=journey,
        firm=adviser.firm.id,
        firm_name=adviser.firm.name,
        adviser=adviser.adviser,
        external_reference=form.external_reference,
        wrapper=wrapper,
        holders=holders,
        illustration=form.illustration,
        bank_details_policy=settings.bank_details,
        timings=JourneyTimings(
            check_poll=settings.check_poll,
            retry_refused=settings.retry_refused,
            invitation_valid=settings.invitation_valid,
        ),
        split_queues=settings.split_queues,
        platform_url=settings.platform_url,
    )


async def _start_workflow(services: Services, start: StartJourney) -> bool:
    try:
        await services.temporal.start_workflow(
            OnboardingJourney.run,
            start,
            id=workflow_id(start.journey_id),
            task_queue=JOURNEYS_QUEUE,
            # A journey that ended is met as well: the same account is never opened twice (P45).
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            search_attributes=search_attributes.at_start(start, datetime.now(UTC)),
            rpc_timeout=_START_PATIENCE,
            static_summary=f"Onboarding · {start.wrapper.value.upper()} · {start.journey_id}",
        )
    except WorkflowAlreadyStartedError:
        return False
    return True
