"""Which acceptances an amendment makes void."""

import pytest

from domain.materiality import MATERIALITY, UndeclaredField, Voids, materiality, reasons, voided_by
from models.people import AccountDetails, BankDetails, DirectDebit, PersonDetails

DECLARED_AHEAD = {"marital_status", "employment_status", "retirement_age"}


@pytest.mark.rule("P44")
def test_every_field_of_the_forms_is_declared_and_no_other() -> None:
    """Whoever adds a field decides whether the client has to accept again."""
    on_forms = {
        *PersonDetails.model_fields,
        *AccountDetails.model_fields,
        "bank_details",
        *(f"bank_details.{name}" for name in BankDetails.model_fields),
        *(f"direct_debit.{name}" for name in DirectDebit.model_fields),
    }

    assert on_forms - set(MATERIALITY) == set()
    assert set(MATERIALITY) - on_forms <= DECLARED_AHEAD


@pytest.mark.rule("P44")
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["investment_strategy"], {Voids.PRODUCT_TERMS}),
        (["contributions.0.amount_pence"], {Voids.PRODUCT_TERMS}),
        (["charges.ongoing_basis_points"], {Voids.PRODUCT_TERMS}),
        (["direct_debit.amount_pence"], {Voids.MANDATE}),
        (["direct_debit"], {Voids.MANDATE}),
        (["bank_details.sort_code"], {Voids.MANDATE}),
        (["last_name"], {Voids.PLATFORM_TERMS, Voids.PRODUCT_TERMS}),
        (["tax_residences.1.country"], {Voids.PRODUCT_TERMS}),
        (["name"], set()),
        (["email", "mobile", "address.line_1", "title"], set()),
        (["name", "charges", "bank_details.account_number"], {Voids.PRODUCT_TERMS, Voids.MANDATE}),
        ([], set()),
    ],
)
def test_what_an_amendment_makes_void(fields: list[str], expected: set[Voids]) -> None:
    """What the client saw or declared is accepted anew; a label or a telephone number is not."""
    assert voided_by(fields) == expected


@pytest.mark.rule("P44")
def test_the_adviser_is_told_why_before_saving() -> None:
    """Each material field once, in words; what is not material is not mentioned."""
    told = reasons(["email", "contributions.0.amount_pence", "contributions.1.amount_pence", "last_name"])

    assert [row.field for row in told] == ["last_name", "contributions"]
    assert told[1].reason == "changes the illustration that the client read before accepting"


@pytest.mark.rule("P44")
@pytest.mark.parametrize("field", ["favourite_colour", "", "names", "contributionsx.0", ".name"])
def test_a_field_nobody_decided_on_is_told(field: str) -> None:
    """It is neither material nor not: somebody has to declare it."""
    with pytest.raises(UndeclaredField, match="decide and declare"):
        materiality(field)
    with pytest.raises(UndeclaredField):
        voided_by(["name", field])
