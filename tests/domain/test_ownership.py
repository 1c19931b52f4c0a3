"""What a difference between the two systems leads to, by the table of ownership."""

from dataclasses import replace

import pytest

from domain.ownership import Act, FieldRule, Memory, account_rules, amended_fields, client_rules, intended_key, settle

CLIENT = {rule.field: rule for rule in client_rules()}
THIRD_PARTY = {rule.field: rule for rule in account_rules(third_party=True)}
OWN = {rule.field: rule for rule in account_rules(third_party=False)}
FROM_PLANNR = ["email", "mobile", "address", "bank_details", "marital_status", "employment_status", "retirement_age"]
IDENTITY = ["title", "first_name", "last_name", "date_of_birth", "national_insurance_number", "nationality"]
AGREED = Memory(base="old")


def _act(
    rule: FieldRule, platform: str | None, plannr: str | None, memory: Memory = AGREED, *, first: bool = False
) -> Act:
    return settle(rule, platform=platform, plannr=plannr, memory=memory, first_meeting=first)


@pytest.mark.rule("P51", "P52")
@pytest.mark.parametrize("field", FROM_PLANNR)
def test_a_detail_follows_plannr(field: str) -> None:
    """A change in Plannr is carried over; one made on the platform, or on both at once, is written over."""
    assert _act(CLIENT[field], "old", "new") is Act.TO_PLATFORM
    assert _act(CLIENT[field], "new", "old") is Act.TO_PLATFORM
    assert _act(CLIENT[field], "newer", "new") is Act.TO_PLATFORM
    assert _act(CLIENT[field], None, "old") is Act.TO_PLATFORM


@pytest.mark.rule("P52")
@pytest.mark.parametrize("field", FROM_PLANNR)
def test_a_detail_emptied_in_plannr_is_for_a_person(field: str) -> None:
    """Nothing is erased on the platform because a box was cleared, and what was cleared is not filled in again."""
    assert _act(CLIENT[field], "old", None) is Act.PERSON
    assert _act(CLIENT[field], "old", "new", Memory(base="old", held=True)) is Act.PERSON
    assert _act(CLIENT[field], "old", "old", Memory(base="old", held=True)) is Act.NOTHING


@pytest.mark.rule("P52")
@pytest.mark.parametrize("field", IDENTITY)
def test_an_identity_is_never_written_over(field: str) -> None:
    """The identity check was made with it, so that a person corrects one of the two systems."""
    for platform, plannr in [("old", "new"), ("new", "old"), ("newer", "new"), ("old", None), (None, "old")]:
        assert _act(CLIENT[field], platform, plannr) is Act.PERSON


@pytest.mark.rule("P5", "P52")
@pytest.mark.parametrize("field", [*FROM_PLANNR, *IDENTITY])
def test_at_the_first_meeting_gaps_are_filled_and_differences_asked(field: str) -> None:
    """Neither record is known to be the newer one, but a gap that never was filled cannot be a change."""
    assert _act(CLIENT[field], "here", "there", Memory(), first=True) is Act.PERSON
    assert _act(CLIENT[field], "here", None, Memory(), first=True) is Act.TO_PLANNR
    assert _act(CLIENT[field], None, "there", Memory(), first=True) is Act.TO_PLATFORM


@pytest.mark.rule("P50", "P52")
@pytest.mark.parametrize("field", ["status", "policy_number"])
def test_a_plan_follows_its_account(field: str) -> None:
    """What was changed in the plan of one of the firm's own wrappers is written over again."""
    assert _act(OWN[field], "new", "old") is Act.TO_PLANNR
    assert _act(OWN[field], "old", "new") is Act.TO_PLANNR
    assert _act(OWN[field], "old", None) is Act.TO_PLANNR


@pytest.mark.rule("P3", "P52")
@pytest.mark.parametrize("field", ["status", "policy_number"])
def test_what_a_person_amended_in_a_third_party_plan_stays(field: str) -> None:
    """The account's changes are carried over until the plan holds something that we neither agreed on nor wrote."""
    rule = THIRD_PARTY[field]

    assert _act(rule, "new", "old") is Act.TO_PLANNR
    assert _act(rule, "old", "amended") is Act.STOP
    assert _act(rule, "old", None) is Act.STOP
    assert _act(rule, "new", "amended", Memory()) is Act.STOP
    assert _act(rule, "new", "amended", Memory(base="old", stopped=True)) is Act.NOTHING
    assert amended_fields([rule], {field: Act.STOP}) == {field}
    assert amended_fields([rule], {field: Act.TO_PLANNR}) == set()


@pytest.mark.rule("P3", "P52")
def test_a_write_that_was_cut_off_is_no_amendment() -> None:
    """It may have arrived or not: either way the plan holds what we know, and the account's next change follows."""
    rule, cut_off = THIRD_PARTY["status"], Memory(base="old", intended="ours")

    assert intended_key("status") != "status"
    assert _act(rule, "new", "ours", cut_off) is Act.TO_PLANNR
    assert _act(rule, "new", "old", cut_off) is Act.TO_PLANNR
    assert _act(rule, "new", "amended", cut_off) is Act.STOP
    assert _act(rule, "new", None, cut_off) is Act.STOP


@pytest.mark.rule("P3", "P52")
@pytest.mark.parametrize("field", ["name", "type", "owners"])
@pytest.mark.parametrize("rules", [OWN, THIRD_PARTY], ids=["own", "third_party"])
def test_name_type_and_owners_are_the_advisers_from_creation_on(rules: dict[str, FieldRule], field: str) -> None:
    """They are written when the plan is made and never compared again."""
    for memory in (Memory(), AGREED):
        assert _act(rules[field], "new", "theirs", memory) is Act.NOTHING
        assert _act(rules[field], "new", None, memory) is Act.NOTHING


@pytest.mark.rule("P52")
def test_a_rule_that_does_not_fill_asks_instead() -> None:
    """Whether a gap is filled is a column of the table, and no row relies on another one's."""
    asks = replace(CLIENT["title"], fills=False)

    assert _act(asks, "here", None, Memory()) is Act.PERSON
    assert _act(asks, None, "there", Memory()) is Act.PERSON
