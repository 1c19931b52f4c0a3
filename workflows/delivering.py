"""One event on its way to one firm's system: offered for days if need be, then given up where people see it (P55)."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.delivering import DeliveringActivities
    from models.outgoing import DeliverEvent, DeliveryOutcome

from workflows.options import DELIVER_EVENT, SYSTEM_CALL


def delivery_workflow_id(subscription_id: str, seq: int) -> str:
    """Return the id of the workflow that delivers an event to a subscription."""
    return f"event-{subscription_id}-{seq}"


@workflow.defn(name="EventDelivery")
class EventDelivery:
    """Offers one event to one address until it is taken or its time is over."""

    @workflow.run
    async def run(self, start: DeliverEvent) -> DeliveryOutcome:
        """Return what became of it; an event that was not taken is a result, not a failure."""
        try:
            return await workflow.execute_activity_method(
                DeliveringActivities.deliver, start, **_offering("Offer the event to the firm's system", start)
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return await workflow.execute_activity_method(
                DeliveringActivities.give_up, start, **_noting("Note that it was not taken")
            )


def _offering(summary: str, start: DeliverEvent) -> ActivityConfig:
    options = ActivityConfig(**DELIVER_EVENT, summary=summary)
    options["schedule_to_close_timeout"] = start.patience
    return options


def _noting(summary: str) -> ActivityConfig:
    return ActivityConfig(**SYSTEM_CALL, summary=summary)
