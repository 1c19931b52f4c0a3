"""What the cases of the sync have in common: the people at work, and the client whom the first case links."""

from dataclasses import dataclass, field
from typing import Any

from cli.demonstration.actors import AdviserActor
from cli.demonstration.journey import Narrate
from cli.demonstration.surroundings import DemonstrationFailed
from cli.demonstration.sync_desk import Desk, is_linked
from cli.demonstration.sync_people import Somebody, adviser_reference, somebody

Seen = dict[str, Any]


@dataclass
class Stage:
    """What the cases have in common: the people at work, and the client whom the first case links."""

    desk: Desk
    adviser: AdviserActor
    narrate: Narrate
    who: Somebody = field(default_factory=somebody)
    client: str = ""
    record: str = ""

    def register(self, who: Somebody) -> str:
        """Let the platform's staff register somebody; return the client's id."""
        made = self.desk.key_in_platform("POST", "/clients", who.registration())
        self.narrate("platform", f"staff registered {who.first_name} {who.last_name} directly")
        return str(made["id"])

    def key_in(self, who: Somebody) -> str:
        """Let a user of Plannr key somebody in; return the record's id."""
        record = str(self.desk.key_in("/api/v1/account", who.record())["uuid"])
        self.desk.key_in("/api/v2/addresses", who.home(record))
        self.narrate("plannr", f"{who.first_name} {who.last_name} has a record")
        return record

    def link_of(self, who: Somebody, client: str) -> Seen:
        """Return how many records somebody has in Plannr, and which half of the link is there."""
        records = self.desk.records_of(email=who.email, nino=who.nino)
        first = self.desk.record(records[0]) if records else {}
        return {
            "records_in_plannr": len(records),
            "linked": is_linked(first, client),
            "tagged": bool(first.get("tags")),
            "referred": bool(records) and self.desk.client(client)["external_reference"] == records[0],
        }

    async def until_linked(self, who: Somebody, client: str) -> Seen:
        """Wait for both halves of the link and the tag."""

        def look() -> Seen | None:
            seen = self.link_of(who, client)
            return seen if seen["linked"] and seen["tagged"] and seen["referred"] else None

        seen: Seen = await self.desk.eventually(look, "a linked and tagged record in Plannr")
        self.narrate("system", "linked both ways and tagged")
        return seen

    async def open_account(self, wrapper: str) -> str:
        """Let the platform's staff open an account for the linked client, and wait for its first sync."""
        if not self.client:
            raise DemonstrationFailed("the client of the first case is not linked")
        if self.desk.client(self.client)["status"] == "registered":
            self.desk.key_in_platform("POST", f"/clients/{self.client}/submission")
        body = {
            "client_ids": [self.client],
            "wrapper": wrapper,
            "name": f"{self.who.first_name}'s {wrapper.upper()}",
            "investment_strategy": {"name": "Balanced Growth"},
            "adviser_reference": adviser_reference(),
        }
        account = str(self.desk.key_in_platform("POST", "/accounts", body)["id"])
        self.narrate("platform", f"staff opened a {wrapper.upper()} account")
        await self.desk.synced(account, after=0, what=f"the {wrapper} account")
        return account
