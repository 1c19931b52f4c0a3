"""Many clients and accounts at once, in any status, as a migration from elsewhere would bring them; no events."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from connectors.platform.sandbox.database import Holder, Record, timestamp
from connectors.platform.sandbox.envelope import PlatformError
from connectors.platform.sandbox.forms import AccountForm, BankAccountForm, ClientForm, Form
from connectors.platform.sandbox.resources import (
    Account,
    AccountStatus,
    AmlCheck,
    BankAccount,
    BavCheck,
    Client,
    ClientStatus,
    Stamped,
    Verifications,
)
from connectors.platform.sandbox.store import Store

MOST_AT_ONCE = 5_000
RecordId = Annotated[str, Field(pattern=r"^[a-z]{2}_[a-z0-9]{1,37}$")]


class PopulatedClient(ClientForm):
    """A client as it is to be there; one who is not registered only has passed both checks."""

    id: RecordId
    status: ClientStatus = "registered"
    bank_account: BankAccountForm | None = None


class PopulatedAccount(AccountForm):
    """An account as it is to be there; whoever has to has signed for it."""

    id: RecordId
    status: AccountStatus = "pending"


class Population(Form):
    """Clients and the accounts they hold."""

    clients: Annotated[list[PopulatedClient], Field(max_length=MOST_AT_ONCE)] = Field(default_factory=list)
    accounts: Annotated[list[PopulatedAccount], Field(max_length=MOST_AT_ONCE)] = Field(default_factory=list)


async def populate(store: Store, population: Population) -> None:
    """Store everything; the caller's transaction makes it all or nothing.

    Raises:
        PlatformError: 409 `already_there`, a record with this id, reference or e-mail address is there.
    """
    amount = len(population.clients) + len(population.accounts)
    seq = (await store.session.scalar(select(func.max(Record.seq))) or 0) + 1
    # Every record has a moment of its own, the newest one is now.
    beginning = store.now() - timedelta(microseconds=amount)
    moments = (beginning + timedelta(microseconds=number) for number in range(amount))
    clients = [_client(given, moment) for given, moment in zip(population.clients, moments, strict=False)]
    accounts = [
        _account(given, moment, seq + len(clients) + number)
        for number, (given, moment) in enumerate(zip(population.accounts, moments, strict=False))
    ]
    try:
        await _insert(store, Record, _rows([*clients, *accounts], seq))
        await _insert(store, Holder, _holders(accounts))
    except IntegrityError:
        message = "One of these records is there already: every id, external reference and e-mail address is unique."
        raise PlatformError(409, "already_there", message) from None


def _client(given: PopulatedClient, moment: datetime) -> Client:
    bank = given.bank_account
    checked = given.status != "registered"
    return Client(
        **given.model_dump(exclude={"bank_account"}),
        created_at=moment,
        updated_at=moment,
        bank_account=bank and BankAccount(**bank.model_dump(), provided_at=moment),
        verifications=Verifications(
            aml=AmlCheck(status="cleared", checked_at=moment) if checked else AmlCheck(),
            bav=BavCheck(status="verified", checked_at=moment) if checked and bank else BavCheck(),
        ),
        submitted_at=moment if checked else None,
        activated_at=moment if given.status == "active" else None,
    )


def _account(given: PopulatedAccount, moment: datetime, seq: int) -> Account:
    was_active = given.status not in ("pending", "cancelled")
    return Account(
        **given.model_dump(),
        number=f"SP{seq:08d}",
        created_at=moment,
        updated_at=moment,
        signatory_ids=[given.registered_contact_id] if given.registered_contact_id else given.client_ids,
        activated_at=moment if was_active else None,
        cancelled_at=moment if given.status == "cancelled" else None,
    )


def _rows(records: Iterable[Stamped], seq: int) -> Iterator[dict[str, Any]]:
    every_key = dict.fromkeys(
        ("status", "external_reference", "email", "national_insurance_number", "client_type", "guardian_id", "wrapper")
    )
    for number, record in enumerate(records, seq):
        yield {
            "seq": number,
            "kind": record.kind,
            "id": record.id,
            "version": record.version,
            "created_at": timestamp(record.created_at),
            "updated_at": timestamp(record.updated_at),
            "body": record.model_dump(mode="json"),
            **every_key,
            **record.index_keys(),
        }


def _holders(accounts: Iterable[Account]) -> Iterator[dict[str, str]]:
    for account in accounts:
        yield from ({"client_id": holder, "record_id": account.id} for holder in account.holder_ids())


async def _insert(store: Store, table: type[Record | Holder], rows: Iterable[dict[str, Any]]) -> None:
    if values := list(rows):
        await store.session.execute(insert(table), values)
