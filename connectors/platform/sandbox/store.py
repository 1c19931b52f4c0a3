"""One unit of work on the sandbox's database: records, their events and the timers they set."""

import json
import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.platform.sandbox import library
from connectors.platform.sandbox.database import Delivery, DocumentVersion, Event, Holder, Record, Timer, timestamp
from connectors.platform.sandbox.envelope import PlatformError, not_found
from connectors.platform.sandbox.faults import FaultBoard
from connectors.platform.sandbox.filters import Paging
from connectors.platform.sandbox.forms import Form
from connectors.platform.sandbox.outbox import Outbox
from connectors.platform.sandbox.resources import Account, Client, Illustration, Stamped, Subscription

R = TypeVar("R", bound=Stamped)
_BROAD_KEYS = {"status", "client_type", "wrapper"}
_NUMBER_PREFIX = {Account.kind: "SP", Illustration.kind: "IL"}


class Store:
    """Reads and writes records; the caller commits.

    Args:
        session: An open session.
        now: The clock.
        faults: The faults that events are subject to.
    """

    def __init__(self, session: AsyncSession, now: Callable[[], datetime], faults: FaultBoard) -> None:
        self.session = session
        self.now = now
        self.set_timers = False
        self._outbox = Outbox(session, now, faults)

    @property
    def queued_deliveries(self) -> bool:
        """Whether an event was queued for a subscriber."""
        return self._outbox.queued

    async def get(self, kind: type[R], record_id: str) -> R:
        """Return a record.

        Raises:
            PlatformError: 404, there is none.
        """
        record = await self.find(kind, Record.id == record_id)
        if record is None:
            raise not_found(kind.kind.replace("_", " "))
        return record

    async def find(self, kind: type[R], *conditions: Any) -> R | None:
        """Return the first record that meets the conditions."""
        query = select(Record.body).where(Record.kind == kind.kind, *conditions).order_by(Record.seq).limit(1)
        body = await self.session.scalar(query)
        return None if body is None else kind.model_validate(body)

    async def all(self, kind: type[R], *conditions: Any, newest_first: bool = False, limit: int = -1) -> list[R]:
        """Return every record that meets the conditions, in order of creation."""
        order = Record.seq.desc() if newest_first else Record.seq
        query = select(Record.body).where(Record.kind == kind.kind, *conditions).order_by(order).limit(limit)
        return [kind.model_validate(body) for body in await self.session.scalars(query)]

    async def subscriptions(self) -> list[Subscription]:
        """Return every subscription."""
        return await self.all(Subscription)

    async def count(self, kind: type[Stamped]) -> int:
        """Count the records of a kind."""
        return await self.session.scalar(select(func.count(Record.seq)).where(Record.kind == kind.kind)) or 0

    async def page(self, kind: type[R], paging: Paging) -> tuple[list[R], dict[str, int]]:
        """Return one page of a list and its `meta`."""
        keys = paging.keys()
        query = select(Record.body).where(self._kind_of_few(kind) if "client_id" in keys else Record.kind == kind.kind)
        for name, value in keys.items():
            query = query.where(self._held_by(value) if name == "client_id" else getattr(Record, name) == value)
        if paging.updated_since is not None:
            query = query.where(Record.updated_at >= timestamp(paging.updated_since))
        counted = await self.session.scalar(query.with_only_columns(func.count(Record.seq)))
        rows = await self.session.scalars(self._sorted(query, paging))
        meta = {"count": counted or 0, "page": paging.page, "page_size": paging.page_size}
        return [kind.model_validate(body) for body in rows], meta

    async def all_ids(self, prefix: str) -> list[str]:
        """Return the ids that start with a prefix."""
        return list(await self.session.scalars(select(Record.id).where(Record.id.startswith(prefix, autoescape=True))))

    async def names_of(self, client_ids: Collection[str]) -> dict[str, str]:
        """Return the full names of clients, by id."""
        clients = await self.all(Client, Record.id.in_(client_ids))
        return {client.id: f"{client.first_name} {client.last_name}" for client in clients}

    async def event_bodies(self) -> list[Any]:
        """Return every event, as it was told, in order."""
        return [json.loads(body) for body in await self.session.scalars(select(Event.body).order_by(Event.seq))]

    async def held_by(self, kind: type[R], client_id: str) -> list[R]:
        """Return the records of a kind that belong to a client."""
        query = select(Record.body).where(self._kind_of_few(kind), self._held_by(client_id)).order_by(Record.seq)
        return [kind.model_validate(body) for body in await self.session.scalars(query)]

    async def add(self, kind: type[R], form: Form, **state: Any) -> R:
        """Create a record from a form; ids, number and times are given here."""
        moment = self.now()
        record_id = f"{kind.prefix}_{secrets.token_hex(10)}"
        content = {**form.model_dump(), **state, "id": record_id, "created_at": moment, "updated_at": moment}
        record = kind.model_validate(content)
        row = Record(kind=kind.kind, body={}, version=1, id=record_id, created_at=timestamp(moment), updated_at="")
        self._fill(row, record)
        self.session.add(row)
        await self.session.flush()
        if kind.kind in _NUMBER_PREFIX:
            record = record.model_copy(update={"number": f"{_NUMBER_PREFIX[kind.kind]}{row.seq:08d}"})
        elif kind.kind == "mandate":
            record = record.model_copy(update={"reference": f"SPWM{row.seq:010d}"})
        self._fill(row, record)
        self.session.add_all(Holder(client_id=holder, record_id=record_id) for holder in record.holder_ids())
        await self.session.flush()
        return record

    async def restore(self, record: Stamped) -> None:
        """Put back a record that was removed, as it was."""
        row = Record(kind=record.kind, id=record.id, created_at=timestamp(record.created_at))
        self._fill(row, record)
        self.session.add(row)
        await self.session.flush()

    async def save(self, record: R) -> R:
        """Store a changed record: the version and the time of change move on."""
        row = await self.session.scalar(select(Record).where(Record.id == record.id))
        if row is None:
            raise not_found(record.kind)
        record.version = row.version + 1
        record.updated_at = self.now()
        self._fill(row, record)
        await self.session.flush()
        return record

    async def remove_subscription(self, subscription: Subscription) -> None:
        """Remove a subscription and what is queued for it."""
        await self.session.execute(delete(Record).where(Record.id == subscription.id))
        await self.session.execute(
            delete(Delivery).where(Delivery.subscription_id == subscription.id, Delivery.state == "pending")
        )

    async def refuse_duplicate(self, kind: type[Stamped], reference: str | None, own_id: str = "") -> None:
        """Refuse an external reference that another record of the kind has.

        Raises:
            PlatformError: 409 `duplicate_external_reference` with the other's id.
        """
        if reference is None:
            return
        existing = await self.find(kind, Record.external_reference == reference, Record.id != own_id)
        if existing is not None:
            message = f"There is already a {kind.kind} with this external reference."
            raise PlatformError(409, "duplicate_external_reference", message, existing_id=existing.id)

    async def emit(self, event_type: str, record: Stamped, **details: Any) -> None:
        """Tell subscribers that something happened to a record."""
        resource = {
            "type": record.kind,
            "id": record.id,
            "external_reference": getattr(record, "external_reference", None),
        }
        await self._outbox.put(event_type, resource, {"status": getattr(record, "status", None), **details})

    async def emit_document_published(self, document_id: str, version: str) -> None:
        """Tell subscribers that a document has a new version."""
        resource = {"type": "document", "id": document_id, "external_reference": None}
        details = {"status": "in_force", "document_version": version}
        await self._outbox.put("document.published", resource, details)

    async def replay(self, since: datetime | None, event_types: Sequence[str]) -> int:
        """Queue past events again; returns how many deliveries that makes."""
        return await self._outbox.replay(since, event_types)

    async def set_timer(self, kind: str, subject_id: str, seconds: float) -> None:
        """Let something happen in `seconds`; an earlier timer of that kind and subject is replaced."""
        due = timestamp(self.now() + timedelta(seconds=seconds))
        await self.session.merge(Timer(kind=kind, subject_id=subject_id, due_at=due))
        self.set_timers = True

    async def stop_timer(self, kind: str, subject_id: str) -> None:
        """Forget a timer, if it is set."""
        await self.session.execute(delete(Timer).where(Timer.kind == kind, Timer.subject_id == subject_id))

    async def publish_first_editions(self) -> None:
        """Put version 1 of every document of the library in force, where none is yet."""
        known = set(await self.session.scalars(select(DocumentVersion.document_id)))
        self.session.add_all(edition for edition in library.first_editions() if edition.document_id not in known)
        await self.session.flush()

    @staticmethod
    def _kind_of_few(kind: type[Stamped]) -> Any:
        # Without statistics SQLite would walk all records of the kind instead of the few that a client holds.
        return Record.kind.concat("") == kind.kind

    @staticmethod
    def _held_by(client_id: str) -> Any:
        return Record.id.in_(select(Holder.record_id).where(Holder.client_id == client_id))

    @staticmethod
    def _sorted(query: Select[Any], paging: Paging) -> Select[Any]:
        column = getattr(Record, paging.sort.removeprefix("-"))
        if not paging.keys().keys() <= _BROAD_KEYS:
            # Without statistics SQLite would walk the index of the order; few rows match, so let it sort those.
            column = column.concat("")
        order = (column.desc(), Record.seq.desc()) if paging.sort.startswith("-") else (column, Record.seq)
        return query.order_by(*order).offset((paging.page - 1) * paging.page_size).limit(paging.page_size)

    @staticmethod
    def _fill(row: Record, record: Stamped) -> None:
        row.version = record.version
        row.updated_at = timestamp(record.updated_at)
        row.body = record.model_dump(mode="json")
        for name, value in record.index_keys().items():
            setattr(row, name, value)
