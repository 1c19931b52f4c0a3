"""Every queue, time-out and retry policy of the workflows, by name.

A system that is down is waited for, for weeks if need be: attempts are not counted, the schedule-to-close time-out
bounds them. What a system refuses is not retried here at all; the journey asks a person.
"""

from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityConfig, LocalActivityConfig

JOURNEYS_QUEUE = "onward-journeys"
PLANNR_QUEUE = "onward-plannr"
PLATFORM_QUEUE = "onward-platform"
MAIL_QUEUE = "onward-mail"

_PATIENT = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(minutes=5),
)

# Several idempotent calls in one activity, each with its own HTTP time-out well below this.
SYSTEM_CALL = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=60),
    schedule_to_close_timeout=timedelta(days=60),
    retry_policy=_PATIENT,
)

SEND_EMAIL = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=60),
    schedule_to_close_timeout=timedelta(days=60),
    retry_policy=_PATIENT,
)

# A reminder that comes hours late, at night or on a Sunday, is worse than none.
SEND_TODAY = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=60),
    schedule_to_close_timeout=timedelta(hours=8),
    retry_policy=_PATIENT,
)

# Our own database, next to the worker: short, idempotent, and one event in the history instead of three.
PROJECT = LocalActivityConfig(
    start_to_close_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=timedelta(days=1),
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)),
    summary="Onward: journey's row for lists and the portal",
)

# Reading both sides of a client or account and its holders, comparing, and writing what may be.
SYNC = ActivityConfig(
    start_to_close_timeout=timedelta(minutes=3),
    schedule_to_close_timeout=timedelta(days=60),
    retry_policy=_PATIENT,
)

# A firm's own system takes an event or is asked again, less and less often; how long is data of the delivery.
DELIVER_EVENT = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=60),
    schedule_to_close_timeout=timedelta(days=3),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=5),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(hours=1),
    ),
)

# A page or batch is many calls of both systems, which their limits hold back; an outage of days is waited out.
RECONCILE = ActivityConfig(
    start_to_close_timeout=timedelta(minutes=15),
    schedule_to_close_timeout=timedelta(days=7),
    heartbeat_timeout=timedelta(minutes=2),
    retry_policy=_PATIENT,
)
