"""E-mails of journeys that were started together: one per event and person, naming all accounts (P49).

Each journey hands its clients' e-mails to the group's own workflow, which waits a little for the others to get as far.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.emails import EmailActivities
    from models.group import GroupStart, HandedOver, LeftGroup
    from models.messages import Together
    from models.payloads import EmailOrder, JourneyRef, SendEmails

from workflows.calls import post

GROUPED_TEMPLATES = {"client_setup_started", "account_created", "new_documentation", "reminder"}


def group_workflow_id(group_id: str) -> str:
    """Return the id of the workflow that sends the group's e-mails."""
    return f"together-{group_id}"


async def hand_over(together: Together, journey: JourneyRef, orders: list[EmailOrder]) -> list[EmailOrder]:
    """Hand the e-mails that may name several accounts to the group; return those the journey sends itself."""
    for_group = [order for order in orders if order.person_id is not None and order.template in GROUPED_TEMPLATES]
    if for_group:
        group = workflow.get_external_workflow_handle_for(TogetherMail.run, group_workflow_id(together.group_id))
        await group.signal(TogetherMail.handed_over, HandedOver(journey=journey, orders=for_group))
    return [order for order in orders if order not in for_group]


async def leave(together: Together, journey: JourneyRef) -> None:
    """Tell the group that this journey is over."""
    group = workflow.get_external_workflow_handle_for(TogetherMail.run, group_workflow_id(together.group_id))
    await group.signal(TogetherMail.journey_ended, LeftGroup(journey_id=journey.journey_id))


@dataclass
class _Batch:
    orders: dict[str, EmailOrder] = field(default_factory=dict)
    journeys: dict[str, JourneyRef] = field(default_factory=dict)


@workflow.defn(name="TogetherMail")
class TogetherMail:
    """Collects the clients' e-mails of one group and sends each event once, naming every account that got as far."""

    @workflow.init
    def __init__(self, start: GroupStart) -> None:
        """Begin with nothing handed over."""
        self._start = start
        self._waiting: dict[tuple[str, str], _Batch] = {}
        self._ended: set[str] = set()

    @workflow.run
    async def run(self, start: GroupStart) -> None:
        """Send what is handed over until every journey of the group has ended."""
        while len(self._ended) < len(start.journey_ids) or self._waiting:
            await workflow.wait_condition(lambda: bool(self._waiting) or len(self._ended) >= len(start.journey_ids))
            if not self._waiting:
                return
            with suppress(TimeoutError):
                await workflow.wait_condition(
                    self._complete, timeout=start.patience, timeout_summary="Wait for the other accounts to get as far"
                )
            await self._send_all()

    @workflow.signal
    def handed_over(self, fact: HandedOver) -> None:
        """Take e-mails of one journey: the same event and person of several journeys become one e-mail."""
        for order in fact.orders:
            batch = self._waiting.setdefault((order.event, order.person_id or ""), _Batch())
            batch.orders.setdefault(fact.journey.journey_id, order)
            batch.journeys.setdefault(fact.journey.journey_id, fact.journey)

    @workflow.signal
    def journey_ended(self, fact: LeftGroup) -> None:
        """A journey of the group is over and hands nothing over any more."""
        self._ended.add(fact.journey_id)

    def _complete(self) -> bool:
        running = [journey for journey in self._start.journey_ids if journey not in self._ended]
        return all(set(running) <= batch.orders.keys() for batch in self._waiting.values())

    async def _send_all(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for (event, _), batch in waiting.items():
            first = min(batch.orders)
            order = batch.orders[first].model_copy(
                update={"wrappers": [batch.journeys[journey].wrapper for journey in sorted(batch.journeys)]}
            )
            await post(
                EmailActivities.send,
                SendEmails(
                    journey=batch.journeys[first],
                    orders=[order],
                    invitation_valid_seconds=int(self._start.invitation_valid / timedelta(seconds=1)),
                ),
                f"E-mail for all accounts: {event}",
                split=self._start.split_queues,
            )
