"""The platform's clients and accounts as the sync reads and changes them over HTTP."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Literal

from connectors.errors import Conflict
from connectors.platform import wire_bodies
from connectors.platform.connection import PlatformConnection
from connectors.platform.port import (
    AccountPage,
    AccountRecord,
    ChangedRecords,
    ClientPage,
    ClientRecord,
)
from connectors.platform.wire_records import account_record, changed_record, client_record
from connectors.platform.wire_syncing import (
    AccountRecordAnswer,
    AccountRecordsAnswer,
    ChangedAnswer,
    ClientRecordAnswer,
    ClientRecordsAnswer,
    WireChanged,
    WireClientRecord,
)
from models.people import BankDetails, KnownDetails

RECORDS_PER_PAGE: Final = 200


class SyncingOverHttp(PlatformConnection):
    """The part of the gateway that the sync needs.

    A write that finds another version than it names is no failure where the record says already what was to be
    written: it was written by an attempt whose answer was lost.
    """

    async def client_record(self, client: str) -> ClientRecord:
        """Return the client as the sync reads it; raises NotFound."""
        return client_record(await self._record(client))

    async def account_record(self, account: str) -> AccountRecord:
        """Return the account as the sync reads it; raises NotFound."""
        return account_record(await self._calls.ask("GET /accounts/{id}", AccountRecordAnswer, ids={"id": account}))

    async def client_records(self, after: str | None = None) -> ClientPage:
        """Return the next clients in the order of their creation; none is ever deleted, so pages stand still."""
        listed = await self._calls.read("GET /clients", ClientRecordsAnswer, params=_page(after))
        return ClientPage(
            clients=[client_record(client) for client in listed.data],
            after=None if listed.meta.is_last else str(listed.meta.page + 1),
            total=listed.meta.count,
        )

    async def account_records(self, after: str | None = None) -> AccountPage:
        """Return the next accounts in the order of their creation; none is ever deleted, so pages stand still."""
        listed = await self._calls.read("GET /accounts", AccountRecordsAnswer, params=_page(after))
        return AccountPage(
            accounts=[account_record(account) for account in listed.data],
            after=None if listed.meta.is_last else str(listed.meta.page + 1),
            total=listed.meta.count,
        )

    async def accounts_of(self, client: str) -> list[AccountRecord]:
        """Return every account that the client holds or signs for."""
        found: list[AccountRecord] = []
        after: str | None = "1"
        while after is not None:
            params = {"client_id": client, **_page(after)}
            listed = await self._calls.read("GET /accounts", AccountRecordsAnswer, params=params)
            found += [account_record(account) for account in listed.data]
            after = None if listed.meta.is_last else str(listed.meta.page + 1)
        return found

    async def amend_client(self, client: str, changes: KnownDetails, *, version: int) -> ClientRecord:
        """Write the given details to this version; raises Conflict `precondition_failed` and `email_in_use`."""
        return await self._write(
            "PATCH /clients/{id}",
            client,
            wire_bodies.person_fields(changes),
            version,
            lambda record: not wire_bodies.changed_fields(record, changes),
        )

    async def refer_client(self, client: str, external_reference: str, *, version: int) -> ClientRecord:
        """Store the id of the client's record in Plannr; raises Conflict."""
        return await self._write(
            "PATCH /clients/{id}",
            client,
            {"external_reference": external_reference},
            version,
            lambda record: record.external_reference == external_reference,
        )

    async def amend_bank_details(self, client: str, bank_details: BankDetails, *, version: int) -> ClientRecord:
        """Set the bank account on this version; raises Conflict `precondition_failed`."""
        wanted = wire_bodies.bank_account(bank_details)
        return await self._write(
            "PUT /clients/{id}/bank-account",
            client,
            wanted.model_dump(),
            version,
            lambda record: record.bank_account == wanted,
        )

    async def changed(self, kind: Literal["client", "account", "mandate"], since: datetime) -> ChangedRecords:
        """Return what was changed at or after a moment, 200 at most unless all of those share it."""
        params = {"updated_since": since.isoformat(), "sort": "updated_at", "page_size": RECORDS_PER_PAGE}
        found: list[WireChanged] = []
        page, is_last = 0, False
        while not is_last and not (found and found[-1].updated_at > since):
            page += 1
            listed = await self._calls.read(f"GET /{kind}s", ChangedAnswer, params={**params, "page": page})
            found, is_last = [*found, *listed.data], listed.meta.is_last
        return ChangedRecords(changes=[changed_record(record) for record in found], more=not is_last)

    async def _record(self, client: str) -> WireClientRecord:
        return await self._calls.ask("GET /clients/{id}", ClientRecordAnswer, ids={"id": client})

    async def _write(
        self,
        operation: str,
        client: str,
        body: dict[str, Any],
        version: int,
        is_done: Callable[[WireClientRecord], bool],
    ) -> ClientRecord:
        if not body:
            return await self.client_record(client)
        try:
            written = await self._calls.read(
                operation,
                ClientRecordAnswer,
                ids={"id": client},
                json=body,
                headers={"If-Match": f'"{version}"'},
            )
        except Conflict as conflict:
            if conflict.code != "precondition_failed":
                raise
            present = await self._record(client)
            if not is_done(present):
                raise
            return client_record(present)
        return client_record(written.data)


def _page(after: str | None) -> dict[str, str | int]:
    return {"page": int(after or 1), "page_size": RECORDS_PER_PAGE, "sort": "created_at"}
