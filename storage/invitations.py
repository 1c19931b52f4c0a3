"""Invitations to the portal."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables import InvitationRow, PersonRow
from storage.identifiers import derived_id
from storage.upsert import insert_into


class InvitationRepository:
    """Links that work once, for a while, and only the newest of a person."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def issue(  # noqa: PLR0917 (what is who, which and when reads the same in every call)
        self,
        person_id: str,
        journey_id: str,
        sequence: int,
        token_hash: str,
        now: datetime,
        expires_at: datetime,
    ) -> InvitationRow:
        """Store an invitation and revoke the person's earlier unused ones; a repeated call changes nothing.

        An invitation that arrives after one with a higher sequence of the same journey is stored as revoked.
        """
        # Two invitations of one person issued at once would each miss the other and both stay valid.
        await self._session.execute(
            select(col(PersonRow.person_id)).where(col(PersonRow.person_id) == person_id).with_for_update()
        )
        invitation_id = derived_id("invitation", person_id, journey_id, sequence)
        insert = insert_into(self._session, InvitationRow).values(
            invitation_id=invitation_id,
            person_id=person_id,
            journey_id=journey_id,
            sequence=sequence,
            token_hash=token_hash,
            created_at=now,
            expires_at=expires_at,
            revoked_at=now if await self._overtaken(person_id, journey_id, sequence) else None,
        )
        created = await self._session.execute(insert.on_conflict_do_nothing().returning(col(InvitationRow.revoked_at)))
        row = created.first()
        if row is not None and row.revoked_at is None:
            await self._revoke_others(person_id, invitation_id, now)
        return await self._session.get_one(InvitationRow, invitation_id, populate_existing=True)

    async def _overtaken(self, person_id: str, journey_id: str, sequence: int) -> bool:
        later = select(col(InvitationRow.invitation_id)).where(
            col(InvitationRow.person_id) == person_id,
            col(InvitationRow.journey_id) == journey_id,
            col(InvitationRow.sequence) > sequence,
        )
        return (await self._session.scalars(later.limit(1))).first() is not None

    async def _revoke_others(self, person_id: str, invitation_id: str, now: datetime) -> None:
        await self._session.execute(
            update(InvitationRow)
            .where(
                col(InvitationRow.person_id) == person_id,
                col(InvitationRow.invitation_id) != invitation_id,
                col(InvitationRow.used_at).is_(None),
                col(InvitationRow.revoked_at).is_(None),
            )
            .values(revoked_at=now)
        )

    async def by_token_hash(self, token_hash: str) -> InvitationRow | None:
        """Return the invitation of a link, whatever became of it, so that the page can say why it does not work."""
        query = select(InvitationRow).where(col(InvitationRow.token_hash) == token_hash)
        return (await self._session.scalars(query)).one_or_none()

    async def consume(self, invitation_id: str, now: datetime) -> bool:
        """Use an invitation up; True for exactly one caller, False when it is used, revoked or expired."""
        used = await self._session.execute(
            update(InvitationRow)
            .where(
                col(InvitationRow.invitation_id) == invitation_id,
                col(InvitationRow.used_at).is_(None),
                col(InvitationRow.revoked_at).is_(None),
                col(InvitationRow.expires_at) > now,
            )
            .values(used_at=now)
            .returning(col(InvitationRow.invitation_id))
        )
        return used.first() is not None
