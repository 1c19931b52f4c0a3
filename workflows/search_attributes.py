"""The typed search attributes of a journey: opaque ids and states only, since they are stored in clear."""

from collections.abc import Sequence
from datetime import datetime

from temporalio.common import SearchAttributeKey, SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes

from models.messages import Progress, StartJourney

FIRM = SearchAttributeKey.for_keyword("Firm")
ADVISER = SearchAttributeKey.for_keyword("Adviser")
WRAPPER = SearchAttributeKey.for_keyword("Wrapper")
JOURNEY_STAGE = SearchAttributeKey.for_keyword("JourneyStage")
WAITING_ON = SearchAttributeKey.for_keyword("WaitingOn")
ATTENTION = SearchAttributeKey.for_keyword("Attention")
STAGE_SINCE = SearchAttributeKey.for_datetime("StageSince")
DUE_AT = SearchAttributeKey.for_datetime("DueAt")


def at_start(start: StartJourney) -> TypedSearchAttributes:
    """Return the attributes that never change, set when the workflow is started."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(FIRM, start.firm),
            SearchAttributePair(ADVISER, start.adviser.id),
            SearchAttributePair(WRAPPER, start.wrapper.value),
        ]
    )


def of_progress(progress: Progress) -> Sequence[SearchAttributeUpdate[str] | SearchAttributeUpdate[datetime]]:
    """Return the attributes that follow the stage, upserted together so that each change costs one event."""
    due = progress.next_action_at
    return [
        JOURNEY_STAGE.value_set(progress.stage.value),
        WAITING_ON.value_set(progress.waiting_on.value),
        ATTENTION.value_set("yes" if progress.needs_attention else "no"),
        STAGE_SINCE.value_set(progress.stage_since),
        DUE_AT.value_set(due) if due else DUE_AT.value_unset(),
    ]
