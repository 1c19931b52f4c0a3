"""What a whole page of a reconciliation reads of both systems, as few calls as their limits on a list allow (P54)."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from connectors.plannr.port import PlannrGateway, PlannrPerson, PlannrPlan
from connectors.platform.port import PlatformGateway
from models.people import BankDetails
from storage.database import Database

_IDS_A_CALL: Final = 100

FoundT = TypeVar("FoundT")

FirmRecord = tuple[str, str]
"""A firm and the id of a record in its Plannr."""

FirmOfAdviser = Callable[[str], tuple[str, str] | None]
"""The firm of an adviser's reference on the platform, and the employee in Plannr it stands for."""


@dataclass(frozen=True, slots=True)
class Systems:
    """Both systems and our own record, as every step of a reconciliation uses them.

    Attributes:
        key: Of the fingerprints under which our own record remembers values.
        firms: The firms whose Plannr is looked through.
    """

    plannr: PlannrGateway
    platform: PlatformGateway
    database: Database
    key: bytes
    firms: Sequence[str]
    firm_of_adviser: FirmOfAdviser
    clock: Callable[[], datetime]

    async def people(self, wanted: Iterable[FirmRecord]) -> dict[FirmRecord, PlannrPerson]:
        """Return those of these records that are there."""

        async def read(firm: str, accounts: list[str]) -> dict[FirmRecord, PlannrPerson]:
            return {(firm, person.account): person for person in await self.plannr.read_people(firm, accounts)}

        return await _together(wanted, read)

    async def bank_accounts(self, wanted: Iterable[FirmRecord]) -> dict[FirmRecord, BankDetails]:
        """Return the newest bank account of each of these clients that has one."""

        async def read(firm: str, accounts: list[str]) -> dict[FirmRecord, BankDetails]:
            return {
                (firm, account): bank for account, bank in (await self.plannr.bank_accounts(firm, accounts)).items()
            }

        return await _together(wanted, read)

    async def plans(self, wanted: Iterable[FirmRecord]) -> dict[FirmRecord, PlannrPlan]:
        """Return those of these plans that are there, by their ids."""

        async def read(firm: str, plans: list[str]) -> dict[FirmRecord, PlannrPlan]:
            return {(firm, plan.plan): plan for plan in await self.plannr.read_plans(firm, plans=plans)}

        return await _together(wanted, read)

    async def plans_of(self, wanted: Iterable[FirmRecord]) -> dict[FirmRecord, PlannrPlan]:
        """Return the plans that have these proposal references, by them."""

        async def read(firm: str, references: list[str]) -> dict[FirmRecord, PlannrPlan]:
            found = await self.plannr.read_plans(firm, references=references)
            return {(firm, plan.proposal_reference): plan for plan in found if plan.proposal_reference is not None}

        return await _together(wanted, read)


async def _together(
    wanted: Iterable[FirmRecord], read: Callable[[str, list[str]], Awaitable[dict[FirmRecord, FoundT]]]
) -> dict[FirmRecord, FoundT]:
    by_firm: dict[str, set[str]] = defaultdict(set)
    for firm, record in wanted:
        by_firm[firm].add(record)
    calls = [read(firm, ids) for firm, records in by_firm.items() for ids in _batches(records)]
    found: dict[FirmRecord, FoundT] = {}
    for part in await asyncio.gather(*calls):
        found |= part
    return found


def _batches(records: Collection[str]) -> list[list[str]]:
    ordered = sorted(records)
    return [ordered[start : start + _IDS_A_CALL] for start in range(0, len(ordered), _IDS_A_CALL)]
