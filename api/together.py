"""Several accounts for the same people in one request: looked at together, then started one by one (P49)."""

from dataclasses import replace
from datetime import datetime

from temporalio.common import Priority, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.start_refusals import StartRefused
from activities.starting import Prepared, Starting
from api import views
from api.journeys import Journeys
from api.launching import START_PATIENCE, build_starting
from api.problem_types import INVALID_REQUEST, JOURNEY_STARTED_ALONE
from api.problems import Problem
from api.security.advisers import SignedInAdviser
from api.starting import from_start_refusal, opener
from domain.journey import Wrapper
from models.group import GroupStart
from models.messages import Together
from models.schemas.starting import AccountToStart, StartedTogether, StartJourneyForm, StartTogetherForm
from runtime.services import Services
from runtime.temporal import JOURNEYS_QUEUE
from storage.identifiers import derived_id
from workflows.together import TogetherMail, group_workflow_id


async def start_together(
    services: Services, adviser: SignedInAdviser, form: StartTogetherForm, now: datetime
) -> StartedTogether:
    """Start a journey for each account, or find those that are there; nothing is started when one cannot be.

    Raises:
        Problem: as for a single start, at the account's place in the form; `journey-started-alone` for an account
            that has a journey outside this group.
        ConnectorUnavailable: A system does not answer.
    """
    starting = build_starting(services)
    prepared = [await _prepare(starting, adviser, form, place, now) for place in range(len(form.accounts))]
    together = _group(adviser.firm.id, prepared)
    await _refuse_started_alone(Journeys(services, adviser.firm.id), prepared, together)
    if any(one.start for one in prepared):
        # First of all, so that no journey has an e-mail to hand over before there is somebody to take it.
        await _start_mail(services, together, adviser.firm.id)
    started = [await starting.launch(_in_group(one, together), now) for one in prepared]
    references = [account.external_reference for account in form.accounts]
    return StartedTogether(
        group_id=together.group_id,
        created=any(one.created for one in started),
        journeys=[
            views.started(services.settings, one, reference) for one, reference in zip(started, references, strict=True)
        ],
    )


async def _prepare(
    starting: Starting, adviser: SignedInAdviser, form: StartTogetherForm, place: int, now: datetime
) -> Prepared:
    try:
        return await starting.prepare(opener(adviser), _alone(form, form.accounts[place]), now)
    except StartRefused as refused:
        raise from_start_refusal(refused, within=f"/accounts/{place}") from None


def _alone(form: StartTogetherForm, account: AccountToStart) -> StartJourneyForm:
    """Return the form that starts this account alone; the contact belongs to the Junior ISAs among them (P31)."""
    junior = [one for one in form.accounts if one.wrapper.strip().lower() == Wrapper.JISA]
    contact = form.registered_contact if account in junior or not junior else None
    return StartJourneyForm(
        holders=form.holders,
        registered_contact=contact,
        **{name: getattr(account, name) for name in AccountToStart.model_fields},
    )


def _group(firm: str, prepared: list[Prepared]) -> Together:
    journeys = [one.journey_id for one in prepared]
    errors = [
        {"pointer": f"/accounts/{place}", "detail": "An account before it has the same wrapper and reference."}
        for place, journey in enumerate(journeys)
        if journey in journeys[:place]
    ]
    if errors:
        raise Problem(INVALID_REQUEST, "Two accounts are the same.", errors=errors)
    return Together(group_id=derived_id("together", firm, sorted(journeys)), journey_ids=journeys)


async def _refuse_started_alone(journeys: Journeys, prepared: list[Prepared], together: Together) -> None:
    """Make sure that a journey which is there belongs to this very group: another would never join its e-mails."""
    errors = []
    for place, one in enumerate(prepared):
        known = await journeys.get(one.journey_id) if one.start is None else None
        if known is not None and set(known.together) != set(together.journey_ids):
            detail = f"The journey {one.journey_id} was started without these other accounts."
            errors.append({"pointer": f"/accounts/{place}", "detail": detail})
    if errors:
        raise Problem(JOURNEY_STARTED_ALONE, errors=errors)


def _in_group(prepared: Prepared, together: Together) -> Prepared:
    if prepared.start is None:
        return prepared
    return replace(prepared, start=prepared.start.model_copy(update={"together": together}))


async def _start_mail(services: Services, together: Together, firm: str) -> None:
    settings = services.settings
    try:
        await services.temporal.start_workflow(
            TogetherMail.run,
            GroupStart(
                group_id=together.group_id,
                journey_ids=together.journey_ids,
                patience=together.patience,
                invitation_valid=settings.invitation_valid,
                split_queues=settings.split_queues,
            ),
            id=group_workflow_id(together.group_id),
            task_queue=JOURNEYS_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            rpc_timeout=START_PATIENCE,
            static_summary="E-mails of accounts that were started together",
            priority=Priority(fairness_key=firm),
        )
    except WorkflowAlreadyStartedError:
        return
