"""Limits and relief, what a wrapper asks for, refused account types, and periods to cancel or correct."""

from datetime import date
from typing import Any

import pytest

from domain.allowances import annual_allowance, gross_contribution, relievable_gross
from domain.eligibility import (
    AccountFacts,
    PartyFacts,
    Role,
    assess,
    cancellation_ends,
    needs_statement,
    refused_account_type,
    required_details,
    statement_correction_ends,
)
from domain.journey import Wrapper
from domain.rules import load_rules

TODAY = date(2026, 11, 23)
RULES = load_rules()
BORN = date(1978, 4, 12)


def found(wrapper: Wrapper, paid_pounds: int, born: date = BORN, **known: Any) -> tuple[list[str], list[str]]:
    """Return the codes of the refusals and warnings for an account that is paid into."""
    account = AccountFacts(wrapper, paid_pounds * 100, **known)
    parties = [PartyFacts("p1", "holder", born)]
    if wrapper is Wrapper.JISA:
        parties = [PartyFacts("c", "child", date(2020, 1, 1)), PartyFacts("p1", "registered_contact", born)]
    assessment = assess(parties, account, TODAY, RULES)
    return [one.code for one in assessment.refusals], [one.code for one in assessment.warnings]


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("wrapper", "paid", "refused"),
    [
        (Wrapper.ISA, 20_000, []),
        (Wrapper.ISA, 20_001, ["isa_allowance"]),
        (Wrapper.JISA, 9_000, []),
        (Wrapper.JISA, 9_001, ["jisa_allowance"]),
        (Wrapper.GIA, 1_000_000, []),
    ],
)
def test_an_isa_refuses_what_goes_beyond_its_limit(wrapper: Wrapper, paid: int, refused: list[str]) -> None:
    """To the pound; a general investment account has no limit."""
    assert found(wrapper, paid) == (refused, [])


@pytest.mark.rule("P33")
def test_a_penny_too_much_is_told_with_year_limit_and_way_out() -> None:
    """The sentence says what, why and what to do."""
    account = AccountFacts(Wrapper.ISA, 20_000_01)
    (refusal,) = assess([PartyFacts("p1")], account, TODAY, RULES).refusals

    assert refusal.sentence == (
        "The payments planned for the tax year 2026/27 come to £20,000.01, and £20,000 is the most that may be "
        "subscribed in one tax year. Lower them, or plan the rest for the next tax year."
    )
    assert (refusal.person_id, refusal.field) == (None, "paid_in_this_tax_year_pence")


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("paid", "known", "warned"),
    [
        (48_000, {"relevant_earnings_pence": 60_000_00}, []),
        (48_001, {"relevant_earnings_pence": 100_000_00}, ["annual_allowance"]),
        (2_880, {"relevant_earnings_pence": 0}, []),
        (2_881, {"relevant_earnings_pence": 0}, ["contribution_above_earnings"]),
        (8_000, {"flexibly_accessed_on": date(2026, 6, 1)}, []),
        (8_001, {"flexibly_accessed_on": date(2026, 6, 1)}, ["money_purchase_annual_allowance"]),
        (8_001, {"relevant_earnings_pence": 200_000_00}, []),
        (8_001, {"relevant_earnings_pence": 200_001_00}, ["tapered_annual_allowance"]),
        (8_000, {"relevant_earnings_pence": 300_000_00}, []),
        (20_000, {}, []),
    ],
)
def test_a_pension_warns_and_never_refuses(paid: int, known: dict[str, Any], warned: list[str]) -> None:
    """Payments are counted with basic rate relief, as the allowances are."""
    assert found(Wrapper.SIPP, paid, **known) == ([], warned)


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("born", "warned"), [(date(1951, 11, 24), []), (date(1951, 11, 23), ["no_relief_at_this_age"])]
)
def test_there_is_no_relief_from_75_on(born: date, warned: list[str]) -> None:
    """It ends with the birthday, whatever is earned."""
    assert found(Wrapper.SIPP, 1_000, born, relevant_earnings_pence=80_000_00) == ([], warned)


@pytest.mark.rule("P33")
def test_flexible_access_is_a_day_that_has_been() -> None:
    """A future day is a slip, and reduces nothing."""
    tomorrow = date(2026, 11, 24)

    assert found(Wrapper.SIPP, 20_000, flexibly_accessed_on=tomorrow) == (["flexible_access_in_future"], [])


