"""Who may take part in an account: how many people, in which roles, of which age (P30, P31, P33)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from domain.ages import birthday, earliest_pension_access
from domain.applicants import AccountFacts, Finding, PartyFacts, about, in_words
from domain.journey import Wrapper
from domain.rules import Rules
from domain.tax_year import tax_year_end
from domain.wrappers import wrapper_words


def number_refusals(
    parties: Sequence[PartyFacts], account: AccountFacts, today: date, rules: Rules
) -> Iterator[Finding]:
    """Yield what is wrong with the number of people and their roles (P30, P31)."""
    if account.wrapper is Wrapper.JISA:
        yield from _jisa_number(parties)
        return
    for party in parties:
        if party.role != "holder":
            yield about(
                party,
                "role_not_served",
                "{who} has no part in this account: only a Junior ISA has a child and a registered contact. "
                "Enter everyone who will own the account as a holder, or choose the Junior ISA.",
                "role",
            )
    holders = [party.person_id for party in parties if party.role == "holder"]
    if not holders:
        yield Finding("holder_missing", "The account has no holder. Enter the person who will own it.")
    if len(set(holders)) < len(holders):
        yield Finding("same_person_twice", "One person is entered twice as a holder. Remove one of the two entries.")
    yield from _holders(len(holders), account.wrapper, today, rules)


def _holders(number: int, wrapper: Wrapper, today: date, rules: Rules) -> Iterator[Finding]:
    if number > 1 and wrapper is not Wrapper.GIA:
        yield Finding(
            "joint_not_allowed",
            f"A {wrapper_words(wrapper)} belongs to one person alone by law. Open one for each person, or choose a "
            "general investment account, which can be held jointly.",
        )
    elif number > (most := rules.whole("gia.maximum_holders", today)):
        yield Finding(
            "too_many_holders",
            f"A general investment account can have up to {most} holders on the platform, and {number} are entered. "
            "Remove holders, or ask the platform about a trust.",
        )


def _jisa_number(parties: Sequence[PartyFacts]) -> Iterator[Finding]:
    if sorted(party.role for party in parties) != ["child", "registered_contact"]:
        yield Finding(
            "jisa_parties",
            "A Junior ISA has exactly one child, who holds it, and one registered contact, who acts for the child. "
            "Enter both and nobody else; a child who applies alone is entered as both.",
        )


def birth_refusals(parties: Sequence[PartyFacts], today: date) -> Iterator[Finding]:
    """Yield every date of birth that cannot be right."""
    births = {(party.person_id, party.date_of_birth) for party in parties if party.date_of_birth is not None}
    for person_id in sorted({person_id for person_id, _ in births}):
        if sum(person_id == other for other, _ in births) > 1:
            yield Finding(
                "dates_of_birth_differ",
                "One person is entered with two dates of birth. Correct the one that is wrong.",
                person_id,
                "date_of_birth",
            )
    for party in parties:
        if party.date_of_birth is not None and party.date_of_birth > today:
            yield about(
                party,
                "date_of_birth_in_future",
                "{who} has a date of birth in the future. Correct it; nothing can be opened before a person is born.",
                "date_of_birth",
            )


def age_refusals(parties: Iterable[PartyFacts], account: AccountFacts, today: date, rules: Rules) -> Iterator[Finding]:
    """Yield who is too young or too old for their part (P31, P33)."""
    parties = list(parties)
    children = {party.person_id for party in parties if party.role == "child"}
    for party in parties:
        age = party.age(today)
        if age is None:
            continue
        match account.wrapper, party.role:
            case ((Wrapper.GIA | Wrapper.ISA), "holder"):
                yield from _adult(party, account.wrapper, today, rules)
            case Wrapper.SIPP, "holder" if age < (adult := rules.whole("pension.member_manages_from_age", today)):
                yield about(
                    party,
                    "pension_of_a_child",
                    f"{{who}} is under {adult}, so a parent or guardian has to open and manage the pension, which is "
                    "not possible here. Create the account in the platform.",
                    "date_of_birth",
                )
            case Wrapper.JISA, "child" if age >= (limit := rules.whole("jisa.child_below_age", today)):
                yield about(
                    party,
                    "child_too_old",
                    f"{{who}} is {limit} or over, and a Junior ISA can only be opened before that birthday. "
                    "Open a stocks and shares ISA in the person's own name.",
                    "date_of_birth",
                )
            case Wrapper.JISA, "registered_contact":
                key = "child_may_apply_from_age" if party.person_id in children else "contact_minimum_age"
                if age < (least := rules.whole(f"jisa.{key}", today)):
                    yield about(
                        party,
                        "contact_too_young",
                        f"{{who}} is under {least}, the age from which one can act for a Junior ISA. Enter an adult "
                        "with parental responsibility for the child.",
                        "date_of_birth",
                    )


def _adult(party: PartyFacts, wrapper: Wrapper, today: date, rules: Rules) -> Iterator[Finding]:
    least = rules.whole(f"{wrapper}.minimum_age", today)
    assert party.date_of_birth is not None
    of_age = birthday(party.date_of_birth, least)
    # An ISA may be applied for in the whole tax year of the birthday.
    latest = tax_year_end(today) if wrapper is Wrapper.ISA else today
    if of_age > latest:
        yield about(
            party,
            "too_young",
            f"{{who}} is under {least}, the youngest age for a {wrapper_words(wrapper)}. "
            f"Wait until {in_words(of_age)}, or open a Junior ISA through a registered contact.",
            "date_of_birth",
        )


def age_warnings(parties: Iterable[PartyFacts], account: AccountFacts, today: date, rules: Rules) -> Iterator[Finding]:
    """Yield what the adviser should know because of somebody's age (P32, P33)."""
    for party in parties:
        if party.role != "holder" or party.date_of_birth is None:
            continue
        if account.wrapper is Wrapper.ISA:
            of_age = birthday(party.date_of_birth, rules.whole("isa.minimum_age", today))
            if today < of_age <= tax_year_end(today):
                yield about(
                    party,
                    "isa_from_birthday",
                    f"{{who}} comes of age for an ISA on {in_words(of_age)}, in this tax year. The application can be "
                    "prepared now; the declaration can be made and money paid in only from that day.",
                    "date_of_birth",
                )
        if account.wrapper is Wrapper.SIPP and party.retirement_age is not None:
            yield from _retirement(party, party.date_of_birth, party.retirement_age, today, rules)


