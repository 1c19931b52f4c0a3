"""Clients who may sign in to the portal."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import case, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables import PersonRow
from storage.upsert import insert_into

_LOGIN_TAKEN: Final = (
    "Another person already signs in with this e-mail address. "
    "Each person needs an address of their own: correct it in Plannr, then retry."
)


class LoginTakenError(Exception):
    """Another person signs in with this e-mail address; the message names neither."""


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """What an adviser may see of a client's access to the portal."""

    first_name: str
    has_password: bool


class PersonRepository:
    """The portal's users."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def ensure(self, person_id: str, firm: str, plannr_account: str, email: str, first_name: str) -> PersonRow:
        """Create the person, or bring their e-mail address and first name up to date; a password stays.

        Raises:
            LoginTakenError: Another person signs in with this address.
        """
        login = _login(email)
        insert = insert_into(self._session, PersonRow).values(
            person_id=person_id,
            firm=firm,
            plannr_account=plannr_account,
            email=login,
            first_name=first_name,
            failed_attempts=0,
            created_at=datetime.now(UTC),
        )
        # No index is named: two calls for a new person at the same moment would meet on the address first.
        await self._session.execute(insert.on_conflict_do_nothing())
        row = await self._session.get(PersonRow, person_id, populate_existing=True, with_for_update=True)
        if row is None:
            raise LoginTakenError(_LOGIN_TAKEN)
        if (row.email, row.first_name) != (login, first_name):
            await self._rename(person_id, login, first_name)
            await self._session.refresh(row)
        return row

    async def _rename(self, person_id: str, login: str, first_name: str) -> None:
        try:
            async with self._session.begin_nested():
                await self._change(person_id, email=login, first_name=first_name)
        except IntegrityError:
            raise LoginTakenError(_LOGIN_TAKEN) from None

    async def get(self, person_id: str) -> PersonRow | None:
        """Return the person, if known."""
        return await self._session.get(PersonRow, person_id)

    async def known(self, firm: str, person_ids: Collection[str]) -> dict[str, KnownPerson]:
        """Return those of these people whom the firm has written to, by their ids."""
        query = select(PersonRow).where(col(PersonRow.firm) == firm, col(PersonRow.person_id).in_(person_ids))
        return {
            row.person_id: KnownPerson(row.first_name, has_password=row.password_hash is not None)
            for row in await self._session.scalars(query)
        }

    async def by_email(self, email: str) -> PersonRow | None:
        """Return the person who signs in with this address, in whatever case it is typed."""
        return (
            await self._session.scalars(select(PersonRow).where(col(PersonRow.email) == _login(email)))
        ).one_or_none()

    async def set_password(self, person_id: str, password_hash: str) -> None:
        """Store the hash of a new password, and forget failed attempts at the old one."""
        await self._change(person_id, password_hash=password_hash, failed_attempts=0, locked_until=None)

    async def forget_password(self, person_id: str) -> None:
        """Let the person's next invitation ask for a new password; the one they had stops working."""
        await self._change(person_id, password_hash=None, failed_attempts=0, locked_until=None)

    async def record_failed_attempt(self, person_id: str, now: datetime, lock_after: int, lock_for: timedelta) -> None:
        """Count a wrong password; every `lock_after`-th in a row locks the login until `now + lock_for`."""
        count = col(PersonRow.failed_attempts) + 1
        await self._change(
            person_id,
            failed_attempts=count,
            locked_until=case((count % lock_after == 0, now + lock_for), else_=col(PersonRow.locked_until)),
        )

    async def clear_failed_attempts(self, person_id: str) -> None:
        """Start counting anew after a successful sign-in."""
        await self._change(person_id, failed_attempts=0, locked_until=None)

    async def _change(self, person_id: str, **values: object) -> None:
        await self._session.execute(update(PersonRow).where(col(PersonRow.person_id) == person_id).values(**values))


def _login(email: str) -> str:
    return email.strip().lower()
