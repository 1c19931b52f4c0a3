"""Requests that may be repeated."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import JsonValue
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables import IdempotencyRow, IdempotencyState
from storage.upsert import insert_into

_ABANDONED_AFTER: Final = timedelta(seconds=60)
_KEPT_FOR: Final = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Begun:
    """What to do with a request that carries a key.

    Attributes:
        outcome: `fresh`: do it, then `finish`; `replay`: answer with `status` and `response`; `in_flight`: the first
            request is still at work; `mismatch`: the key was used for a different request.
    """

    outcome: Literal["fresh", "replay", "in_flight", "mismatch"]
    status: int | None = None
    response: JsonValue = None


class IdempotencyRepository:
    """Keys and their answers; commit after `begin`, before the work, or nobody else sees the key."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def begin(self, caller: str, key: str, fingerprint: str, now: datetime) -> Begun:
        """Claim a key, or say what became of the request that claimed it.

        An answer is kept for 72 hours. A claim without an answer after 60 seconds is of a process that died, and
        the same request may take it over.
        """
        insert = insert_into(self._session, IdempotencyRow).values(
            caller=caller, key=key, fingerprint=fingerprint, state=IdempotencyState.IN_FLIGHT, created_at=now
        )
        claimed = await self._session.execute(
            insert.on_conflict_do_nothing(index_elements=["caller", "key"]).returning(col(IdempotencyRow.key))
        )
        if claimed.first() is not None:
            return Begun("fresh")
        # Locked, so that of two requests that find the same dead claim only one takes it over.
        query = select(IdempotencyRow).where(*_is(caller, key)).with_for_update()
        row = (await self._session.scalars(query, execution_options={"populate_existing": True})).one_or_none()
        if row is None:
            return Begun("in_flight")
        return await self._met(row, fingerprint, now)

    async def _met(self, row: IdempotencyRow, fingerprint: str, now: datetime) -> Begun:
        done = row.state == IdempotencyState.DONE
        expired = done and row.created_at <= now - _KEPT_FOR
        if not expired and row.fingerprint != fingerprint:
            return Begun("mismatch")
        if done and not expired:
            return Begun("replay", row.status_code, row.response)
        if not expired and row.created_at > now - _ABANDONED_AFTER:
            return Begun("in_flight")
        row.fingerprint, row.state, row.created_at = fingerprint, IdempotencyState.IN_FLIGHT, now
        row.status_code, row.response = None, None
        await self._session.flush()
        return Begun("fresh")

    async def finish(self, caller: str, key: str, status: int, response: JsonValue) -> None:
        """Keep the answer for everyone who repeats the request."""
        await self._session.execute(
            update(IdempotencyRow)
            .where(*_is(caller, key))
            .values(state=IdempotencyState.DONE, status_code=status, response=response)
        )

    async def forget(self, caller: str, key: str) -> None:
        """Free a key whose request failed in a way that a repetition may mend; an answered key stays."""
        await self._session.execute(
            delete(IdempotencyRow).where(*_is(caller, key), col(IdempotencyRow.state) == IdempotencyState.IN_FLIGHT)
        )


def _is(caller: str, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(IdempotencyRow.caller) == caller, col(IdempotencyRow.key) == key
