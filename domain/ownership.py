"""Which system owns which field, and what a difference between the two leads to (P3, P50-P52).

The table below is data: `docs/ownership.md` is written from it. Two rules stand above it: what both systems agree on is
never written, so an echo of our own write ends by itself; and nothing is guessed, so whatever the table does not allow
goes to a person.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Subject(StrEnum):
    """What a field belongs to: a person in both systems, or an account there and its plan here."""

    CLIENT = "client"
    ACCOUNT = "account"


class Owner(StrEnum):
    """Whose value is right when the two differ."""

    PLANNR = "plannr"
    PLATFORM = "platform"
    PERSON = "person"


class Direction(StrEnum):
    """Which way a value travels."""

    TO_PLATFORM = "to_platform"
    TO_PLANNR = "to_plannr"
    NONE = "none"


class Until(StrEnum):
    """When the owner's value stops being carried over."""

    ALWAYS = "always"
    AMENDED = "amended"
    CREATED = "created"


class Act(StrEnum):
    """What a difference in one field leads to."""

    NOTHING = "nothing"
    TO_PLATFORM = "to_platform"
    TO_PLANNR = "to_plannr"
    STOP = "stop"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One row of the table.

    Attributes:
        subject: What the field belongs to.
        field: Its name in Onward's terms.
        owner: Whose value is right.
        direction: Which way it travels.
        until: When it stops applying.
        personal: Whether its values are shown masked.
        fills: Whether an empty side that never had a value is filled from the other one.
        conflict: What happens where the rule cannot decide, in words.
        third_party: Whether the rule is that of a third-party wrapper (TPSIPP, TPOFB); None: of every wrapper.
    """

    subject: Subject
    field: str
    owner: Owner
    direction: Direction
    until: Until
    personal: bool
    fills: bool
    conflict: str
    third_party: bool | None = None


_CONTACT = "A difference at the first meeting of two records, or a value emptied in Plannr, goes to the adviser."
_IDENTITY = "The identity check was made with it: any difference goes to the adviser, who corrects one of the two."
_ASKED = "Kept in step from Plannr; a value emptied there goes to the adviser."
_STATUS = "The platform's value is written again over what was changed in Plannr."
_STATUS_THIRD = "From a person's first change in Plannr on it is theirs for good."
_AT_CREATION = "Written once, when the plan is made; from then on it is the adviser's."


def _client(field: str, owner: Owner, direction: Direction, conflict: str) -> FieldRule:
    return FieldRule(Subject.CLIENT, field, owner, direction, Until.ALWAYS, True, True, conflict)


def _plan(field: str, owner: Owner, until: Until, conflict: str, *, third_party: bool | None = None) -> FieldRule:
    return FieldRule(
        Subject.ACCOUNT, field, owner, Direction.TO_PLANNR, until, False, False, conflict, third_party=third_party
    )


OWNERSHIP: tuple[FieldRule, ...] = (
    _client("email", Owner.PLANNR, Direction.TO_PLATFORM, _CONTACT),
    _client("mobile", Owner.PLANNR, Direction.TO_PLATFORM, _CONTACT),
    _client("address", Owner.PLANNR, Direction.TO_PLATFORM, _CONTACT),
    _client("bank_details", Owner.PLANNR, Direction.TO_PLATFORM, _CONTACT),
    _client("marital_status", Owner.PLANNR, Direction.TO_PLATFORM, _ASKED),
    _client("employment_status", Owner.PLANNR, Direction.TO_PLATFORM, _ASKED),
    _client("retirement_age", Owner.PLANNR, Direction.TO_PLATFORM, _ASKED),
    _client("title", Owner.PERSON, Direction.NONE, _IDENTITY),
    _client("first_name", Owner.PERSON, Direction.NONE, _IDENTITY),
    _client("last_name", Owner.PERSON, Direction.NONE, _IDENTITY),
    _client("date_of_birth", Owner.PERSON, Direction.NONE, _IDENTITY),
    _client("national_insurance_number", Owner.PERSON, Direction.NONE, _IDENTITY),
    _client("nationality", Owner.PERSON, Direction.NONE, _IDENTITY),
    _plan("status", Owner.PLATFORM, Until.ALWAYS, _STATUS, third_party=False),
    _plan("policy_number", Owner.PLATFORM, Until.ALWAYS, _STATUS, third_party=False),
    _plan("status", Owner.PLATFORM, Until.AMENDED, _STATUS_THIRD, third_party=True),
    _plan("policy_number", Owner.PLATFORM, Until.AMENDED, _STATUS_THIRD, third_party=True),
    _plan("name", Owner.PLANNR, Until.CREATED, _AT_CREATION),
    _plan("type", Owner.PLANNR, Until.CREATED, _AT_CREATION),
    _plan("owners", Owner.PLANNR, Until.CREATED, _AT_CREATION),
)


NOT_SYNCED: dict[str, str] = {
    "tax_residences": "Self-certified to the platform by the client; Plannr has no place for it.",
    "us_person": "Declared to the platform by the client; Plannr has no place for it.",
    "no_national_insurance_number": "A declaration made to the platform; Plannr knows a number or none.",
}
"""Details of a person that stay where they are, and why."""


def client_rules() -> tuple[FieldRule, ...]:
    """Return the rules of a person's fields."""
    return tuple(rule for rule in OWNERSHIP if rule.subject is Subject.CLIENT)


