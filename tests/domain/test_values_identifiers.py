"""National Insurance numbers and postcodes: the vectors of HMRC NIM39110 and BS 7666."""

import string

import pytest

from domain.values import InvalidValue, NationalInsuranceNumber, Postcode


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("AB123456C", "AB123456C"),
        ("AA000000A", "AA000000A"),
        ("JC123456D", "JC123456D"),
        ("OA123456A", "OA123456A"),
        ("ab 12 34 56 c", "AB123456C"),
        ("AB-12-34-56-C", "AB123456C"),
        (" AB\u00a0123456\u200bC\n", "AB123456C"),
    ],
)
def test_a_national_insurance_number_becomes_nine_characters(text: str, canonical: str) -> None:
    """Spaces, hyphens and case do not matter."""
    assert NationalInsuranceNumber.parse(text).canonical == canonical


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("QQ123456C", "nino_prefix"),
        ("BG123456A", "nino_prefix"),
        ("GB123456A", "nino_prefix"),
        ("NK123456A", "nino_prefix"),
        ("TN123456A", "nino_prefix"),
        ("NT123456B", "nino_prefix"),
        ("KN123456B", "nino_prefix"),
        ("ZZ123456A", "nino_prefix"),
        ("AO123456A", "nino_prefix"),
        ("FY123456A", "nino_prefix"),
        ("OO123456A", "nino_prefix"),
        ("DA123456A", "nino_prefix"),
        ("AD123456A", "nino_prefix"),
        ("ZZ914177T", "nino_format"),
        ("AB123456E", "nino_format"),
        ("AB123456", "nino_format"),
        ("AB12345C", "nino_format"),
        ("PP999999P", "nino_format"),
        ("AB\u0661\u0662\u0663\u0664\u0665\u0666C", "nino_format"),
        ("\u017fB123456C", "nino_format"),
        ("AB123456C AB123456C", "nino_format"),
        ("", "nino_format"),
    ],
)
def test_what_is_no_national_insurance_number_is_refused_with_its_reason(text: str, code: str) -> None:
    """The reason tells an impossible prefix from a wrong shape."""
    with pytest.raises(InvalidValue) as refusal:
        NationalInsuranceNumber.parse(text)

    assert refusal.value.code == code
    assert str(refusal.value) == refusal.value.sentence


@pytest.mark.rule("P33")
def test_the_format_has_373_prefixes() -> None:
    """The accepted prefixes are counted, so that a widened pattern shows."""
    accepted = {first + second for first in string.ascii_uppercase for second in string.ascii_uppercase}
    for prefix in sorted(accepted):
        try:
            NationalInsuranceNumber.parse(f"{prefix}123456A")
        except InvalidValue:
            accepted.remove(prefix)

    assert len(accepted) == 373


@pytest.mark.rule("P33")
@pytest.mark.parametrize("prefix", ["CR", "MW", "NC", "PY", "PZ"])
def test_an_administrative_prefix_is_accepted_with_a_warning(prefix: str) -> None:
    """The adviser is warned of a number that is not given to people, but not stopped."""
    assert NationalInsuranceNumber.parse(f"{prefix}123456A").warning
    assert NationalInsuranceNumber.parse("AB123456C").warning is None


@pytest.mark.parametrize("text", ["QQ123456C", "zz 91 41 77 t", "ZZ123456A"])
def test_a_reserved_number_is_accepted_only_where_allowed_and_marked(text: str) -> None:
    """A test number can't slip into production and shows where it is used."""
    with pytest.raises(InvalidValue):
        NationalInsuranceNumber.parse(text)

    assert NationalInsuranceNumber.parse(text, allow_test_identifiers=True).is_test


@pytest.mark.parametrize("text", ["AB123456E", "GB123456A", "AB123456T", "QQ123456E", "QQ12345C"])
def test_the_test_flag_admits_reserved_numbers_alone(text: str) -> None:
    """What is malformed stays refused with the flag."""
    with pytest.raises(InvalidValue):
        NationalInsuranceNumber.parse(text, allow_test_identifiers=True)


def test_a_real_number_is_not_marked_as_test() -> None:
    """The flag does not mark what is valid without it."""
    assert not NationalInsuranceNumber.parse("AB123456C", allow_test_identifiers=True).is_test


def test_two_numbers_are_equal_by_their_first_eight_characters() -> None:
    """The last letter does not tell two people apart."""
    number = NationalInsuranceNumber.parse("AB123456C")

    assert number == NationalInsuranceNumber.parse("ab123456d")
    assert hash(number) == hash(NationalInsuranceNumber.parse("ab123456d"))
    assert number != NationalInsuranceNumber.parse("AB123457C")


def test_texts_of_a_national_insurance_number_are_masked() -> None:
    """A number in a log or an f-string shows no digit."""
    number = NationalInsuranceNumber.parse("AB123456C")

    assert number.masked() == f"{number}" == "AB••••••C"
    assert repr(number) == "NationalInsuranceNumber(AB••••••C)"


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("M1 1AA", "M1 1AA"),
        ("M60 1NW", "M60 1NW"),
        ("CR2 6XH", "CR2 6XH"),
        ("DN55 1PT", "DN55 1PT"),
        ("W1A 1HQ", "W1A 1HQ"),
        ("EC1A 1BB", "EC1A 1BB"),
        ("GIR 0AA", "GIR 0AA"),
        ("sw1a1aa", "SW1A 1AA"),
        ("N1P 1AA", "N1P 1AA"),
        ("BX1 1LT", "BX1 1LT"),
        ("BF1 2AT", "BF1 2AT"),
        ("JE2 3XP", "JE2 3XP"),
        (" sw1a\u00a01a a\n", "SW1A 1AA"),
        ("M1-1AA.", "M1 1AA"),
    ],
)
def test_a_postcode_gets_its_canonical_form(text: str, canonical: str) -> None:
    """Case, space and punctuation do not matter."""
    assert Postcode.parse(text).canonical == canonical


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    "text",
    [
        *("QA1 1AA", "AI1 1AA", "EC1C 1BB", "M1 1AC", "M1 AA1", "ZZ99 9ZZ", "XX1 1XX", "A1 1A", "NPT 0AA", "BFPO 57"),
        *("W1I 1HQ", "W1Z 1HQ", "GIR 1AA", "M1", "", "M\u0661 1AA", "\u017fW1A 1AA", "SW1A 1AA SW1A 1AA"),
    ],
)
def test_what_is_no_postcode_is_refused(text: str) -> None:
    """Each letter has the places the standard gives it; digits and letters are ASCII."""
    with pytest.raises(InvalidValue) as refusal:
        Postcode.parse(text)

    assert refusal.value.code == "postcode_format"


def test_texts_of_a_postcode_keep_the_outward_half_alone() -> None:
    """The half that names a street is hidden."""
    postcode = Postcode.parse("sw1a1aa")

    assert postcode.masked() == str(postcode) == "SW1A •••"
    assert repr(postcode) == "Postcode(SW1A •••)"
