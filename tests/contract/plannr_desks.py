"""What people do in Plannr by hand, in the system behind the gateway that is tested."""

from dataclasses import dataclass
from typing import Protocol

from connectors.plannr.mapping import address_lines
from connectors.plannr.port import PlannrGateway
from models.people import Address, BankDetails, KnownDetails
from tests.contract.plannr_scenes import FIRM, FakeScene, SandboxScene, Scene


def somebody(number: int, **changes: object) -> KnownDetails:
    """Return one of many people, none of whom is like another."""
    usual = {
        "title": "Mr",
        "first_name": f"Person{chr(ord('A') + number % 26)}",
        "last_name": f"Number{chr(ord('A') + number // 26)}",
        "date_of_birth": f"1970-01-{1 + number % 28:02}",
        "email": f"person{number}@example.com",
        "mobile": f"+4474001{number:05}",
        "national_insurance_number": f"AC{number:06}A",
        "nationality": "GB",
        "address": Address(line_1=f"{number} Mill Lane", town_city="Leeds", postcode="LS1 4AP"),
    }
    return KnownDetails.model_validate({**usual, **changes})


class Desk(Protocol):
    """A gateway, and the hands of the firm's people on the same Plannr."""

    @property
    def gateway(self) -> PlannrGateway:
        """The gateway."""

    @property
    def call_count(self) -> int:
        """How many calls the gateway has sent."""

    async def add(self, number: int) -> str:
        """Key in one of many people, and return the record's id."""

    async def rename(self, account: str, last_name: str) -> None:
        """Give a client another name."""

    async def move(self, account: str, address: Address) -> None:
        """Give a client another primary address."""

    async def delete(self, account: str) -> None:
        """Remove a client's record."""

    async def give_bank_account(self, account: str, bank_details: BankDetails) -> None:
        """Add a bank account."""

    async def rename_plan(self, plan: str, name: str) -> None:
        """Give a plan another name."""


@dataclass(frozen=True)
class FakeDesk:
    """Hands on the in-memory fake."""

    scene: FakeScene

    @property
    def gateway(self) -> PlannrGateway:
        """The gateway."""
        return self.scene.gateway

    @property
    def call_count(self) -> int:
        """How many calls the gateway has sent."""
        return self.scene.gateway.call_count

    async def add(self, number: int) -> str:
        """Key in one of many people."""
        return self.scene.gateway.add_person(FIRM, f"person-{number}", somebody(number)).account

    async def rename(self, account: str, last_name: str) -> None:
        """Give a client another name."""
        self.scene.gateway.edit_person(FIRM, account, last_name=last_name)

    async def move(self, account: str, address: Address) -> None:
        """Give a client another primary address."""
        self.scene.gateway.edit_person(FIRM, account, address=address)

    async def delete(self, account: str) -> None:
        """Remove a client's record."""
        self.scene.gateway.delete_person(FIRM, account)

    async def give_bank_account(self, account: str, bank_details: BankDetails) -> None:
        """Add a bank account."""
        self.scene.gateway.give_bank_account(FIRM, account, bank_details)

    async def rename_plan(self, plan: str, name: str) -> None:
        """Give a plan another name."""
        self.scene.gateway.edit_plan(FIRM, plan, name=name)


@dataclass(frozen=True)
class SandboxDesk:
    """Hands on the sandbox."""

    scene: SandboxScene

    @property
    def gateway(self) -> PlannrGateway:
        """The gateway."""
        return self.scene.gateway

    @property
    def call_count(self) -> int:
        """How many calls the gateway has sent."""
        return self.scene.gateway.call_count

    async def call(self, method: str, path: str, **content: object) -> dict[str, object]:
        """Use Plannr as the firm's people do."""
        answer = await self.scene.plannr.request(method, path, json=content)
        answer.raise_for_status()
        body: dict[str, object] = answer.json() if answer.content else {}
        return body

    async def add(self, number: int) -> str:
        """Key in one of many people, the way a person writes numbers."""
        known = somebody(number)
        assert known.address is not None
        stored = await self.call(
            "POST",
            "/api/v1/account",
            title=known.title,
            first_name=known.first_name,
            last_name=known.last_name,
            date_of_birth=str(known.date_of_birth),
            email=known.email,
            phone=f"07{str(known.mobile)[4:7]} {str(known.mobile)[7:]}",
            ni_number=known.national_insurance_number,
            nationality=known.nationality,
            address=[address_lines(known.address)],
        )
        return str(stored["uuid"])

    async def rename(self, account: str, last_name: str) -> None:
        """Give a client another name."""
        await self.call("PUT", f"/api/v1/account/{account}", last_name=last_name)

    async def move(self, account: str, address: Address) -> None:
        """Give a client another primary address."""
        lines = address_lines(address)
        await self.call("POST", "/api/v2/addresses", account_uuids=[account], is_primary=True, **lines)

    async def delete(self, account: str) -> None:
        """Remove a client's record."""
        await self.call("DELETE", f"/api/v1/account/{account}")

    async def give_bank_account(self, account: str, bank_details: BankDetails) -> None:
        """Add a bank account."""
        await self.call(
            "POST",
            "/api/v2/bank-accounts",
            account_uuids=[account],
            account_name="Current account",
            account_holders=bank_details.account_holder,
            account_number=bank_details.account_number,
            sort_code="-".join(bank_details.sort_code[at : at + 2] for at in (0, 2, 4)),
        )

    async def rename_plan(self, plan: str, name: str) -> None:
        """Give a plan another name."""
        await self.call("PUT", f"/api/v1/plans/{plan}", name=name)


def desk_of(scene: Scene) -> Desk:
    """Return the hands of the firm's people on this Plannr."""
    if isinstance(scene, FakeScene):
        return FakeDesk(scene)
    assert isinstance(scene, SandboxScene)
    return SandboxDesk(scene)
