"""What holds for every application: the unknown is never refused, and findings can be read by a person."""

import re
from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.eligibility import AccountFacts, PartyFacts, assess
from domain.journey import Wrapper
from domain.rules import load_rules

RULES = load_rules()
_steady = settings(derandomize=True, deadline=None, max_examples=400)
_COUNTRIES = st.sampled_from(["GB", "US", "JE", "IM", "FR"])
_MAYBE = st.none() | st.booleans()
_parties = st.lists(
    st.builds(
        PartyFacts,
        person_id=st.sampled_from(["p1", "p2", "p3"]),
        role=st.sampled_from(["holder", "holder", "child", "registered_contact"]),
        date_of_birth=st.none() | st.dates(date(1930, 1, 1), date(2028, 1, 1)),
        nationality=st.none() | _COUNTRIES,
        tax_residences=st.lists(_COUNTRIES, max_size=2, unique=True).map(tuple),
        us_person=_MAYBE,
        address_country=st.none() | _COUNTRIES,
        has_nino=_MAYBE,
        nino_declared_not_eligible=_MAYBE,
        retirement_age=st.none() | st.integers(40, 90),
    ),
    max_size=5,
)
_account = st.builds(
    AccountFacts,
    wrapper=st.sampled_from(Wrapper),
    paid_in_this_tax_year_pence=st.integers(0, 10_000_000),
    relevant_earnings_pence=st.none() | st.integers(0, 50_000_000),
    flexibly_accessed_on=st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    child_trust_fund_held=_MAYBE,
    parental_responsibility=_MAYBE,
    already_holds_jisa=_MAYBE,
    crown_servant_or_spouse=st.booleans(),
)
_days = st.dates(date(2026, 4, 6), date(2032, 12, 31))
_UNKNOWN: dict[str, object] = {field.name: field.default for field in fields(PartyFacts) if field.name != "role"}
_UNKNOWN.pop("person_id")


@pytest.mark.rule("P33")
@_steady
@given(parties=_parties, account=_account, today=_days, forgotten=st.sampled_from(sorted(_UNKNOWN)))
def test_knowing_less_never_refuses_more(
    parties: list[PartyFacts], account: AccountFacts, today: date, forgotten: str
) -> None:
    """Whoever is eligible with an answer is not refused while the answer is still missing."""
    known = assess(parties, account, today, RULES)
    less = [replace(party, **{forgotten: _UNKNOWN[forgotten]}) for party in parties]  # type: ignore[arg-type]

    if known.eligible:
        assert assess(less, account, today, RULES).eligible


@pytest.mark.rule("P33")
@_steady
@given(parties=_parties, account=_account, today=_days)
def test_every_finding_can_be_read_and_found(parties: list[PartyFacts], account: AccountFacts, today: date) -> None:
    """It has a stable code, a whole sentence that leads on, and points to a person and a field that exist."""
    people = {party.person_id for party in parties} | {None}
    known = {field.name for cls in (PartyFacts, AccountFacts) for field in fields(cls)}
    known |= {"address", "national_insurance_number"}
    assessment = assess(parties, account, today, RULES)

    for finding in (*assessment.refusals, *assessment.warnings):
        assert re.fullmatch(r"[a-z_]+", finding.code)
        assert finding.sentence[0].isupper()
        assert finding.sentence.endswith(".")
        assert "{" not in finding.sentence
        assert ". " in finding.sentence
        assert finding.person_id in people
        assert finding.field is None or finding.field in known


@pytest.mark.rule("P33")
@_steady
@given(parties=_parties, account=_account, today=_days)
def test_the_order_in_which_people_are_entered_does_not_matter(
    parties: list[PartyFacts], account: AccountFacts, today: date
) -> None:
    """The same is found whoever stands first, but that a pension of several people is refused whatever they pay."""
    there = assess(parties, account, today, RULES)
    back = assess(parties[::-1], account, today, RULES)

    assert sorted(map(repr, there.refusals)) == sorted(map(repr, back.refusals))
    if there.eligible:
        assert sorted(map(repr, there.warnings)) == sorted(map(repr, back.warnings))
