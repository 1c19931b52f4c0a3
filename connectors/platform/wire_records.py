"""How the platform's answers read as the records of the sync. Pure."""

from pydantic import ValidationError

from connectors.platform.port import AccountRecord, ChangedRecord, ClientRecord
from connectors.platform.wire import WireBankAccount
from connectors.platform.wire_reading import known_details
from connectors.platform.wire_syncing import WireAccountRecord, WireChanged, WireClientRecord
from models.people import BankDetails


def client_record(client: WireClientRecord) -> ClientRecord:
    """Return a client; what does not parse counts as absent."""
    return ClientRecord(
        client=client.id,
        external_reference=client.external_reference,
        client_type=client.client_type,
        status=client.status,
        details=known_details(client),
        bank_details=client.bank_account and _bank_details(client.bank_account),
        guardian=client.guardian_id,
        adviser=client.adviser_reference,
        version=client.version,
        updated_at=client.updated_at,
    )


def _bank_details(bank_account: WireBankAccount) -> BankDetails | None:
    try:
        return BankDetails.model_validate(bank_account.model_dump())
    except ValidationError:
        return None


def account_record(account: WireAccountRecord) -> AccountRecord:
    """Return an account."""
    return AccountRecord(
        account=account.id,
        external_reference=account.external_reference,
        wrapper=account.wrapper,
        status=account.status,
        name=account.name,
        clients=account.client_ids,
        signatories=account.signatory_ids,
        adviser=account.adviser_reference,
        version=account.version,
        updated_at=account.updated_at,
    )


def changed_record(record: WireChanged) -> ChangedRecord:
    """Return a change."""
    return ChangedRecord(record=record.id, version=record.version, status=record.status, changed_at=record.updated_at)
