"""Both systems as their own people use them, over their public interfaces, and what the engine knows of the syncs."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from temporalio.client import Client

from cli.demonstration.surroundings import PATIENCE, DemonstrationFailed, Surroundings, checked, patiently
from connectors.plannr.mapping import REFERENCE_SOURCE
from workflows.syncing import plannr_sync_id, platform_sync_id

_PAUSE = 0.4
# Longer than a record rests before it is compared: what still echoed would begin again in it.
_STILL_SECONDS = 6.0


@dataclass
class Desk:
    """A user of Plannr, the platform's staff, and an onlooker."""

    plannr: httpx.Client
    platform: httpx.Client
    staff: httpx.Client
    temporal: Client

    def key_in(self, path: str, body: dict[str, Any], *, change: bool = False) -> dict[str, Any]:
        """Create, or change, something in Plannr."""
        send = self.plannr.put if change else self.plannr.post
        answer: Any = patiently(lambda: send(path, json=body))
        found: dict[str, Any] = answer.get("data") or answer
        return found

    def key_in_platform(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Do something on the platform by its interface."""
        answer: Any = patiently(lambda: self.platform.request(method, path, json=body))
        found: dict[str, Any] = answer["data"]
        return found

    def set_status(self, account: str, status: str) -> None:
        """Give an account a status, as only the platform's staff can."""
        checked(self.staff.post(f"/_sandbox/accounts/{account}/status", json={"status": status}))

    def record(self, uuid: str) -> dict[str, Any]:
        """Return a client's record in Plannr with tags, references and primary address."""
        query = {"include": "tags,external_references,primary_address"}
        answer: Any = patiently(lambda: self.plannr.get(f"/api/v1/account/{uuid}", params=query))
        found: dict[str, Any] = answer.get("data") or answer
        return found

    def records_of(self, *, email: str, nino: str) -> list[str]:
        """Return the ids of all records in Plannr with this e-mail address or National Insurance number."""
        found: set[str] = set()
        for query in ({"filter[email]": email}, {"filter[ni_number]": nino}):
            found |= {str(row["uuid"]) for row in self._rows("/api/v1/account", query)}
        return sorted(found)

    def plans(self, **filters: str) -> list[dict[str, Any]]:
        """Return the plans in Plannr with this owner or reference."""
        return self._rows("/api/v1/plans", {f"filter[{name}]": value for name, value in filters.items()})

    def bank_accounts(self, owner: str) -> list[dict[str, Any]]:
        """Return a client's bank accounts in Plannr."""
        return self._rows("/api/v2/bank-accounts", {"filter[account_uuids]": owner})

    def client(self, client: str) -> dict[str, Any]:
        """Return a client of the platform."""
        return self.key_in_platform("GET", f"/clients/{client}")

    def _rows(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        answer: Any = patiently(lambda: self.plannr.get(path, params=query))
        rows: list[dict[str, Any]] = answer["data"]
        return rows

    async def eventually(self, look: Callable[[], Any], what: str) -> Any:
        """Return the first truthy answer; ends the case when there is none in time."""
        deadline = time.monotonic() + PATIENCE.total_seconds()
        while True:
            if seen := look():
                return seen
            if time.monotonic() > deadline:
                raise DemonstrationFailed(f"waited {PATIENCE.seconds} s in vain for {what}")
            await asyncio.sleep(_PAUSE)

    async def syncs_of(self, record: str) -> int:
        """Return how many syncs of a record, of either system, have come to their end."""
        counted = await self.temporal.count_workflows(f"{_of([record])} AND ExecutionStatus = 'Completed'")
        return counted.count

    async def synced(self, record: str, *, after: int, what: str) -> int:
        """Wait until a sync of the record has ended that was not among the first `after`; return how many there are."""
        deadline = time.monotonic() + PATIENCE.total_seconds()
        while True:
            ended = await self.syncs_of(record)
            if ended > after:
                return ended
            if time.monotonic() > deadline:
                raise DemonstrationFailed(f"waited {PATIENCE.seconds} s in vain for the sync of {what}")
            await asyncio.sleep(_PAUSE)

    async def _running(self, records: Iterable[str]) -> int:
        counted = await self.temporal.count_workflows(f"{_of(records)} AND ExecutionStatus = 'Running'")
        return counted.count

    async def stands_still(self, versions: Callable[[], dict[str, str]]) -> dict[str, str]:
        """Return the versions of records once none of them has moved, and no sync of them has run, for a while."""
        deadline = time.monotonic() + PATIENCE.total_seconds()
        seen, since = versions(), time.monotonic()
        while True:
            await asyncio.sleep(_PAUSE)
            now = versions()
            if await self._running(now) or now != seen:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since > _STILL_SECONDS:
                return seen
            if time.monotonic() > deadline:
                raise DemonstrationFailed("the two systems went on writing to each other")


def _of(records: Iterable[str]) -> str:
    ids = [f"'{name(record)}'" for record in records for name in (platform_sync_id, plannr_sync_id)]
    return f"WorkflowId IN ({', '.join(ids)})"


def is_linked(record: dict[str, Any], platform_client: str) -> bool:
    """Tell whether a record in Plannr refers to this client of the platform."""
    references = record.get("external_references") or []
    return any((item["source"], item["reference"]) == (REFERENCE_SOURCE, platform_client) for item in references)


@contextmanager
def desk(around: Surroundings, temporal: Client) -> Iterator[Desk]:
    """Sit down at both systems."""
    with (
        around.plannr() as plannr,
        around.platform() as platform,
        httpx.Client(base_url=around.urls["platform"], timeout=20) as staff,
    ):
        yield Desk(plannr, platform, staff, temporal)
