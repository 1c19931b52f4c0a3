"""Commands on a journey under way, each behind a page that says what it leads to (A9, P20, P40, P41, P43)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Final, Generic

from fastapi import APIRouter, Response

from api.commanding import CommandT, Update
from api.new_password import let_choose_anew
from api.problems import Problem
from api.web.forms import FieldError, Typed, read_form
from api.workbench import consequences
from api.workbench.asking import Asking, AskingDep, names_of, on_the_page, reason_errors
from api.workbench.consequences import Consequence, Situation
from models.commands import Hold, ResendInvitation, Resume, RetryNow, Withdraw
from models.messages import HolderDetailsView, Progress
from storage.emails import EmailRepository
from workflows.onboarding import OnboardingJourney


@dataclass(frozen=True, slots=True)
class Order(Generic[CommandT]):
    """A command that needs no more than a button, and perhaps a person.

    Attributes:
        word: The last word of its address, and of the banner after it.
        action: Its name in the audit.
        title: Its page's heading, a question.
        button: What the button says.
        kind: The command.
        update: The journey's update that takes it.
        leads_to: What it leads to.
        warning: Said before the button where it can't be undone.
        to_a_person: Whether it is about one of those who act in the portal.
    """

    word: str
    action: str
    title: str
    button: str
    kind: type[CommandT]
    update: Update[CommandT]
    leads_to: Callable[[Situation], list[Consequence]]
    warning: str = ""
    to_a_person: bool = False


RESEND: Final = Order(
    word="resend-invitation",
    action="resend_invitation",
    title="Send a fresh invitation?",
    button="Send the invitation",
    kind=ResendInvitation,
    update=OnboardingJourney.resend_invitation,
    leads_to=consequences.of_inviting,
    to_a_person=True,
)
HOLD: Final = Order(
    word="hold",
    action="hold",
    title="Put this journey on hold?",
    button="Put on hold",
    kind=Hold,
    update=OnboardingJourney.hold,
    leads_to=consequences.of_holding,
)
RESUME: Final = Order(
    word="resume",
    action="resume",
    title="Resume this journey?",
    button="Resume",
    kind=Resume,
    update=OnboardingJourney.resume,
    leads_to=consequences.of_resuming,
)
WITHDRAW: Final = Order(
    word="withdraw",
    action="withdraw",
    title="Withdraw this journey?",
    button="Withdraw the journey",
    kind=Withdraw,
    update=OnboardingJourney.withdraw,
    leads_to=consequences.of_withdrawal,
    warning="This can't be undone. To open the account after all, you start a new journey.",
)
RETRY: Final = Order(
    word="retry",
    action="retry_now",
    title="Try again now?",
    button="Try again now",
    kind=RetryNow,
    update=OnboardingJourney.retry_now,
    leads_to=consequences.of_retrying,
)

router = APIRouter(prefix="/journeys/{journey_id}")


@router.get("/resend-invitation")
async def show_invitation(asking: AskingDep) -> Response:
    """Say what a fresh invitation leads to (P20)."""
    return await _confirm(asking, RESEND)


@router.post("/resend-invitation")
async def resend_invitation(asking: AskingDep) -> Response:
    """Send a fresh invitation; earlier ones stop working (P20)."""
    return await _carry_out(asking, RESEND)


@router.get("/hold")
async def show_hold(asking: AskingDep) -> Response:
    """Say what a hold leads to (P40)."""
    return await _confirm(asking, HOLD)


@router.post("/hold")
async def hold(asking: AskingDep) -> Response:
    """Stop the journey's clock (P40)."""
    return await _carry_out(asking, HOLD)


@router.get("/resume")
async def show_resume(asking: AskingDep) -> Response:
    """Say what resuming leads to (P40)."""
    return await _confirm(asking, RESUME)


@router.post("/resume")
async def resume(asking: AskingDep) -> Response:
    """Let the clock of a held journey run on (P40)."""
    return await _carry_out(asking, RESUME)


