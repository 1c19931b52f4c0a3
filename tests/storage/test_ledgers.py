"""Audit, e-mails, idempotency keys and webhooks: each fact once."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from models.messages import Actor
from models.tables import EmailRow, EmailState
from storage.audit import AuditRepository
from storage.database import Database
from storage.emails import EmailRepository, NewEmail
from storage.idempotency import Begun, IdempotencyRepository
from storage.webhooks import WebhookRepository


async def test_an_act_is_audited_once(database: Database, now: datetime) -> None:
    """A repeated activity adds nothing; the same command a second later does."""
    actor = Actor(kind="adviser", id="adviser-1")
    for at in (now, now, now + timedelta(seconds=1)):
        async with database.transaction() as session:
            await AuditRepository(session).record(
                firm="firm-a",
                actor=actor,
                action="withdraw",
                at=at,
                journey_id="j-1",
                reason="asked for",
                details={"version": 3},
            )
    async with database.reading() as session:
        rows = await AuditRepository(session).of_journey("j-1")
        assert await AuditRepository(session).of_journey("j-2") == []
    assert [(row.actor_id, row.action, row.reason, row.at, row.details) for row in rows] == [
        ("adviser-1", "withdraw", "asked for", at, {"version": 3}) for at in (now, now + timedelta(seconds=1))
    ]


@pytest.fixture
def email(now: datetime) -> NewEmail:
    """Return an e-mail to an adviser."""
    return NewEmail(
        message_id="<1@onward.example>",
        journey_id="j-1",
        event="activated",
        template="adviser_activated",
        recipient_role="adviser",
        subject="An account is active",
        created_at=now,
    )


async def test_e2_an_email_is_reserved_once(database: Database, email: NewEmail, now: datetime) -> None:
    """Workers that reserve one e-mail at once share a row; another recipient of the event has its own."""

    async def reserve(wanted: NewEmail) -> EmailRow:
        async with database.transaction() as session:
            return await EmailRepository(session).reserve(wanted)

    rows = await asyncio.gather(*(reserve(email) for _ in range(5)))
    assert {row.message_id for row in rows} == {email.message_id}
    for number in (2, 3):
        other = replace(email, message_id=f"<{number}>", recipient_role="client", person_id=f"p-{number}")
        assert (await reserve(other)).message_id == f"<{number}>"
    async with database.transaction() as session:
        emails = EmailRepository(session)
        await emails.mark_sent(email.message_id, "250 ok", now)
        await emails.mark_refused(email.message_id, "late", now + timedelta(hours=1))
        await emails.mark_refused("<2>", "550 no such user", now)
    again = await reserve(email)
    assert (again.state, again.reply, again.sent_at) == (EmailState.SENT, "250 ok", now)
    async with database.reading() as session:
        states = {row.message_id: row.state for row in await EmailRepository(session).of_journey("j-1")}
    assert states == {email.message_id: EmailState.SENT, "<2>": EmailState.REFUSED, "<3>": EmailState.QUEUED}


async def _begin(database: Database, now: datetime, fingerprint: str = "f", caller: str = "a") -> Begun:
    async with database.transaction() as session:
        return await IdempotencyRepository(session).begin(caller, "k", fingerprint, now)


async def _finish(database: Database) -> None:
    async with database.transaction() as session:
        await IdempotencyRepository(session).finish("a", "k", 201, {"id": "j-1"})


async def test_a_key_is_claimed_once_and_its_answer_repeated(database: Database, now: datetime) -> None:
    """One of many requests does the work, the others wait, and later ones get its answer."""
    begun = await asyncio.gather(*(_begin(database, now) for _ in range(6)))
    assert sorted(one.outcome for one in begun) == ["fresh"] + ["in_flight"] * 5
    assert (await _begin(database, now, "other")).outcome == "mismatch"
    assert (await _begin(database, now, caller="b")).outcome == "fresh"
    await _finish(database)
    assert await _begin(database, now + timedelta(hours=71)) == Begun("replay", 201, {"id": "j-1"})
    assert (await _begin(database, now, "other")).outcome == "mismatch"


async def test_a_dead_claim_is_taken_over_once(database: Database, now: datetime) -> None:
    """After a minute without an answer one of many repetitions takes the key over, and no other request may."""
    await _begin(database, now)
    later = now + timedelta(seconds=60)
    assert (await _begin(database, later - timedelta(milliseconds=1))).outcome == "in_flight"
    assert (await _begin(database, later, "other")).outcome == "mismatch"
    begun = await asyncio.gather(*(_begin(database, later) for _ in range(6)))
    assert sorted(one.outcome for one in begun) == ["fresh"] + ["in_flight"] * 5


async def test_an_answer_expires(database: Database, now: datetime) -> None:
    """After 72 hours a key is free again, for any request."""
    await _begin(database, now)
    await _finish(database)
    assert await _begin(database, now + timedelta(hours=72), "other") == Begun("fresh")
    assert (await _begin(database, now + timedelta(hours=72), "other")).outcome == "in_flight"


async def test_a_failed_request_frees_its_key(database: Database, now: datetime) -> None:
    """A forgotten key can be used again at once; an answered one cannot be forgotten."""
    for expected in ("fresh", "fresh", "fresh"):
        assert (await _begin(database, now)).outcome == expected
        async with database.transaction() as session:
            await IdempotencyRepository(session).forget("a", "k")
    await _begin(database, now)
    await _finish(database)
    async with database.transaction() as session:
        await IdempotencyRepository(session).forget("a", "k")
    assert (await _begin(database, now)).outcome == "replay"


async def test_webhook_secrets_are_replaced(database: Database, now: datetime) -> None:
    """A tenant's secrets are those saved last; a tenant without a subscription has none."""
    for secrets in (["one"], ["two", "one"]):
        async with database.transaction() as session:
            await WebhookRepository(session).save_secrets("plannr", "t-1", secrets, "https://o.example/hook", now)
    async with database.reading() as session:
        webhooks = WebhookRepository(session)
        assert await webhooks.secrets("plannr", "t-1") == ["two", "one"]
        assert await webhooks.secrets("plannr", "t-2") == []
        subscription = await webhooks.subscription("plannr", "t-1")
    assert subscription is not None
    assert (subscription.url, subscription.ensured_at) == ("https://o.example/hook", now)
