"""The key risks of each wrapper in plain English, shown before its terms (P25).

The FCA's review of consumer understanding (March 2026) asks for risks up front, in words that people know. The texts
are our own; their numbers come from the dated rules table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.journey import Wrapper
from domain.rules import Rules


@dataclass(frozen=True)
class Risk:
    """One risk: what it is in a few words, and what it means."""

    title: str
    meaning: str


_VALUE: Final = Risk(
    "Your money can go down as well as up",
    "Prices rise and fall. You may get back less than you paid in.",
)
_TIME: Final = Risk(
    "Give it time",
    "Think of this as money for five years or more. If you need it sooner, you may have to sell at a bad time.",
)
_INFLATION: Final = Risk(
    "Rising prices",
    "When things in the shops cost more, your money buys less. If it grows too slowly, you lose out.",
)
_CHARGES: Final = Risk(
    "You pay charges",
    "They are taken each year, even in a year when your money falls. Your illustration shows how much.",
)
_TAX_RULES: Final = Risk(
    "Tax rules can change",
    "How you are taxed depends on your own life, and on laws that can change.",
)


def key_risks(wrapper: Wrapper, today: date, rules: Rules) -> tuple[Risk, ...]:
    """Return the key risks of a wrapper, the heaviest first.

    Args:
        wrapper: the wrapper of the account.
        today: the day in London; the rules of this day hold.
        rules: the dated rules table.
    """
    days = rules.whole(f"cancellation.{wrapper}_days", today)
    change_of_mind = Risk(
        "You can change your mind",
        f"You have {days} days to cancel. If your money has fallen by then, you get back less than you paid in.",
    )
    return (_VALUE, *_OWN[wrapper](today, rules), _INFLATION, _CHARGES, change_of_mind)


def _of_isa(today: date, rules: Rules) -> tuple[Risk, ...]:
    allowance = _pounds(rules.whole("isa.allowance_pence", today))
    return (
        _TIME,
        Risk(
            "There is a limit on what you pay in",
            f"You can pay {allowance} into all your ISAs in one tax year. It is up to you to keep count.",
        ),
        Risk(
            "Money you take out uses up your limit",
            "If you take money out and pay it back in, it counts as a new payment.",
        ),
        _TAX_RULES,
    )


def _of_gia(_today: date, _rules: Rules) -> tuple[Risk, ...]:
    return (
        _TIME,
        Risk(
            "You may have to pay tax",
            "This account is not sheltered from tax. You may owe tax on what it earns, and on gains when you sell. "
            "You need to tell the tax office yourself.",
        ),
        _TAX_RULES,
    )


def _of_jisa(today: date, rules: Rules) -> tuple[Risk, ...]:
    grown_up = rules.whole("jisa.child_below_age", today)
    allowance = _pounds(rules.whole("jisa.allowance_pence", today))
    return (
        Risk(
            "The money is a gift to the child",
            f"What is paid in belongs to the child. You can't take it back. The child can take it out from age "
            f"{grown_up} and use it as they like.",
        ),
        Risk(
            "There is a limit on what is paid in",
            f"All of the family and friends together can pay in {allowance} for this child in one tax year.",
        ),
        _TAX_RULES,
    )


def _of_sipp(today: date, rules: Rules) -> tuple[Risk, ...]:
    rows = rules.rows["pension.minimum_access_age"]
    age = rules.whole("pension.minimum_access_age", today)
    rise = next((f" This goes up to {row.value} in {row.valid_from:%Y}." for row in rows if row.valid_from > today), "")
    most = _pounds(rules.whole("pension.annual_allowance_pence", today))
    return (
        Risk(
            "Your money is locked away",
            f"Most people can't take money from a pension before they are {age}.{rise} If someone says they can get "
            "it out sooner, it is very likely a scam.",
        ),
        Risk(
            "It may not last",
            "What you get when you retire depends on what goes in, how it grows, and what you take out. "
            "It can run out.",
        ),
        Risk(
            "There is a limit on what you pay in",
            f"If more than {most} goes into all your pensions in one tax year, you may owe tax. For some people the "
            "limit is lower. Ask your adviser.",
        ),
        _TAX_RULES,
    )


_OWN: Final[Mapping[Wrapper, Callable[[date, Rules], tuple[Risk, ...]]]] = {
    Wrapper.ISA: _of_isa,
    Wrapper.GIA: _of_gia,
    Wrapper.JISA: _of_jisa,
    Wrapper.SIPP: _of_sipp,
}


def _pounds(pence: int) -> str:
    return f"£{pence // 100:,}"
