"""The password rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH, normalised, password_problems

PERSONAL = ["eleanor.marsh@example.com", "Eleanor", "Harbour Wealth"]


@pytest.mark.rule("P20")
@pytest.mark.parametrize(
    "password",
    [
        "lantern-orchid-pebble-quilt",
        "the ferry leaves whitstable at noon",
        "öffentlich straße über hügel",
        "kjs8 f2ls 0slq 1mzx",
        "my dragon eats forty tulips",
        "Je vais à la plage demain !",
    ],
)
def test_a_long_and_unusual_password_is_taken(password: str) -> None:
    """Length and unpredictability are enough; no kind of character is asked for."""
    assert password_problems(password, PERSONAL) == []


@pytest.mark.rule("P20")
@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("", "short"),
        ("fourteen chars", "short"),
        ("x1!" * 43, "long"),
        ("aaaaaaaaaaaaaaaaaaaa", "repeats"),
        ("abababababababababab", "repeats"),
        ("passwordpassword1", "tried first"),
        ("P@ssw0rd P@ssw0rd!", "tried first"),
        ("correct horse battery staple", "tried first"),
        ("qwertyuiopasdfghjkl", "in a row"),
        ("123456789012345", "in a row"),
        ("abcdefghijklmnopq", "in a row"),
        ("letmein-welcome-dragon", "tried first"),
        ("eleanor.marsh@example.com", "your name"),
        ("Eleanor Marsh 1978", "your name"),
        ("harbour wealth 2026", "firm"),
    ],
)
def test_a_password_that_is_guessed_is_refused_with_the_reason(password: str, word: str) -> None:
    """The reason says what is wrong in words."""
    problems = password_problems(password, PERSONAL)

    assert len(problems) == 1
    assert word in problems[0]


@pytest.mark.rule("P20")
def test_the_boundaries_are_the_rule() -> None:
    """Fifteen characters pass, fourteen do not; 128 pass, 129 do not."""
    long = "lantern orchid pebble quilt " * 5

    assert password_problems(long[:MINIMUM_LENGTH]) == []
    assert password_problems(long[: MINIMUM_LENGTH - 1]) == ["This is too short. Add at least 1 more character."]
    assert password_problems(long[:MAXIMUM_LENGTH]) == []
    assert password_problems(long[: MAXIMUM_LENGTH + 1]) == ["This is too long. Use at most 128 characters."]


def test_one_password_typed_on_two_keyboards_is_one_password() -> None:
    """Composed and decomposed accents are the same text."""
    assert normalised("cafe\u0301 au lait tiede") == normalised("café au lait tiede")


@given(st.text(max_size=200))
def test_any_text_gets_sentences_that_do_not_repeat_it(text: str) -> None:
    """Whatever is typed: an answer, never an error, and never the password in it."""
    for problem in password_problems(text, PERSONAL):
        assert problem.endswith(".")
        assert len(text) < 4 or text not in problem