def _retirement(party: PartyFacts, born: date, wanted: int, today: date, rules: Rules) -> Iterator[Finding]:
    retires = birthday(born, wanted)
    if retires <= today:
        yield about(
            party,
            "retirement_age_passed",
            "{who} has reached the retirement age entered already. Check it: the illustration is calculated up to it.",
            "retirement_age",
        )
    elif (earliest := earliest_pension_access(born, retires, rules)) > retires:
        yield about(
            party,
            "retirement_before_minimum_age",
            f"{{who}} can draw the pension from {in_words(earliest)} at the earliest, unless a protected pension age "
            "applies. Check the protection, or enter a later retirement age.",
            "retirement_age",
        )


def jisa_refusals(parties: Iterable[PartyFacts], account: AccountFacts) -> Iterator[Finding]:
    """Yield what forbids this registered contact, or another Junior ISA for this child (P31)."""
    if account.wrapper is not Wrapper.JISA:
        return
    if account.already_holds_jisa:
        yield Finding(
            "jisa_exists",
            "The child has a stocks and shares Junior ISA, and can have only one of them, for life. "
            "Transfer the existing one in the platform instead of opening another.",
            field="already_holds_jisa",
        )
    children = {party.person_id for party in parties if party.role == "child"}
    for party in parties:
        # A child that is old enough applies without anybody's responsibility; the age is checked with the contact's.
        applies_alone = party.person_id in children
        if party.role == "registered_contact" and account.parental_responsibility is False and not applies_alone:
            yield about(
                party,
                "parental_responsibility_missing",
                "{who} has no parental responsibility for the child, without which nobody but the child can apply. "
                "Enter a person who has it, or the child as its own contact if old enough.",
                "parental_responsibility",
            )


def jisa_warnings(parties: Iterable[PartyFacts], account: AccountFacts, today: date, rules: Rules) -> Iterator[Finding]:
    """Yield the way a Child Trust Fund has to take; nobody is refused for the date of birth alone (P31)."""
    if account.wrapper is not Wrapper.JISA or not account.child_trust_fund_held:
        return
    first = rules.day("jisa.no_child_trust_fund_if_born_from", today)
    for party in parties:
        if party.role != "child":
            continue
        if party.date_of_birth is not None and party.date_of_birth >= first:
            yield about(
                party,
                "child_trust_fund_unlikely",
                f"Children born from {in_words(first)} on were never given a Child Trust Fund, yet one is entered. "
                "Check the answer and the date of birth.",
                "child_trust_fund_held",
            )
        else:
            yield about(
                party,
                "child_trust_fund_transfer",
                "{who} has a Child Trust Fund, and nobody can have both. The Junior ISA can be opened only to take "
                "over the whole of it: key the transfer in the platform, which closes the Child Trust Fund.",
                "child_trust_fund_held",
            )
