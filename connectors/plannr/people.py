"""Clients' records in Plannr over HTTP: reading, linking, and writing details back."""

from typing import Final

from connectors.plannr.connection import PlannrConnection
from connectors.plannr.mapping import (
    REFERENCE_SOURCE,
    address_body,
    changed_account,
    to_person,
)
from connectors.plannr.mapping_banking import bank_account_body, is_same_bank_account
from connectors.plannr.port import PlannrPerson
from connectors.plannr.wire import WireAccount, WireBankAccount, WirePage
from models.people import BankDetails, PersonDetails

_MOST_FOUND: Final = 20
RELATIONS: Final = "tags,external_references,primary_email,primary_phone_number,primary_address,assigned_adviser"


class PeopleOverHttp(PlannrConnection):
    """The part of the gateway that is about people."""

    async def read_person(self, firm: str, account: str) -> PlannrPerson:
        """Return the record; raises NotFound."""
        stored = await self._call(
            firm,
            "GET /api/v1/account/{uuid}",
            WireAccount,
            ids={"uuid": account},
            params={"include": RELATIONS},
        )
        return to_person(stored, link_tag=self._link_tag)

    async def find_clients(self, firm: str, text: str) -> list[PlannrPerson]:
        """Return the firm's clients whose name has this text in it, or whose e-mail address it is; 20 at most."""
        wanted = "filter[primary_email]" if "@" in text else "filter[name]"
        params: dict[str, str | int] = {
            wanted: text,
            "filter[type]": "client",
            "include": RELATIONS,
            "per_page": _MOST_FOUND,
        }
        found = await self._call(firm, "GET /api/v1/account", WirePage[WireAccount], params=params)
        return [to_person(stored, link_tag=self._link_tag) for stored in found.data]

    async def link(self, firm: str, account: str, platform_client: str) -> None:
        """Store the platform client's id as external reference and add the visible tag, each unless it is there."""
        person = await self.read_person(firm, account)
        if person.platform_client != platform_client:
            await self._send(
                firm,
                "POST /api/v1/account/{uuid}/external-references",
                ids={"uuid": account},
                json={"source": REFERENCE_SOURCE, "reference": platform_client},
            )
        if not person.link_tagged:
            await self._send(
                firm,
                "POST /api/v1/tag",
                json={
                    "mode": "attach",
                    "taggable_type": "account",
                    "taggable_uuid": account,
                    "tags": [self._link_tag],
                },
            )

    async def update_person(self, firm: str, account: str, details: PersonDetails) -> None:
        """Write what differs from the record; another address becomes the primary one, the old one stays as history."""
        known = (await self.read_person(firm, account)).known_details
        changes = changed_account(known, details)
        if changes:
            await self._send(firm, "PUT /api/v1/account/{uuid}", ids={"uuid": account}, json=changes)
        if known.address != details.address:
            await self._send(firm, "POST /api/v2/addresses", json=address_body(account, details.address))

    async def save_bank_account(self, firm: str, account: str, bank_details: BankDetails) -> None:
        """Add the bank account unless one with its sort code and number is there."""
        present = await self._listed(
            firm, "GET /api/v2/bank-accounts", WireBankAccount, filters={"account_uuids": account}
        )
        if not any(is_same_bank_account(stored, bank_details) for stored in present):
            await self._send(firm, "POST /api/v2/bank-accounts", json=bank_account_body(account, bank_details))
