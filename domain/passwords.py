"""The password rule: long, not guessable, nothing else (P20; NIST SP 800-63B-4, section 3.1.1).

No rules on kinds of characters and no expiry: those make people choose worse passwords. Every reason is a sentence for
the person who is choosing, and never repeats what was typed.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

MINIMUM_LENGTH: Final = 15
MAXIMUM_LENGTH: Final = 128
RULE: Final = (
    f"Use at least {MINIMUM_LENGTH} characters. Three or four unrelated words are easy to remember and hard to guess. "
    "You do not need capitals, digits or symbols, and you can paste it from a password manager."
)

# Fewer characters of one's own than this beside well-known words, and a guesser has the rest in a moment.
_OWN_CHARACTERS: Final = 6
_DISTINCT_CHARACTERS: Final = 6
# Shorter words (a first name such as "Jo") occur inside ordinary words by chance.
_SHORTEST_PERSONAL_WORD: Final = 3
_LOOK_ALIKES: Final = str.maketrans("013457@$", "oieastas")
_SEQUENCES: Final = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_SHORTEST_RUN: Final = 4


def normalised(password: str) -> str:
    """Return the one form that is checked and hashed, so that every keyboard gives the same password."""
    return unicodedata.normalize("NFKC", password)


def password_problems(password: str, personal: Iterable[str] = ()) -> list[str]:
    """Return why a password can't be used, in sentences for the person; an empty list when it can (P20).

    Args:
        password: what was typed.
        personal: texts that whoever knows the person would try first: e-mail address, first name, the firm's name.
    """
    text = normalised(password)
    if len(text) < MINIMUM_LENGTH:
        missing = MINIMUM_LENGTH - len(text)
        return [f"This is too short. Add at least {missing} more character{'s' if missing > 1 else ''}."]
    if len(text) > MAXIMUM_LENGTH:
        return [f"This is too long. Use at most {MAXIMUM_LENGTH} characters."]
    return _guessable(text.casefold(), personal)


def _guessable(text: str, personal: Iterable[str]) -> list[str]:
    if len(set(text)) < _DISTINCT_CHARACTERS:
        return ["This repeats the same few characters. Use several different words."]
    own = _letters_and_digits(text)
    without_personal = _without(own, _personal_words(personal))
    if len(without_personal) < _OWN_CHARACTERS:
        return ["This is mostly your name, your e-mail address or your adviser's firm. Choose unrelated words."]
    if len(_without(_without_runs(without_personal), _common_words())) < _OWN_CHARACTERS:
        return ["This is made of passwords that are tried first, or of keys in a row. Choose less common words."]
    return []


def _letters_and_digits(text: str) -> str:
    return "".join(character for character in text if character.isalnum() or ord(character) in _LOOK_ALIKES)


def _personal_words(personal: Iterable[str]) -> list[str]:
    words = {word for text in personal for word in re.split(r"\W+", normalised(text).casefold())}
    return _longest_first(word for word in words if len(word) >= _SHORTEST_PERSONAL_WORD)


@cache
def _common_words() -> list[str]:
    """Read the list that stands beside this module."""
    lines = files(__package__).joinpath("common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return _longest_first(line for line in lines if line and not line.startswith("#"))


def _longest_first(words: Iterable[str]) -> list[str]:
    return sorted(words, key=lambda word: (-len(word), word))


def _without(text: str, words: Iterable[str]) -> str:
    # Look-alikes have the length of what they stand for, so positions in both spellings agree.
    kept, plain = text, "".join(character.translate(_LOOK_ALIKES) for character in text)
    for word in words:
        spelt = word.translate(_LOOK_ALIKES)
        while (start := plain.find(spelt)) >= 0:
            kept = kept[:start] + kept[start + len(word) :]
            plain = plain[:start] + plain[start + len(word) :]
    return kept


def _without_runs(text: str) -> str:
    """Leave out four and more neighbours of the alphabet, the digits or the keyboard, in either direction."""
    kept = ""
    position = 0
    while position < len(text):
        run = _run_length(text, position)
        if run < _SHORTEST_RUN:
            kept += text[position]
            run = 1
        position += run
    return kept


def _run_length(text: str, start: int) -> int:
    longest = 1
    for sequence in _SEQUENCES:
        for ordered in (sequence, sequence[::-1]):
            end = start + 1
            while end < len(text) and text[start : end + 1] in ordered:
                end += 1
            longest = max(longest, end - start)
    return longest
