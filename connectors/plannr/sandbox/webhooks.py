"""Webhooks: an outbox written in the transaction of the change, and a dispatcher that delivers it at least once."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

from connectors.plannr.sandbox.config import SandboxConfig
from connectors.plannr.sandbox.faults import Faults
from connectors.plannr.sandbox.store import Store

_BATCH = 100
_IDLE_SECONDS = 0.25
_SUCCESS = range(200, 300)


def sign(secret: str, body: bytes) -> str:
    """The published signature: hex HMAC-SHA256 of the raw body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Outbox:
    """Queues one delivery for each subscription that wants an event."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults
        self.filled = asyncio.Event()

    def add(self, tenant: str, event: str, uuid: str, *, delay_seconds: float = 0.0) -> None:
        """Queues an event about a record; call it inside the transaction that changed the record."""
        now = self._store.now()
        payload = {
            "id": str(uuid4()),
            "event": event,
            "resource": event.partition(".")[0],
            "uuid": uuid,
            "firm_uuid": tenant,
            "occurred_at": now,
        }
        body = json.dumps(payload)
        due = self._store.now(ahead_seconds=delay_seconds)
        for subscription in self._store.find("webhook_subscription", tenant):
            if event in subscription["events"]:
                self._queue(subscription["uuid"], payload, body, due)
        self.filled.set()

    def _queue(self, subscription: str, payload: Mapping[str, str], body: str, due: str) -> None:
        event, event_id = payload["event"], payload["id"]
        dropped = self._faults.take("drop_webhook", event, event_id) is not None
        copies = 1 if dropped or self._faults.take("duplicate_webhook", event, event_id) is None else 2
        held = None if dropped else self._faults.take("reorder_webhooks", event, event_id)
        for copy in range(copies):
            leaves = due if held is None else self._store.now(ahead_seconds=held.request.held_for(event_id, copy))
            self._store.db.execute(
                "INSERT INTO deliveries (subscription, event_id, event, body, state, attempts, due_at, created_at)"
                " VALUES (?, ?, ?, ?, ?, 0, ?, ?)",
                (
                    subscription,
                    event_id,
                    event,
                    body,
                    "dropped" if dropped else "pending",
                    leaves,
                    payload["occurred_at"],
                ),
            )

    def replay(self, since: str) -> int:
        """Queues everything since a moment again, dropped and given up deliveries included; returns how many."""
        with self._store.transaction():
            moved = self._store.db.execute(
                "UPDATE deliveries SET state = 'pending', attempts = 0, due_at = ? WHERE created_at >= ?",
                (self._store.now(), since),
            ).rowcount
        self.filled.set()
        return moved

    def log(self) -> list[dict[str, Any]]:
        """Every delivery with its state, attempts and last answer, newest first."""
        rows = self._store.db.execute("SELECT * FROM deliveries ORDER BY seq DESC LIMIT 1000")
        return [{**dict(row), "body": json.loads(row["body"])} for row in rows]


class Dispatcher:
    """Delivers the outbox in the background: in order per subscription, subscriptions side by side."""

    def __init__(self, store: Store, outbox: Outbox, faults: Faults, config: SandboxConfig) -> None:
        self._store = store
        self._outbox = outbox
        self._faults = faults
        self._config = config
        self._http = httpx.AsyncClient(
            transport=config.webhook_transport, timeout=config.webhook_timeout_seconds, trust_env=False
        )

    async def run(self) -> None:
        """Delivers until cancelled."""
        try:
            while True:
                self._outbox.filled.clear()
                if not await self.deliver_due():
                    await self._wait()
        finally:
            await self._http.aclose()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_IDLE_SECONDS):
                await self._outbox.filled.wait()
        except TimeoutError:
            return

    async def deliver_due(self) -> int:
        """Tries everything that is due once; returns how many deliveries that were."""
        rows = self._store.db.execute(
            "SELECT * FROM deliveries WHERE state = 'pending' AND due_at <= ? ORDER BY due_at, seq LIMIT ?",
            (self._store.now(ahead_seconds=1e-6), _BATCH),
        ).fetchall()
        lanes: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            lanes.setdefault(row["subscription"], []).append(dict(row))
        await asyncio.gather(*(self._deliver_lane(lane) for lane in lanes.values()))
        return len(rows)

    async def _deliver_lane(self, lane: list[Mapping[str, Any]]) -> None:
        for row in lane:
            await self._deliver(row)

    def _subscription(self, uuid: str) -> tuple[str, dict[str, Any]] | None:
        row = self._store.db.execute("SELECT tenant, document FROM records WHERE uuid = ?", (uuid,)).fetchone()
        return (row["tenant"], json.loads(row["document"])) if row else None

    async def _deliver(self, row: Mapping[str, Any]) -> None:
        found = self._subscription(row["subscription"])
        if found is None:
            self._record(row, state="failed", status=None, error="subscription is gone")
            return
        tenant, subscription = found
        body = row["body"].encode()
        stale = self._is_stale(row)
        secret = subscription["signing_secret"]
        headers = {
            "Content-Type": "application/json",
            # A signature made with a secret that is no longer valid.
            "X-Signature": sign(secret[::-1] if stale else secret, body),
        }
        try:
            answer = await self._http.post(subscription["url"], content=body, headers=headers)
        except httpx.HTTPError as error:
            self._retry(row, status=None, error=type(error).__name__)
            return
        if answer.status_code not in _SUCCESS:
            self._retry(row, status=answer.status_code, error="refused")
            return
        with self._store.transaction():
            # Read again: the subscription may have changed while the subscriber was answering.
            current = self._store.get("webhook_subscription", tenant, subscription["uuid"])
            if current is not None:
                current["last_outgoing_webhook_call_at"] = self._store.now()
                self._store.save("webhook_subscription", tenant, current, touch=False)
            self._record(row, state="delivered", status=answer.status_code, error=None)

    def _is_stale(self, row: Mapping[str, Any]) -> bool:
        fault = self._faults.take("stale_signature", row["event"], row["event_id"])
        # Chosen by its id, an event would be signed wrongly for ever: a share is signed rightly the next time.
        return fault is not None and (fault.request.share is None or row["attempts"] == 0)

    def _retry(self, row: Mapping[str, Any], *, status: int | None, error: str) -> None:
        waits = self._config.webhook_backoff_seconds
        if row["attempts"] >= len(waits):
            self._record(row, state="failed", status=status, error=error)
            return
        due = self._store.now(ahead_seconds=waits[row["attempts"]])
        self._record(row, state="pending", status=status, error=error, due=due)

    def _record(
        self, row: Mapping[str, Any], *, state: str, status: int | None, error: str | None, due: str | None = None
    ) -> None:
        self._store.db.execute(
            "UPDATE deliveries SET state = ?, attempts = attempts + 1, last_status = ?, last_error = ?, due_at = ?,"
            " delivered_at = ? WHERE seq = ?",
            (
                state,
                status,
                error,
                due or row["due_at"],
                self._store.now() if state == "delivered" else None,
                row["seq"],
            ),
        )
