"""The ledger of e-mails."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables import EmailRow, EmailState
from storage.upsert import insert_into


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEmail:
    """An e-mail that is about to be sent.

    Attributes:
        message_id: The Message-ID header, derived from journey, event and recipient.
        person_id: Empty when the recipient is no client.
        facts: What it tells, without the recipient's name and link.
    """

    message_id: str
    journey_id: str
    event: str
    template: str
    recipient_role: str
    subject: str
    created_at: datetime
    person_id: str = ""
    facts: dict[str, JsonValue] | None = None


class EmailRepository:
    """One row for each event of a journey and recipient."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def reserve(self, email: NewEmail) -> EmailRow:
        """Store the e-mail as queued, or return the one that is there for this event and recipient.

        Send only when the row that comes back is still queued.
        """
        insert = insert_into(self._session, EmailRow).values(
            message_id=email.message_id,
            journey_id=email.journey_id,
            event=email.event,
            template=email.template,
            recipient_role=email.recipient_role,
            person_id=email.person_id,
            state=EmailState.QUEUED,
            reply="",
            created_at=email.created_at,
            subject=email.subject,
            facts=email.facts,
        )
        # No index is named: PostgreSQL would raise on the Message-ID when two workers reserve at the same moment.
        await self._session.execute(insert.on_conflict_do_nothing())
        query = select(EmailRow).where(
            col(EmailRow.journey_id) == email.journey_id,
            col(EmailRow.event) == email.event,
            col(EmailRow.recipient_role) == email.recipient_role,
            col(EmailRow.person_id) == email.person_id,
        )
        return (await self._session.scalars(query, execution_options={"populate_existing": True})).one()

    async def mark_sent(self, message_id: str, reply: str, now: datetime) -> None:
        """Note that the mail server took the e-mail."""
        await self._settle(message_id, EmailState.SENT, reply, now)

    async def mark_refused(self, message_id: str, reply: str, now: datetime) -> None:
        """Note that the mail server refused the e-mail for good, at this moment; a sent one stays sent."""
        await self._settle(message_id, EmailState.REFUSED, reply, now)

    async def _settle(self, message_id: str, state: EmailState, reply: str, now: datetime) -> None:
        await self._session.execute(
            update(EmailRow)
            .where(col(EmailRow.message_id) == message_id, col(EmailRow.state) != EmailState.SENT)
            .values(state=state, reply=reply, sent_at=now)
        )

    async def of_journey(self, journey_id: str) -> list[EmailRow]:
        """Return a journey's e-mails, the first one first."""
        query = select(EmailRow).where(col(EmailRow.journey_id) == journey_id)
        return list(await self._session.scalars(query.order_by(col(EmailRow.created_at), col(EmailRow.message_id))))
