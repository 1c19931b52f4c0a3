"""What the sync may have done or found, for the timeline of a client; the values are stored, so they never change."""

from enum import StrEnum


class SyncEvent(StrEnum):
    """One kind of entry in the timeline. That nothing had to be done is never noted."""

    MATCHED = "matched"
    CREATED = "created"
    LINKED = "linked"
    AMBIGUOUS = "ambiguous"
    NO_FIRM = "no_firm"
    TO_PLATFORM = "to_platform"
    TO_PLANNR = "to_plannr"
    FOR_A_PERSON = "for_a_person"
    CLOSED = "closed"
    PLAN_MADE = "plan_made"
    PLAN_CHANGED = "plan_changed"
    AMENDED_BY_A_PERSON = "amended_by_a_person"
    OUT_OF_SCOPE = "out_of_scope"
    LEFT_TO_JOURNEY = "left_to_journey"
    GONE = "gone"
