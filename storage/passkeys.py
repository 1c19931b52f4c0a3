"""Passkeys of clients."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables import PasskeyChallengeRow, PasskeyRow
from storage.identifiers import derived_id
from storage.upsert import insert_into


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPasskey:
    """A passkey as the client's authenticator made it."""

    person_id: str
    credential_id: str
    public_key: bytes = field(repr=False)
    sign_count: int
    name: str


class PasskeyRepository:
    """Public keys of clients, and the challenges given out for them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, new: NewPasskey, now: datetime) -> bool:
        """Store a passkey; False when it is known already, whosoever it is."""
        values = {name: getattr(new, name) for name in NewPasskey.__slots__}
        insert = insert_into(self._session, PasskeyRow).values(
            passkey_id=derived_id("passkey", new.credential_id), created_at=now, **values
        )
        stored = await self._session.execute(insert.on_conflict_do_nothing().returning(col(PasskeyRow.passkey_id)))
        return stored.first() is not None

    async def of_person(self, person_id: str) -> list[PasskeyRow]:
        """Return a person's passkeys, the oldest first."""
        query = select(PasskeyRow).where(col(PasskeyRow.person_id) == person_id)
        return list(await self._session.scalars(query.order_by(col(PasskeyRow.created_at), col(PasskeyRow.passkey_id))))

    async def by_credential(self, credential_id: str) -> PasskeyRow | None:
        """Return the passkey that an authenticator names."""
        query = select(PasskeyRow).where(col(PasskeyRow.credential_id) == credential_id)
        return (await self._session.scalars(query)).one_or_none()

    async def used(self, passkey_id: str, sign_count: int, now: datetime) -> None:
        """Note that a passkey was used, with the count its authenticator reported."""
        await self._session.execute(
            update(PasskeyRow)
            .where(col(PasskeyRow.passkey_id) == passkey_id)
            .values(sign_count=sign_count, last_used_at=now)
        )

    async def remove(self, person_id: str, passkey_id: str) -> bool:
        """Forget one of a person's own passkeys; False when it is none of theirs."""
        removed = await self._session.execute(
            delete(PasskeyRow)
            .where(col(PasskeyRow.person_id) == person_id, col(PasskeyRow.passkey_id) == passkey_id)
            .returning(col(PasskeyRow.passkey_id))
        )
        return removed.first() is not None

    async def keep_challenge(
        self, challenge_hash: str, person_id: str | None, now: datetime, expires_at: datetime
    ) -> None:
        """Keep a challenge until it is answered, and drop those that nobody answered in time."""
        await self._session.execute(delete(PasskeyChallengeRow).where(col(PasskeyChallengeRow.expires_at) <= now))
        self._session.add(
            PasskeyChallengeRow(challenge_hash=challenge_hash, person_id=person_id, expires_at=expires_at)
        )
        await self._session.flush()

    async def take_challenge(self, challenge_hash: str, person_id: str | None, now: datetime) -> bool:
        """Use a challenge up; True for exactly one caller, in time, for whom it was made (None: for signing in)."""
        challenge = col(PasskeyChallengeRow.challenge_hash)
        owner = col(PasskeyChallengeRow.person_id)
        taken = await self._session.execute(
            delete(PasskeyChallengeRow)
            .where(challenge == challenge_hash, owner.is_(None) if person_id is None else owner == person_id)
            .returning(col(PasskeyChallengeRow.expires_at))
        )
        row = taken.first()
        return row is not None and bool(now < row[0])
