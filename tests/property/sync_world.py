"""Both systems, our own record and the real activities of the sync, with people editing and processes dying."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlmodel import col, select

from activities.syncing import SyncActivities
from connectors.plannr.port import PlannrPerson, PlannrPlan
from connectors.platform.port import AccountRecord, ClientRecord
from domain.ownership import Subject
from models.people import BankDetails
from models.syncing import Cause, FindSubjects, PlannrKind, SyncAccount, SyncClient
from models.tables import DiscrepancyRow, SyncedAccountRow, SyncedClientRow, SyncEventRow
from storage.database import Database
from tests.fakes.plannr import FakePlannr
from tests.fakes.platform import FakePlatform

ADVISERS = {"adv-1": ("firm-a", "employee-1"), "adv-2": ("firm-b", "employee-2")}
FIRMS = ("firm-a", "firm-b")
KEY = b"k" * 32
_ResultT = TypeVar("_ResultT")


class Killed(BaseException):
    """The process died just after a write; nothing below may catch it."""


class Writes(list[str]):
    """Names of writes that arrived; the process can be made to die right after one of them."""

    def __init__(self, world: "World") -> None:
        super().__init__()
        self._world = world

    def append(self, name: str) -> None:
        """Note a write, and die if it was to be the last one."""
        super().append(name)
        self._world.wrote()


class WatchedPlatform(FakePlatform):
    """A platform whose staff can act at the worst moment: between what the sync read and what it writes."""

    meanwhile: Callable[[], None] | None = None

    def _fail(self, operation: str) -> None:
        if self.meanwhile is not None and operation in {"amend_client", "amend_bank_details", "refer_client"}:
            act, self.meanwhile = self.meanwhile, None
            act()
        super()._fail(operation)


@dataclass(frozen=True, order=True)
class News:
    """Something that an event says: read this record again."""

    kind: str
    record: str
    firm: str = ""


@dataclass(frozen=True)
class Snapshot:
    """What everybody holds at one moment."""

    clients: dict[str, ClientRecord]
    accounts: dict[str, AccountRecord]
    people: dict[tuple[str, str], PlannrPerson]
    banks: dict[str, BankDetails]
    plans: dict[tuple[str, str], PlannrPlan]


@dataclass
class Rows:
    """Our own record at one moment."""

    clients: dict[str, SyncedClientRow] = field(default_factory=dict)
    accounts: dict[str, SyncedAccountRow] = field(default_factory=dict)
    open: dict[tuple[str, str], DiscrepancyRow] = field(default_factory=dict)


class World:
    """Two systems and the sync between them; `news` are events that are under way, in no order."""

    def __init__(self, database: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._seconds = itertools.count()
        self.database = Database(f"sqlite:///{database}")
        self.plannr, self.platform = FakePlannr(self.now), WatchedPlatform(self.now)
        self.plannr.writes, self.platform.writes = Writes(self), Writes(self)
        self.activities = SyncActivities(
            self.plannr,
            self.platform,
            self.database,
            key=KEY,
            firm_of_adviser=ADVISERS.get,
            clock=self.now,
        )
        self.news: list[News] = []
        self._dies_after: int | None = None
        self._seen = self.snapshot()

    def now(self) -> datetime:
        """Return the time, which moves on by a second whenever somebody looks."""
        return datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(seconds=next(self._seconds))

    def close(self) -> None:
        """End everything that was opened."""
        self.do(self.database.dispose())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def do(self, work: Coroutine[Any, Any, _ResultT]) -> _ResultT:
        """Carry something out to its end."""
        return self._loop.run_until_complete(work)

    def wrote(self) -> None:
        """Count down to the death of the process."""
        if self._dies_after is not None:
            self._dies_after -= 1
            if self._dies_after == 0:
                self._dies_after = None
                raise Killed

    @property
    def writes(self) -> int:
        """How many writes the sync has made so far."""
        return len(self.plannr.writes) + len(self.platform.writes)

    def sync(self, news: News, *, dies_after: int | None = None, meanwhile: Callable[[], None] | None = None) -> bool:
        """Do what the workflows do for an event; tell whether the process lived to the end of it.

        Args:
            news: The event.
            dies_after: After how many writes the process dies, if it makes so many.
            meanwhile: What somebody does just before the first write to a client of the platform.
        """
        self._dies_after, self.platform.meanwhile = dies_after, meanwhile
        try:
            self.do(self._handle(news))
        except Killed:
            return False
        finally:
            self._dies_after = self.platform.meanwhile = None
        return True

    async def _handle(self, news: News) -> None:
        clients, accounts = [news.record], [news.record]
        if news.firm:
            kind: PlannrKind = "plan" if news.kind == "plan" else "account"
            wanted = FindSubjects(firm=news.firm, kind=kind, plannr_id=news.record)
            found = await self.activities.find_subjects(wanted)
            clients, accounts = found.clients, found.accounts
        if news.firm or news.kind == Subject.CLIENT:
            for client in clients:
                await self.activities.sync_client(SyncClient(platform_client=client, cause=Cause.WEBHOOK))
        if news.firm or news.kind == Subject.ACCOUNT:
            for account in accounts:
                await self.activities.sync_account(SyncAccount(platform_account=account, cause=Cause.WEBHOOK))

    def everything(self) -> list[News]:
        """Return what a look at every record of the platform amounts to."""
        clients = [News(Subject.CLIENT, client) for client in self.platform.clients]
        return clients + [News(Subject.ACCOUNT, account) for account in self.platform.accounts]

    def snapshot(self) -> Snapshot:
        """Return what both systems hold, read without counting as a call of the sync."""
        return self.do(self._snapshot())

    async def _snapshot(self) -> Snapshot:
        counted = self.platform.call_count
        clients = (await self.platform.client_records()).clients
        accounts = (await self.platform.account_records()).accounts
        self.platform.call_count = counted
        return Snapshot(
            clients={record.client: record for record in clients},
            accounts={record.account: record for record in accounts},
            people=dict(self.plannr.people),
            banks={account: banks[-1] for account, banks in self.plannr.banks.items() if banks},
            plans=dict(self.plannr.every_plan),
        )

    def notice(self) -> None:
        """Send an event for every record that somebody, the sync included, changed since the last time."""
        before, after = self._seen, self.snapshot()
        found = {News(Subject.CLIENT, name) for name in _moved(before.clients, after.clients)}
        found |= {News(Subject.ACCOUNT, name) for name in _moved(before.accounts, after.accounts)}
        found |= {News("account", name, firm) for firm, name in _moved(before.people, after.people)}
        found |= {News("plan", name, firm) for firm, name in _moved(before.plans, after.plans)}
        owners = {account: firm for firm, account in after.people}
        found |= {News("account", name, owners[name]) for name in _moved(before.banks, after.banks) if name in owners}
        self.news += sorted(found)
        self._seen = after

    def rows(self) -> Rows:
        """Return our own record."""
        return self.do(self._rows())

    async def _rows(self) -> Rows:
        async with self.database.reading() as session:
            clients = await session.scalars(select(SyncedClientRow))
            accounts = await session.scalars(select(SyncedAccountRow))
            found = await session.scalars(select(DiscrepancyRow).where(col(DiscrepancyRow.closed_at).is_(None)))
            return Rows(
                clients={row.platform_client: row for row in clients},
                accounts={row.platform_account: row for row in accounts},
                open={(row.platform_id, row.field): row for row in found},
            )

    def timeline(self) -> set[str]:
        """Return which kinds of events the timelines have."""
        return self.do(self._timeline())

    async def _timeline(self) -> set[str]:
        async with self.database.reading() as session:
            return set(await session.scalars(select(SyncEventRow.kind).distinct()))


def _moved(before: dict[Any, Any], after: dict[Any, Any]) -> list[Any]:
    return [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