@pytest.mark.rule("P33")
@pytest.mark.parametrize(("net", "gross"), [(80_00, 100_00), (2_880_00, 3_600_00), (1, 1), (3, 4), (0, 0)])
def test_the_scheme_adds_basic_rate_relief(net: int, gross: int) -> None:
    """Rounded to the nearest penny."""
    assert gross_contribution(net, TODAY, RULES) == gross


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("earnings", "age", "expected"),
    [(0, 40, 3_600), (25_000, 40, 25_000), (80_000, 74, 80_000), (80_000, 75, 0)],
)
def test_how_much_gets_relief(earnings: int, age: int, expected: int) -> None:
    """All earnings, or the basic amount if that is more, until 75."""
    assert relievable_gross(earnings * 100, age, TODAY, RULES) == expected * 100


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("threshold", "adjusted", "expected"),
    [
        (200_001, 260_000, 60_000),
        (200_001, 300_000, 40_000),
        (200_001, 360_000, 10_000),
        (200_001, 500_000, 10_000),
        (200_000, 500_000, 60_000),
    ],
)
def test_how_the_annual_allowance_tapers(threshold: int, adjusted: int, expected: int) -> None:
    """Only above both incomes, by half of what is above, and never below the floor."""
    assert annual_allowance(threshold * 100, adjusted * 100, TODAY, RULES) == expected * 100


@pytest.mark.rule("P2")
@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("tpsipp", "appears in Plannr by itself as a general investment account"),
        ("TPOFB", "appears in Plannr by itself as a general investment account"),
        ("corporate", "enter the plan there yourself"),
        (" Trust ", "enter the plan there yourself"),
    ],
)
def test_a_refused_account_type_says_where_to_go(code: str, says: str) -> None:
    """Each is created in the platform, and the sentence says what then becomes of Plannr."""
    direction = refused_account_type(code)

    assert direction is not None
    assert direction.code == code.strip().lower()
    assert "Create it in the platform" in direction.sentence
    assert says in direction.sentence


@pytest.mark.rule("P1", "P2")
@pytest.mark.parametrize("code", [*Wrapper, "", "pension"])
def test_no_other_code_has_a_direction(code: str) -> None:
    """Wrappers that are served are not sent away."""
    assert refused_account_type(code) is None


@pytest.mark.rule("P32", "P33")
@pytest.mark.parametrize(
    ("wrapper", "role", "more"),
    [
        (Wrapper.GIA, "holder", set()),
        (Wrapper.ISA, "holder", set()),
        (Wrapper.JISA, "registered_contact", set()),
        (Wrapper.SIPP, "holder", {"marital_status", "employment_status", "retirement_age"}),
    ],
)
def test_what_is_asked_of_who_acts(wrapper: Wrapper, role: Role, more: set[str]) -> None:
    """Everybody who signs in gives contact details and a self-certification; a pension asks for three more."""
    assert required_details(wrapper, role) == more | {
        "title",
        "first_name",
        "last_name",
        "date_of_birth",
        "nationality",
        "address",
        "email",
        "mobile",
        "tax_residences",
        "us_person",
        "national_insurance_number",
    }


@pytest.mark.rule("P31", "P33")
def test_a_child_is_asked_for_less() -> None:
    """It gets no e-mail and signs nothing; a National Insurance number is asked for only when it applies."""
    required = required_details(Wrapper.JISA, "child")

    assert required == {"title", "first_name", "last_name", "date_of_birth", "nationality", "address"}
    assert required_details(Wrapper.JISA, "child", nino=True) - required == {"national_insurance_number"}


@pytest.mark.rule("P33")
def test_whoever_declares_to_have_no_nino_is_not_asked_for_one() -> None:
    """The caller knows the person and says so."""
    assert "national_insurance_number" not in required_details(Wrapper.ISA, "holder", nino=False)


@pytest.mark.rule("P32")
def test_only_a_pension_has_a_statement_with_30_days_to_correct_it() -> None:
    """The day it is sent on does not count."""
    assert [wrapper for wrapper in Wrapper if needs_statement(wrapper)] == [Wrapper.SIPP]
    assert statement_correction_ends(TODAY, RULES) == date(2026, 12, 23)


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("wrapper", "contract_on", "terms_on", "expected"),
    [
        (Wrapper.SIPP, date(2026, 11, 23), date(2026, 11, 20), date(2026, 12, 23)),
        (Wrapper.ISA, date(2026, 11, 20), date(2026, 11, 23), date(2026, 12, 7)),
        (Wrapper.JISA, date(2026, 11, 23), date(2026, 11, 23), date(2026, 12, 7)),
        (Wrapper.GIA, date(2026, 11, 23), date(2026, 11, 23), date(2026, 12, 7)),
    ],
)
def test_how_long_a_client_can_cancel(wrapper: Wrapper, contract_on: date, terms_on: date, expected: date) -> None:
    """From the later of contract and terms, which does not count itself."""
    assert cancellation_ends(wrapper, contract_on, terms_on, RULES) == expected
