"""The modulus check: the specification's 34 cases, and tables from files with invented rows."""

from pathlib import Path

import pytest

from connectors.bank_details.port import BankDetailsChecker
from connectors.bank_details.uk_mod_check_adapter import InvalidModulusTable, UkModCheckAdapter
from domain.values import BankDetails

_VALID = """
089999 66374958  107999 88837491  202959 63748472  871427 46238510  872427 46238510  871427 09123496  871427 99123496
820000 73688637  827999 73988638  827101 28748352  134020 63849203  118765 64371389  200915 41011166  938611 07806039
938600 42368003  938063 55065200  772798 99345694  086090 06774744  309070 02355688  309070 12345668  309070 12345677
309070 99345694  074456 12345112  070116 34012583  074456 11104102  180002 00000190
"""
_INVALID = """
938063 15764273  938063 15764264  938063 15763217  118765 64371388  203099 66831036  203099 58716970  089999 66374959
107999 88837493
"""
# One row: the sum of the account number's last two digits must be a multiple of ten.
_INVENTED_ROW = "000001 000009 MOD10    0    0    0    0    0    0    0    0    0    0    0    0    1    1\n"


def _pairs(text: str) -> list[tuple[str, str]]:
    words = text.split()
    return list(zip(words[::2], words[1::2], strict=True))


def _check(checker: BankDetailsChecker, sort_code: str, account_number: str) -> str:
    details = BankDetails.parse(sort_code, account_number)
    return checker.check(details.sort_code, details.account_number).result


@pytest.fixture(scope="module")
def checker() -> BankDetailsChecker:
    """The adapter on the library's own tables."""
    return UkModCheckAdapter()


def test_the_specification_has_34_cases() -> None:
    """No case got lost in the copying."""
    assert len(_pairs(_VALID)) + len(_pairs(_INVALID)) == 34


@pytest.mark.rule("P22")
@pytest.mark.parametrize(("sort_code", "account_number"), _pairs(_VALID))
def test_details_that_fit_are_valid(checker: BankDetailsChecker, sort_code: str, account_number: str) -> None:
    """The specification's good cases pass, under each of its exceptions."""
    assert _check(checker, sort_code, account_number) == "valid"


@pytest.mark.rule("P22")
@pytest.mark.parametrize(("sort_code", "account_number"), _pairs(_INVALID))
def test_details_that_do_not_fit_are_invalid(checker: BankDetailsChecker, sort_code: str, account_number: str) -> None:
    """The specification's bad cases fail."""
    assert _check(checker, sort_code, account_number) == "invalid"


@pytest.mark.rule("P22")
def test_published_test_details_are_told_apart(checker: BankDetailsChecker) -> None:
    """GoCardless's test account passes, Stripe's does not, and an uncovered sort code is not called valid."""
    assert _check(checker, "20-00-00", "55779911") == "valid"
    assert _check(checker, "10-88-00", "00012345") == "invalid"
    assert _check(checker, "00-00-00", "55779911") == "unchecked"


def test_a_newer_table_replaces_the_librarys_for_this_checker_alone(
    checker: BankDetailsChecker, tmp_path: Path
) -> None:
    """Two checkers with different tables live side by side."""
    table = tmp_path / "weights.txt"
    table.write_text("\r\n" + _INVENTED_ROW.replace("\n", "\r\n") + "\r\n", encoding="ascii", newline="")
    own = UkModCheckAdapter(weights=table)

    assert _check(own, "000005", "00000064") == "valid"
    assert _check(own, "000005", "00000065") == "invalid"
    assert _check(own, "200000", "55779911") == "unchecked"
    assert _check(checker, "000005", "00000065") == "unchecked"
    assert _check(checker, "200000", "55779911") == "valid"


def test_a_newer_substitution_table_is_used(tmp_path: Path) -> None:
    """Exception 5 looks its sort code up in the table that was named."""
    weights, substitutions = tmp_path / "weights.txt", tmp_path / "substitutions.txt"
    # The last sort code digit alone must leave the remainder that h, the last account digit, makes up to ten.
    weights.write_text("000001 000009 DBLAL 0 0 0 0 0 1 0 0 0 0 0 0 0 0 5\n", encoding="ascii")
    substitutions.write_text("000001 000007\n", encoding="ascii")

    assert _check(UkModCheckAdapter(weights=weights), "000001", "00000009") == "valid"
    own = UkModCheckAdapter(weights=weights, substitutions=substitutions)
    assert _check(own, "000001", "00000009") == "invalid"
    assert _check(own, "000001", "00000003") == "valid"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "holds no rows"),
        (_INVENTED_ROW + "nonsense\n", "line 2"),
        (_INVENTED_ROW.rstrip() + " 15\n", "exception 15"),
        (_INVENTED_ROW.rstrip() + " 8\n", "exception 8"),
        ("é\n", "can't be read"),
    ],
)
def test_a_table_that_would_be_misread_is_refused(tmp_path: Path, content: str, says: str) -> None:
    """A broken or too new file stops the start with the line at fault instead of giving wrong answers."""
    table = tmp_path / "weights.txt"
    table.write_text(content, encoding="utf-8")

    with pytest.raises(InvalidModulusTable, match=says):
        UkModCheckAdapter(weights=table)


def test_the_one_sort_code_of_exception_8_is_accepted_in_a_newer_table(tmp_path: Path) -> None:
    """For it the left-out replacement changes nothing."""
    table = tmp_path / "weights.txt"
    table.write_text("086090 086090 MOD10 0 0 3 7 1 3 7 1 3 7 1 3 7 1 8\n", encoding="ascii")

    assert _check(UkModCheckAdapter(weights=table), "086090", "06774744") == "valid"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A wrong path in the settings is told from an empty table."""
    with pytest.raises(InvalidModulusTable, match=r"absent\.txt can't be read"):
        UkModCheckAdapter(substitutions=tmp_path / "absent.txt")
