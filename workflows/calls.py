"""How the journey calls a system: on its queue, named for the operator's page, and seen while it is under way."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio import workflow
from temporalio.workflow import ActivityCancellationType, ActivityConfig

from domain.journey import Party
from workflows.options import MAIL_QUEUE, PLANNR_QUEUE, PLATFORM_QUEUE, SEND_EMAIL, SEND_TODAY, SYSTEM_CALL
from workflows.state import JourneyState

SelfT = TypeVar("SelfT")
RequestT = TypeVar("RequestT")
ResultT = TypeVar("ResultT")

_QUEUES = {Party.PLANNR: PLANNR_QUEUE, Party.PLATFORM: PLATFORM_QUEUE}


async def call(
    state: JourneyState,
    party: Party,
    activity: Callable[[SelfT, RequestT], Awaitable[ResultT]],
    request: RequestT,
    summary: str,
) -> ResultT:
    """Call Plannr or the platform; while it lasts the journey shows that it waits for that system (P42).

    A call that is waiting for a system when the journey ends is given up at once; one that is under way is let finish,
    so that compensation sees what it wrote.
    """
    with state.working(party):
        return await workflow.execute_activity_method(
            activity,
            request,
            **_options(SYSTEM_CALL, _QUEUES[party], summary, split=state.start.split_queues),
        )


async def post(
    activity: Callable[[SelfT, RequestT], Awaitable[ResultT]],
    request: RequestT,
    summary: str,
    *,
    split: bool,
    today: bool = False,
) -> ResultT:
    """Hand something to the mail server; what is for today only is given up after some hours."""
    return await workflow.execute_activity_method(
        activity, request, **_options(SEND_TODAY if today else SEND_EMAIL, MAIL_QUEUE, summary, split=split)
    )


def _options(config: ActivityConfig, queue: str, summary: str, *, split: bool) -> ActivityConfig:
    options = ActivityConfig(
        **config, summary=summary, cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED
    )
    return ActivityConfig(**options, task_queue=queue) if split else options