@router.get("/withdraw")
async def show_withdrawal(asking: AskingDep) -> Response:
    """Say what a withdrawal closes, and who is told (P43)."""
    return await _confirm(asking, WITHDRAW)


@router.post("/withdraw")
async def withdraw(asking: AskingDep) -> Response:
    """End the journey and close what it created (P43)."""
    return await _carry_out(asking, WITHDRAW)


@router.get("/retry")
async def show_retry(asking: AskingDep) -> Response:
    """Say what is tried again (P41)."""
    return await _confirm(asking, RETRY)


@router.post("/retry")
async def retry(asking: AskingDep) -> Response:
    """Try again at once what a system refused (P41)."""
    return await _carry_out(asking, RETRY)


async def _confirm(asking: Asking, order: Order[CommandT]) -> Response:
    progress = await asking.journeys.get(asking.journey_id)
    return asking.refusal(progress, order.word, order.title) or await _form(asking, order, progress)


async def _carry_out(asking: Asking, order: Order[CommandT]) -> Response:
    typed = await read_form(asking.request)
    progress = await asking.journeys.get(asking.journey_id)
    desk, errors = asking.desk(typed), _errors(order, progress, typed)
    if errors:
        return await _form(asking, order, progress, typed=typed, status=HTTPStatus.UNPROCESSABLE_ENTITY, errors=errors)
    about = {"person_id": typed["person_id"]} if order.to_a_person else {}
    command = order.kind.model_validate(
        {"actor": desk.adviser.actor, "reason": typed["reason"], "expected_version": desk.expected_version} | about
    )
    try:
        answer = await desk.give(
            asking.journey_id,
            order.action,
            command,
            order.update,
            beforehand=partial(let_choose_anew, desk, asking.journey_id, typed["person_id"])
            if order.to_a_person and typed["forgotten"] == "yes"
            else None,
        )
    except Problem as problem:
        status, errors = on_the_page(problem)
        progress = await asking.journeys.get(asking.journey_id)
        refused = asking.refusal(progress, order.word, order.title)
        return refused or await _form(asking, order, progress, typed=typed, status=status, errors=errors)
    return asking.done(order.word, answer)


def _errors(order: Order[CommandT], progress: Progress, typed: Typed) -> list[FieldError]:
    acting = {holder.person_id for holder in progress.holders if holder.role.acts}
    if order.to_a_person and typed["person_id"] not in acting:
        return [FieldError("person_id", "Choose who gets the invitation."), *reason_errors(typed)]
    return reason_errors(typed)


async def _form(
    asking: Asking,
    order: Order[CommandT],
    progress: Progress,
    *,
    typed: Typed | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    errors: list[FieldError] | None = None,
) -> Response:
    parties = await asking.journeys.client_details(asking.journey_id)
    situation = Situation(progress, names_of(parties), await _written_to(asking), asking.now)
    return asking.page(
        "workbench/command.html",
        progress,
        typed=typed,
        status=status,
        errors=errors,
        order=order,
        consequences=order.leads_to(situation),
        people=_people(situation, parties, typed or Typed()) if order.to_a_person else [],
    )


async def _written_to(asking: Asking) -> frozenset[str]:
    async with asking.services.database.reading() as session:
        rows = await EmailRepository(session).of_journey(asking.journey_id)
    return frozenset(row.person_id for row in rows if row.recipient_role == "client")


def _people(situation: Situation, parties: list[HolderDetailsView], typed: Typed) -> list[dict[str, Any]]:
    addresses = {party.person_id: party.details.email or "" for party in parties}
    return [
        {
            "value": holder.person_id,
            "text": situation.name(holder),
            "hint": {"text": addresses.get(holder.person_id, "")},
            "checked": typed["person_id"] == holder.person_id,
        }
        for holder in situation.acting
    ]
