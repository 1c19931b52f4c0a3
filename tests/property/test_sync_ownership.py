"""What holds of the ownership table for every difference: it comes to rest, and nobody's value is lost."""

from dataclasses import dataclass, field, replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ownership import OWNERSHIP, Act, Direction, FieldRule, Memory, Owner, Until, settle

VALUES = (None, "one", "two", "three")
_RULES = pytest.mark.parametrize("rule", OWNERSHIP, ids=lambda rule: f"{rule.field}-{rule.third_party}")


@dataclass
class Field:
    """One field in both systems, with what is remembered of it."""

    rule: FieldRule
    platform: str | None = None
    plannr: str | None = None
    memory: Memory = field(default_factory=Memory)
    writes: int = 0

    def sync(self, *, first_meeting: bool = False) -> Act:
        """Do what the table says, and remember it as the sync does."""
        act = settle(
            self.rule,
            platform=self.platform,
            plannr=self.plannr,
            memory=self.memory,
            first_meeting=first_meeting,
        )
        match act:
            case Act.TO_PLATFORM:
                self.platform, self.writes = self.plannr, self.writes + 1
            case Act.TO_PLANNR:
                self.plannr, self.writes = self.platform, self.writes + 1
            case Act.STOP:
                self.memory = replace(self.memory, stopped=True)
            case Act.PERSON:
                self.memory = replace(self.memory, held=True)
            case Act.NOTHING:
                pass
        if self.platform == self.plannr:
            self.memory = replace(self.memory, base=self.platform, intended=None, held=False)
        return act


def _every_state(rule: FieldRule) -> list[tuple[Field, bool]]:
    return [
        (Field(rule, platform, plannr, Memory(base, intended, held, stopped)), first)
        for platform, plannr, base, intended in product(VALUES, repeat=4)
        for held, stopped, first in product((False, True), repeat=3)
    ]


@pytest.mark.rule("P52")
@_RULES
def test_a_sync_is_followed_by_rest(rule: FieldRule) -> None:
    """From every state there is: what agrees is left alone, and after any one sync the next one writes nothing."""
    for state, first in _every_state(rule):
        agreed = state.platform == state.plannr
        act = state.sync(first_meeting=first)
        assert not (agreed and act is not Act.NOTHING)
        writes = state.writes
        for _ in range(3):
            assert state.sync() in {Act.NOTHING, Act.PERSON}
        assert state.writes == writes <= 1


@pytest.mark.rule("P52")
@_RULES
def test_a_write_goes_the_allowed_way_and_takes_nothing_from_its_owner(rule: FieldRule) -> None:
    """Against its direction a value only ever fills a gap that never was filled; no write ever empties a side."""
    for state, first in _every_state(rule):
        before = (state.platform, state.plannr)
        act = state.sync(first_meeting=first)
        if act is Act.TO_PLATFORM:
            assert before[1] is not None
            assert rule.direction is Direction.TO_PLATFORM or before[0] is None
        if act is Act.TO_PLANNR:
            assert before[0] is not None
            assert rule.direction is Direction.TO_PLANNR or before[1] is None
        if None not in before and rule.owner is Owner.PERSON:
            assert (state.platform, state.plannr) == before


@pytest.mark.rule("P52")
@_RULES
def test_a_gap_is_filled_only_where_there_never_was_a_value(rule: FieldRule) -> None:
    """What somebody cleared is not filled in again, except the owner's own value on the other side."""
    for state, _ in _every_state(rule):
        memory, emptied = state.memory, state.plannr is None and state.platform is not None
        act = state.sync()
        if emptied and act is Act.TO_PLANNR and rule.direction is not Direction.TO_PLANNR:
            assert memory.base is None
            assert not memory.held


_EDIT = st.tuples(st.sampled_from(["platform", "plannr"]), st.sampled_from(VALUES))


@pytest.mark.rule("P3", "P52")
@settings(derandomize=True, deadline=None)
@given(
    rule=st.sampled_from(OWNERSHIP),
    first=st.sampled_from(VALUES),
    rounds=st.lists(st.lists(_EDIT, max_size=3), max_size=8),
)
def test_any_history_of_edits_ends_agreed_or_with_a_person(
    rule: FieldRule, first: str | None, rounds: list[list[tuple[str, str | None]]]
) -> None:
    """However two records are edited between syncs, each sync writes once at most and what it leaves has a reason."""
    state = Field(rule, platform=first, plannr=first)
    state.sync()
    for edits in rounds:
        for side, value in edits:
            setattr(state, side, value)
        held, stopped, plannr = state.memory.held, state.memory.stopped, state.plannr
        act = state.sync()

        assert state.writes <= len(rounds)
        if state.platform != state.plannr:
            left_to_plannr = rule.direction is Direction.TO_PLANNR and state.platform is None
            assert state.memory.held or state.memory.stopped or rule.until is Until.CREATED or left_to_plannr
        if stopped or rule.until is Until.CREATED:
            assert state.plannr == plannr
        if held and act is not Act.NOTHING:
            assert act is Act.PERSON


@pytest.mark.rule("P3")
@settings(derandomize=True, deadline=None)
@given(
    rule=st.sampled_from([rule for rule in OWNERSHIP if rule.until is Until.AMENDED]),
    states=st.lists(st.tuples(st.sampled_from(["one", "two"]), st.booleans(), st.booleans()), min_size=1, max_size=6),
)
def test_a_crash_around_a_write_never_ends_the_carrying_over(
    rule: FieldRule, states: list[tuple[str, bool, bool]]
) -> None:
    """As long as nobody amends the plan, the account's next value arrives, wherever the writes before were cut off."""
    state = Field(rule)
    for platform, arrived, recorded in [*states, ("three", True, True)]:
        state.platform = platform
        act = settle(rule, platform=platform, plannr=state.plannr, memory=state.memory)
        assert act is not Act.STOP
        if act is Act.TO_PLANNR:
            state.memory = replace(state.memory, base=state.plannr, intended=platform)
            state.plannr = platform if arrived or recorded else state.plannr
        if recorded:
            state.memory = replace(state.memory, base=state.plannr, intended=None)

    assert state.plannr == "three"
