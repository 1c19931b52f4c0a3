"""The life of a Direct Debit mandate."""

import hashlib
from typing import Any

from connectors.platform.sandbox.checks import FAILING_MANDATE_ACCOUNT
from connectors.platform.sandbox.resources import (
    SERVICE_USER_NAME,
    SERVICE_USER_NUMBER,
    Mandate,
    MandateFailure,
    MandateStatus,
)
from connectors.platform.sandbox.store import Store

MANDATE_TIMER = "mandate"
GUARANTEE_VERSION = "1"
NOTICE_WORKING_DAYS = 10
FAILURES = {
    "0": "The mandate was cancelled; the bank refers to the payer.",
    "1": "The payer cancelled the mandate at the bank.",
    "2": "The bank reports that the payer has died.",
    "3": "The account was moved to another bank.",
    "5": "The bank has no such account.",
    "6": "The bank has no such instruction.",
    "B": "The account is closed.",
    "F": "This type of account takes no Direct Debits.",
    "G": "The bank does not accept Direct Debits on this account.",
}
_ELEMENTS = {
    "offered_by_all_banks": (
        "This Guarantee is offered by all banks and building societies that accept instructions to pay Direct Debits."
    ),
    "notice_of_changes": (
        f"If there are any changes to the amount, date or frequency of your Direct Debit, {SERVICE_USER_NAME} will "
        f"notify you {NOTICE_WORKING_DAYS} working days in advance of your account being debited or as otherwise "
        f"agreed. If you ask {SERVICE_USER_NAME} to collect a payment, confirmation of the amount and date will be "
        "given to you at the time of the request."
    ),
    "refund_on_error": (
        f"If an error is made in the payment of your Direct Debit, by {SERVICE_USER_NAME} or your bank or building "
        "society, you are entitled to a full and immediate refund of the amount paid from your bank or building "
        "society."
    ),
    "repay_refunds_not_due": (
        f"If you receive a refund you are not entitled to, you must pay it back when {SERVICE_USER_NAME} asks you to."
    ),
    "cancel_any_time": (
        "You can cancel a Direct Debit at any time by simply contacting your bank or building society. Written "
        "confirmation may be required. Please also notify us."
    ),
}


def guarantee() -> dict[str, Any]:
    """Return the Direct Debit Guarantee as the contract describes it."""
    digest = hashlib.sha256("\n".join(_ELEMENTS.values()).encode()).hexdigest()
    return {
        "version": GUARANTEE_VERSION,
        "title": "The Direct Debit Guarantee",
        "notice": "Sample wording: confirm it with your sponsor bank before use.",
        "service_user_name": SERVICE_USER_NAME,
        "service_user_number": SERVICE_USER_NUMBER,
        "notice_working_days": NOTICE_WORKING_DAYS,
        "elements": [{"key": key, "text": text} for key, text in _ELEMENTS.items()],
        "sha256": digest,
    }


async def move(store: Store, mandate: Mandate, status: MandateStatus) -> Mandate:
    """Give a mandate its next status and tell subscribers."""
    previous = mandate.status
    mandate.status = status
    await store.save(mandate)
    await announce(store, mandate, previous)
    return mandate


async def announce(store: Store, mandate: Mandate, previous: MandateStatus | None) -> None:
    """Tell subscribers about a mandate's status."""
    await store.emit("mandate.status_changed", mandate, previous_status=previous, account_id=mandate.account_id)


async def fail(store: Store, mandate: Mandate, reason_code: str) -> Mandate:
    """Let a mandate fail for a Bacs reason."""
    await store.stop_timer(MANDATE_TIMER, mandate.id)
    mandate.failure = MandateFailure(reason_code=reason_code, message=FAILURES[reason_code])
    return await move(store, mandate, "failed")


async def finish_submission(store: Store, mandate_id: str) -> None:
    """Hear back from the payer's bank about a submitted mandate."""
    mandate = await store.get(Mandate, mandate_id)
    if mandate.status != "pending_submission" or mandate.bank_account is None:
        return
    if mandate.bank_account.account_number == FAILING_MANDATE_ACCOUNT:
        await fail(store, mandate, "5")
    else:
        await move(store, mandate, "active")
