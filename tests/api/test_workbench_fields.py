"""The fields of people and accounts: what is shown, what is read from them, and what is wrong with which."""

from datetime import date

import pytest

from api.web.forms import Typed
from api.workbench.account_forms import (
    AccountForm,
    account_fields,
    account_rows,
    from_hundredths,
    percentage,
    read_account,
    to_basis_points,
    to_pence,
)
from api.workbench.details_forms import PersonForm, prefilled, read_people
from connectors.bank_details.uk_mod_check_adapter import UkModCheckAdapter
from models.people import AccountDetails, Charges, Contribution, DirectDebit, Frequency, KnownDetails, TaxResidence
from tests.sample_client import KNOWN

FORM = AccountForm("account.", "ISA")
ACCOUNT = AccountDetails(
    name="Ada's ISA",
    investment_strategy="Balanced Growth",
    contributions=[
        Contribution(amount_pence=20_000_00),
        Contribution(amount_pence=250_50, frequency=Frequency.MONTHLY),
    ],
    charges=Charges(initial_basis_points=100, ongoing_basis_points=5),
    direct_debit=DirectDebit(amount_pence=250_50, collection_day=14),
)
CHECKER = UkModCheckAdapter()


def person(known: KnownDetails = KNOWN, *asked: str, **changes: object) -> PersonForm:
    """Return the form of one person without a bank question, unless changed."""
    form = PersonForm(position=0, person_id="p1", role="Account holder", known=known, asked=asked)
    return PersonForm(**{**{name: getattr(form, name) for name in PersonForm.__slots__}, **changes})


@pytest.mark.parametrize(
    ("text", "pence"),
    [
        ("250", 25_000),
        ("£1,250.50", 125_050),
        ("0.5", 50),
        ("20 000", 2_000_000),
        ("", None),
        ("1.005", None),
        ("-5", None),
        ("1e5", None),
        ("lots", None),
        ("٣", None),
    ],
)
def test_an_amount_is_read_as_it_is_typed(text: str, pence: int | None) -> None:
    """Pounds with or without sign, commas and pence are exact; anything else is no amount."""
    assert to_pence(text) == pence


@pytest.mark.parametrize(("text", "points"), [("0.5", 50), ("1", 100), ("0.75%", 75), ("0.125", None), ("x", None)])
def test_a_percentage_is_read_in_hundredths(text: str, points: int | None) -> None:
    """Two decimals of a per cent are as fine as charges are."""
    assert to_basis_points(text) == points


@pytest.mark.parametrize(("value", "typed", "shown"), [(50, "0.50", "0.5%"), (100, "1", "1%"), (5, "0.05", "0.05%")])
def test_hundredths_are_shown_as_they_are_read(value: int, typed: str, shown: str) -> None:
    """What a form shows is read as the same value again."""
    assert from_hundredths(value) == typed
    assert to_basis_points(typed) == value
    assert percentage(value) == shown


def test_an_account_is_read_as_it_is_shown() -> None:
    """The fields filled in from an account give the same account again."""
    assert read_account(FORM, account_fields(FORM, ACCOUNT)) == (ACCOUNT, [])


def test_an_account_is_checked_in_words() -> None:
    """Each part of an account has a row with its field, its label and its words."""
    rows = {field: words for field, _, words in account_rows(ACCOUNT)}

    assert rows["contributions.0.amount"] == "£20,000 once, £250.50 every month"
    assert rows["charges.initial"] == "1% initial, 0.05% ongoing"
    assert rows["direct_debit"] == "£250.50 every month, on day 14 of the month"


def test_what_is_wrong_with_an_account_is_at_its_field() -> None:
    """A second contribution that is too large is named at the second, although the first was left out."""
    typed = account_fields(FORM, ACCOUNT) | {
        "account.name": "",
        "account.contributions.0.amount": "",
        "account.contributions.1.amount": "99,999,999",
        "account.charges.ongoing": "4",
        "account.direct_debit.collection_day": "31",
    }
    account, errors = read_account(FORM, Typed(typed))

    assert account is None
    assert {error.field for error in errors} == {
        "account.name",
        "account.contributions.1.amount",
        "account.charges.ongoing",
        "account.direct_debit.collection_day",
    }


def test_details_that_are_sent_as_shown_change_nothing() -> None:
    """The prefilled form amends nothing, so that no system is written what it knows already (P7)."""
    known = KNOWN.model_copy(
        update={"retirement_age": 67, "tax_residences": [TaxResidence(country="IE", tax_number="1")]}
    )
    (given,), errors = read_people([person(known)], prefilled([person(known)]), CHECKER)

    assert errors == []
    assert given.details.given() == []


@pytest.mark.rule("P7")
def test_only_what_is_changed_or_was_missing_is_given() -> None:
    """An amended address and an answer that was missing are given, and nothing else."""
    known = KNOWN.model_copy(update={"us_person": None})
    form = person(known, "us_person", "email")
    typed = Typed(
        prefilled([form]) | {"holders.0.details.us_person": "true", "holders.0.details.address.postcode": "ct51ab"}
    )
    (given,), errors = read_people([form], typed, CHECKER)

    assert (form.missing, errors) == (["us_person"], [])
    assert given.details.given() == ["us_person", "address"]
    assert given.details.us_person is True
    assert given.details.address is not None
    assert given.details.address.postcode == "CT5 1AB"


def test_a_known_detail_cannot_be_taken_out() -> None:
    """A known field that was emptied is named; one that the form did not show is left alone."""
    typed = Typed(prefilled([person()]) | {"holders.0.details.email": ""})
    del typed["holders.0.details.mobile"]
    given, errors = read_people([person()], typed, CHECKER)

    assert given == []
    assert [(error.field, "not left out" in error.message) for error in errors] == [("holders.0.details.email", True)]


@pytest.mark.rule("P33")
def test_no_national_insurance_number_is_declared() -> None:
    """The box beside the number stands in for it."""
    form = person(KNOWN.model_copy(update={"national_insurance_number": None}), "national_insurance_number")
    typed = Typed(prefilled([form]) | {"holders.0.details.no_national_insurance_number": "true"})
    (given,), errors = read_people([form], typed, CHECKER)

    assert errors == []
    assert given.details.no_national_insurance_number is True


@pytest.mark.parametrize(
    ("typed", "born"), [(("1", "2", "1990"), date(1990, 2, 1)), (("31", "2", "1990"), None), (("x", "", ""), None)]
)
def test_a_date_is_read_from_three_fields(typed: tuple[str, str, str], born: date | None) -> None:
    """A real date is taken; one that is none is named at its first field."""
    form = person(KNOWN.model_copy(update={"date_of_birth": None}), "date_of_birth")
    fields = {
        f"holders.0.details.date_of_birth-{part}": text
        for part, text in zip(("day", "month", "year"), typed, strict=True)
    }
    given, errors = read_people([form], Typed(prefilled([form]) | fields), CHECKER)

    assert [one.details.date_of_birth for one in given] == ([born] if born else [])
    assert {error.field for error in errors} == (set() if born else {"holders.0.details.date_of_birth"})


@pytest.mark.rule("P22")
@pytest.mark.parametrize(("bank", "wrong"), [("required", 3), ("optional", 0), ("replace", 0), ("none", 0)])
def test_bank_details_are_missed_only_where_they_are_required(bank: str, wrong: int) -> None:
    """Left blank, each of the three fields is named where they have to be given."""
    _, errors = read_people([person(bank=bank)], prefilled([person()]), CHECKER)

    assert len(errors) == wrong
    assert all(error.field.startswith("holders.0.bank_details.") for error in errors)
