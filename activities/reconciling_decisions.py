"""A person's decision on a discrepancy, written to the systems: nothing else, and only what they were shown (P54)."""

from typing import Any, Final

from activities.reconciling_reading import Systems
from activities.sync_values import shown_text
from connectors.errors import Conflict, ConnectorRejected, NotAuthorised, NotFound
from connectors.plannr.port import PlannrPerson
from connectors.platform.port import ClientRecord
from domain.masking import mask
from domain.ownership import Subject, client_rules
from models.deciding import Settle, Settled, SettleOutcome
from models.people import BankDetails, KnownDetails
from models.tables import DiscrepancyRow
from storage.discrepancies import DiscrepancyRepository

_ATTEMPTS: Final = 3
_FIELDS: Final = frozenset(rule.field for rule in client_rules())


async def settle(systems: Systems, decision: Settle) -> Settled:
    """Write what a person decided, unless the two systems hold something else by now.

    Raises:
        ConnectorError: A system does not answer, or refuses our access; what it refuses of the content is an outcome.
    """
    async with systems.database.reading() as session:
        row = await DiscrepancyRepository(session).get(decision.discrepancy_id, decision.firm)
    if row is None or row.closed_at is not None:
        return Settled(outcome=SettleOutcome.CLOSED)
    try:
        outcome = await _until_unchanged(systems, row, decision)
    except NotAuthorised:
        raise
    except ConnectorRejected:
        outcome = SettleOutcome.REFUSED
    return Settled(outcome=outcome, subject=row.subject, platform_id=row.platform_id)


async def _until_unchanged(systems: Systems, row: DiscrepancyRow, decision: Settle) -> SettleOutcome:
    """Write to the version that was read; one that changed meanwhile is read again."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            if decision.plannr_account is not None:
                return await _link(systems, row, decision.firm, decision.plannr_account)
            return await _take(systems, row, decision)
        except Conflict as conflict:
            if conflict.code != "precondition_failed" or attempt == _ATTEMPTS:
                raise
    return SettleOutcome.REFUSED


async def _link(systems: Systems, row: DiscrepancyRow, firm: str, account: str) -> SettleOutcome:
    client = await systems.platform.client_record(row.platform_id)
    person = await systems.plannr.read_person(firm, account)
    if account not in row.candidates or person.platform_client not in {None, client.client}:
        return SettleOutcome.CHANGED_MEANWHILE
    if client.external_reference not in {None, account}:
        return SettleOutcome.CHANGED_MEANWHILE
    await systems.plannr.link(firm, account, client.client)
    if client.external_reference is None:
        await systems.platform.refer_client(client.client, account, version=client.version)
    return SettleOutcome.WRITTEN


async def _take(systems: Systems, row: DiscrepancyRow, decision: Settle) -> SettleOutcome:
    if row.subject is not Subject.CLIENT or row.field not in _FIELDS or row.plannr_id is None:
        return SettleOutcome.REFUSED
    try:
        client = await systems.platform.client_record(row.platform_id)
        person = await systems.plannr.read_person(decision.firm, row.plannr_id)
    except NotFound:
        return SettleOutcome.CHANGED_MEANWHILE
    bank = None
    if row.field == "bank_details":
        bank = (await systems.plannr.bank_accounts(decision.firm, [row.plannr_id])).get(row.plannr_id)
    shown = (
        mask(row.field, shown_text(row.field, client.details, client.bank_details)),
        mask(row.field, shown_text(row.field, person.known_details, bank)),
    )
    if shown != (row.platform_value, row.plannr_value):
        return SettleOutcome.CHANGED_MEANWHILE
    if decision.take == "plannr":
        await _to_platform(systems, row.field, client, person, bank)
    else:
        await _to_plannr(systems, decision.firm, row.field, client, person)
    return SettleOutcome.WRITTEN


async def _to_platform(
    systems: Systems, field: str, client: ClientRecord, person: PlannrPerson, bank: BankDetails | None
) -> None:
    if field != "bank_details":
        changes = _only(field, person.known_details)
        await systems.platform.amend_client(client.client, changes, version=client.version)
    elif bank is not None:
        await systems.platform.amend_bank_details(client.client, bank, version=client.version)


async def _to_plannr(systems: Systems, firm: str, field: str, client: ClientRecord, person: PlannrPerson) -> None:
    if field != "bank_details":
        await systems.plannr.amend_person(firm, person.account, _only(field, client.details))
    elif client.bank_details is not None:
        await systems.plannr.save_bank_account(firm, person.account, client.bank_details)


def _only(field: str, details: KnownDetails) -> KnownDetails:
    value: Any = getattr(details, field)
    return KnownDetails.model_construct(**{field: value})
