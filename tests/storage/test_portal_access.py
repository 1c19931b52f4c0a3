"""People, invitations and sessions of the portal."""

import asyncio
from datetime import datetime, timedelta

import pytest

from models.tables import InvitationRow
from storage.database import Database
from storage.invitations import InvitationRepository
from storage.people import LoginTakenError, PersonRepository
from storage.portal_sessions import PortalSessionRepository

MONTH = timedelta(days=30)


@pytest.fixture
async def person(database: Database) -> str:
    """Return the id of a person who is known to the portal."""
    async with database.transaction() as session:
        await PersonRepository(session).ensure("p-1", "firm-a", "plannr-1", "Eleanor@Example.com ", "Eleanor")
    return "p-1"


async def _issue(database: Database, sequence: int, now: datetime, journey_id: str = "j-1") -> InvitationRow:
    async with database.transaction() as session:
        return await InvitationRepository(session).issue(
            "p-1", journey_id, sequence, f"hash-{journey_id}-{sequence}", now, now + MONTH
        )


async def _consume(database: Database, invitation_id: str, now: datetime) -> bool:
    async with database.transaction() as session:
        return await InvitationRepository(session).consume(invitation_id, now)


async def test_a_login_is_found_in_any_case(database: Database, person: str) -> None:
    """The address is stored in lower case and found however it is typed."""
    async with database.reading() as session:
        found = await PersonRepository(session).by_email(" ELEANOR@example.COM")
    assert found is not None
    assert (found.person_id, found.email) == (person, "eleanor@example.com")


async def test_ensuring_again_updates_and_keeps_the_password(database: Database, person: str) -> None:
    """A person who is ensured again gets the new address and name; password and creation stay."""
    async with database.transaction() as session:
        people = PersonRepository(session)
        await people.set_password(person, "argon2-hash")
        before = await people.get(person)
        assert before is not None
        created_at = before.created_at
        after = await people.ensure(person, "firm-a", "plannr-1", "e.marsh@example.com", "Ellie")
    assert (after.email, after.first_name) == ("e.marsh@example.com", "Ellie")
    assert (after.password_hash, after.created_at) == ("argon2-hash", created_at)


async def test_two_people_cannot_share_a_login(database: Database, person: str) -> None:
    """Someone else's address is refused with what to do, without naming it, and the transaction stays usable."""
    async with database.transaction() as session:
        people = PersonRepository(session)
        with pytest.raises(LoginTakenError, match="address of their own") as caught:
            await people.ensure("p-2", "firm-a", "plannr-2", "eleanor@example.com", "Tom")
        assert await people.get("p-2") is None
        assert (await people.ensure("p-2", "firm-a", "plannr-2", "tom@example.com", "Tom")).person_id == "p-2"
    assert "eleanor" not in str(caught.value)


async def test_a_login_cannot_be_changed_to_a_taken_one(database: Database, person: str) -> None:
    """Changing to someone else's address is refused, and the person keeps their own."""
    async with database.transaction() as session:
        people = PersonRepository(session)
        await people.ensure("p-2", "firm-a", "plannr-2", "tom@example.com", "Tom")
        with pytest.raises(LoginTakenError):
            await people.ensure("p-2", "firm-a", "plannr-2", "eleanor@example.com", "Tom")
    async with database.reading() as session:
        kept = await PersonRepository(session).get("p-2")
        assert kept is not None
        assert kept.email == "tom@example.com"


async def test_a_person_is_created_once_by_many(database: Database) -> None:
    """Ten activities that meet a new person at the same moment share one row and none of them fails."""

    async def ensure() -> str:
        async with database.transaction() as session:
            row = await PersonRepository(session).ensure("p-1", "firm-a", "plannr-1", "e@example.com", "Eleanor")
        return row.person_id

    assert await asyncio.gather(*(ensure() for _ in range(10))) == ["p-1"] * 10


async def test_wrong_passwords_lock_the_login(database: Database, person: str, now: datetime) -> None:
    """The third wrong password in a row locks for a quarter of an hour, and a right one starts counting anew."""

    async def fail() -> None:
        async with database.transaction() as session:
            await PersonRepository(session).record_failed_attempt(person, now, 3, timedelta(minutes=15))

    async def state() -> tuple[int, datetime | None]:
        async with database.reading() as session:
            row = await PersonRepository(session).get(person)
        assert row is not None
        return row.failed_attempts, row.locked_until

    await asyncio.gather(fail(), fail())
    assert await state() == (2, None)
    await fail()
    assert await state() == (3, now + timedelta(minutes=15))
    async with database.transaction() as session:
        await PersonRepository(session).clear_failed_attempts(person)
    assert await state() == (0, None)


