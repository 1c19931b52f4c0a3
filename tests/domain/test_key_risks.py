"""The key risks in words that a client knows."""

from datetime import date

import pytest

from domain.journey import Wrapper
from domain.key_risks import key_risks
from domain.rules import load_rules
from tests.connectors.mail.letters import reading_age

TODAY = date(2026, 11, 23)


def _prose(wrapper: Wrapper) -> str:
    return " ".join(f"{risk.title}. {risk.meaning}" for risk in key_risks(wrapper, TODAY, load_rules()))


@pytest.mark.rule("P25")
@pytest.mark.parametrize("wrapper", Wrapper)
def test_c11_key_risks_are_read_by_a_twelve_year_old(wrapper: Wrapper) -> None:
    """By Flesch-Kincaid, a wrapper's risks have a reading age of at most twelve, a single risk of fourteen."""
    assert reading_age(_prose(wrapper)) <= 12
    assert all(reading_age(risk.meaning) <= 14 for risk in key_risks(wrapper, TODAY, load_rules()))


@pytest.mark.parametrize("wrapper", Wrapper)
def test_the_risk_of_a_loss_comes_first(wrapper: Wrapper) -> None:
    """Whatever the account: money can be lost, and this is the first thing said."""
    assert key_risks(wrapper, TODAY, load_rules())[0].meaning.endswith("You may get back less than you paid in.")


@pytest.mark.parametrize(
    ("wrapper", "words"),
    [
        (Wrapper.ISA, "£20,000 into all your ISAs"),
        (Wrapper.JISA, "£9,000 for this child"),
        (Wrapper.JISA, "from age 18"),
        (Wrapper.SIPP, "before they are 55. This goes up to 57 in 2028."),
        (Wrapper.SIPP, "more than £60,000"),
        (Wrapper.SIPP, "30 days to cancel"),
        (Wrapper.GIA, "14 days to cancel"),
        (Wrapper.GIA, "You may owe tax"),
    ],
)
def test_the_numbers_are_those_of_the_day(wrapper: Wrapper, words: str) -> None:
    """Limits, ages and days come from the rules that hold today."""
    assert words in _prose(wrapper)


def test_a_rise_that_has_come_is_not_announced() -> None:
    """Once the pension age has gone up, the new age stands there alone."""
    prose = " ".join(risk.meaning for risk in key_risks(Wrapper.SIPP, date(2028, 4, 6), load_rules()))

    assert "before they are 57." in prose
    assert "goes up" not in prose


def test_every_wrapper_has_risks_of_its_own() -> None:
    """What sets an account apart is said of it alone."""
    found = {wrapper: set(key_risks(wrapper, TODAY, load_rules())) for wrapper in Wrapper}

    for wrapper, risks in found.items():
        others = set().union(*(risks for other, risks in found.items() if other is not wrapper))
        assert risks - others, wrapper
