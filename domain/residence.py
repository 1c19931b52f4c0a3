"""Residence, United States status and National Insurance numbers (P33).

Sources: ISA Regulations 1998 (regulations 10 to 12A), the Relief at Source Regulations 2005 (regulation 4) and HMRC's
International Exchange of Information Manual (IEIM403140): a self-certification is tested against the rest of the file.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from domain.applicants import UNITED_KINGDOM, AccountFacts, Finding, PartyFacts, about
from domain.journey import Wrapper
from domain.rules import Rules

_CROWN_DEPENDENCIES: Final = frozenset({"JE", "GY", "IM"})
_UNITED_STATES: Final = "US"
_FOR_RESIDENTS: Final = frozenset({Wrapper.ISA, Wrapper.JISA})


def residence_refusals(parties: Iterable[PartyFacts], account: AccountFacts) -> Iterator[Finding]:
    """Yield who owns the account and lives in the wrong place for it, which a link to the Crown makes up for (P33)."""
    if account.crown_servant_or_spouse:
        return
    for party in parties:
        # The contact of a Junior ISA acts for it and does not own it.
        if party.role != "registered_contact":
            yield from _wrong_place(party, account.wrapper)


def _wrong_place(party: PartyFacts, wrapper: Wrapper) -> Iterator[Finding]:
    taxed_elsewhere = bool(party.tax_residences) and UNITED_KINGDOM not in party.tax_residences
    lives_elsewhere = party.address_country not in {None, UNITED_KINGDOM}
    only_for_residents = wrapper in _FOR_RESIDENTS
    field = "address" if lives_elsewhere else "tax_residences"
    places = {party.address_country} if lives_elsewhere else set(party.tax_residences)
    if only_for_residents and (lives_elsewhere or taxed_elsewhere):
        if places & _CROWN_DEPENDENCIES:
            yield about(
                party,
                "crown_dependency",
                "{who} is resident in Jersey, Guernsey or the Isle of Man, which are not part of the United Kingdom, "
                "and ISAs are for residents of the United Kingdom. Choose another account, or correct the residence.",
                field,
            )
        else:
            yield about(
                party,
                "not_uk_resident",
                "{who} is not resident in the United Kingdom, and ISAs are for its residents, Crown servants overseas "
                "and their spouses or civil partners. Say so if one of these applies, or choose another account.",
                field,
            )
    elif lives_elsewhere:
        yield about(
            party,
            "address_outside_uk",
            "{who} has a permanent address outside the United Kingdom, which the platform does not take here; Jersey, "
            "Guernsey and the Isle of Man are outside. Ask the platform whether it can open the account.",
            field,
        )


def residence_warnings(parties: Iterable[PartyFacts], account: AccountFacts) -> Iterator[Finding]:
    """Yield where a person's answers about residence contradict each other or have consequences (P33)."""
    for party in parties:
        if party.role == "child":
            continue
        yield from _tax_residence(party, account)
        yield from _united_states(party)


def _tax_residence(party: PartyFacts, account: AccountFacts) -> Iterator[Finding]:
    taxed_here_alone = set(party.tax_residences) == {UNITED_KINGDOM}
    if party.address_country not in {None, UNITED_KINGDOM} and taxed_here_alone and not account.crown_servant_or_spouse:
        yield about(
            party,
            "residence_conflict",
            "{who} lives abroad and is said to be tax resident in the United Kingdom alone. Check both with the "
            "client: the self-certification has to fit the address.",
            "tax_residences",
        )
    taxed_elsewhere = bool(party.tax_residences) and UNITED_KINGDOM not in party.tax_residences
    if taxed_elsewhere and account.wrapper not in _FOR_RESIDENTS:
        yield about(
            party,
            "not_uk_tax_resident",
            "{who} is not tax resident in the United Kingdom. Check what the account means for tax there, and whether "
            "contributions to a pension get any relief.",
            "tax_residences",
        )


def _united_states(party: PartyFacts) -> Iterator[Finding]:
    taxed_there = _UNITED_STATES in party.tax_residences
    points_there = taxed_there or _UNITED_STATES in {party.nationality, party.address_country}
    if party.us_person is False and points_there:
        yield about(
            party,
            "us_status_conflict",
            "{who} is said not to be a United States person, but nationality, address or tax residence points there. "
            "Clear it up with the client before you send the application: the platform must test the statement.",
            "us_person",
        )
    if party.us_person:
        yield about(
            party,
            "us_person",
            "{who} is a United States person: the account is reported there, and many investments are taxed harshly. "
            "Have their United States tax number ready, and make sure that they have taken tax advice.",
            "us_person",
        )
    if party.us_person and party.tax_residences and not taxed_there:
        yield about(
            party,
            "us_tax_residence_missing",
            "{who} is a United States person, but the United States are missing among the tax residences. "
            "Citizens are taxed there wherever they live: add it, or correct the answer.",
            "tax_residences",
        )


def nino_applies(wrapper: Wrapper, party: PartyFacts, today: date, rules: Rules) -> bool:
    """Whether this person has to give a National Insurance number, or declare that none can be had (P33).

    For a person of an age that is not known yet the answer is the one for an adult, but for the child of a Junior ISA.
    """
    if party.nino_declared_not_eligible:
        return False
    age = party.age(today)
    match wrapper, party.role:
        case Wrapper.JISA, "child":
            return age is not None and age >= rules.whole("jisa.nino_from_age", today)
        case Wrapper.SIPP, _:
            abroad = bool(party.tax_residences) and UNITED_KINGDOM not in party.tax_residences
            foreigner = party.nationality not in {None, UNITED_KINGDOM}
            old_enough = age is None or age >= rules.whole("pension.nino_from_age", today)
            return old_enough and not (abroad and foreigner)
        case Wrapper.GIA, _:
            return party.has_nino is not False
        case _:
            return True


def nino_refusals(parties: Iterable[PartyFacts], account: AccountFacts, today: date, rules: Rules) -> Iterator[Finding]:
    """Yield who has no National Insurance number although they could get one, where the wrapper needs it (P33)."""
    for party in parties:
        could_have_one = party.has_nino is False and party.nino_declared_not_eligible is False
        if could_have_one and nino_applies(account.wrapper, party, today, rules):
            yield about(
                party,
                "nino_missing",
                "{who} has no National Insurance number and may be eligible for one, without which the account cannot "
                "be opened. The client applies for one on GOV.UK first, or declares not to be eligible.",
                "national_insurance_number",
            )


def nino_warnings(parties: Iterable[PartyFacts]) -> Iterator[Finding]:
    """Yield whose answers about the National Insurance number contradict each other (P33)."""
    for party in parties:
        if party.has_nino and party.nino_declared_not_eligible:
            yield about(
                party,
                "nino_conflict",
                "{who} has a National Insurance number and declares not to be eligible for one. "
                "Remove whichever is wrong.",
                "national_insurance_number",
            )
