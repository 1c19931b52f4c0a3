"""A page of the platform's clients, compared with their records in Plannr and with our own record (P54)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from activities.comparing import LINK, client_row, compare_client
from activities.reconciling_findings import PageFound, is_being_written
from activities.reconciling_reading import FirmRecord, Systems
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
class _Considered:
    """A client of the platform with the record in Plannr that it belongs to, if one is known.

    Attributes:
        journey_asks: Whether a journey waits for the client, so that a person is not asked yet.
    """

    record: ClientRecord
    row: SyncedClientRow | None
    firm: str
    account: str | None
    journey_asks: bool


async def compare_clients(systems: Systems, records: Sequence[ClientRecord]) -> PageFound:
    """Compare a page of clients and return what is to be stored."""
    began = systems.clock()
    references = {record.client: record.external_reference for record in records}
    async with systems.database.reading() as session:
        rows = await SyncRepository(session).clients(references)
        journeys = await ReconciliationRepository(session).journeys_of_clients(references)
    found = PageFound()
    sorted_ = (
        _consider(systems, record, rows.get(record.client), journeys.get(record.client, []), found)
        for record in records
    )
    considered = [each for each in sorted_ if each is not None]
    wanted = [(each.firm, each.account) for each in considered if each.account is not None]
    people, banks = await asyncio.gather(systems.people(wanted), systems.bank_accounts(wanted))
    for each in considered:
        _compare(each, people, banks, found, key=systems.key, began=began)
    return found


def firm_of(systems: Systems, adviser: str, journeys: Sequence[Standing]) -> str | None:
    """Return whose client or account it is: the firm of the newest journey that knows it, else the adviser's (P5b)."""
    if journeys:
        return journeys[-1].firm
    named = systems.firm_of_adviser(adviser)
    return named[0] if named is not None else None


def _consider(
    systems: Systems,
    record: ClientRecord,
    row: SyncedClientRow | None,
    journeys: Sequence[Standing],
    found: PageFound,
) -> _Considered | None:
    running = [journey.stage for journey in journeys if not journey.stage.is_final]
    is_linked = row is not None and row.state is LinkState.LINKED
    firm = (row.firm if row is not None and is_linked else None) or firm_of(systems, record.adviser, journeys)
    if any(stage is not Stage.AWAITING_CLIENT for stage in running):
        found.passed_over.add(record.client)
        return None
    if firm is not None and firm not in systems.firms:
        # It was one of ours once; nobody reads its Plannr any more.
        found.passed_over.add(record.client)
        return None
    if firm is None or (row is not None and row.state is LinkState.AMBIGUOUS):
        found.passed_over.add(record.client)
        # Nothing tells that one of two records that could be the client's was removed meanwhile.
        if firm is not None or row is None:
            found.left_to_sync.append(record.client)
        return None
    account = (row.plannr_account if row is not None else None) or record.external_reference
    return _Considered(record, row, firm, account, journey_asks=bool(running))


def _compare(
    each: _Considered,
    people: Mapping[FirmRecord, PlannrPerson],
    banks: Mapping[FirmRecord, BankDetails],
    found: PageFound,
    *,
    key: bytes,
    began: datetime,
) -> None:
    record, row = each.record, each.row
    place = (each.firm, each.account or "")
    person = people.get(place)
    compared = compare_client(record, person, banks.get(place), row, key=key, firm=each.firm)
    asks = [finding for finding in compared.findings if finding.proposal is Act.PERSON]
    if each.journey_asks and asks:
        found.passed_over.add(record.client)
        asks = []
    found.findings += asks
    found.findings += [finding for finding in compared.findings if finding.proposal is not Act.PERSON]
    if person is None or LINK in compared.acts:
        if person is None and row is not None and row.state is not LinkState.GONE:
            found.left_to_sync.append(record.client)
        return
    new = client_row(record, person.account, compared, firm=each.firm, state=LinkState.LINKED, read_at=began)
    if row is not None and each.journey_asks:
        new.held = row.held
    if row is None or not (_says(row) == _says(new) or is_being_written(row.bases)):
        found.clients.append(new)


def _says(row: SyncedClientRow) -> tuple[object, ...]:
    return row.firm, row.plannr_account, row.state, row.platform_version, row.bases, row.held
