"""Sort codes and account numbers as a person writes them."""

import pickle

import pytest

from domain.values import AccountNumber, BankDetails, InvalidValue, SortCode


@pytest.mark.rule("P22")
@pytest.mark.parametrize("text", ["200000", "20-00-00", "20 00 00", " 20\u201300\u201300\n"])
def test_a_sort_code_becomes_six_digits(text: str) -> None:
    """The ways a sort code is printed give the same value."""
    sort_code = SortCode.parse(text)

    assert sort_code.canonical == "200000"
    assert sort_code.written == "20-00-00"


@pytest.mark.rule("P22")
@pytest.mark.parametrize("text", ["", "20000", "2000000", "20000A", "20/00/00", "\u0662\u0660\u0660\u0660\u0660\u0660"])
def test_what_is_no_sort_code_is_refused(text: str) -> None:
    """Six ASCII digits and nothing else."""
    with pytest.raises(InvalidValue) as refusal:
        SortCode.parse(text)

    assert refusal.value.code == "sort_code_format"


@pytest.mark.rule("P22")
@pytest.mark.parametrize(
    ("text", "canonical"),
    [("55779911", "55779911"), ("5577 9911", "55779911"), ("1234567", "01234567"), ("123456", "00123456")],
)
def test_a_short_account_number_is_filled_to_eight_digits(text: str, canonical: str) -> None:
    """Six and seven digits get their zeros in front."""
    assert AccountNumber.parse(text).canonical == canonical


@pytest.mark.rule("P22")
@pytest.mark.parametrize(
    ("text", "code", "help_names"),
    [
        ("", "account_number_format", "six to eight digits"),
        ("12345", "account_number_format", "six to eight digits"),
        ("12345678901", "account_number_format", "six to eight digits"),
        ("1234567A", "account_number_format", "six to eight digits"),
        ("12345678A", "account_number_format", "six to eight digits"),
        ("123456789A", "account_number_format", "six to eight digits"),
        ("\u0661\u0662\u0663\u0664\u0665\u0666", "account_number_format", "six to eight digits"),
        ("123456789", "account_number_nine_digits", "Santander"),
        ("12-34567890", "account_number_ten_digits", "NatWest"),
    ],
)
def test_an_account_number_of_another_length_is_refused_with_help(text: str, code: str, help_names: str) -> None:
    """Lengths that only some banks write are told what to enter instead."""
    with pytest.raises(InvalidValue) as refusal:
        AccountNumber.parse(text)

    assert refusal.value.code == code
    assert help_names in refusal.value.sentence


@pytest.mark.rule("P22")
def test_bank_details_parse_both_parts() -> None:
    """Either part alone can refuse the pair."""
    assert BankDetails.parse("20-00-00", "5577 9911") == BankDetails(SortCode("200000"), AccountNumber("55779911"))
    with pytest.raises(InvalidValue, match="sort code"):
        BankDetails.parse("20-00", "55779911")
    with pytest.raises(InvalidValue, match="account number"):
        BankDetails.parse("20-00-00", "5577")


def test_texts_of_bank_details_are_masked() -> None:
    """What a log or a page shows is enough to recognise an account and not to use it."""
    details = BankDetails.parse("200001", "55779911")

    assert details.sort_code.masked() == "••-••-01"
    assert details.account_number.masked() == "•••• 9911"
    assert details.masked() == str(details) == "••-••-01 •••• 9911"
    assert repr(details) == "BankDetails(••-••-01 •••• 9911)"
    assert repr(details.sort_code) == "SortCode(••-••-01)"
    assert repr(details.account_number) == "AccountNumber(•••• 9911)"


def test_a_refusal_survives_being_sent_to_another_process() -> None:
    """Code and sentence stay apart through pickling."""
    refusal = pickle.loads(pickle.dumps(InvalidValue("some_code", "A sentence.")))

    assert (refusal.code, str(refusal)) == ("some_code", "A sentence.")
