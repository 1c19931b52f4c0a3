"""What may be paid in, and with how much relief from tax (P33).

All amounts are integer pence. Sources: ISA Regulations 1998 (limits), Finance Act 2004 (relief and allowances).
"""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from domain.applicants import AccountFacts, Finding, in_pounds, in_words
from domain.journey import Wrapper
from domain.rules import Rules
from domain.tax_year import tax_year

_FIELD: Final = "paid_in_this_tax_year_pence"


def gross_contribution(net_pence: int, today: date, rules: Rules) -> int:
    """Return a member's contribution with the basic rate relief that the scheme claims and adds, to the penny."""
    share_paid = 1 - rules.rate("pension.relief_at_source_rate", today)
    return int((Decimal(net_pence) / share_paid).to_integral_value(ROUND_HALF_UP))


def relievable_gross(relevant_earnings_pence: int, age: int, today: date, rules: Rules) -> int:
    """Return how much may be contributed, gross, with relief from tax in the tax year."""
    if age >= rules.whole("pension.relief_ends_at_age", today):
        return 0
    return max(relevant_earnings_pence, rules.whole("pension.relief_without_earnings_pence", today))


def annual_allowance(threshold_income_pence: int, adjusted_income_pence: int, today: date, rules: Rules) -> int:
    """Return the pension annual allowance of the tax year after its taper, without what is carried forward."""
    full = rules.whole("pension.annual_allowance_pence", today)
    excess = adjusted_income_pence - rules.whole("pension.taper_adjusted_income_pence", today)
    if threshold_income_pence <= rules.whole("pension.taper_threshold_income_pence", today) or excess <= 0:
        return full
    tapered = full - int(excess * rules.rate("pension.taper_reduction_rate", today))
    return max(tapered, rules.whole("pension.tapered_allowance_floor_pence", today))


def payment_refusals(account: AccountFacts, today: date, rules: Rules) -> Iterator[Finding]:
    """Yield payments that may not be taken: an ISA refuses what goes beyond the limit by itself (P33)."""
    if account.wrapper in {Wrapper.ISA, Wrapper.JISA}:
        limit = rules.whole(f"{account.wrapper}.allowance_pence", today)
        if account.paid_in_this_tax_year_pence > limit:
            yield Finding(
                f"{account.wrapper}_allowance",
                f"The payments planned for the tax year {tax_year(today)} come to "
                f"{in_pounds(account.paid_in_this_tax_year_pence)}, and {in_pounds(limit)} is the most that may be "
                "subscribed in one tax year. Lower them, or plan the rest for the next tax year.",
                field=_FIELD,
            )
    accessed = account.flexibly_accessed_on
    if account.wrapper is Wrapper.SIPP and accessed is not None and accessed > today:
        yield Finding(
            "flexible_access_in_future",
            "The day on which a pension was first drawn flexibly is in the future. Enter the day on which it happened, "
            "or leave it empty if it has not.",
            field="flexibly_accessed_on",
        )


def payment_warnings(account: AccountFacts, age: int | None, today: date, rules: Rules) -> Iterator[Finding]:
    """Yield what payments into a pension cost the client in tax; nothing of it is refused (P33).

    Args:
        account: the account.
        age: the member's age, or None while it is not known.
        today: the day in London.
        rules: the rules table.
    """
    paid = account.paid_in_this_tax_year_pence
    if account.wrapper is not Wrapper.SIPP or not paid:
        return
    end_of_relief = rules.whole("pension.relief_ends_at_age", today)
    if age is not None and age >= end_of_relief:
        yield Finding(
            "no_relief_at_this_age",
            f"From the age of {end_of_relief} on contributions to a pension get no relief from tax. "
            "Talk with the client about another account before you go on.",
            field=_FIELD,
        )
        return
    gross = gross_contribution(paid, today, rules)
    yield from _above_earnings(account, gross, age or 0, today, rules)
    yield from _above_allowance(account, gross, today, rules)
    yield from _taper(account, gross, today, rules)


def _above_earnings(account: AccountFacts, gross: int, age: int, today: date, rules: Rules) -> Iterator[Finding]:
    if account.relevant_earnings_pence is None:
        return
    relievable = relievable_gross(account.relevant_earnings_pence, age, today, rules)
    if gross > relievable:
        yield Finding(
            "contribution_above_earnings",
            f"The payments planned come to {in_pounds(gross)} with basic rate relief, and relief ends at "
            f"{in_pounds(relievable)} for these earnings. Lower them, or correct the earnings: the client declares "
            "that the limit is kept.",
            field=_FIELD,
        )


def _above_allowance(account: AccountFacts, gross: int, today: date, rules: Rules) -> Iterator[Finding]:
    accessed = account.flexibly_accessed_on
    reduced = rules.whole("pension.money_purchase_allowance_pence", today)
    full = rules.whole("pension.annual_allowance_pence", today)
    if accessed is not None and accessed <= today and gross > reduced:
        yield Finding(
            "money_purchase_annual_allowance",
            f"A pension was drawn flexibly on {in_words(accessed)}, so what is paid in above {in_pounds(reduced)} a "
            f"tax year is taxed, and {in_pounds(gross)} is planned with basic rate relief. Lower the payments, or tell "
            "the client about the charge.",
            field=_FIELD,
        )
    elif gross > full:
        yield Finding(
            "annual_allowance",
            f"The payments planned come to {in_pounds(gross)} with basic rate relief, above the annual allowance of "
            f"{in_pounds(full)}, so the client may have to pay a tax charge. Check what can be carried forward from "
            "the three tax years before.",
            field=_FIELD,
        )


def _taper(account: AccountFacts, gross: int, today: date, rules: Rules) -> Iterator[Finding]:
    threshold = rules.whole("pension.taper_threshold_income_pence", today)
    adjusted = rules.whole("pension.taper_adjusted_income_pence", today)
    floor = rules.whole("pension.tapered_allowance_floor_pence", today)
    if (account.relevant_earnings_pence or 0) > threshold and gross > floor:
        yield Finding(
            "tapered_annual_allowance",
            f"With a threshold income above {in_pounds(threshold)} and an adjusted income above {in_pounds(adjusted)} "
            f"the annual allowance is tapered, to {in_pounds(floor)} at the least. Work out both incomes before you "
            "settle the payments.",
            field="relevant_earnings_pence",
        )
