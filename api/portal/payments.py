"""Bank details and the direct debit mandate (P22, P23)."""

from collections.abc import Callable
from typing import Final, TypeVar

from api.portal.evidence import Act, keyed_hash
from api.portal.person_journey import PersonJourney
from api.problem_types import (
    BANK_DETAILS_ALREADY_GIVEN,
    BANK_DETAILS_INVALID,
    BANK_DETAILS_NOT_EXPECTED,
    BANK_DETAILS_REQUIRED,
    DOCUMENT_SUPERSEDED,
    MANDATE_ALREADY_ANSWERED,
    MANDATE_NOT_SELECTED,
    WRONG_STAGE,
)
from api.problems import Problem
from connectors.bank_details.port import BankDetailsChecker
from connectors.platform.port import Guarantee, PlatformClient, PlatformGateway, PlatformMandate
from domain.declarations import BANK_DETAILS_STATEMENT, MANDATE_PAPER_STATEMENT, MANDATE_STATEMENT
from domain.journey import BankDetailsPolicy, MandateRoute
from domain.values import AccountNumber, BankDetails, InvalidValue, SortCode
from models import people
from models.people import DirectDebit
from models.schemas.portal_acts import AnswerMandate, BankDetailsTyped
from models.schemas.portal_journeys import BankDetailsFeedback, GuaranteeView, MandateView
from models.tables import EvidenceKind
from runtime.settings import Settings

Value = TypeVar("Value")

QUESTION: Final = "Are you the only person needed to authorise debits from this account?"
WHAT_HAPPENS_NEXT: Final = {
    MandateRoute.ONLINE: "The direct debit is being set up. You will get a confirmation by e-mail before the first "
    "collection.",
    MandateRoute.PAPER_REQUESTED: "Your adviser will send you a paper mandate for everyone to sign. You can go on "
    "with the other tasks meanwhile; the account opens once the signed mandate has arrived.",
}
_OVER: Final = frozenset({"failed", "cancelled"})
_NOT_READY: Final = (
    "A new direct debit is not ready to be authorised. Look again in a few minutes; if it stays so, your adviser has "
    "been told what your bank reported and will be in touch."
)
_INVALID: Final = "This account number does not belong to this sort code. Please check both against your bank card."
_MESSAGES: Final = {
    "valid": "These details fit together.",
    "invalid": _INVALID,
    "unchecked": "Your bank publishes no rule to check these by. Please compare them with your bank card once more.",
    "incomplete": "Please look at the field below.",
}


def feedback(checker: BankDetailsChecker, typed: BankDetailsTyped) -> BankDetailsFeedback:
    """Say kindly what can be said of bank details while they are typed (P22)."""
    sort_code, about_sort_code = _parsed(SortCode.parse, typed.sort_code)
    account_number, about_account_number = _parsed(AccountNumber.parse, typed.account_number)
    result = "incomplete"
    if sort_code is not None and account_number is not None:
        result = checker.check(sort_code, account_number).result
    return BankDetailsFeedback.model_validate(
        {
            "result": result,
            "sort_code": about_sort_code,
            "account_number": about_account_number,
            "message": _MESSAGES[result],
        }
    )


def _parsed(parse: Callable[[str], Value], text: str) -> tuple[Value | None, str | None]:
    try:
        return parse(text), None
    except InvalidValue as refusal:
        return None, refusal.sentence


def giving_bank_details(
    journey: PersonJourney, settings: Settings, checker: BankDetailsChecker, given: people.BankDetails
) -> Act:
    """Return the act of giving bank details, once, and again after they failed verification (P22, P41).

    The evidence keeps no more than the last digits.

    Raises:
        Problem: `bank-details-not-expected`, `bank-details-already-given` or `bank-details-invalid`.
    """
    own, failed = journey.acts(EvidenceKind.BANK_DETAILS_SUBMITTED), journey.bank_details_failed
    if not own and journey.progress.bank_details_policy is BankDetailsPolicy.ADVISER:
        raise Problem(BANK_DETAILS_NOT_EXPECTED)
    if not own and not failed and journey.holder.bank_details_given:
        raise Problem(BANK_DETAILS_ALREADY_GIVEN)
    parsed = BankDetails.parse(given.sort_code, given.account_number)
    if checker.check(parsed.sort_code, parsed.account_number).result == "invalid":
        raise Problem(BANK_DETAILS_INVALID, _INVALID, errors=[{"pointer": "/account_number", "detail": _INVALID}])
    payload = given.model_dump(mode="json")
    return Act(
        kind=EvidenceKind.BANK_DETAILS_SUBMITTED,
        statement=f"{BANK_DETAILS_STATEMENT} {parsed.masked()}",
        payload={"bank_details": payload},
        said=keyed_hash(settings, payload),
        only_once=BANK_DETAILS_ALREADY_GIVEN,
        lapsed=tuple(row.evidence_id for row in own) if failed else (),
    )


