"""Bank details and the direct debit mandate (P22, P23)."""

from fastapi import APIRouter

from api.dependencies import NowDep, ServicesDep
from api.portal import evidence, payments, views
from api.portal.dependencies import OpenJourneyDep, VisitDep
from api.problem_types import (
    BANK_DETAILS_ALREADY_GIVEN,
    BANK_DETAILS_INVALID,
    BANK_DETAILS_NOT_EXPECTED,
    BANK_DETAILS_REQUIRED,
    DOCUMENT_SUPERSEDED,
    JOURNEY_NOT_FOUND,
    JOURNEY_OVER,
    MANDATE_ALREADY_ANSWERED,
    MANDATE_NOT_SELECTED,
    SIGN_IN_REQUIRED,
    SYSTEM_UNAVAILABLE,
    WRONG_STAGE,
)
from api.problems import responses
from models.people import BankDetails
from models.schemas.portal_acts import AnswerMandate, BankDetailsTyped
from models.schemas.portal_journeys import ActAnswer, BankDetailsFeedback, MandateAnswered, MandateView

router = APIRouter(
    prefix="/journeys/{journey_id}", responses=responses(SIGN_IN_REQUIRED, JOURNEY_NOT_FOUND, JOURNEY_OVER)
)


@router.post("/bank-details/check", responses=responses(WRONG_STAGE))
async def check_portal_bank_details(
    typed: BankDetailsTyped, services: ServicesDep, _: OpenJourneyDep
) -> BankDetailsFeedback:
    """Say what can be said of bank details while they are typed; nothing is stored (P22)."""
    return payments.feedback(services.bank_details, typed)


@router.post(
    "/bank-details",
    responses=responses(WRONG_STAGE, BANK_DETAILS_NOT_EXPECTED, BANK_DETAILS_ALREADY_GIVEN, BANK_DETAILS_INVALID),
)
async def give_portal_bank_details(
    given: BankDetails, services: ServicesDep, visit: VisitDep, journey: OpenJourneyDep, now: NowDep
) -> ActAnswer:
    """Give bank details, once, where the adviser has not given them, or others after they failed (P22, P41)."""
    act = payments.giving_bank_details(journey, services.settings, services.bank_details, given)
    row = await evidence.record(services, visit, journey, act, now)
    return views.act_answer(services.settings, journey, row)


@router.get("/direct-debit-mandate", responses=responses(WRONG_STAGE, MANDATE_NOT_SELECTED, SYSTEM_UNAVAILABLE))
async def portal_mandate(services: ServicesDep, journey: OpenJourneyDep) -> MandateView:
    """Show what is to be authorised, with the bank details masked and the Guarantee in full (P23)."""
    return await views.mandate_shown(services, journey)


@router.post(
    "/direct-debit-mandate",
    responses=responses(
        WRONG_STAGE,
        MANDATE_NOT_SELECTED,
        MANDATE_ALREADY_ANSWERED,
        BANK_DETAILS_REQUIRED,
        DOCUMENT_SUPERSEDED,
        SYSTEM_UNAVAILABLE,
    ),
)
async def answer_portal_mandate(
    form: AnswerMandate, services: ServicesDep, visit: VisitDep, journey: OpenJourneyDep, now: NowDep
) -> MandateAnswered:
    """Authorise the mandate, or say that others have to sign: then it goes on on paper (P23, P47)."""
    payments.selected_direct_debit(journey)
    await payments.expect_mandate_ready(services.platform, journey)
    guarantee = await services.platform.guarantee() if form.sole_signatory else None
    act = payments.answering_mandate(journey, form, guarantee)
    row = await evidence.record(services, visit, journey, act, now)
    return views.mandate_answered(services.settings, journey, row, sole_signatory=form.sole_signatory)
