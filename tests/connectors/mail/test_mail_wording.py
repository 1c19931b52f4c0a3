"""How accounts, days and reminders are named."""

from datetime import date

import pytest

from connectors.mail.wording import (
    Determiner,
    day_in_words,
    days_from_today,
    in_words,
    name_accounts,
    name_accounts_briefly,
    which_reminder,
)

ISA, GIA, SIPP = "stocks and shares ISA", "general investment account", "self-invested personal pension"
JISA = "Junior stocks and shares ISA"


@pytest.mark.parametrize(
    ("items", "words"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b and c", "d"], "a, b and c, and d")]
)
def test_a_list_reads_as_a_sentence(items: list[str], words: str) -> None:
    """Two items take "and"; from three on, a comma keeps apart what holds an "and" itself."""
    assert in_words(items) == words


@pytest.mark.rule("P49")
@pytest.mark.parametrize(
    ("wrappers", "determiner", "words"),
    [
        ([ISA], "your", "your stocks and shares ISA"),
        ([ISA], "", "stocks and shares ISA"),
        ([ISA, GIA], "your", "your stocks and shares ISA and your general investment account"),
        ([ISA, GIA], "The", "The stocks and shares ISA and the general investment account"),
        (
            [SIPP, ISA, GIA],
            "Your",
            "Your self-invested personal pension, your stocks and shares ISA, and your general investment account",
        ),
        ([GIA, ISA, GIA], "your", "your two general investment accounts and your stocks and shares ISA"),
        ([GIA] * 12, "your", "your 12 general investment accounts"),
    ],
)
def test_every_account_is_named(wrappers: list[str], determiner: Determiner, words: str) -> None:
    """One sentence names all accounts, equal ones together, in the order given."""
    assert name_accounts(wrappers, determiner) == words


@pytest.mark.rule("P31")
@pytest.mark.parametrize(
    ("wrappers", "determiner", "words"),
    [
        ([JISA], "your", "the Junior ISA"),
        ([JISA], "Your", "The Junior ISA"),
        ([JISA], "", "Junior ISA"),
        ([JISA, JISA], "your", "the two Junior ISAs"),
        ([JISA, ISA], "Your", "The Junior ISA and your stocks and shares ISA"),
        (["Junior ISA"], "your", "the Junior ISA"),
    ],
)
def test_a_childs_account_is_not_the_readers(wrappers: list[str], determiner: Determiner, words: str) -> None:
    """The contact who reads the e-mail does not own the Junior ISA."""
    assert name_accounts(wrappers, determiner) == words


@pytest.mark.parametrize(
    ("wrappers", "determiner", "words"),
    [
        ([SIPP], "Your", "Your self-invested personal pension"),
        ([GIA, GIA], "your", "your two general investment accounts"),
        ([ISA, GIA], "Your", "Your two accounts"),
        ([ISA, GIA, SIPP], "", "three accounts"),
        ([ISA, JISA], "Your", "The two accounts"),
        ([ISA, JISA], "", "two accounts"),
    ],
)
def test_a_subject_counts_the_accounts(wrappers: list[str], determiner: Determiner, words: str) -> None:
    """A subject has room for one kind of account; more kinds are counted, and only the reader's own are "your"."""
    assert name_accounts_briefly(wrappers, determiner) == words


def test_a_day_is_written_as_in_britain() -> None:
    """The day comes first, without a zero."""
    assert day_in_words(date(2027, 1, 4)) == "4 January 2027"


@pytest.mark.parametrize(
    ("days", "words"), [(0, "today"), (1, "tomorrow"), (2, "2 days from today"), (30, "30 days from today")]
)
def test_the_days_left_are_counted_from_today(days: int, words: str) -> None:
    """One day is "tomorrow", not "1 days"."""
    assert days_from_today(days) == words


@pytest.mark.rule("P40")
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "a reminder"),
        (2, "our second reminder"),
        (4, "our fourth reminder"),
        (10, "our tenth reminder"),
        (11, "another reminder"),
        (12, "another reminder"),
    ],
)
def test_a_reminder_says_which_one_it_is(number: int, words: str) -> None:
    """A longer ladder than the default one still reads as a sentence."""
    assert which_reminder(number) == words