async def test_exactly_one_of_many_consumes_an_invitation(database: Database, person: str, now: datetime) -> None:
    """Of eight requests with one link at the same time exactly one may set a password."""
    invitation = await _issue(database, 1, now)
    answers = await asyncio.gather(*(_consume(database, invitation.invitation_id, now) for _ in range(8)))
    assert sorted(answers) == [False] * 7 + [True]


async def test_issuing_again_is_the_same_invitation(database: Database, person: str, now: datetime) -> None:
    """A repeated activity, also after the link was used, gives the same row with its first dates."""
    first = await _issue(database, 1, now)
    assert await _consume(database, first.invitation_id, now)
    second = await _issue(database, 1, now + timedelta(hours=1))
    assert (second.invitation_id, second.created_at, second.used_at) == (first.invitation_id, now, now)


@pytest.mark.parametrize("journey_id", ["j-1", "j-2"])
async def test_a_fresh_invitation_stops_the_earlier_ones(
    database: Database, person: str, now: datetime, journey_id: str
) -> None:
    """The newest invitation of a person is the only one that works, whichever journey the earlier one was for."""
    earlier = await _issue(database, 1, now)
    newest = await _issue(database, 2, now + timedelta(days=1), journey_id)
    assert not await _consume(database, earlier.invitation_id, now + timedelta(days=1))
    assert await _consume(database, newest.invitation_id, now + timedelta(days=1))


async def test_repeating_an_earlier_invitation_revokes_nothing(database: Database, person: str, now: datetime) -> None:
    """A late repetition of the first invitation leaves the second one valid."""
    await _issue(database, 1, now)
    second = await _issue(database, 2, now)
    await _issue(database, 1, now)
    assert await _consume(database, second.invitation_id, now)


async def test_an_overtaken_invitation_is_born_revoked(database: Database, person: str, now: datetime) -> None:
    """When the second invitation is stored before the first, the second is the one that works."""
    second = await _issue(database, 2, now)
    first = await _issue(database, 1, now)
    assert not await _consume(database, first.invitation_id, now)
    assert await _consume(database, second.invitation_id, now)


async def test_invitations_issued_at_once_leave_one_valid(database: Database, person: str, now: datetime) -> None:
    """Six invitations for six journeys at the same time leave exactly one that works."""
    issued = await asyncio.gather(*(_issue(database, 1, now, f"j-{number}") for number in range(6)))
    async with database.reading() as session:
        rows = [await InvitationRepository(session).by_token_hash(row.token_hash) for row in issued]
    assert [row is not None and row.revoked_at is None for row in rows].count(True) == 1


async def test_an_expired_invitation_does_not_work(database: Database, person: str, now: datetime) -> None:
    """An invitation works until just before it expires, and its row can still be found to say why not."""
    invitation = await _issue(database, 1, now)
    assert not await _consume(database, invitation.invitation_id, now + MONTH)
    async with database.reading() as session:
        found = await InvitationRepository(session).by_token_hash(invitation.token_hash)
    assert found is not None
    assert found.used_at is None


async def test_sessions_are_prolonged_and_revoked(database: Database, person: str, now: datetime) -> None:
    """Use prolongs a session; a revoked or expired one is not prolonged; revoking all ends the others too."""
    soon, later = now + timedelta(minutes=10), now + timedelta(minutes=40)
    async with database.transaction() as session:
        sessions = PortalSessionRepository(session)
        for name in ("a", "b", "c"):
            await sessions.create(name, person, now, now + timedelta(minutes=30), "browser")
        await sessions.touch("a", soon, later)
        await sessions.touch("b", now + timedelta(minutes=30), later)
        await sessions.revoke("c", soon)
    async with database.transaction() as session:
        sessions = PortalSessionRepository(session)
        a, b = await sessions.by_hash("a"), await sessions.by_hash("b")
        assert a is not None
        assert b is not None
        assert (a.last_seen_at, a.expires_at) == (soon, later)
        assert b.expires_at == now + timedelta(minutes=30)
        assert await sessions.by_hash("c") is None
        await sessions.revoke_all(person, later)
    async with database.reading() as session:
        assert await PortalSessionRepository(session).by_hash("a") is None
