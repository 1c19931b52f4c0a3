"""Who may open which account: numbers, roles, ages, and the parties of a Junior ISA."""

from datetime import date
from typing import Any

import pytest

from domain.eligibility import AccountFacts, Assessment, PartyFacts, Role, assess
from domain.journey import Wrapper
from domain.rules import load_rules

TODAY = date(2026, 11, 23)
RULES = load_rules()
ADULT = date(1978, 4, 12)
ELIGIBLE: tuple[list[str], list[str]] = ([], [])


def person(person_id: str = "p1", born: date | None = ADULT, role: Role = "holder", **known: Any) -> PartyFacts:
    """Return a person of whom only this is known."""
    return PartyFacts(person_id, role, born, **known)


def codes(assessment: Assessment) -> tuple[list[str], list[str]]:
    """Return the codes of the refusals and of the warnings."""
    return [found.code for found in assessment.refusals], [found.code for found in assessment.warnings]


def found(wrapper: Wrapper, *parties: PartyFacts, today: date = TODAY, **account: Any) -> tuple[list[str], list[str]]:
    """Return the codes of what is found for an account of these people."""
    return codes(assess(parties, AccountFacts(wrapper, **account), today, RULES))


def jisa(born: date | None, *, contact_born: date | None = ADULT, **account: Any) -> tuple[list[str], list[str]]:
    """Return the codes for a Junior ISA of a child and another person as its contact."""
    child, contact = person("child", born, "child"), person("parent", contact_born, "registered_contact")
    return found(Wrapper.JISA, child, contact, **account)


@pytest.mark.rule("P1", "P30", "P33")
@pytest.mark.parametrize("wrapper", [Wrapper.SIPP, Wrapper.GIA, Wrapper.ISA])
def test_one_adult_can_open_each_account_of_one_person(wrapper: Wrapper) -> None:
    """Nothing is found against the plain case."""
    assert found(wrapper, person()) == ELIGIBLE


@pytest.mark.rule("P30", "P33")
@pytest.mark.parametrize(("number", "refused"), [(1, []), (2, []), (4, []), (5, ["too_many_holders"])])
def test_a_general_investment_account_can_be_joint(number: int, refused: list[str]) -> None:
    """The rules table says how many may own it."""
    assert found(Wrapper.GIA, *(person(f"p{n}") for n in range(number))) == (refused, [])


@pytest.mark.rule("P30", "P33")
@pytest.mark.parametrize("wrapper", [Wrapper.SIPP, Wrapper.ISA])
def test_no_other_account_can_be_joint(wrapper: Wrapper) -> None:
    """Pensions and ISAs belong to one person."""
    assert found(wrapper, person("p1"), person("p2")) == (["joint_not_allowed"], [])


@pytest.mark.rule("P33")
def test_an_account_needs_a_holder_and_nobody_twice() -> None:
    """Both mistakes are told."""
    assert found(Wrapper.GIA) == (["holder_missing"], [])
    assert found(Wrapper.GIA, person("p1"), person("p1")) == (["same_person_twice"], [])


@pytest.mark.rule("P31", "P33")
@pytest.mark.parametrize("role", ["child", "registered_contact"])
def test_only_a_junior_isa_has_children_and_contacts(role: Role) -> None:
    """They have no part in any other account."""
    refusals = assess([person(), person("p2", ADULT, role)], AccountFacts(Wrapper.GIA), TODAY, RULES).refusals

    assert [(refusal.code, refusal.person_id, refusal.field) for refusal in refusals] == [
        ("role_not_served", "p2", "role"),
    ]


@pytest.mark.rule("P31")
@pytest.mark.parametrize(
    "roles",
    [
        [],
        ["holder"],
        ["child"],
        ["registered_contact"],
        ["child", "child", "registered_contact"],
        ["child", "registered_contact", "registered_contact"],
        ["child", "registered_contact", "holder"],
    ],
)
def test_a_junior_isa_has_exactly_one_child_and_one_contact(roles: list[Role]) -> None:
    """Neither more nor fewer, and no holder beside them."""
    parties = [person(f"p{number}", None, role) for number, role in enumerate(roles)]

    assert found(Wrapper.JISA, *parties)[0] == ["jisa_parties"]


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("wrapper", "born", "refused", "warned"),
    [
        (Wrapper.GIA, date(2008, 11, 23), [], []),
        (Wrapper.GIA, date(2008, 11, 24), ["too_young"], []),
        (Wrapper.ISA, date(2008, 11, 23), [], []),
        (Wrapper.ISA, date(2008, 11, 24), [], ["isa_from_birthday"]),
        (Wrapper.ISA, date(2009, 4, 5), [], ["isa_from_birthday"]),
        (Wrapper.ISA, date(2009, 4, 6), ["too_young"], []),
        (Wrapper.SIPP, date(2008, 11, 23), [], []),
        (Wrapper.SIPP, date(2008, 11, 24), ["pension_of_a_child"], []),
    ],
)
def test_holders_are_old_enough(wrapper: Wrapper, born: date, refused: list[str], warned: list[str]) -> None:
    """On the birthday a person is; an ISA can be prepared in the tax year of it."""
    assert found(wrapper, person(born=born)) == (refused, warned)


