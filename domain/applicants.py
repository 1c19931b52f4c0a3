"""What is known of the people and the account before anything is created, and what is found about it (P33)."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from domain.ages import age_on
from domain.journey import Wrapper

Role = Literal["holder", "child", "registered_contact"]
"""What a person is to the account; a Junior ISA has a child and a registered contact, the others have holders."""

UNITED_KINGDOM: Final = "GB"
"""ISO 3166 alpha-2; Jersey, Guernsey and the Isle of Man have codes of their own and are not part of it."""

ROLE_WORDS: Final[dict[Role, str]] = {
    "holder": "This holder",
    "child": "The child",
    "registered_contact": "The registered contact",
}
"""How a sentence about a person begins; sentences never hold a name."""


@dataclass(frozen=True)
class PartyFacts:
    """What is known of one person so far; None, or no tax residence, is *not known yet* and is never refused.

    Attributes:
        person_id: who it is; a child that applies for their own Junior ISA is both parties of it.
        role: what the person is to the account.
        date_of_birth: the day of birth.
        nationality: ISO 3166 alpha-2.
        tax_residences: the countries of tax residence, ISO 3166 alpha-2.
        us_person: whether the person says to be a citizen or resident of the United States.
        address_country: the country of the permanent address, ISO 3166 alpha-2.
        has_nino: whether a National Insurance number is known.
        nino_declared_not_eligible: whether the person declares not to be eligible for a National Insurance number.
        marital_status: in the words of the form.
        employment_status: in the words of the form.
        retirement_age: the age at which the person wants to draw the pension, in whole years.
    """

    person_id: str
    role: Role = "holder"
    date_of_birth: date | None = None
    nationality: str | None = None
    tax_residences: tuple[str, ...] = ()
    us_person: bool | None = None
    address_country: str | None = None
    has_nino: bool | None = None
    nino_declared_not_eligible: bool | None = None
    marital_status: str | None = None
    employment_status: str | None = None
    retirement_age: int | None = None

    def age(self, today: date) -> int | None:
        """Return the person's age in whole years, or None while the date of birth is not known."""
        return None if self.date_of_birth is None else age_on(self.date_of_birth, today)


@dataclass(frozen=True)
class AccountFacts:
    """What is known of the account to be opened; None is *not known yet* and is never refused.

    Attributes:
        wrapper: the wrapper.
        paid_in_this_tax_year_pence: what is planned to be paid in during the current tax year; into a pension, what the
            member pays before basic rate relief is added.
        relevant_earnings_pence: the pension member's relevant United Kingdom earnings of the tax year.
        flexibly_accessed_on: the day on which the member first drew a pension flexibly; None when never, or not known.
        child_trust_fund_held: whether the child holds a Child Trust Fund.
        parental_responsibility: whether the registered contact has parental responsibility for the child.
        already_holds_jisa: whether the child holds a stocks and shares Junior ISA already.
        crown_servant_or_spouse: whether the holder or child is a Crown servant overseas, or is married to, in a civil
            partnership with, or a dependant of one, which stands in for residence in the United Kingdom.
    """

    wrapper: Wrapper
    paid_in_this_tax_year_pence: int = 0
    relevant_earnings_pence: int | None = None
    flexibly_accessed_on: date | None = None
    child_trust_fund_held: bool | None = None
    parental_responsibility: bool | None = None
    already_holds_jisa: bool | None = None
    crown_servant_or_spouse: bool = False


@dataclass(frozen=True)
class Finding:
    """Something that stands against opening the account, or that the adviser should know (P33).

    Attributes:
        code: the stable name of the case, for programs.
        sentence: what is wrong, why, and what to do, for the adviser; without personal data.
        person_id: whom it is about, or None when it is about the account.
        field: the field to look at, as `PartyFacts` or `AccountFacts` names it, or None when there is not one alone.
    """

    code: str
    sentence: str
    person_id: str | None = None
    field: str | None = None


@dataclass(frozen=True)
class Assessment:
    """What was found about an application before anything is created (P33).

    Attributes:
        refusals: what forbids to open the account; nothing may be created while there is one.
        warnings: what the adviser should know or check.
    """

    refusals: tuple[Finding, ...]
    warnings: tuple[Finding, ...]

    @property
    def eligible(self) -> bool:
        """Whether nothing forbids to open the account."""
        return not self.refusals


def about(party: PartyFacts, code: str, sentence: str, field: str | None = None) -> Finding:
    """Return a finding about a person; `{who}` in the sentence becomes who that is to the account."""
    return Finding(code, sentence.format(who=ROLE_WORDS[party.role]), party.person_id, field)


def in_words(day: date) -> str:
    """Return a day as it is written in a sentence, e.g. `6 April 2027`."""
    return f"{day.day} {day:%B %Y}"


def in_pounds(pence: int) -> str:
    """Return an amount as it is written in a sentence, e.g. `£20,000` or `£20,000.01`."""
    pounds, rest = divmod(pence, 100)
    return f"£{pounds:,}.{rest:02d}" if rest else f"£{pounds:,}"
