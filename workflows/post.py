"""How a journey tells people: each e-mail once, in time, and never to a person who is to be left alone."""

from collections.abc import Callable
from functools import partial

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.payloads import EmailOrder

from workflows import emails, together
from workflows.conduct import JourneyConduct


class JourneyPost(JourneyConduct):
    """The journey's e-mails."""

    async def _tell(
        self, orders: list[EmailOrder], *, today: bool = False, until: Callable[[], bool] = lambda: False
    ) -> None:
        """Send e-mails, or hand them to the group when several accounts were started together (P49).

        Args:
            orders: what to send.
            today: whether it is only worth sending within hours; what comes later is left out.
            until: when there is no need of it any more, even though the mail server has not taken it.
        """
        orders = [order for order in orders if not self._is_left_alone(order)]
        for order in orders:
            if order.person_id is not None:
                self._state.holders[order.person_id].written_to = True
        if self._state.start.together is not None:
            orders = await together.hand_over(self._state.start.together, self._state.ref, orders)
        for failure in await self._attempt(partial(self._send, orders, today=today), until=until):
            self._note("system", "an e-mail could not be sent", failure)
        await self._deal_with_refused()

    async def _send(self, orders: list[EmailOrder], *, today: bool = False) -> None:
        self._refused_emails += await self._systems.send(orders, today=today)

    def _is_left_alone(self, order: EmailOrder) -> bool:
        return order.person_id is not None and self._state.holders[order.person_id].left_alone

    async def _deal_with_refused(self) -> None:
        """P48: never blocks the journey; the adviser is told to correct the client's address."""
        while self._refused_emails:
            order = self._refused_emails.pop(0)
            self._show_refused(order)
            if order.recipient_role == "client":
                number = sum(entry.event == "an e-mail was refused" for entry in self._state.timeline)
                await self._attempt(partial(self._send, emails.email_refused(self._state, number)))

    @property
    def _has_post(self) -> bool:
        return bool(self._outbox) or bool(self._superseded) or bool(self._refused_emails)

    async def _empty_outbox(self) -> None:
        while self._has_post:
            orders, self._outbox = [*self._outbox, *self._news_of_terms()], []
            await self._tell(orders)