@pytest.mark.rule("P30", "P33")
def test_each_joint_holder_is_looked_at() -> None:
    """The refusal names whom it is about."""
    refusals = assess([person("p1"), person("p2", date(2010, 1, 1))], AccountFacts(Wrapper.GIA), TODAY, RULES).refusals

    assert [(refusal.code, refusal.person_id, refusal.field) for refusal in refusals] == [
        ("too_young", "p2", "date_of_birth"),
    ]
    assert "1 January 2028" in refusals[0].sentence


@pytest.mark.rule("P33")
def test_nobody_is_born_in_the_future() -> None:
    """A slip of the century is told as what it is."""
    assert "date_of_birth_in_future" in found(Wrapper.GIA, person(born=date(2078, 4, 12)))[0]


@pytest.mark.rule("P33")
def test_nobody_is_born_twice() -> None:
    """A child that is its own contact has one date of birth."""
    child, contact = person("c", date(2009, 1, 1), "child"), person("c", date(2009, 1, 2), "registered_contact")

    assert found(Wrapper.JISA, child, contact) == (["dates_of_birth_differ"], [])


@pytest.mark.rule("P31", "P33")
@pytest.mark.parametrize(
    ("born", "trust_fund", "refused", "warned"),
    [
        (date(2010, 5, 1), False, [], []),
        (date(2010, 5, 1), True, [], ["child_trust_fund_transfer"]),
        (date(2010, 5, 1), None, [], []),
        (date(2011, 1, 2), True, [], ["child_trust_fund_transfer"]),
        (date(2011, 1, 3), False, [], []),
        (date(2011, 1, 3), True, [], ["child_trust_fund_unlikely"]),
        (date(2008, 11, 24), False, [], []),
        (date(2008, 11, 23), False, ["child_too_old"], []),
        (date(2026, 11, 23), False, [], []),
    ],
)
def test_a_child_is_never_refused_for_the_date_of_birth_alone(
    born: date, trust_fund: bool, refused: list[str], warned: list[str]
) -> None:
    """A Child Trust Fund leads to its transfer; only the 18th birthday ends it."""
    assert jisa(born, child_trust_fund_held=trust_fund, parental_responsibility=True) == (refused, warned)


@pytest.mark.rule("P31", "P33")
@pytest.mark.parametrize(
    ("contact_born", "refused"), [(date(2010, 11, 23), []), (date(2010, 11, 24), ["contact_too_young"])]
)
def test_a_contact_is_16_or_over(contact_born: date, refused: list[str]) -> None:
    """A contact of 15 is refused, one of 16 is not."""
    assert jisa(date(2026, 1, 1), contact_born=contact_born, parental_responsibility=True) == (refused, [])


@pytest.mark.rule("P31", "P33")
@pytest.mark.parametrize("born", [date(2020, 1, 1), date(2009, 6, 1)])
def test_another_person_needs_parental_responsibility(born: date) -> None:
    """Whether or not the child could apply alone."""
    assert jisa(born, parental_responsibility=False) == (["parental_responsibility_missing"], [])


@pytest.mark.rule("P31", "P33")
@pytest.mark.parametrize(("born", "refused"), [(date(2010, 11, 23), []), (date(2010, 11, 24), ["contact_too_young"])])
def test_a_child_of_16_may_apply_alone(born: date, refused: list[str]) -> None:
    """The child is then its own contact, without anybody's responsibility; the birthday need be given only once."""
    child, contact = person("child", born, "child"), person("child", None, "registered_contact")

    assert found(Wrapper.JISA, child, contact, parental_responsibility=False) == (refused, [])


@pytest.mark.rule("P31", "P33")
def test_a_second_stocks_and_shares_junior_isa_is_refused() -> None:
    """A child has one for life."""
    assert jisa(date(2015, 1, 1), already_holds_jisa=True) == (["jisa_exists"], [])


@pytest.mark.rule("P32", "P33")
@pytest.mark.parametrize(
    ("born", "retirement_age", "warned"),
    [
        (ADULT, 60, []),
        (ADULT, 57, []),
        (ADULT, 56, ["retirement_before_minimum_age"]),
        (date(1973, 4, 5), 55, []),
        (date(1973, 4, 6), 55, ["retirement_before_minimum_age"]),
        (date(1960, 1, 1), 60, ["retirement_age_passed"]),
        (None, 40, []),
        (ADULT, None, []),
    ],
)
def test_a_retirement_age_fits_the_minimum_pension_age(
    born: date | None, retirement_age: int | None, warned: list[str]
) -> None:
    """A protected pension age may apply, so the adviser is warned and not stopped."""
    assert found(Wrapper.SIPP, person(born=born, retirement_age=retirement_age)) == ([], warned)
