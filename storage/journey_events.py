"""What a journey's projection tells the firm's own systems (P55)."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from domain.journey import Stage
from domain.outgoing import EventType
from models.messages import Progress
from models.schemas.forms import Answer
from models.schemas.outgoing import JourneyActiveData, JourneyEndedData, JourneyStageChangedData, JourneyStartedData


@dataclass(frozen=True, slots=True)
class JourneyEvent:
    """One thing to tell; the same identity is told once."""

    type: EventType
    identity: tuple[str, ...]
    data: dict[str, JsonValue]
    at: datetime


def journey_events(progress: Progress, before: tuple[Stage, datetime] | None) -> list[JourneyEvent]:
    """Return what is new about a journey, in the order in which it happened.

    Args:
        progress: What its workflow reports.
        before: The stage it was in by the last report and since when; None for its first report.
    """
    events = []
    if before is None:
        started = JourneyStartedData.model_validate(_names(progress) | {"stage": progress.stage})
        events.append(_event(EventType.JOURNEY_STARTED, progress, started, progress.started_at))
    elif before != (progress.stage, progress.stage_since):
        changed = JourneyStageChangedData.model_validate(
            _names(progress)
            | {
                "stage": progress.stage,
                "waiting_on": progress.waiting_on,
                "needs_attention": progress.needs_attention,
            }
        )
        # A journey may come into a stage a second time, which is told again; a later report of the same time is not.
        since = (progress.stage.value, progress.stage_since.isoformat())
        events.append(_event(EventType.JOURNEY_STAGE_CHANGED, progress, changed, progress.stage_since, *since))
    if progress.stage.is_final and (before is None or not before[0].is_final):
        events.append(_ending(progress))
    return events


def _ending(progress: Progress) -> JourneyEvent:
    if progress.stage is Stage.ACTIVE:
        records = progress.records
        active = JourneyActiveData.model_validate(
            _names(progress) | {"plannr_plan": records.plannr_plan, "platform_account": records.platform_account}
        )
        return _event(EventType.JOURNEY_ACTIVE, progress, active, progress.stage_since)
    ended = JourneyEndedData.model_validate(_names(progress) | {"reason": progress.stage.value})
    return _event(EventType.JOURNEY_ENDED, progress, ended, progress.stage_since)


def _names(progress: Progress) -> dict[str, object]:
    return {
        "journey_id": progress.journey_id,
        "external_reference": progress.external_reference,
        "adviser_id": progress.adviser_id,
        "wrapper": progress.wrapper,
        "version": progress.version,
    }


def _event(kind: EventType, progress: Progress, data: Answer, at: datetime, *more: str) -> JourneyEvent:
    return JourneyEvent(kind, (progress.journey_id, *more), data.model_dump(mode="json"), at)
