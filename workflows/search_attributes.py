"""The typed search attributes of a journey: opaque ids and states only, since they are stored in clear."""

from collections.abc import Sequence
from datetime import datetime

from temporalio.common import SearchAttributeKey, SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes

from domain.journey import Party
from models.messages import Progress, StartJourney

FIRM = SearchAttributeKey.for_keyword("Firm")
ADVISER = SearchAttributeKey.for_keyword("Adviser")
WRAPPER = SearchAttributeKey.for_keyword("Wrapper")
JOURNEY_STAGE = SearchAttributeKey.for_keyword("JourneyStage")
WAITING_ON = SearchAttributeKey.for_keyword("WaitingOn")
ATTENTION = SearchAttributeKey.for_keyword("Attention")
STAGE_SINCE = SearchAttributeKey.for_datetime("StageSince")
DUE_AT = SearchAttributeKey.for_datetime("DueAt")


Update = SearchAttributeUpdate[str] | SearchAttributeUpdate[datetime]


def at_start(start: StartJourney, now: datetime) -> TypedSearchAttributes:
    """Return the attributes to start the workflow with: what never changes, and where every journey begins."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(FIRM, start.firm),
            SearchAttributePair(ADVISER, start.adviser.id),
            SearchAttributePair(WRAPPER, start.wrapper.value),
            SearchAttributePair(JOURNEY_STAGE, start.first_stage.value),
            SearchAttributePair(WAITING_ON, Party.PLATFORM.value),
            SearchAttributePair(ATTENTION, "no"),
            SearchAttributePair(STAGE_SINCE, now),
        ]
    )


def changed(known: TypedSearchAttributes, progress: Progress) -> Sequence[Update]:
    """Return the attributes that differ from the known ones, to be upserted together: one event, or none."""
    updates: list[Update] = [
        key.value_set(value)
        for key, value in (
            (JOURNEY_STAGE, progress.stage.value),
            (WAITING_ON, progress.waiting_on.value),
            (ATTENTION, "yes" if progress.needs_attention else "no"),
        )
        if known.get(key) != value
    ]
    if JOURNEY_STAGE in {update.key for update in updates} or known.get(STAGE_SINCE) is None:
        updates.append(STAGE_SINCE.value_set(progress.stage_since))
    if known.get(DUE_AT) != progress.next_action_at:
        due = progress.next_action_at
        updates.append(DUE_AT.value_set(due) if due else DUE_AT.value_unset())
    return updates
