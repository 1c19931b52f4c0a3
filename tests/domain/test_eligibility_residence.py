"""Residence, United States status and National Insurance numbers before an account is opened."""

from datetime import date
from typing import Any

import pytest

from domain.applicants import AccountFacts, PartyFacts, Role
from domain.eligibility import assess, nino_applies
from domain.journey import Wrapper
from domain.rules import load_rules

TODAY = date(2026, 11, 23)
RULES = load_rules()
BORN = date(1978, 4, 12)


def found(wrapper: Wrapper, *, crown: bool = False, **known: Any) -> tuple[list[str], list[str]]:
    """Return the codes of the refusals and warnings for one holder of whom this is known."""
    party = PartyFacts("p1", "holder", BORN, **known)
    assessment = assess([party], AccountFacts(wrapper, crown_servant_or_spouse=crown), TODAY, RULES)
    return [one.code for one in assessment.refusals], [one.code for one in assessment.warnings]


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("wrapper", "country", "refused"),
    [
        (Wrapper.ISA, "GB", []),
        (Wrapper.ISA, "JE", ["crown_dependency"]),
        (Wrapper.ISA, "GY", ["crown_dependency"]),
        (Wrapper.ISA, "IM", ["crown_dependency"]),
        (Wrapper.ISA, "FR", ["not_uk_resident"]),
        (Wrapper.GIA, "GB", []),
        (Wrapper.GIA, "IM", ["address_outside_uk"]),
        (Wrapper.SIPP, "FR", ["address_outside_uk"]),
    ],
)
def test_a_holder_lives_in_the_united_kingdom(wrapper: Wrapper, country: str, refused: list[str]) -> None:
    """Jersey, Guernsey and the Isle of Man are not part of it."""
    assert found(wrapper, address_country=country) == (refused, [])


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("wrapper", "countries", "refused", "warned"),
    [
        (Wrapper.ISA, ("GB", "FR"), [], []),
        (Wrapper.ISA, ("JE", "GB"), [], []),
        (Wrapper.ISA, ("JE",), ["crown_dependency"], []),
        (Wrapper.ISA, ("FR",), ["not_uk_resident"], []),
        (Wrapper.GIA, ("FR",), [], ["not_uk_tax_resident"]),
        (Wrapper.SIPP, ("FR",), [], ["not_uk_tax_resident"]),
    ],
)
def test_an_isa_is_for_tax_residents(
    wrapper: Wrapper, countries: tuple[str, ...], refused: list[str], warned: list[str]
) -> None:
    """Other accounts only warn, and a second residence does no harm."""
    assert found(wrapper, tax_residences=countries) == (refused, warned)


@pytest.mark.rule("P33")
@pytest.mark.parametrize("wrapper", [Wrapper.ISA, Wrapper.GIA])
def test_a_link_to_the_crown_stands_in_for_residence(wrapper: Wrapper) -> None:
    """Crown servants overseas and their spouses are served."""
    assert found(wrapper, crown=True, address_country="CY", tax_residences=("GB",)) == ([], [])


@pytest.mark.rule("P31", "P33")
@pytest.mark.parametrize(("lives_abroad", "refused"), [("child", ["not_uk_resident"]), ("registered_contact", [])])
def test_the_child_of_a_junior_isa_is_resident_not_its_contact(lives_abroad: Role, refused: list[str]) -> None:
    """The contact acts for the account and does not own it."""
    roles: list[Role] = ["child", "registered_contact"]
    parties = [
        PartyFacts(
            role,
            role,
            date(2020, 1, 1) if role == "child" else BORN,
            address_country="FR" if role == lives_abroad else "GB",
        )
        for role in roles
    ]

    refusals = assess(parties, AccountFacts(Wrapper.JISA), TODAY, RULES).refusals

    assert [refusal.code for refusal in refusals] == refused
    assert {refusal.person_id for refusal in refusals} <= {"child"}


@pytest.mark.rule("P33")
def test_living_abroad_and_taxed_here_alone_is_a_contradiction() -> None:
    """The self-certification is tested against the address."""
    assert "residence_conflict" in found(Wrapper.GIA, address_country="FR", tax_residences=("GB",))[1]


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("known", "warned"),
    [
        ({"us_person": False, "nationality": "GB", "tax_residences": ("GB",)}, []),
        ({"us_person": False, "nationality": "US"}, ["us_status_conflict"]),
        ({"us_person": False, "tax_residences": ("GB", "US")}, ["us_status_conflict"]),
        ({"us_person": True, "tax_residences": ("GB", "US")}, ["us_person"]),
        ({"us_person": True, "tax_residences": ("GB",)}, ["us_person", "us_tax_residence_missing"]),
        ({"us_person": None, "nationality": "US"}, []),
    ],
)
def test_the_answer_about_the_united_states_fits_the_rest(known: dict[str, Any], warned: list[str]) -> None:
    """A contradiction is told; an answer that is still missing is not."""
    assert found(Wrapper.GIA, **known) == ([], warned)


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("wrapper", "has", "declared", "refused", "warned"),
    [
        (Wrapper.ISA, True, None, [], []),
        (Wrapper.ISA, False, False, ["nino_missing"], []),
        (Wrapper.ISA, False, True, [], []),
        (Wrapper.ISA, False, None, [], []),
        (Wrapper.ISA, None, False, [], []),
        (Wrapper.ISA, True, True, [], ["nino_conflict"]),
        (Wrapper.SIPP, False, False, ["nino_missing"], []),
        (Wrapper.GIA, False, False, [], []),
    ],
)
def test_a_nino_is_given_or_declared_away(
    wrapper: Wrapper, has: bool | None, declared: bool | None, refused: list[str], warned: list[str]
) -> None:
    """Who may be eligible for one gets one first; a general investment account takes it only from who has one."""
    assert found(wrapper, has_nino=has, nino_declared_not_eligible=declared) == (refused, warned)


@pytest.mark.rule("P32", "P33")
@pytest.mark.parametrize(
    ("wrapper", "party", "expected"),
    [
        (Wrapper.ISA, PartyFacts("p"), True),
        (Wrapper.ISA, PartyFacts("p", nino_declared_not_eligible=True), False),
        (Wrapper.GIA, PartyFacts("p"), True),
        (Wrapper.GIA, PartyFacts("p", has_nino=False), False),
        (Wrapper.SIPP, PartyFacts("p", nationality="FR", tax_residences=("FR",)), False),
        (Wrapper.SIPP, PartyFacts("p", nationality="FR", tax_residences=("GB",)), True),
        (Wrapper.SIPP, PartyFacts("p", nationality="GB", tax_residences=("FR",)), True),
        (Wrapper.SIPP, PartyFacts("p", date_of_birth=date(2010, 11, 24)), False),
        (Wrapper.JISA, PartyFacts("p", "child"), False),
        (Wrapper.JISA, PartyFacts("p", "child", date(2010, 11, 24)), False),
        (Wrapper.JISA, PartyFacts("p", "child", date(2010, 11, 23)), True),
        (Wrapper.JISA, PartyFacts("p", "registered_contact"), True),
    ],
)
def test_who_has_to_give_a_nino(wrapper: Wrapper, party: PartyFacts, expected: bool) -> None:
    """Children from 16 on, residents, and everybody who may have one."""
    assert nino_applies(wrapper, party, TODAY, RULES) is expected
