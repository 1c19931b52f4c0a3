"""An event is offered to a firm's system for three days, and every attempt can be seen (P55)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from temporalio.worker import Worker

from activities.delivering import DeliveringActivities
from connectors.firms.http_adapter import HttpFirmGateway
from connectors.firms.signing import new_secret
from models.outgoing import DeliverEvent, DeliveryOutcome
from models.tables import DeliveryState, EventDeliveryRow, EventSubscriptionRow
from runtime.temporal import connect, workflow_runner
from storage.database import Database, migrate
from storage.event_deliveries import EventDeliveryRepository
from storage.event_subscriptions import EventSubscriptionRepository
from storage.outgoing import OutgoingRepository
from tests.conftest import Eventually
from tests.connectors.firms.receiver import Receiver, receiving
from workflows.delivering import EventDelivery, delivery_workflow_id

FIRM, SUBSCRIPTION = "harbour", "subscription-1"
Handle = WorkflowHandle[EventDelivery, DeliveryOutcome]


@dataclass
class Post:
    """A firm's receiving system, our outbox, and the workflow between the two."""

    receiver: Receiver
    database: Database
    skipper: TimeSkipper
    queue: str
    secret: str
    eventually: Eventually

    async def start(self, seq: int = 1, *, patience: timedelta = timedelta(days=3)) -> Handle:
        """Begin to deliver the event."""
        return await self.skipper.client.start_workflow(
            EventDelivery.run,
            DeliverEvent(subscription_id=SUBSCRIPTION, seq=seq, firm=FIRM, patience=patience),
            id=f"{delivery_workflow_id(SUBSCRIPTION, seq)}-{self.queue}",
            task_queue=self.queue,
        )

    async def change(self, *, active: bool | None = None, secrets: list[str] | None = None) -> None:
        """Change the subscription."""
        async with self.database.transaction() as session:
            await EventSubscriptionRepository(session).change(SUBSCRIPTION, active=active, secrets=secrets)

    async def log(self, seq: int = 1) -> EventDeliveryRow:
        """Return the delivery as its log has it."""
        async with self.database.reading() as session:
            found = await EventDeliveryRepository(session).find(SUBSCRIPTION, seq, firm=FIRM)
        assert found is not None
        return found[0]

    async def subscription(self) -> EventSubscriptionRow:
        """Return the subscription."""
        async with self.database.reading() as session:
            row = await EventSubscriptionRepository(session).get(SUBSCRIPTION, firm=FIRM)
        assert row is not None
        return row


async def _prepare(database: Database, url: str, secret: str, now: datetime) -> None:
    row = EventSubscriptionRow(
        subscription_id=SUBSCRIPTION,
        firm=FIRM,
        url=url,
        types=[],
        secrets=[secret],
        created_at=now,
        created_by="adviser-1",
    )
    async with database.transaction() as session:
        await EventSubscriptionRepository(session).add(row)
        await OutgoingRepository(session).tell(
            firm=FIRM, event_type="journey.started.v1", identity=("j-1",), data={"journey_id": "j-1"}, at=now
        )
        await EventDeliveryRepository(session).begin(row, [1], now)


@asynccontextmanager
async def open_post(temporal_address: str, directory: Path, queue: str, eventually: Eventually) -> AsyncIterator[Post]:
    """Yield a post with one event that waits to be delivered, and a worker."""
    url = f"sqlite+aiosqlite:///{directory / 'onward.db'}"
    await migrate(url)
    database, secret = Database(url), new_secret()
    second = timedelta(seconds=1)
    firms = HttpFirmGateway(connect_timeout=second, read_timeout=second, private=True)
    # Time runs as usual until a test lets it pass.
    skipper = TimeSkipper(await connect(temporal_address, "onward"), config=TimeSkippingConfig(enabled=False))
    delivering = DeliveringActivities(database, firms)
    async with receiving(eventually) as receiver:
        await _prepare(database, receiver.address, secret, datetime.now(UTC))
        async with Worker(
            skipper.client,
            task_queue=queue,
            workflows=[EventDelivery],
            activities=[delivering.deliver, delivering.give_up],
            workflow_runner=workflow_runner(),
        ):
            yield Post(receiver, database, skipper, queue, secret, eventually)
    await firms.aclose()
    await database.dispose()


@pytest.fixture
async def post(
    temporal_address: str, tmp_path: Path, request: pytest.FixtureRequest, eventually: Eventually
) -> AsyncIterator[Post]:
    """Yield a post of its own for one test."""
    queue = f"{request.node.name}-{tmp_path.parent.name}"[:100]
    async with open_post(temporal_address, tmp_path, queue, eventually) as post:
        yield post


@pytest.mark.rule("P55")
async def test_an_event_is_delivered_once_and_signed(post: Post) -> None:
    """The firm's library accepts it; the log says so; starting it again sends nothing."""
    outcome = await (await post.start()).result()
    (taken,) = post.receiver.taken
    event = taken.verified(post.secret)
    row = await post.log()

    assert outcome == DeliveryOutcome(state="delivered", status=204)
    assert list(event) == ["type", "timestamp", "id", "seq", "data"]
    assert (event["type"], event["seq"], event["data"]) == ("journey.started.v1", 1, {"journey_id": "j-1"})
    assert event["id"] == taken.headers["webhook-id"]
    assert (row.state, row.attempts, row.last_status, row.last_error) == (DeliveryState.DELIVERED, 1, 204, "")
    assert row.delivered_at is not None
    assert (await (await post.start()).result()).state == "delivered"
    assert len(post.receiver.taken) == 1


