"""How an e-mail names accounts, days and reminders in British English; standard library alone, pure."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Literal

Determiner = Literal["your", "Your", "the", "The", ""]

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_JUNIOR_ISA = re.compile(r"Junior\b.*\bISA")


def in_words(items: Sequence[str]) -> str:
    """Enumerate: "a", "a and b", "a, b, and c".

    The comma before the last "and" (Oxford style) keeps names apart that hold an "and" themselves, such as "stocks and
    shares ISA".

    Args:
        items: at least one.
    """
    *firsts, last = items
    if not firsts:
        return last
    return f"{', '.join(firsts)}{',' if len(firsts) > 1 else ''} and {last}"


def name_accounts(wrappers: Sequence[str], determiner: Determiner = "") -> str:
    """Name every account, equal ones together: "your two general investment accounts and your stocks and shares ISA".

    A Junior ISA belongs to a child, and the reader is its contact: it is "the Junior ISA", never "your" (P31).

    Args:
        wrappers: in words, at least one, e.g. "stocks and shares ISA".
        determiner: what stands before each; in upper case at the start of a sentence; nothing in a heading.
    """
    counted = Counter("Junior ISA" if _JUNIOR_ISA.fullmatch(wrapper) else wrapper for wrapper in wrappers)
    phrases = [
        " ".join(part for part in (_before(words, determiner), _counted(words, number)) if part)
        for words, number in counted.items()
    ]
    phrase = in_words(phrases)
    return phrase[0].upper() + phrase[1:] if determiner.istitle() else phrase


def name_accounts_briefly(wrappers: Sequence[str], determiner: Determiner = "") -> str:
    """Name accounts where there is little room: one kind as it is, several as "your three accounts"."""
    kinds = {name_accounts([wrapper]) for wrapper in wrappers}
    if len(kinds) == 1:
        return name_accounts(wrappers, determiner)
    whose = "the" if "Junior ISA" in kinds and determiner else determiner.lower()
    phrase = f"{whose} {_counted('account', len(wrappers))}".strip()
    return phrase[0].upper() + phrase[1:] if determiner.istitle() else phrase


def day_in_words(day: date) -> str:
    """Write a day as in Britain: "4 January 2027"."""
    return f"{day.day} {day:%B %Y}"


def days_from_today(days: int) -> str:
    """Say how far away a day is: "today", "tomorrow", "16 days from today"."""
    return ("today", "tomorrow")[days] if days in {0, 1} else f"{days} days from today"


def which_reminder(number: int) -> str:
    """Say which reminder this is: "a reminder", then "our second reminder", beyond the tenth "another reminder"."""
    if number == 1:
        return "a reminder"
    return f"our {_ORDINALS[number - 2]} reminder" if number - 2 < len(_ORDINALS) else "another reminder"


def _before(words: str, determiner: Determiner) -> str:
    return "the" if determiner and words == "Junior ISA" else determiner.lower()


def _counted(words: str, number: int) -> str:
    if number == 1:
        return words
    return f"{_NUMBERS[number] if number < len(_NUMBERS) else number} {words}s"
