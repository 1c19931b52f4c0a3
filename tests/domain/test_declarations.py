"""The statements that clients accept."""

from datetime import date

import pytest

from domain.declarations import acceptance_statement, declaration
from domain.gates import RequiredDocument
from domain.journey import DocumentKind, Wrapper


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


@pytest.mark.rule("P25", "P32")
def test_the_pension_declares_relief_flexible_access_and_the_statement() -> None:
    """The two declarations of the relief rules are there, and that a statement follows that can be corrected."""
    found = declaration(Wrapper.SIPP, date(2026, 11, 23))

    assert found is not None
    assert found.version == "sipp-1"
    for content in [
        "total of the contributions to all my registered pension schemes",
        "relevant United Kingdom earnings",
        "no longer entitled to relief",
        "taken, or take, pension benefits flexibly",
        "will receive a statement of the information",
        "correct and complete",
    ]:
        assert content in found.text


@pytest.mark.rule("P25", "P31")
def test_the_registered_contact_declares_for_the_child() -> None:
    """Responsibility, eligibility, residence, one account for life, the limit, and authority are each there."""
    found = declaration(Wrapper.JISA, date(2026, 11, 23))

    assert found is not None
    assert found.version == "jisa-1"
    for content in [
        "parental responsibility for the child, or I am the child myself",
        "registered contact of the account",
        "no Child Trust Fund, or the whole of the Child Trust Fund will be transferred",
        "The child is resident in the United Kingdom",
        "no other stocks and shares Junior ISA",
        "overall subscription limit",
        "gift to the child",
        "agree to the Junior ISA terms",
        "authorise the account manager",
    ]:
        assert content in found.text


@pytest.mark.rule("P25")
@pytest.mark.parametrize("wrapper", [Wrapper.SIPP, Wrapper.JISA])
def test_declarations_that_name_no_tax_year_stay_the_same_over_the_years(wrapper: Wrapper) -> None:
    """Nobody has to declare again what did not change."""
    assert declaration(wrapper, date(2027, 4, 5)) == declaration(wrapper, date(2027, 4, 6))


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
