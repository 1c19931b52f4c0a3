"""Clients' records as the sync reads, creates and changes them in Plannr over HTTP."""

from datetime import datetime
from typing import Final

from connectors.plannr.lists import Place, at_or_after, well_after
from connectors.plannr.mapping import address_body, changed_account, to_person
from connectors.plannr.mapping_banking import to_bank_details
from connectors.plannr.mapping_syncing import (
    client_body,
    is_unlinked_twin,
    number_spellings,
    to_change,
)
from connectors.plannr.people import RELATIONS, PeopleOverHttp
from connectors.plannr.port import ChangedKind, Changes, PeoplePage, PlannrPerson
from connectors.plannr.wire import (
    WireAccount,
    WireBankAccount,
    WireChanged,
    WireListedAccount,
    WirePage,
    WireRecord,
)
from models.people import BankDetails, KnownDetails

PEOPLE_PER_PAGE: Final = 500
CHANGES_PER_CALL: Final = 500

_CHANGED_LISTS: Final[dict[ChangedKind, tuple[str, dict[str, str]]]] = {
    "account": ("GET /api/v1/account", {"filter[type]": "client"}),
    "address": ("GET /api/v2/addresses", {"include": "accounts"}),
    "plan": ("GET /api/v1/plans", {}),
    "bank_account": ("GET /api/v2/bank-accounts", {}),
}


class SyncingOverHttp(PeopleOverHttp):
    """The part of the gateway that the sync needs besides plans."""

    async def read_people(self, firm: str, accounts: list[str]) -> list[PlannrPerson]:
        """Return the records that are there, in one call."""
        return await self._people(firm, uuids=",".join(accounts)) if accounts else []

    async def linked_people(self, firm: str, after: str | None = None) -> PeoplePage:
        """Return the next records with the link's tag, in the order of their creation."""
        place = Place.read(after)
        begin = {} if place.moment is None else {"created_after": at_or_after(place.moment)}
        listed = await self._linked(firm, begin)
        found, is_end = listed.data, listed.meta.current_page >= listed.meta.last_page
        fresh = [stored for stored in found if stored.uuid not in place.seen]
        total = place.done + listed.meta.total - (len(found) - len(fresh))
        following = place.after(fresh) if fresh else place
        if not is_end and found[0].created_at == found[-1].created_at:
            # More records share one moment than a page holds: reading on from it would not get past it.
            moment = found[0].created_at
            fresh = [stored for stored in await self._linked_at(firm, moment) if stored.uuid not in place.seen]
            following = place.behind(moment, len(fresh))
        people = [to_person(stored, link_tag=self._link_tag) for stored in fresh]
        return PeoplePage(people=people, after=None if is_end else following.write(), total=total)

    async def match_candidates(self, firm: str, details: KnownDetails) -> list[PlannrPerson]:
        """Return who has the e-mail address or the number however it is spaced, or without either the birthday."""
        number = details.national_insurance_number
        filters = {
            "primary_email": details.email,
            "ni_number": number and number_spellings(number),
        }
        if not any(filters.values()) and details.date_of_birth is not None:
            filters = {"date_of_birth": details.date_of_birth.isoformat()}
        found: dict[str, PlannrPerson] = {}
        for name, value in filters.items():
            people = await self._people(firm, type="client", **{name: value}) if value else []
            found |= {person.account: person for person in people}
        return list(found.values())

    async def create_client(self, firm: str, details: KnownDetails, adviser: str | None, platform_client: str) -> str:
        """Create, link and tag a client's record once per platform client, and return its id.

        A time-out can hide a record that was made: one that is linked to the platform client is theirs, and so is one
        that says exactly the same and has no link.
        """
        linked = await self._people(firm, external_reference=platform_client)
        made = [person for person in linked if person.platform_client == platform_client]
        if not made:
            made = [one for one in await self.match_candidates(firm, details) if is_unlinked_twin(one, details)]
        if made:
            account = made[0].account
        else:
            body = client_body(details, adviser)
            account = (await self._call(firm, "POST /api/v1/account", WireRecord, json=body)).uuid
        await self.link(firm, account, platform_client)
        return account

    async def amend_person(self, firm: str, account: str, changes: KnownDetails) -> None:
        """Write what is given and differs; another address becomes the primary one, the old one stays as history."""
        known = (await self.read_person(firm, account)).known_details
        members = changed_account(known, changes)
        if members:
            await self._send(firm, "PUT /api/v1/account/{uuid}", ids={"uuid": account}, json=members)
        if changes.address is not None and changes.address != known.address:
            await self._send(firm, "POST /api/v2/addresses", json=address_body(account, changes.address))

    async def bank_accounts(self, firm: str, accounts: list[str]) -> dict[str, BankDetails]:
        """Return the newest bank account of each client; one that does not parse counts as none."""
        if not accounts:
            return {}
        operation = "GET /api/v2/bank-accounts"
        listed = await self._listed(firm, operation, WireBankAccount, filters={"account_uuids": ",".join(accounts)})
        newest = {owner.uuid: stored for stored in listed for owner in stored.accounts if owner.uuid in set(accounts)}
        read = {account: to_bank_details(stored) for account, stored in newest.items()}
        return {account: bank_details for account, bank_details in read.items() if bank_details is not None}

    async def changes(self, firm: str, kind: ChangedKind, since: datetime) -> Changes:
        """Return what was changed at or after a moment, 500 at most unless all of those share it."""
        operation, params = _CHANGED_LISTS[kind]
        query: dict[str, str | int] = {
            **params,
            "filter[updated_after]": at_or_after(since),
            "sort": "updated_at",
            "per_page": CHANGES_PER_CALL,
        }
        found: list[WireChanged] = []
        page, last = 0, 1
        while page < last and not (found and found[-1].updated_at > since):
            page += 1
            listed = await self._call(firm, operation, WirePage[WireChanged], params={**query, "page": page})
            found, last = [*found, *listed.data], listed.meta.last_page
        return Changes(changes=[to_change(kind, stored) for stored in found], more=page < last)

    async def _people(self, firm: str, **filters: str) -> list[PlannrPerson]:
        listed = await self._listed(firm, "GET /api/v1/account", WireAccount, include=RELATIONS, filters=filters)
        return [to_person(stored, link_tag=self._link_tag) for stored in listed]

    async def _linked(self, firm: str, filters: dict[str, str], page: int = 1) -> WirePage[WireListedAccount]:
        params: dict[str, str | int] = {f"filter[{name}]": value for name, value in filters.items()}
        params |= {"filter[tags]": self._link_tag, "include": RELATIONS, "sort": "created_at"}
        params |= {"per_page": PEOPLE_PER_PAGE, "page": page}
        return await self._call(firm, "GET /api/v1/account", WirePage[WireListedAccount], params=params)

    async def _linked_at(self, firm: str, moment: datetime) -> list[WireListedAccount]:
        """Return every linked record of one moment; where one vanishes while they are read, they are read again."""
        filters = {"created_after": at_or_after(moment), "created_before": well_after(moment)}
        while True:
            found: dict[str, WireListedAccount] = {}
            totals: set[int] = set()
            page, last = 0, 1
            while page < last:
                page += 1
                listed = await self._linked(firm, filters, page)
                last = listed.meta.last_page
                totals.add(listed.meta.total)
                found |= {stored.uuid: stored for stored in listed.data if stored.created_at == moment}
            if len(totals) == 1:
                return list(found.values())
