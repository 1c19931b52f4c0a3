"""The statements that clients accept."""

from datetime import date

import pytest

from domain.declarations import acceptance_statement, declaration, tax_year
from domain.gates import RequiredDocument
from domain.journey import DocumentKind, Wrapper


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2027, 4, 5), "2026/27"),
        (date(2027, 4, 6), "2027/28"),
        (date(2026, 12, 31), "2026/27"),
        (date(2099, 4, 6), "2099/00"),
    ],
)
def test_a_tax_year_starts_on_6_april(day: date, expected: str) -> None:
    """The day before belongs to the year before."""
    assert tax_year(day) == expected


@pytest.mark.rule("P25")
def test_the_isa_declares_everything_its_rules_ask_for() -> None:
    """First tax year, own cash, limit, age, residence, agreement and authority are each there."""
    found = declaration(Wrapper.ISA, date(2026, 11, 23))

    assert found is not None
    assert found.version == "isa-1-2026-27"
    for content in [
        "tax year 2026/27 and for each later tax year",
        "belongs to me",
        "18 years of age or over",
        "subscription limit",
        "resident in the United Kingdom",
        "agree to the ISA terms",
        "authorise the ISA manager",
    ]:
        assert content in found.text


@pytest.mark.rule("P25")
def test_a_new_tax_year_is_a_new_version() -> None:
    """What was shown on 5 April is not what is accepted on 6 April."""
    before, after = declaration(Wrapper.ISA, date(2027, 4, 5)), declaration(Wrapper.ISA, date(2027, 4, 6))

    assert before is not None
    assert after is not None
    assert before.version != after.version


def test_a_gia_has_no_declaration() -> None:
    """Nothing is declared where nothing has to be."""
    assert declaration(Wrapper.GIA, date(2026, 11, 23)) is None


@pytest.mark.rule("P24", "P25")
@pytest.mark.parametrize("kind", list(DocumentKind))
@pytest.mark.parametrize("wrapper", list(Wrapper))
def test_what_is_ticked_names_every_document_and_version(kind: DocumentKind, wrapper: Wrapper) -> None:
    """The statement says by itself what was accepted."""
    documents = [RequiredDocument("d1", 3, kind, "First terms"), RequiredDocument("d2", 1, kind, "Second terms")]

    statement = acceptance_statement(kind, wrapper, documents)

    assert "First terms (version 3); Second terms (version 1)" in statement