def masked_account(held: PlatformClient) -> str | None:
    """Return the last digits of the bank account on the platform, if there is one."""
    return f"•••• {held.bank_account_ending}" if held.bank_account_ending else None


def selected_direct_debit(journey: PersonJourney) -> DirectDebit:
    """Return the direct debit that this person authorises; raises Problem `mandate-not-selected`."""
    if journey.progress.direct_debit is None:
        raise Problem(MANDATE_NOT_SELECTED)
    if not journey.pays:
        raise Problem(MANDATE_NOT_SELECTED, "Another holder of the account authorises the direct debit.")
    return journey.progress.direct_debit


def mandate_view(
    journey: PersonJourney, guarantee: Guarantee, held: PlatformClient | None, mandate: PlatformMandate | None
) -> MandateView:
    """Return everything the client has to see before they answer (P23)."""
    debit, answer = selected_direct_debit(journey), journey.mandate_answer
    in_place = mandate if mandate is not None and mandate.status not in _OVER else None
    return MandateView.model_validate(
        {
            "payee": guarantee.service_user_name,
            "amount_pence": debit.amount_pence,
            "frequency": debit.frequency,
            "collection_day": debit.collection_day,
            "first_collection_on": in_place and in_place.first_collection_on,
            "reference": in_place and in_place.reference,
            "bank_account": masked_account(held) if held is not None else None,
            "question": QUESTION,
            "statement": MANDATE_STATEMENT,
            "guarantee": GuaranteeView(version=guarantee.version, text=guarantee.text),
            "answer": answer and answer.value,
        }
    )


async def expect_mandate_ready(platform: PlatformGateway, journey: PersonJourney) -> None:
    """Refuse an answer while the fresh mandate that takes the place of a failed one is not there yet (P47).

    Raises:
        Problem: `wrong-stage`, with words for the client.
        ConnectorUnavailable: the platform can't be reached.
    """
    mandate = journey.progress.records.platform_mandate
    if not journey.mandate_wanted_again or journey.mandate_answer is not None or mandate is None:
        return
    if (await platform.read_mandate(mandate)).status in _OVER:
        raise Problem(WRONG_STAGE, _NOT_READY)


def answering_mandate(journey: PersonJourney, form: AnswerMandate, guarantee: Guarantee | None) -> Act:
    """Return the act of authorising the mandate, or of asking for the paper route (P23).

    Args:
        journey: the journey.
        form: the answer.
        guarantee: the Guarantee in force; not needed for the paper route.

    Raises:
        Problem: `mandate-not-selected`, `mandate-already-answered`, `bank-details-required` or `document-superseded`.
    """
    selected_direct_debit(journey)
    route = MandateRoute.ONLINE if form.sole_signatory else MandateRoute.PAPER_REQUESTED
    if journey.mandate_answer not in (None, route):
        raise Problem(MANDATE_ALREADY_ANSWERED)
    if not journey.bank_details_given:
        raise Problem(BANK_DETAILS_REQUIRED, "Give your bank details first; then answer this question.")
    text = MANDATE_PAPER_STATEMENT
    if guarantee is not None and form.sole_signatory:
        if form.guarantee_version != guarantee.version:
            raise Problem(DOCUMENT_SUPERSEDED, f"The Direct Debit Guarantee in force is version {guarantee.version}.")
        text = f"{MANDATE_STATEMENT} (Direct Debit Guarantee, version {guarantee.version}.)"
    return Act(
        kind=EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED,
        statement=text,
        payload={"route": route.value},
        said=route.value,
        only_once=MANDATE_ALREADY_ANSWERED,
        lapsed=tuple(row.evidence_id for row in journey.lapsed_answers()),
        again=True,
    )
