"""E-mails of journeys that were started together: one per event and person, naming all accounts (P49).

Each journey hands its clients' e-mails to the group's own workflow, which waits a little for the others to get as far.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.emails import EmailActivities
    from models.group import EmailRefused, GroupStart, HandedOver, LeftGroup
    from models.messages import Together
    from models.payloads import EmailOrder, JourneyRef, SendEmails

from workflows.calls import post

_REMINDER = "reminder"
GROUPED_TEMPLATES = {"client_setup_started", "account_created", "new_documentation", _REMINDER}
# Reminders of several accounts fall due at the same moment, and none may wait until the client has acted.
_TOGETHER_AT_ONCE = timedelta(seconds=30)


def group_workflow_id(group_id: str) -> str:
    """Return the id of the workflow that sends the group's e-mails."""
    return f"together-{group_id}"


async def hand_over(together: Together, journey: JourneyRef, orders: list[EmailOrder]) -> list[EmailOrder]:
    """Hand the e-mails that may name several accounts to the group; return those the journey sends itself."""
    for_group = [order for order in orders if order.person_id is not None and order.template in GROUPED_TEMPLATES]
    if for_group:
        group = workflow.get_external_workflow_handle(group_workflow_id(together.group_id))
        try:
            await group.signal(TogetherMail.handed_over, HandedOver(journey=journey, orders=for_group))
        except ApplicationError:
            # The group is gone, as when an operator ended it: everybody is told all the same.
            return orders
    return [order for order in orders if order not in for_group]


async def leave(together: Together, journey: JourneyRef) -> None:
    """Tell the group that this journey is over."""
    group = workflow.get_external_workflow_handle(group_workflow_id(together.group_id))
    with suppress(ApplicationError):
        await group.signal(TogetherMail.journey_ended, LeftGroup(journey_id=journey.journey_id))


@dataclass
class _Batch:
    event: str
    due: datetime
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
        while self._waiting or not self._ended >= set(start.journey_ids):
            await workflow.wait_condition(lambda: bool(self._waiting) or self._all_ended)
            if self._waiting:
                await self._wait_for_others(min(batch.due for batch in self._waiting.values()))
                await self._send_ready()

    @workflow.signal
    def handed_over(self, fact: HandedOver) -> None:
        """Take e-mails of one journey: the same event and person of several journeys become one e-mail."""
        for order in fact.orders:
            patience = min(self._start.patience, _TOGETHER_AT_ONCE) if order.template == _REMINDER else None
            due = workflow.now() + (self._start.patience if patience is None else patience)
            batch = self._waiting.setdefault((order.event, order.person_id or ""), _Batch(order.event, due))
            batch.orders.setdefault(fact.journey.journey_id, order)
            batch.journeys.setdefault(fact.journey.journey_id, fact.journey)

    @workflow.signal
    def journey_ended(self, fact: LeftGroup) -> None:
        """A journey of the group is over and hands nothing over any more."""
        self._ended.add(fact.journey_id)

    @property
    def _all_ended(self) -> bool:
        return self._ended >= set(self._start.journey_ids)

    def _ready(self) -> list[tuple[str, str]]:
        """Return the e-mails that every running journey has asked for, or whose time has come."""
        running, now = set(self._start.journey_ids) - self._ended, workflow.now()
        return [key for key, batch in self._waiting.items() if running <= batch.orders.keys() or batch.due <= now]

    async def _wait_for_others(self, due: datetime) -> None:
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: bool(self._ready()) or any(batch.due < due for batch in self._waiting.values()),
                timeout=due - workflow.now(),
                timeout_summary="Wait for the other accounts to get as far",
            )

    async def _send_ready(self) -> None:
        for batch in [self._waiting.pop(key) for key in self._ready()]:
            first = min(batch.orders)
            order = batch.orders[first].model_copy(
                update={"wrappers": [batch.journeys[journey].wrapper for journey in sorted(batch.journeys)]}
            )
            request = SendEmails(
                journey=batch.journeys[first],
                orders=[order],
                invitation_valid_seconds=int(self._start.invitation_valid / timedelta(seconds=1)),
            )
            # A reminder that could not be sent today is left out.
            with suppress(ActivityError):
                sent = await post(
                    EmailActivities.send,
                    request,
                    f"E-mail for all accounts: {batch.event}",
                    split=self._start.split_queues,
                    today=order.template == _REMINDER,
                )
                if sent.emails[0].state == "refused":
                    await self._report_refused(order, batch)

    async def _report_refused(self, order: EmailOrder, batch: _Batch) -> None:
        """P48: every journey of the e-mail shows it, and the first one tells the adviser."""
        for position, journey in enumerate(sorted(batch.journeys)):
            handle = workflow.get_external_workflow_handle(batch.journeys[journey].workflow_id)
            with suppress(ApplicationError):
                await handle.signal("email_refused", EmailRefused(order=order, tell_adviser=position == 0))
