"""The two forms of a journey that was started: its people's details, then its account (P11, P12, P13)."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from api.problems import Problem
from api.web.forms import FieldError, Typed, of_problem, read_form
from api.workbench.account_forms import AccountForm, account_fields, read_account
from api.workbench.asking import Asking, AskingDep, journey_page, on_the_page
from api.workbench.details_forms import BankQuestion, PersonForm, prefilled, read_people
from api.workbench.new_accounts import KINDS
from api.workbench.shown_forms import ShownForm
from api.workbench.wording import ROLES
from domain.journey import BankDetailsPolicy
from models.commands import SubmitApplication, SubmitClientDetails
from models.messages import HolderDetailsView, HolderView, Progress
from workflows.onboarding import OnboardingJourney

SEND: Final = "send_to_platform"
_DETAILS_TITLE: Final = "The client's details"
_APPLICATION_TITLE: Final = "The account"

router = APIRouter(prefix="/journeys/{journey_id}")


@router.get("/details")
async def show_details(asking: AskingDep) -> Response:
    """Show the details form, with only what is missing to be asked (P7)."""
    progress = await asking.journeys.get(asking.journey_id)
    refused = asking.refusal(progress, "details", _DETAILS_TITLE)
    return refused or _details_page(asking, progress, await _people(asking, progress))


@router.post("/details")
async def submit_details(asking: AskingDep) -> Response:
    """*Update platform client*: save the details in both systems, then go on to the account (P11)."""
    typed = await read_form(asking.request)
    progress = await asking.journeys.get(asking.journey_id)
    people, desk = await _people(asking, progress), asking.desk(typed)
    given, errors = read_people(people, typed, asking.services.bank_details)
    if errors:
        return _details_page(asking, progress, people, typed=typed, errors=errors)
    command = SubmitClientDetails(actor=desk.adviser.actor, expected_version=desk.expected_version, holders=given)
    try:
        answer = await desk.give(
            asking.journey_id, "submit_client_details", command, OnboardingJourney.submit_client_details, forms=given
        )
    except Problem as problem:
        status, errors = _errors(problem)
        progress = await asking.journeys.get(asking.journey_id)
        people = await _people(asking, progress)
        return _details_page(asking, progress, people, typed=typed, errors=errors, status=status)
    follows = answer.status_code == HTTPStatus.OK and not progress.details_submitted
    return asking.done("details", answer, next_page="/application" if follows else "")


@router.get("/application")
async def show_application(asking: AskingDep) -> Response:
    """Show the account form, filled in from the illustration or the draft (P7)."""
    progress = await asking.journeys.get(asking.journey_id)
    refused = asking.refusal(progress, "application", _APPLICATION_TITLE)
    if refused is not None:
        return refused
    known = await asking.journeys.account_form(asking.journey_id)
    typed = account_fields(_account_form(progress), known.account) if known.account else Typed()
    if not known.saved:
        # An illustration says nothing of a direct debit, so the question is still open.
        typed.pop("account.direct_debit", None)
    return _application_page(asking, progress, typed)


@router.post("/application")
async def submit_application(asking: AskingDep) -> Response:
    """*Update & proceed*: save the account form and, if asked, open the account and invite the client (P12, P13)."""
    typed = await read_form(asking.request)
    progress = await asking.journeys.get(asking.journey_id)
    desk = asking.desk(typed)
    account, errors = read_account(_account_form(progress), typed)
    if typed[SEND] not in {"yes", "no"}:
        errors.append(FieldError(SEND, "Say whether the account is to be opened now."))
    if account is None or errors:
        return _application_page(asking, progress, typed, errors=errors)
    send = typed[SEND] == "yes"
    command = SubmitApplication(
        actor=desk.adviser.actor, expected_version=desk.expected_version, account=account, send_to_platform=send
    )
    try:
        answer = await desk.give(asking.journey_id, "submit_application", command, OnboardingJourney.submit_application)
    except Problem as problem:
        status, errors = _errors(problem)
        progress = await asking.journeys.get(asking.journey_id)
        return _application_page(asking, progress, typed, errors=errors, status=status)
    if answer.status_code == HTTPStatus.OK and send:
        return RedirectResponse(f"/workbench/new/done/{asking.journey_id}", status_code=HTTPStatus.SEE_OTHER)
    return asking.done("application" if send else "application-draft", answer)


def _errors(problem: Problem) -> tuple[HTTPStatus, list[FieldError]]:
    """Return the status and the sentences of a problem that belongs on the page, at their fields where it has any."""
    status, sentences = on_the_page(problem)
    if not problem.errors or all(not error.get("pointer") for error in problem.errors):
        return status, sentences
    places = {f"/holders/{at}/details/{name}": field for at in range(4) for name, field in _first_fields(at).items()}
    return status, of_problem(problem, places)


def _first_fields(position: int) -> dict[str, str]:
    at = f"holders.{position}.details."
    return {"address": f"{at}address.line_1", "tax_residences": f"{at}tax_residences.0.country"}


async def _people(asking: Asking, progress: Progress) -> list[PersonForm]:
    roles = {holder.person_id: holder for holder in progress.holders}
    parties = await asking.journeys.client_details(asking.journey_id)
    return [
        PersonForm(
            position=position,
            person_id=party.person_id,
            role=ROLES[roles[party.person_id].role],
            known=party.details,
            asked=tuple(party.missing),
            bank=_bank(progress, roles[party.person_id], party),
        )
        for position, party in enumerate(parties)
    ]


def _bank(progress: Progress, holder: HolderView, party: HolderDetailsView) -> BankQuestion:
    """P22: by whom bank details are given; those that were given can be replaced."""
    if not holder.role.acts:
        return "none"
    if party.bank_details_given:
        return "replace"
    return "required" if progress.bank_details_policy is BankDetailsPolicy.ADVISER else "optional"


def _account_form(progress: Progress) -> AccountForm:
    titles = {kind.wrapper: kind.title for kind in KINDS.values() if not kind.code.startswith("joint")}
    joint = sum(holder.role.owns for holder in progress.holders) > 1
    return AccountForm("account.", KINDS["joint-gia"].title if joint else titles[progress.wrapper])


def _details_page(
    asking: Asking,
    progress: Progress,
    people: list[PersonForm],
    *,
    typed: Typed | None = None,
    errors: Sequence[FieldError] = (),
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> Response:
    shown = Typed({**prefilled(people), **(typed or {})})
    return asking.page(
        "workbench/journey_details.html",
        progress,
        typed=typed,
        status=status if errors else HTTPStatus.OK,
        errors=list(errors),
        form=ShownForm(shown, errors),
        people=people,
        title=_DETAILS_TITLE,
    )


def _application_page(
    asking: Asking,
    progress: Progress,
    typed: Typed,
    *,
    errors: Sequence[FieldError] = (),
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> Response:
    return asking.page(
        "workbench/journey_application.html",
        progress,
        typed=typed,
        status=status if errors else HTTPStatus.OK,
        errors=list(errors),
        form=ShownForm(typed, errors),
        account=_account_form(progress),
        title=_APPLICATION_TITLE,
        later=journey_page(progress.journey_id),
    )
