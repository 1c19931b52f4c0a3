"""What holds for every text: a value or a refusal, a fixed point, and no echo."""

import string
from collections.abc import Callable

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from domain.values import AccountNumber, InvalidValue, NationalInsuranceNumber, Postcode, SortCode
from models.values import parse_email, parse_phone

Parse = Callable[[str], str]

_DIGITS = st.text(string.digits, min_size=1, max_size=12)
_PARSERS: dict[str, Parse] = {
    "nino": lambda text: NationalInsuranceNumber.parse(text).canonical,
    "test_nino": lambda text: NationalInsuranceNumber.parse(text, allow_test_identifiers=True).canonical,
    "postcode": lambda text: Postcode.parse(text).canonical,
    "sort_code": lambda text: SortCode.parse(text).canonical,
    "account_number": lambda text: AccountNumber.parse(text).canonical,
    "phone": parse_phone,
    "test_phone": lambda text: parse_phone(text, allow_test_identifiers=True),
    "email": parse_email,
    "test_email": lambda text: parse_email(text, allow_test_identifiers=True),
}
# Near misses and hits of each kind, so that both sides of every parser are reached.
_NEAR = st.one_of(
    st.text(),
    st.from_regex(r"[A-Za-z]{2} ?([0-9]{2}[ -]?){3}[A-Ea-e]", fullmatch=True),
    st.from_regex(r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}", fullmatch=True),
    _DIGITS,
    _DIGITS.map(lambda digits: "07" + digits),
    _DIGITS.map(lambda digits: "+" + digits),
    st.emails(),
)
# The same examples on each run, and no time limit that a busy machine could miss.
_steady = settings(derandomize=True, deadline=None)
_every_parser = pytest.mark.parametrize("parse", _PARSERS.values(), ids=_PARSERS.keys())


def _refusal(parse: Parse, text: str) -> InvalidValue | None:
    try:
        parse(text)
    except InvalidValue as refusal:
        return refusal
    return None


@_every_parser
@_steady
@given(text=_NEAR)
@example(text="\ud800")
@example(text="a@\u2488com")
@example(text="+" * 40)
def test_a_text_becomes_a_fixed_point_or_an_invalid_value(parse: Parse, text: str) -> None:
    """No other exception escapes, and a canonical form parses to itself."""
    try:
        canonical = parse(text)
    except InvalidValue:
        return

    assert parse(canonical) == canonical


@_every_parser
def test_a_refusal_never_contains_the_text(parse: Parse) -> None:
    """The sentence of a code is always the same, so it can hold nothing of what was typed."""
    sentences: dict[str, str] = {}

    @_steady
    @given(text=_NEAR)
    def refuse(text: str) -> None:
        refusal = _refusal(parse, text)
        assume(refusal is not None)
        assert refusal is not None
        assert sentences.setdefault(refusal.code, refusal.sentence) == refusal.sentence
        assert refusal.__suppress_context__ or refusal.__context__ is None
        # Words of the sentence itself, such as "number", are no echo.
        assume(len(text) >= 4 and any(character in text for character in "0123456789@+"))
        assert text not in f"{refusal}{refusal!r}"

    refuse()

    assert sentences


@_steady
@given(
    prefix=st.sampled_from(["AB", "JC", "OA", "CR", "ZA"]),
    digits=st.from_regex(r"[0-9]{6}", fullmatch=True),
    suffix=st.sampled_from("ABCD"),
    separator=st.sampled_from(["", " ", "-", "\u00a0", " - "]),
)
def test_a_national_insurance_number_survives_every_way_of_writing_it(
    prefix: str, digits: str, suffix: str, separator: str
) -> None:
    """The written form gives back prefix, digits and suffix, and its mask shows no digit."""
    written = separator.join([prefix, digits[:2], digits[2:4], digits[4:], suffix]).lower()
    number = NationalInsuranceNumber.parse(written)

    assert number.canonical == prefix + digits + suffix
    assert not any(character.isdigit() for character in f"{number}{number!r}")


@_steady
@given(number=st.integers(0, 99_999_999), width=st.integers(6, 8))
def test_an_account_number_keeps_its_value_when_it_is_filled(number: int, width: int) -> None:
    """Zeros in front are the only thing ever added."""
    assume(number < 10**width)
    parsed = AccountNumber.parse(f"{number:0{width}}")

    assert len(parsed.canonical) == 8
    assert int(parsed.canonical) == number


@_steady
@given(number=st.integers(0, 999_999))
def test_a_sort_code_reads_its_own_written_form(number: int) -> None:
    """The form on cards round-trips."""
    sort_code = SortCode.parse(f"{number:06}")

    assert SortCode.parse(sort_code.written) == sort_code


@_steady
@given(number=st.integers(0, 999_999))
def test_mobile_numbers_round_trip(number: int) -> None:
    """Every number of an assigned mobile block keeps its digits."""
    assert parse_phone(f"07400 {number:06}") == f"+447400{number:06}"
