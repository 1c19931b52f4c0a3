"""A journey's real workflow code, played without an engine: its clock, its timers and both systems are data here.

Only what the engine offers is stood in for: the present, waiting, and calling activities. Stages, handlers, gates and
e-mails are the workflow's own, so that thousands of journeys can be played in a minute.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from temporalio import workflow
from temporalio.common import TypedSearchAttributes

from domain.journey import Stage, Wrapper
from models.base import Message
from models.commands import HolderDetails, SubmitApplication, SubmitClientDetails
from models.endings import Undone
from models.facts import CheckState, DocumentView
from models.messages import Actor, Holder, StartJourney
from models.payloads import (
    AcceptancesRecorded,
    AccountOpened,
    ApplicationSaved,
    ClientsRead,
    ClientsSetUp,
    ClientState,
    EmailOrder,
    EmailSent,
    EmailsSent,
    IllustrationRecorded,
    MandateOpened,
    RecordAcceptances,
    RecordIllustration,
    SendEmails,
)
from models.people import AccountDetails
from workflows.onboarding import OnboardingJourney

ACTOR = Actor(kind="adviser", id="adv-1")
# So many turns of the loop let every task that can go on get to the next thing it waits for.
_TURNS = 10
# A journey that never comes to rest is a defect that should fail at once and not by a timeout.
_RESTLESS = 200


@dataclass
class _Waiter:
    condition: Callable[[], bool]
    deadline: datetime | None
    woken: "asyncio.Future[None]"


class Played:
    """One journey, the moment it is at, every e-mail it has sent, and what the platform was told.

    Attributes:
        now: the present of the journey; goes on only by `at`.
        sent: what went to the mail server, and when.
        recorded: the acceptances and authorisations that the platform was told of, in their order.
    """

    def __init__(self, start: StartJourney, now: datetime, documents: list[DocumentView]) -> None:
        """Stand at a moment, with the documents that the platform has in force."""
        self.start, self.now, self.documents = start, now, documents
        self.sent: list[tuple[datetime, EmailOrder]] = []
        self.recorded: list[str] = []
        self._waiters: list[_Waiter] = []
        self._loop = asyncio.new_event_loop()
        self._commands: list[asyncio.Task[Any]] = []

    @contextmanager
    def playing(self) -> Iterator["Played"]:
        """Let the journey run, from its start message to wherever the play leaves it."""
        engine: dict[str, Any] = {
            "now": lambda: self.now,
            "info": lambda: SimpleNamespace(
                workflow_id="journey-j", typed_search_attributes=TypedSearchAttributes.empty
            ),
            "set_current_details": lambda _: None,
            "upsert_search_attributes": lambda _: None,
            "all_handlers_finished": lambda: True,
            "wait_condition": self._wait_condition,
            "execute_activity_method": self._call,
            "execute_local_activity_method": self._call,
        }
        with patch.multiple(workflow, **engine):
            self.journey = OnboardingJourney(self.start)
            self.run = self._loop.create_task(self.journey.run(self.start))
            try:
                self.settle()
                yield self
                for command in self._commands:
                    command.result()
            finally:
                self._leave()

    @property
    def over(self) -> bool:
        """Whether the journey has returned its result."""
        return self.run.done()

    def open_account(self, account: AccountDetails) -> None:
        """The adviser does all of their part: the journey waits for its clients now."""
        forms = [HolderDetails(person_id=holder.person_id) for holder in self.start.holders]
        details = SubmitClientDetails(actor=ACTOR, holders=forms)
        self.command(OnboardingJourney.submit_client_details(self.journey, details))
        application = SubmitApplication(actor=ACTOR, account=account, send_to_platform=True)
        self.command(OnboardingJourney.submit_application(self.journey, application))
        assert self.journey._state.stage is Stage.AWAITING_CLIENT

    def command(self, update: object) -> None:
        """Give a command and let it be carried out as far as it can be now."""

        async def answered() -> None:
            if isinstance(update, Awaitable):
                await update

        self._commands.append(self._loop.create_task(answered()))
        self.settle()

    def at(self, moment: datetime) -> None:
        """Let time pass until then; every timer on the way fires at its own moment."""
        fired = 0
        while not self.over and (deadline := self._next_deadline()) is not None and deadline <= moment:
            fired = fired + 1 if deadline <= self.now else 0
            assert fired < _RESTLESS, "A timer fires again and again at the same moment."
            self.now = max(self.now, deadline)
            self.settle()
        self.now = moment

    def settle(self) -> None:
        """Let the journey do everything that it does not have to wait for."""
        self._loop.run_until_complete(self._settle())
        if self.run.done():
            self.run.result()

    # --- the engine ---

    async def _settle(self) -> None:
        for _ in range(_RESTLESS):
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            ready = [waiter for waiter in self._waiters if self._is_ready(waiter)]
            if not ready:
                return
            for waiter in ready:
                self._waiters.remove(waiter)
                waiter.woken.set_result(None)
        raise AssertionError("The journey does not come to rest.")

    def _is_ready(self, waiter: _Waiter) -> bool:
        return waiter.condition() or (waiter.deadline is not None and waiter.deadline <= self.now)

    def _next_deadline(self) -> datetime | None:
        return min((waiter.deadline for waiter in self._waiters if waiter.deadline is not None), default=None)

    async def _wait_condition(
        self,
        condition: Callable[[], bool],
        *,
        timeout: timedelta | None = None,  # noqa: ASYNC109 - the engine's own signature
        timeout_summary: str = "",
    ) -> None:
        deadline = self.now + timeout if timeout is not None else None
        while not condition():
            if deadline is not None and deadline <= self.now:
                raise TimeoutError
            waiter = _Waiter(condition, deadline, self._loop.create_future())
            self._waiters.append(waiter)
            try:
                await waiter.woken
            finally:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)

    def _leave(self) -> None:
        # Closed by force: a cancelled journey would begin to compensate.
        for task in asyncio.all_tasks(self._loop):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        self._waiters.clear()
        self._loop.close()

    # --- the systems ---

    async def _call(self, activity: Callable[..., Any], request: Any, **_: object) -> Message | None:
        answers: dict[str, Callable[[Any], Message | None]] = {
            "project": lambda _: None,
            "record": self._record_illustration,
            "open_application": lambda _: ApplicationSaved(plannr_application="application"),
            "update_people": lambda _: None,
            "save_application": lambda _: ApplicationSaved(plannr_application="application", plannr_plan="plan"),
            "complete_application": lambda _: None,
            "set_up_clients": lambda _: ClientsSetUp(clients=self._clients()),
            "open_account": self._open_account,
            "read_clients": lambda _: ClientsRead(clients=self._clients()),
            "save_bank_details": lambda asked: self._client(asked.holder.person_id),
            "record_acceptances": self._record_acceptances,
            "amend_account": lambda asked: MandateOpened(platform_mandate=f"mandate-{asked.mandate_number}"),
            "undo_on_platform": lambda _: Undone(platform_account="cancelled"),
            "close_in_plannr": lambda _: None,
            "send": self._send,
        }
        return answers[activity.__name__](request)

    def _record_illustration(self, request: RecordIllustration) -> IllustrationRecorded:
        clients = {holder.person_id: platform_client(holder.person_id) for holder in request.holders}
        return IllustrationRecorded(clients=clients, platform_illustration="i1", plannr_illustration="i2")

    def _open_account(self, _: object) -> AccountOpened:
        return AccountOpened(
            platform_account="account", platform_mandate="mandate-1", documents=self.documents, clients=self._clients()
        )

    def _clients(self) -> list[ClientState]:
        return [self._client(holder.person_id) for holder in self.start.holders]

    def _client(self, person: str) -> ClientState:
        # What the platform found comes as its own events alone, so that their order is the test's.
        unknown = CheckState.model_validate({"status": "not_started"})
        return ClientState(
            person_id=person,
            active=False,
            platform_terms_current=False,
            bank_details_given=False,
            identity=unknown,
            bank=unknown,
        )

    def _record_acceptances(self, request: RecordAcceptances) -> AcceptancesRecorded:
        self.recorded += [given.evidence_id for given in request.acceptances]
        self.recorded += [request.mandate.evidence_id] if request.mandate else []
        return AcceptancesRecorded(evidence_ids=self.recorded, active=request.activate)

    def _send(self, request: SendEmails) -> EmailsSent:
        self.sent += [(self.now, order) for order in request.orders]
        return EmailsSent(
            emails=[
                EmailSent(event=order.event, recipient_role=order.recipient_role, state="sent")
                for order in request.orders
            ]
        )


def platform_client(person: str) -> str:
    """Return the id of a person's client on the platform."""
    return f"client-{person}"


def start_message(holders: list[Holder], **changes: object) -> StartJourney:
    """Return the start of a general investment account for these holders."""
    values: dict[str, object] = {
        "journey_id": "j",
        "firm": "harbour",
        "firm_name": "Harbour Wealth",
        "adviser": {
            "id": "adv-1",
            "plannr_account": "emp-1",
            "email": "adviser@harbour.example.com",
            "first_name": "Priya",
            "display_name": "Priya Shah",
        },
        "external_reference": "CASE-1",
        "wrapper": Wrapper.GIA,
        "holders": holders,
        "bank_details_policy": "client_or_adviser",
    }
    return StartJourney.model_validate(values | changes)
