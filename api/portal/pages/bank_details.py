"""The page on which a client gives their bank account, or another one after the bank did not confirm it (P22, P41)."""

from typing import Final

from fastapi import APIRouter, Response

from api.portal import evidence, payments, views
from api.portal.pages.task_page import OpenTaskPageDep, TaskPage, belongs_on_page
from api.problem_types import BANK_DETAILS_ALREADY_GIVEN, BANK_DETAILS_INVALID, BANK_DETAILS_NOT_EXPECTED
from api.problems import Problem
from api.web.forms import FieldError, Typed, nested, read_form, validate
from connectors.errors import ConnectorError
from domain.declarations import BANK_DETAILS_STATEMENT
from domain.journey import BankDetailsPolicy
from domain.portal_tasks import AGAIN_WORDS, TaskKey
from models.people import BankDetails
from models.schemas.portal_acts import BankDetailsTyped
from models.tables import EvidenceKind

router = APIRouter(prefix="/journeys/{journey_id}")
_LABELS: Final = {
    "account_holder": "the name on the account",
    "sort_code": "the sort code",
    "account_number": "the account number",
}
_LONGEST_NAME: Final = BankDetails.model_fields["account_holder"].metadata[-1].max_length


@router.get("/bank-details")
async def portal_bank_details_page(page: OpenTaskPageDep) -> Response:
    """Ask for the bank account, or say which one is held (P22)."""
    own = page.journey.acts(EvidenceKind.BANK_DETAILS_SUBMITTED)
    if not own and page.journey.progress.bank_details_policy is BankDetailsPolicy.ADVISER:
        raise Problem(BANK_DETAILS_NOT_EXPECTED)
    if page.journey.bank_details_given:
        return _given(page)
    return _form(page, Typed({"account_holder": await _name(page)}))


@router.post("/bank-details")
async def give_bank_details_on_page(page: OpenTaskPageDep) -> Response:
    """Take the bank account; what can't be right is said beside its field, with everything typed kept (P22, P41)."""
    typed = await read_form(page.request)
    given, errors = validate(BankDetails, nested({name: typed[name] for name in _LABELS}), _LABELS)
    if given is None:
        return _form(page, typed, status_code=422, errors=errors)
    services = page.services
    try:
        act = payments.giving_bank_details(page.journey, services.settings, services.bank_details, given)
        row = await evidence.record(services, page.visit, page.journey, act, page.now)
    except Problem as problem:
        errors = belongs_on_page(problem, BANK_DETAILS_INVALID, BANK_DETAILS_ALREADY_GIVEN)
        if problem.problem_type is BANK_DETAILS_INVALID:
            return _form(page, typed, status_code=422, errors=errors)
        return _given(page, status_code=409, errors=errors)
    return page.after(row)


def _form(page: TaskPage, typed: Typed, *, status_code: int = 200, errors: list[FieldError] | None = None) -> Response:
    said = None
    if typed["sort_code"] and typed["account_number"]:
        said = payments.feedback(
            page.services.bank_details,
            BankDetailsTyped(sort_code=typed["sort_code"][:40], account_number=typed["account_number"][:40]),
        )
    return page.show(
        "bank_details.html",
        status_code=status_code,
        errors=errors,
        typed=typed,
        statement=BANK_DETAILS_STATEMENT,
        longest_name=_LONGEST_NAME,
        again=AGAIN_WORDS[TaskKey.BANK_DETAILS] if page.journey.bank_details_failed else "",
        said=said.message if said is not None and said.result in {"valid", "unchecked"} else "",
        check_url=f"/portal/api/journeys/{page.journey.progress.journey_id}/bank-details/check",
    )


def _given(page: TaskPage, *, status_code: int = 200, errors: list[FieldError] | None = None) -> Response:
    own = page.journey.acts(EvidenceKind.BANK_DETAILS_SUBMITTED)
    return page.show(
        "bank_details_given.html",
        status_code=status_code,
        errors=errors,
        given_at=own[-1].occurred_at if own else None,
        account=str(own[-1].statement).removeprefix(BANK_DETAILS_STATEMENT).strip() if own else "",
        onward=page.onward,
    )


async def _name(page: TaskPage) -> str:
    """Return the client's own name, which is known already and need not be typed again."""
    try:
        held = await views.held_client(page.services, page.journey)
    except ConnectorError:
        return ""
    if held is None or not held.details.first_name or not held.details.last_name:
        return ""
    return f"{held.details.first_name} {held.details.last_name}"[:_LONGEST_NAME]
