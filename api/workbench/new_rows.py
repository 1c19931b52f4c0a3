"""The answers of a new journey as rows to check, each with the field that changes it (A3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from api.web.wording import day, pounds
from api.workbench.account_forms import account_rows
from api.workbench.details_forms import PersonForm
from api.workbench.details_words import NAMES, full_name, in_words
from api.workbench.new_accounts import CHOSEN
from api.workbench.new_plan import ILLUSTRATED, REFERENCE, Plan, PlannedAccount
from domain.journey import Wrapper

_PICKED: Final = {"client": "Client", "second": "Second holder", "contact": "Registered contact"}
_ANSWERS: Final = {
    "child_trust_fund_held": "The child has a Child Trust Fund",
    "parental_responsibility": "The contact has parental responsibility",
    "already_holds_jisa": "The child has a stocks and shares Junior ISA already",
}
_LAST_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Row:
    """An answer: the field that changes it, on which page, its label and its words.

    Attributes:
        field: The first control of the answer.
        page: The page that the field is on.
        label: What the answer is called.
        words: The answer.
        new: Whether the adviser keyed it here, apart from what was known.
    """

    field: str
    page: Literal["who", "account"]
    label: str
    words: str
    new: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under one heading."""

    title: str
    rows: list[Row]


def sections_of(plan: Plan) -> list[Section]:
    """Return everything that will be submitted."""
    sections = [Section("Journey", list(_choice(plan)))]
    sections += [Section(full_name(plan.details_of(one)) or one.role, list(_person(plan, one))) for one in plan.people]
    sections += [Section(one.kind.title, list(_account(one))) for one in plan.accounts]
    return sections


def row_of(sections: list[Section], field: str) -> str:
    """Return the row to look at for a field; empty when it has none."""
    rows = [row.field for section in sections for row in section.rows]
    stem = field.rpartition(".")[0]
    of_same_part = [row for row in rows if stem and stem.count(".") > 1 and row.startswith(f"{stem}.")]
    return next((row for row in rows if row == field), of_same_part[0] if of_same_part else "")


def _choice(plan: Plan) -> Iterator[Row]:
    for party in plan.choice.parties:
        link = "linked to the platform" if party.person.platform_client else "not on the platform yet"
        yield Row(f"{party.picker}.find", "who", _PICKED[party.picker], f"{party.name}, {link}")
    yield Row(CHOSEN, "who", "Accounts", ", ".join(kind.title for kind in plan.choice.kinds))
    starts = "With an illustration" if plan.choice.illustrated else "At the application, without an illustration"
    yield Row(ILLUSTRATED, "who", "Starts", starts)
    yield Row(REFERENCE, "who", "Your reference", plan.choice.reference)


def _person(plan: Plan, person: PersonForm) -> Iterator[Row]:
    given = next(form for form in plan.given if form.person_id == person.person_id)
    details, changed = plan.details_of(person), given.details.given()
    for name in NAMES:
        words = in_words(name, details)
        if words:
            field = person.field(name)
            yield Row(field, "account", NAMES[name], words, new=name in changed)
    if person.bank != "none":
        bank = given.bank_details
        ending = "•" * _LAST_DIGITS + (bank.account_number[-_LAST_DIGITS:] if bank else "")
        words = f"{bank.account_holder}, account {ending}" if bank else "The client gives it in the portal"
        yield Row(f"{person.prefix}bank_details.account_holder", "account", "Bank account", words, new=bank is not None)


def _account(planned: PlannedAccount) -> Iterator[Row]:
    at = planned.kind.form.prefix
    for field, label, words in account_rows(planned.account):
        yield Row(at + field, "account", label, words)
    if planned.illustration is not None:
        years = planned.illustration.plan_length_years
        yield Row(f"{at}plan_length_years", "account", "Length of the plan", f"{years} year{'' if years == 1 else 's'}")
    yield from _answers(planned)


def _answers(planned: PlannedAccount) -> Iterator[Row]:
    at, answers, kind = planned.kind.form.prefix, planned.answers, planned.kind
    if kind.wrapper is Wrapper.JISA:
        for name, label in _ANSWERS.items():
            known = getattr(answers, name)
            yield Row(at + name, "account", label, "Not known" if known is None else "Yes" if known else "No")
    if kind.wrapper is Wrapper.SIPP:
        earned, since = answers.relevant_earnings_pence, answers.flexibly_accessed_on
        yield Row(
            f"{at}relevant_earnings", "account", "Relevant earnings", "Not known" if earned is None else pounds(earned)
        )
        accessed = f"Since {day(since)}" if since else "Not that is known"
        yield Row(f"{at}flexibly_accessed_on", "account", "A pension drawn flexibly", accessed)
    if kind.has_allowance:
        planned_words = pounds(answers.paid_in_this_tax_year_pence)
        yield Row(f"{at}paid_in_this_tax_year", "account", "Paid in before 6 April", planned_words)
    if kind.is_isa and answers.crown_servant_or_spouse:
        yield Row(f"{at}crown_servant_or_spouse", "account", "Crown servant overseas, or family of one", "Yes")
