"""What a person sees of a value that the two systems do not agree on."""

import pytest

from domain.masking import mask
from domain.ownership import OWNERSHIP


@pytest.mark.rule("P54")
@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("email", "eleanor.marsh@example.com", "e…@example.com"),
        ("mobile", "+447400123456", "…456"),
        ("address", "12 Harbour Street, Bristol, BS1 4ST", "…BS1"),
        ("address", '{"postcode":"bs14st","town_city":"Bristol"}', "…BS1"),
        ("first_name", "Eleanor", "E…"),
        ("last_name", "Marsh", "M…"),
        ("title", "Mrs", "M…"),
        ("date_of_birth", "1978-04-12", "19…"),
        ("national_insurance_number", "AB123456C", "…6C"),
        ("bank_details", "200000 55779911 Mrs E Marsh", "…9911"),
        ("marital_status", "married", "(given)"),
        ("employment_status", "retired", "(given)"),
        ("retirement_age", "67", "(given)"),
        ("nationality", "GB", "(given)"),
        ("status", "active", "active"),
        ("policy_number", "ACC-1", "ACC-1"),
        ("name", "Family GIA", "Family GIA"),
        ("link", "01J0-A", "01J0-A"),
    ],
)
def test_a_value_shows_what_recognises_it(field: str, value: str, shown: str) -> None:
    """Each kind of value has one short form; a plan's fields, which say nothing of a person, are shown in full."""
    assert mask(field, value) == shown


@pytest.mark.rule("P54")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "e@example.com"),
        ("email", "@example.com"),
        ("email", "not an address"),
        ("mobile", "123456"),
        ("first_name", "E"),
        ("date_of_birth", "12/04/1978"),
        ("national_insurance_number", "6C"),
        ("address", "12 Harbour Street"),
        ("bank_details", "9911"),
        ("something_new", "a value"),
    ],
)
def test_what_has_not_the_form_of_its_field_is_not_shown(field: str, value: str) -> None:
    """A value too short or of another form could be shown nearly whole, so nothing of it is."""
    assert mask(field, value) in {"…", "…@example.com", "(given)"}


@pytest.mark.parametrize("field", sorted({rule.field for rule in OWNERSHIP}))
@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_empty_value_says_so(field: str, value: str | None) -> None:
    """Whether there is a value at all is what the adviser needs to know first."""
    assert mask(field, value) == "(empty)"
