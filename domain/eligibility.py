"""Whether an account may be opened for these people, checked before anything is created (P1, P2, P30-P33)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from domain.allowances import payment_refusals, payment_warnings
from domain.applicants import AccountFacts, Assessment, Finding, PartyFacts, Role
from domain.journey import Wrapper
from domain.residence import (
    nino_applies,
    nino_refusals,
    nino_warnings,
    residence_refusals,
    residence_warnings,
)
from domain.rules import Rules
from domain.taking_part import (
    age_refusals,
    age_warnings,
    birth_refusals,
    jisa_refusals,
    jisa_warnings,
    number_refusals,
)

__all__ = [
    "AccountFacts",
    "Assessment",
    "Direction",
    "Finding",
    "PartyFacts",
    "Role",
    "assess",
    "cancellation_ends",
    "needs_statement",
    "nino_applies",
    "refused_account_type",
    "required_details",
    "statement_correction_ends",
]


@dataclass(frozen=True)
class Direction:
    """An account type that is not opened here, and where to go instead (P2)."""

    code: str
    sentence: str


_IN_THE_PLATFORM: Final = "is not opened here. Create it in the platform"
_APPEARS_AS_GIA: Final = (
    "; it then appears in Plannr by itself as a general investment account, where you can correct the plan's type."
)
_NEVER_SYNCS: Final = "; it is not carried over to Plannr, so enter the plan there yourself."
_REFUSED: Final = {
    "tpsipp": Direction("tpsipp", f"A third-party SIPP (TPSIPP) {_IN_THE_PLATFORM}{_APPEARS_AS_GIA}"),
    "tpofb": Direction("tpofb", f"A third-party offshore bond (TPOFB) {_IN_THE_PLATFORM}{_APPEARS_AS_GIA}"),
    "corporate": Direction("corporate", f"A corporate account {_IN_THE_PLATFORM}{_NEVER_SYNCS}"),
    "trust": Direction("trust", f"A trust account {_IN_THE_PLATFORM}{_NEVER_SYNCS}"),
}

_OF_EVERYBODY: Final = frozenset({"title", "first_name", "last_name", "date_of_birth", "nationality", "address"})
_OF_WHO_ACTS: Final = frozenset({"email", "mobile", "tax_residences", "us_person"})
_OF_A_MEMBER: Final = frozenset({"marital_status", "employment_status", "retirement_age"})
_NINO: Final = "national_insurance_number"


def assess(parties: Sequence[PartyFacts], account: AccountFacts, today: date, rules: Rules) -> Assessment:
    """Find everything that forbids this account, or that the adviser should know before it is applied for (P33).

    What is not known yet is never refused: the form asks for it, and the assessment is made again with the answer.

    Args:
        parties: everyone who takes part; a child that is its own registered contact is listed as both.
        account: what is known of the account.
        today: the day in London; the rules of this day hold.
        rules: the dated rules table.
    """
    parties = _with_shared_birthdays(parties)
    holder_age = next((party.age(today) for party in parties if party.role == "holder"), None)
    refusals = (
        *number_refusals(parties, account, today, rules),
        *birth_refusals(parties, today),
        *age_refusals(parties, account, today, rules),
        *jisa_refusals(parties, account),
        *residence_refusals(parties, account),
        *nino_refusals(parties, account, today, rules),
        *payment_refusals(account, today, rules),
    )
    warnings = (
        *age_warnings(parties, account, today, rules),
        *jisa_warnings(parties, account, today, rules),
        *residence_warnings(parties, account),
        *nino_warnings(parties),
        *payment_warnings(account, holder_age, today, rules),
    )
    return Assessment(refusals, warnings)


def _with_shared_birthdays(parties: Sequence[PartyFacts]) -> list[PartyFacts]:
    births: dict[str, set[date]] = {}
    for party in parties:
        if party.date_of_birth is not None:
            births.setdefault(party.person_id, set()).add(party.date_of_birth)
    known = {person_id: days.pop() for person_id, days in births.items() if len(days) == 1}
    return [replace(party, date_of_birth=party.date_of_birth or known.get(party.person_id)) for party in parties]


def refused_account_type(code: str) -> Direction | None:
    """Return where to open an account of a type that is not served here, or None for any other code (P2).

    Args:
        code: `tpsipp`, `tpofb`, `corporate` or `trust`, in any case.
    """
    return _REFUSED.get(code.strip().lower())


def required_details(wrapper: Wrapper, role: Role, *, nino: bool | None = None) -> frozenset[str]:
    """Return the names of the fields of `PersonDetails` that have to be known before the application (P32, P33).

    Args:
        wrapper: the wrapper of the account.
        role: what the person is to the account.
        nino: whether a National Insurance number has to be given, as `nino_applies` says of a person who is known;
            None is the usual case: everyone but the child of a Junior ISA.
    """
    required = set(_OF_EVERYBODY)
    if role != "child":
        required |= _OF_WHO_ACTS
    if wrapper is Wrapper.SIPP:
        required |= _OF_A_MEMBER
    if nino or (nino is None and role != "child"):
        required.add(_NINO)
    return frozenset(required)


def needs_statement(wrapper: Wrapper) -> bool:
    """Whether the platform's statement of data and declarations goes out, to be corrected in time (P32).

    An application online is *not in writing* for a pension, which makes the statement necessary.
    """
    return wrapper is Wrapper.SIPP


def statement_correction_ends(sent_on: date, rules: Rules) -> date:
    """Return the last day on which the member can correct a pension's statement sent on a day in London (P32)."""
    return sent_on + timedelta(days=rules.whole("pension.statement_correction_days", sent_on))


def cancellation_ends(wrapper: Wrapper, contract_on: date, terms_received_on: date, rules: Rules) -> date:
    """Return the last day on which the client can cancel (FCA Handbook, COBS 15.2).

    The period runs from the later of the two days, which itself does not count.

    Args:
        wrapper: the wrapper of the account.
        contract_on: the day in London on which the contract was made.
        terms_received_on: the day in London on which the client received the terms.
        rules: the dated rules table.
    """
    begins = max(contract_on, terms_received_on)
    return begins + timedelta(days=rules.whole(f"cancellation.{wrapper}_days", begins))