@pytest.mark.rule("P55")
async def test_a_rotation_signs_with_both_secrets(post: Post) -> None:
    """While two secrets are alive a system that knows either one accepts the event."""
    newer = new_secret()
    await post.change(secrets=[newer, post.secret])
    await (await post.start()).result()
    (taken,) = post.receiver.taken

    assert taken.verified(post.secret) == taken.verified(newer)


@pytest.mark.rule("P55")
async def test_an_event_is_offered_until_it_is_taken(post: Post) -> None:
    """Refusals, a redirect and a wish to be asked later are tried again, each with the same event."""
    wait = {"retry-after": "3000"}
    post.receiver.answers = [(500, {}), (302, {"location": "/elsewhere"}), (429, wait), (404, {})]
    handle = await post.start()
    await post.eventually(lambda: post.receiver.taken)
    await post.skipper.fast_forward(handle, timedelta(minutes=30))
    assert len(post.receiver.taken) == 3
    await post.skipper.fast_forward(handle, timedelta(minutes=30))
    outcome = await handle.result()
    row = await post.log()

    assert outcome.state == "delivered"
    assert (row.attempts, row.last_status, row.last_error) == (5, 204, "")
    assert len({taken.body for taken in post.receiver.taken}) == 1
    assert {taken.path for taken in post.receiver.taken} == {"/onward-events"}


@pytest.mark.timeout(300)  # the engine takes a second for each of the attempts that it skips to
@pytest.mark.rule("P55")
async def test_three_days_of_outage_end_visibly(post: Post) -> None:
    """A system that is away is asked less and less often, at last once an hour; after three days it is given up."""
    post.receiver.status = 503
    handle = await post.start()
    await post.eventually(lambda: post.receiver.taken)
    await post.skipper.fast_forward(handle, timedelta(days=2, hours=22))
    waiting = await post.log()
    assert (waiting.state, waiting.last_error) == (DeliveryState.PENDING, "answered 503")
    await post.skipper.fast_forward(handle, timedelta(hours=4))
    outcome = await handle.result()
    row = await post.log()

    assert outcome.state == "failed"
    assert (row.state, row.last_status, row.last_error) == (DeliveryState.FAILED, 503, "answered 503")
    # Ten attempts in the first hour and a half, then one an hour.
    assert 75 <= row.attempts <= 85
    assert row.attempts == len(post.receiver.taken)
    assert (await post.subscription()).active


@pytest.mark.rule("P55")
async def test_a_system_that_comes_back_in_time_gets_the_event(post: Post) -> None:
    """An outage that ends before patience does loses nothing; how long that is comes with the delivery."""
    post.receiver.status = 503
    handle = await post.start(patience=timedelta(hours=6))
    await post.eventually(lambda: post.receiver.taken)
    await post.skipper.fast_forward(handle, timedelta(hours=4))
    post.receiver.status = 200
    await post.skipper.fast_forward(handle, timedelta(hours=1, minutes=30))

    assert await handle.result() == DeliveryOutcome(state="delivered", status=200)
    assert (await post.log()).state is DeliveryState.DELIVERED


async def test_a_system_that_is_gone_pauses_its_subscription(post: Post) -> None:
    """After 410 nothing more is sent there, and the log says why."""
    post.receiver.answers = [(410, {})]
    outcome = await (await post.start()).result()
    row = await post.log()

    assert outcome == DeliveryOutcome(state="failed", status=410)
    assert (row.state, row.attempts, row.last_status) == (DeliveryState.FAILED, 1, 410)
    assert "paused" in row.last_error
    assert not (await post.subscription()).active


async def test_a_paused_subscription_is_sent_nothing(post: Post) -> None:
    """What was on its way when somebody paused the subscription is marked, not sent."""
    await post.change(active=False)
    outcome = await (await post.start()).result()
    row = await post.log()

    assert outcome.state == "failed"
    assert (row.state, row.attempts, row.last_error) == (DeliveryState.FAILED, 0, "the subscription was paused")
    assert post.receiver.taken == []


async def test_a_removed_subscription_is_sent_nothing(post: Post) -> None:
    """What was on its way to a subscription that is no more is dropped."""
    async with post.database.transaction() as session:
        await EventSubscriptionRepository(session).remove(SUBSCRIPTION, firm=FIRM)

    assert (await (await post.start()).result()).state == "dropped"
    assert post.receiver.taken == []


async def test_an_address_that_leads_inside_is_given_up_at_once(post: Post) -> None:
    """An address that was public when it was chosen and no longer is gets nothing."""
    second = timedelta(seconds=1)
    strict = HttpFirmGateway(connect_timeout=second, read_timeout=second)
    async with post.database.transaction() as session:
        await EventSubscriptionRepository(session).change(SUBSCRIPTION, url="https://127.0.0.1:9/")
    delivering = DeliveringActivities(post.database, strict)
    outcome = await delivering.deliver(DeliverEvent(subscription_id=SUBSCRIPTION, seq=1, firm=FIRM))
    row = await post.log()
    await strict.aclose()

    assert outcome.state == "failed"
    assert (row.state, row.attempts, row.last_error) == (
        DeliveryState.FAILED,
        1,
        "the host is not on the public internet",
    )
