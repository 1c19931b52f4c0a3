"""The dated rules table."""

import re
from datetime import date
from decimal import Decimal

import pytest

from domain.rules import BrokenTable, UnknownRule, load_rules, parse_rules

TODAY = date(2026, 11, 23)
RULES = load_rules()


def table(*rows: str) -> str:
    """Return a table of rows, each given as the lines `value`, `valid_from` and what else it has."""
    return "".join(f"[[rule]]\n{row}\n" for row in rows)


def row(value: str, valid_from: str = "2026-04-06", key: str = "isa.age") -> str:
    """Return one row that is right."""
    return f'key = "{key}"\nvalue = {value}\nvalid_from = {valid_from}\nsource = "a law"'


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("isa.allowance_pence", 20_000_00),
        ("isa.minimum_age", 18),
        ("jisa.allowance_pence", 9_000_00),
        ("jisa.child_below_age", 18),
        ("jisa.contact_minimum_age", 16),
        ("jisa.child_may_apply_from_age", 16),
        ("jisa.no_child_trust_fund_if_born_from", date(2011, 1, 3)),
        ("gia.minimum_age", 18),
        ("gia.maximum_holders", 4),
        ("pension.annual_allowance_pence", 60_000_00),
        ("pension.taper_threshold_income_pence", 200_000_00),
        ("pension.taper_adjusted_income_pence", 260_000_00),
        ("pension.taper_reduction_rate", Decimal("0.5")),
        ("pension.tapered_allowance_floor_pence", 10_000_00),
        ("pension.money_purchase_allowance_pence", 10_000_00),
        ("pension.relief_without_earnings_pence", 3_600_00),
        ("pension.relief_at_source_rate", Decimal("0.2")),
        ("pension.relief_ends_at_age", 75),
        ("pension.statement_correction_days", 30),
        ("cancellation.sipp_days", 30),
        ("cancellation.isa_days", 14),
    ],
)
def test_the_rules_of_2026_27(key: str, expected: object) -> None:
    """The published figures of the tax year are in the table, to the penny."""
    assert RULES.at(key, TODAY) == expected


@pytest.mark.rule("P33")
def test_an_announced_change_holds_from_its_day() -> None:
    """The minimum pension age rises on 6 April 2028, and not the day before."""
    key = "pension.minimum_access_age"

    assert (RULES.at(key, date(2028, 4, 5)), RULES.at(key, date(2028, 4, 6))) == (55, 57)
    assert RULES.row_at(key, date(2028, 4, 6)).source.startswith("Finance Act 2022")


@pytest.mark.rule("P33")
def test_every_rule_has_its_source_and_holds_today() -> None:
    """Nothing is decided by a number of unknown origin."""
    assert len(RULES.rows) >= 20
    for key in RULES.rows:
        assert RULES.row_at(key, TODAY).source


def test_an_unknown_key_is_told() -> None:
    """It is never a silent nothing."""
    with pytest.raises(UnknownRule, match=re.escape("no key 'isa.alowance'")):
        RULES.at("isa.alowance", TODAY)


def test_a_day_before_the_first_row_is_told() -> None:
    """The table does not guess what held before."""
    with pytest.raises(UnknownRule, match="on 2026-04-05, only from 2026-04-06 on"):
        RULES.at("isa.allowance_pence", date(2026, 4, 5))


def test_a_value_of_another_kind_is_told() -> None:
    """An amount is no rate, a rate no day, a day no number."""
    with pytest.raises(UnknownRule, match="no rate"):
        RULES.rate("isa.allowance_pence", TODAY)
    with pytest.raises(UnknownRule, match="no day"):
        RULES.day("pension.relief_at_source_rate", TODAY)
    with pytest.raises(UnknownRule, match="no whole number"):
        RULES.whole("jisa.no_child_trust_fund_if_born_from", TODAY)


def test_the_order_of_rows_does_not_matter() -> None:
    """The day decides, wherever a row stands."""
    rules = parse_rules(table(row("21", "2028-04-06"), row("18")))

    assert (rules.at("isa.age", date(2028, 4, 5)), rules.at("isa.age", date(2028, 4, 6))) == (18, 21)


def test_a_rate_is_exact() -> None:
    """A fraction is a decimal, not a float."""
    assert parse_rules(table(row("0.1"))).rate("isa.age", TODAY) * 3 == Decimal("0.3")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "array named `rule`"),
        ("x", "no TOML"),
        (table(row("18")) + "[more]\n", "nothing else"),
        (table(row("18") + "\nnote = 1"), "needs exactly"),
        (table('key = "a"\nvalue = 1\nvalid_from = 2026-04-06'), "needs exactly"),
        (table('key = "a"\nvalue = 1\nvalid_from = 2026-04-06\nsource = " "'), "source in words"),
        (table(row("18", '"2026-04-06"')), "needs a day as"),
        (table(row("18", "2026-04-06T00:00:00Z")), "needs a day as"),
        (table(row("true")), "whole number, a rate or a day"),
        (table(row('"18"')), "whole number, a rate or a day"),
        (table(row("18"), row("19")), "two rows"),
        (table(row("18"), row("0.5", "2027-04-06")), "different kinds"),
    ],
)
def test_a_table_that_is_wrong_is_refused(text: str, complaint: str) -> None:
    """Nothing is decided by half a table."""
    with pytest.raises(BrokenTable, match=re.escape(complaint)):
        parse_rules(text)
