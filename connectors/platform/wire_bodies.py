"""What is sent to the platform, in its words. Pure: the same order always gives the same body."""

from datetime import date, datetime, timedelta
from typing import Any

from connectors.platform.port import AccountOrder, MandateOrder, TermsAcceptance
from connectors.platform.wire import WireAccount, WireBankAccount, WireClient
from domain.journey import Wrapper
from models.people import (
    AccountDetails,
    Address,
    BankDetails,
    Contribution,
    DirectDebit,
    Frequency,
    Illustration,
    KnownDetails,
)

Body = dict[str, Any]

# Ten working days' notice of a first collection, as the Guarantee promises, span two weeks.
COLLECTION_NOTICE = timedelta(days=14)

_REPEATED = {Frequency.MONTHLY: "monthly", Frequency.QUARTERLY: "quarterly", Frequency.ANNUALLY: "yearly"}
_TAKEN_AS_THEY_ARE = (
    "title",
    "first_name",
    "last_name",
    "date_of_birth",
    "email",
    "mobile",
    "national_insurance_number",
    "us_person",
    "marital_status",
    "employment_status",
    "retirement_age",
)


def person_fields(details: KnownDetails) -> Body:
    """Return the personal details that are known; nothing is sent for a gap, so nothing is cleared by one."""
    known = details.model_dump(mode="json", exclude_none=True)
    fields: Body = {name: known[name] for name in _TAKEN_AS_THEY_ARE if known.get(name) not in (None, "")}
    if details.nationality is not None:
        fields["nationalities"] = [details.nationality]
    if details.tax_residences is not None:
        fields["tax_residences"] = [item.model_dump() for item in details.tax_residences]
    if details.address is not None:
        fields["address"] = _address(details.address)
    return fields


def changed_fields(client: WireClient, details: KnownDetails) -> Body:
    """Return those details in which the client's record differs, so that nothing else is touched."""
    current = client.model_dump(mode="json")
    changed = {name: value for name, value in person_fields(details).items() if current[name] != value}
    # The platform may know further nationalities; we know one.
    if client.nationalities[:1] == [details.nationality]:
        changed.pop("nationalities", None)
    return changed


def registration(external_reference: str, details: KnownDetails, adviser: str, guardian: str | None = None) -> Body:
    """Return the body that registers an adult client, or a child whose guardian is a client (P10, P31)."""
    kind = {"client_type": "individual"} if guardian is None else {"client_type": "minor", "guardian_id": guardian}
    return {
        "external_reference": external_reference,
        **kind,
        "adviser_reference": adviser,
        **person_fields(details),
    }


def bank_account(bank_details: BankDetails) -> WireBankAccount:
    """Return a bank account; the platform strips blanks around the holder's name."""
    return WireBankAccount(
        account_holder=bank_details.account_holder.strip(),
        sort_code=bank_details.sort_code,
        account_number=bank_details.account_number,
    )


def illustration(
    journey_id: str, clients: list[str], wrapper: Wrapper, illustrated: Illustration, adviser: str
) -> Body:
    """Return the body that records an illustration (P10)."""
    return {
        "external_reference": journey_id,
        "client_ids": clients,
        "wrapper": wrapper.value,
        "adviser_reference": adviser,
        "plan_length_years": illustrated.plan_length_years,
        **_proposal(illustrated, None),
    }


def account(order: AccountOrder) -> Body:
    """Return the body that opens an account (P12)."""
    contact = {} if order.registered_contact is None else {"registered_contact_id": order.registered_contact}
    return {
        **contact,
        "external_reference": order.journey_id,
        "client_ids": order.clients,
        "wrapper": order.wrapper.value,
        "adviser_reference": order.adviser,
        **_proposal(order.details, order.details.direct_debit),
    }


def changed_account(account: WireAccount, details: AccountDetails) -> Body:
    """Return what an amendment changes (P44); what is keyed in the platform itself stays, as far as it can."""
    wanted = _proposal(details, details.direct_debit)
    changed: Body = {}
    if account.name != details.name:
        changed["name"] = wanted["name"]
    if account.investment_strategy.name != details.investment_strategy:
        changed["investment_strategy"] = wanted["investment_strategy"]
    if [item.model_dump() for item in account.contributions] != wanted["contributions"]:
        changed["contributions"] = wanted["contributions"]
    charges = {**account.charges.model_dump(), **wanted["charges"]}
    if account.charges.model_dump() != charges:
        changed["charges"] = charges
    return changed


def mandate_reference(order: MandateOrder) -> str:
    """Return our own reference of a mandate: the journey's id, with the number from the second on (P47)."""
    return order.journey_id if order.number == 1 else f"{order.journey_id}-{order.number}"


def mandate(order: MandateOrder, today: date) -> Body:
    """Return the body that sets up a mandate (P23)."""
    debit = order.direct_debit
    return {
        "external_reference": mandate_reference(order),
        "account_id": order.account,
        "client_id": order.client,
        "payment": {
            "amount_pence": debit.amount_pence,
            "frequency": _REPEATED.get(debit.frequency, "once"),
            "first_collection_on": first_collection(debit.collection_day, today).isoformat(),
        },
    }


def first_collection(collection_day: int, today: date) -> date:
    """Return the first such day of a month that leaves the payer the notice of the Guarantee."""
    earliest = today + COLLECTION_NOTICE
    this_month = earliest.replace(day=collection_day)
    if this_month >= earliest:
        return this_month
    return (earliest.replace(day=1) + timedelta(days=32)).replace(day=collection_day)


def mandate_acceptance(accepted_at: datetime, evidence_id: str, *, on_paper: bool) -> Body:
    """Return the authority; who isn't the only person needed goes the paper route (P23)."""
    channel = {"sole_signatory": not on_paper, "channel": "paper" if on_paper else "online"}
    return {**channel, **evidence(accepted_at, evidence_id)}


def terms_acceptance(acceptance: TermsAcceptance) -> Body:
    """Return what an acceptance of the platform's and of the product terms have in common."""
    return {
        "documents": [{**item.model_dump(), "version": str(item.version)} for item in acceptance.documents],
        **evidence(acceptance.accepted_at, acceptance.evidence_id),
    }


def evidence(accepted_at: datetime, evidence_id: str) -> Body:
    """Return when something was accepted, and where the proof is."""
    return {"accepted_at": accepted_at.isoformat(), "evidence_reference": evidence_id}


def _address(address: Address) -> Body:
    return {
        "line1": address.line_1,
        "line2": address.line_2 or None,
        "town_city": address.town_city,
        "county": address.county or None,
        "postcode": address.postcode,
        "country": address.country,
    }


def _proposal(proposed: Illustration | AccountDetails, debit: DirectDebit | None) -> Body:
    return {
        "name": proposed.name,
        "investment_strategy": {"name": proposed.investment_strategy, "code": None},
        "contributions": [_contribution(item, debit) for item in proposed.contributions],
        "charges": proposed.charges.model_dump(),
    }


def _contribution(contribution: Contribution, debit: DirectDebit | None) -> Body:
    is_collected = debit is not None and (debit.amount_pence, debit.frequency) == (
        contribution.amount_pence,
        contribution.frequency,
    )
    frequency = _REPEATED.get(contribution.frequency)
    return {
        "type": "single" if frequency is None else "regular",
        "amount_pence": contribution.amount_pence,
        "frequency": frequency,
        "method": "direct_debit" if is_collected else "bank_transfer",
    }
