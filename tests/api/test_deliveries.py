"""The log of what came in: a firm sees its own deliveries, page by page, and has one handled once more (P53)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from connectors.errors import ConnectorUnavailable
from models.tables import AuditRow
from storage.webhooks import WebhookRepository
from tests.api.begun_syncs import begun_sync
from tests.api.office import FIRM, OTHER_FIRM, STRANGER, Office, expect_problem
from tests.api.test_webhooks_handling import about_client, keep
from tests.api.test_webhooks_inbox import Inbox, awaiting_journey, inbox, platform_event

__all__ = ["inbox"]

LOG = "/api/v1/webhook-deliveries"
NOW = datetime.now(UTC)


@pytest.fixture
async def log(office: Office) -> Office:
    """Return an office whose firm has five deliveries of both systems, and another firm one."""
    async with office.services.database.transaction() as session:
        received = WebhookRepository(session)
        for number in range(3):
            body = {**platform_event(f"ev_{number}", "client.updated", f"cl_{number}"), "secret": "Eleanor Marsh"}
            at = NOW - timedelta(minutes=number)
            await received.receive("platform", f"ev_{number}", "client.updated", body, at, FIRM)
        for number, firm in enumerate((FIRM, FIRM, OTHER_FIRM)):
            body = {"event": "plan.updated", "uuid": f"plan-{number}", "firm": firm}
            at = NOW - timedelta(minutes=number, seconds=30)
            await received.receive("plannr", f"pl_{number}", "plan.updated", body, at, firm)
        await received.mark_handled("platform", "ev_0", NOW)
        await received.mark_failed("platform", "ev_1", "ConnectorUnavailable", NOW + timedelta(minutes=2))
        await received.mark_dead("platform", "ev_2", "ConnectorUnavailable", NOW)
    return office


async def ids(office: Office, query: str = "") -> list[str]:
    """Return the event ids of a list, page by page."""
    found: list[str] = []
    following: str | None = f"{LOG}?{query}"
    while following:
        page = await office.get(following)
        found += [delivery["event_id"] for delivery in page["deliveries"]]
        following = page["next"]
    return found


@pytest.mark.rule("P53")
async def test_the_log_shows_what_became_of_each_delivery(log: Office) -> None:
    """Every delivery is there with its state, attempts, times and last error; nothing of its content is."""
    answer = await log.http.get(LOG)
    shown: dict[str, Any] = {delivery["event_id"]: delivery for delivery in answer.json()["deliveries"]}

    assert list(shown) == ["ev_0", "pl_0", "ev_1", "pl_1", "ev_2"]
    assert [delivery["state"] for delivery in shown.values()] == ["handled", "waiting", "waiting", "waiting", "dead"]
    assert shown["ev_0"]["handled_at"] is not None
    failed, dead = shown["ev_1"], shown["ev_2"]
    assert (failed["attempts"], failed["last_error"]) == (1, "ConnectorUnavailable")
    assert failed["next_attempt_at"] is not None
    assert dead["dead_at"] is not None
    assert (shown["pl_0"]["resource_id"], failed["resource_id"]) == ("plan-0", "cl_1")
    assert await log.get(failed["link"]) == failed
    assert "Eleanor" not in answer.text


@pytest.mark.rule("P53")
async def test_the_log_is_narrowed_and_turned_over(log: Office) -> None:
    """Filters hold on every page; a cursor belongs to its list."""
    assert await ids(log, "limit=2") == ["ev_0", "pl_0", "ev_1", "pl_1", "ev_2"]
    assert await ids(log, "source=platform&limit=1") == ["ev_0", "ev_1", "ev_2"]
    assert await ids(log, "state=waiting&limit=1") == ["pl_0", "ev_1", "pl_1"]
    assert await ids(log, "state=dead") == ["ev_2"]
    assert await ids(log, "state=handled&source=plannr") == []
    following = (await log.get(f"{LOG}?source=platform&limit=1"))["next"]
    expect_problem(await log.http.get(following.replace("platform", "plannr")), "invalid-request", 422)
    expect_problem(await log.http.get(f"{LOG}?source=elsewhere"), "invalid-request", 422)


@pytest.mark.rule("P53")
async def test_another_firms_deliveries_do_not_exist(log: Office) -> None:
    """Neither the list, nor a delivery, nor handling it once more is to be had by another firm."""
    stranger = log.as_user(STRANGER)
    page = (await log.http.get(LOG, headers=stranger)).json()

    assert [delivery["event_id"] for delivery in page["deliveries"]] == ["pl_2"]
    for path in ("platform/ev_0", "plannr/pl_0", "plannr/never-came"):
        expect_problem(await log.http.get(f"{LOG}/{path}", headers=stranger), "webhook-delivery-not-found", 404)
        refused = await log.post(f"{LOG}/{path}/reprocess", {}, **stranger)
        expect_problem(refused, "webhook-delivery-not-found", 404)
    async with log.services.database.reading() as session:
        untouched = await WebhookRepository(session).get("platform", "ev_2", FIRM)
    assert untouched is not None
    assert untouched.dead_at is not None


@pytest.mark.rule("P53")
async def test_a_dead_delivery_is_handled_once_more(log: Office) -> None:
    """What was given up is handled at once when an adviser asks, and the audit says who did."""
    answer = await log.post(f"{LOG}/platform/ev_2/reprocess", {})

    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["dead_at"]) == ("handled", None)
    assert await begun_sync(log.services.temporal, "platform-sync-cl_2") is not None
    async with log.services.database.reading() as session:
        (row,) = await session.scalars(select(AuditRow).where(col(AuditRow.action) == "webhook_reprocessed"))
    assert (row.firm, row.actor_id) == (FIRM, "harbour-priya")
    assert row.details == {"source": "platform", "event_id": "ev_2", "event_type": "client.updated"}


@pytest.mark.rule("P53")
async def test_a_request_sent_twice_handles_once(log: Office) -> None:
    """The same request under the same key is answered from the first one; a new key handles it again."""
    for key in ("one", "one", "two"):
        answer = await log.post(f"{LOG}/platform/ev_0/reprocess", {}, Idempotency_Key=key)
        assert answer.json()["state"] == "handled"
    begun = await begun_sync(log.services.temporal, "platform-sync-cl_0")

    assert begun is not None
    assert begun.causes == ["webhook", "webhook"]


@pytest.mark.rule("P53")
async def test_a_delivery_that_fails_again_says_so(inbox: Inbox, log: Office) -> None:
    """Handled once more while the platform is still down, a delivery waits on, or is given up again if it is old."""
    async with log.worker():
        _, client = await awaiting_journey(log)
        log.platform.fail_next(
            "read_checks", *[ConnectorUnavailable("platform", "GET /clients/{id}/verifications", "down")] * 2
        )
        states = []
        for event_id, age in (("ev_young", timedelta(hours=1)), ("ev_old", timedelta(days=4))):
            await keep(inbox, about_client(event_id, client, "client.verification_updated"), datetime.now(UTC) - age)
            async with log.services.database.transaction() as session:
                await WebhookRepository(session).set_firm("platform", event_id, FIRM)
            states.append((await log.post(f"{LOG}/platform/{event_id}/reprocess", {})).json())

    assert [state["state"] for state in states] == ["waiting", "dead"]
    assert [(state["attempts"], state["last_error"]) for state in states] == [(1, "ConnectorUnavailable")] * 2
