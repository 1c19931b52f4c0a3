"""A page of the platform's clients, compared with their records in Plannr and with our own record (P54)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from activities.comparing import compare_client
from activities.reconciling_findings import PageFound, link_of, person_gone, unlinked
from activities.reconciling_reading import FirmOfAdviser, FirmRecord, Systems
from connectors.plannr.port import PlannrPerson
from connectors.platform.port import ClientRecord
from domain.journey import Stage
from domain.ownership import Act
from models.people import BankDetails
from models.syncing import LinkState
from models.tables import SyncedClientRow
from storage.reconciliations import ReconciliationRepository, Standing
from storage.syncing import SyncRepository


@dataclass(frozen=True, slots=True)
class Considered:
    """A client of the platform with the record in Plannr that it belongs to.

    Attributes:
        journey_asks: Whether a journey waits for the client, so that a person is not asked yet.
    """

    record: ClientRecord
    row: SyncedClientRow | None
    firm: str
    account: str
    journey_asks: bool

    @property
    def person(self) -> FirmRecord:
        """The record in Plannr."""
        return self.firm, self.account


@dataclass(slots=True)
class Sorted:
    """The clients of a page by what can be done about them."""

    considered: list[Considered] = field(default_factory=list)
    to_be_asked_again: list[str] = field(default_factory=list)


async def compare_clients(systems: Systems, records: Sequence[ClientRecord]) -> tuple[PageFound, list[str]]:
    """Compare a page of clients; returns what is to be stored, and the clients whom only a whole sync can judge."""
    began = systems.clock()
    ids = [record.client for record in records]
    async with systems.database.reading() as session:
        rows = await SyncRepository(session).clients(ids)
        journeys = await ReconciliationRepository(session).journeys_of_clients(ids)
    found, sorting = PageFound(), Sorted()
    for record in records:
        _sort(
            record,
            rows.get(record.client),
            found,
            sorting,
            journeys=journeys.get(record.client, []),
            firm_of_adviser=systems.firm_of_adviser,
        )
    wanted = [each.person for each in sorting.considered]
    people, banks = await asyncio.gather(systems.people(wanted), systems.bank_accounts(wanted))
    for each in sorting.considered:
        _compare(each, people, banks, found, key=systems.key, now=began)
    return found, sorting.to_be_asked_again


def firm_of(adviser: str, journeys: Sequence[Standing], firm_of_adviser: FirmOfAdviser) -> str | None:
    """Return whose client it is: the firm of a journey that knows it, else the adviser's (P5b)."""
    if journeys:
        return journeys[0].firm
    named = firm_of_adviser(adviser)
    return named[0] if named is not None else None


def _sort(
    record: ClientRecord,
    row: SyncedClientRow | None,
    found: PageFound,
    sorting: Sorted,
    *,
    journeys: Sequence[Standing],
    firm_of_adviser: FirmOfAdviser,
) -> None:
    running = [journey.stage for journey in journeys if not journey.stage.is_final]
    firm = (row.firm if row is not None else None) or firm_of(record.adviser, journeys, firm_of_adviser)
    account = (row.plannr_account if row is not None else None) or record.external_reference
    if any(stage is not Stage.AWAITING_CLIENT for stage in running):
        found.passed_over.add(record.client)
    elif firm is None or (row is not None and row.state is LinkState.AMBIGUOUS):
        found.passed_over.add(record.client)
        # Nothing tells of a new adviser of ours, nor that one of two records was removed.
        if firm is not None or row is None:
            sorting.to_be_asked_again.append(record.client)
    elif account is None:
        found.findings.append(unlinked(record, firm))
    else:
        sorting.considered.append(Considered(record, row, firm, account, bool(running)))


def _compare(
    each: Considered,
    people: Mapping[FirmRecord, PlannrPerson],
    banks: Mapping[FirmRecord, BankDetails],
    found: PageFound,
    *,
    key: bytes,
    now: datetime,
) -> None:
    record, row, person = each.record, each.row, people.get(each.person)
    if person is None:
        found.findings.append(person_gone(record, each.account, each.firm))
        return
    link = link_of(record, person, each.firm)
    if link is not None:
        found.findings.append(link)
        if link.proposal is Act.PERSON:
            return
    compared = compare_client(
        record, person, banks.get(each.person), row, key=key, firm=each.firm, first_meeting=row is None
    )
    asked = [finding for finding in compared.findings if finding.proposal is Act.PERSON]
    if each.journey_asks and asked:
        found.passed_over.add(record.client)
        compared.findings[:] = [finding for finding in compared.findings if finding.proposal is not Act.PERSON]
    found.findings += compared.findings
    if link is None:
        _remember(each, compared.bases, [finding.field for finding in asked], found, now=now)


def _remember(each: Considered, bases: dict[str, str], held: list[str], found: PageFound, *, now: datetime) -> None:
    row = each.row
    waiting = sorted(held if not each.journey_asks else (row.held if row is not None else []))
    if row is not None and (row.bases, row.held, row.state) == (bases, waiting, LinkState.LINKED):
        return
    found.clients.append(
        SyncedClientRow(
            platform_client=each.record.client,
            firm=each.firm,
            plannr_account=each.account,
            state=LinkState.LINKED,
            platform_version=each.record.version,
            bases=bases,
            held=waiting,
            synced_at=now,
        )
    )
