"""A firm whose own systems hear of events: the whole API, the real engine, and a receiving server."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.service import RPCError

from api.outgoing.dispatching import dispatch
from runtime.services import Services
from storage.outgoing import OutgoingRepository
from tests.api.office import FIRM, Office, open_office
from tests.conftest import Eventually
from tests.connectors.firms.receiver import Receiver, receiving
from workflows.delivering import delivery_workflow_id

SUBSCRIPTIONS = "/api/v1/event-subscriptions"
DELIVERIES = "/api/v1/event-deliveries"
EVENTS = "/api/v1/events"
NAMESPACE = "onward-event-tests"
STARTED, CHANGED = "journey.started.v1", "journey.stage_changed.v1"
_numbers = count(1)


@dataclass
class Scene:
    """An office whose events go to a receiver."""

    office: Office
    receiver: Receiver
    eventually: Eventually

    @property
    def services(self) -> Services:
        """What the office works with."""
        return self.office.services

    async def subscribe(self, **changes: object) -> dict[str, Any]:
        """Subscribe the receiver and return the answer, which holds the secret."""
        answer = await self.office.post(SUBSCRIPTIONS, {"url": self.receiver.address, **changes})
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    async def happen(self, *types: str, firm: str = FIRM) -> list[int]:
        """Let events of these types happen, and return their places."""
        async with self.services.database.transaction() as session:
            outgoing = OutgoingRepository(session)
            before = await outgoing.settled_head(firm)
            for each in types:
                number = f"journey-{next(_numbers)}"
                await outgoing.tell(
                    firm=firm, event_type=each, identity=(number,), data={"journey_id": number}, at=datetime.now(UTC)
                )
            return [row.seq or 0 for row in await outgoing.after(firm, before, 1000)]

    async def dispatch(self) -> None:
        """Begin every delivery that may begin now."""
        while await dispatch(self.services):
            pass

    async def log(self, **filters: object) -> list[dict[str, Any]]:
        """Return the log of deliveries, the newest first."""
        answer = await self.office.http.get(DELIVERIES, params={name: str(value) for name, value in filters.items()})
        assert answer.status_code == 200, answer.text
        listed: list[dict[str, Any]] = answer.json()["deliveries"]
        return listed

    async def delivered(self, times: int) -> None:
        """Wait until the receiver was offered so many events, and every one of them is settled in the log."""
        await self.eventually(lambda: len(self.receiver.taken) >= times, within=20)
        await self.eventually(self._settled, within=20)

    async def _settled(self) -> bool:
        return not await self.log(state="pending")

    def worker(self) -> AbstractAsyncContextManager[None]:
        """Serve journeys and deliveries."""
        return self.office.worker()


@asynccontextmanager
async def open_scene(
    temporal: Client, empty_database: Path, directory: Path, eventually: Eventually, **settings: object
) -> AsyncIterator[Scene]:
    """Open an office that may send events to this machine; what it began to deliver ends with it."""
    patience = timedelta(seconds=20)
    changes = {"event_urls_private": True, "connect_timeout": patience, "read_timeout": patience} | settings
    async with (
        open_office(temporal, empty_database, directory, **changes) as office,
        receiving(eventually) as receiver,
    ):
        scene = Scene(office, receiver, eventually)
        try:
            yield scene
        finally:
            await _end(scene)


async def _end(scene: Scene) -> None:
    for row in await scene.log(limit=100):
        name = delivery_workflow_id(row["subscription_id"], row["seq"])
        try:
            await scene.services.temporal.get_workflow_handle(name).terminate("the test is over")
        except RPCError:
            continue