def account_rules(*, third_party: bool) -> tuple[FieldRule, ...]:
    """Return the rules of a plan's fields, for a third-party wrapper or for any other."""
    return tuple(
        rule for rule in OWNERSHIP if rule.subject is Subject.ACCOUNT and rule.third_party in {None, third_party}
    )


@dataclass(frozen=True, slots=True)
class Memory:
    """What our own record says of one field, as fingerprints rather than values.

    Attributes:
        base: What both systems held when they last agreed; None when they never did.
        intended: What Onward set out to write into Plannr; None when no such write was cut off before it was recorded.
        held: Whether a person was asked about the field and has not answered yet.
        stopped: Whether a person amended it, so that it is not carried over any more.
    """

    base: str | None = None
    intended: str | None = None
    held: bool = False
    stopped: bool = False


def intended_key(field: str) -> str:
    """Return under which key a record's bases hold what Onward is about to write, beside the field's own base.

    It is kept before the write and dropped after it, so that a write cut off in between is never taken for a person's
    amendment. The base kept with it is what Plannr held just before.
    """
    return f"{field}:intended"


def settle(
    rule: FieldRule, *, platform: str | None, plannr: str | None, memory: Memory, first_meeting: bool = False
) -> Act:
    """Return what the values that a field has in the two systems lead to (P52).

    Args:
        rule: The field's row of the table.
        platform: The fingerprint of the platform's value; None: empty there.
        plannr: The fingerprint of Plannr's value; None: empty there.
        memory: What our own record says.
        first_meeting: Whether the two records were matched just now, so that neither is known to be the newer one.
    """
    if platform == plannr or rule.until is Until.CREATED or memory.stopped:
        return Act.NOTHING
    if rule.direction is Direction.TO_PLANNR:
        return _to_plannr(rule, platform=platform, plannr=plannr, memory=memory)
    if platform is None or plannr is None:
        return _one_side_empty(rule, platform=platform, memory=memory)
    if rule.owner is Owner.PERSON or memory.held or first_meeting:
        return Act.PERSON
    return Act.TO_PLATFORM


def _to_plannr(rule: FieldRule, *, platform: str | None, plannr: str | None, memory: Memory) -> Act:
    # A write that was cut off may or may not have arrived, so that two values can be our own.
    is_ours = plannr == memory.base or (plannr is not None and plannr == memory.intended)
    if rule.until is Until.AMENDED and not is_ours:
        return Act.STOP
    return Act.NOTHING if platform is None else Act.TO_PLANNR


def _one_side_empty(rule: FieldRule, *, platform: str | None, memory: Memory) -> Act:
    if platform is None and rule.owner is Owner.PLANNR and not memory.held:
        return Act.TO_PLATFORM
    never_agreed = memory.base is None and not memory.held
    if not (rule.fills and never_agreed):
        return Act.PERSON
    return Act.TO_PLATFORM if platform is None else Act.TO_PLANNR


def amended_fields(rules: Collection[FieldRule], acts: dict[str, Act]) -> set[str]:
    """Return the fields that a person's amendment stops from now on (P3)."""
    return {rule.field for rule in rules if acts.get(rule.field) is Act.STOP}
