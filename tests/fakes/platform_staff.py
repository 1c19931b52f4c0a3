"""What the staff of the in-memory platform do by themselves."""

from typing import Any

from connectors.platform.port import AccountOrder, AccountStatus, ClientStatus
from domain.journey import Wrapper
from models.people import AccountDetails, BankDetails, Contribution, KnownDetails
from tests.fakes.platform_clients import FakeClients, not_started
from tests.fakes.platform_records import AccountRecord, ClientRecord

_PLAIN = {wrapper.value for wrapper in Wrapper}


class FakeStaff(FakeClients):
    """The part of the fake that nobody reaches through the port; each act counts as a change of the record."""

    def add_client(
        self,
        details: KnownDetails,
        *,
        adviser: str = "adv-1",
        external_reference: str | None = None,
        status: ClientStatus = "active",
        bank_details: BankDetails | None = None,
        guardian: str | None = None,
    ) -> str:
        """Key a client in on the platform, and return their id."""
        client = f"client-staff-{len(self.clients) + 1}"
        record = ClientRecord(client, external_reference, adviser, details, guardian, status, bank_details)
        record.checks = not_started()
        self.clients[client] = record
        self._touch(record)
        return client

    def edit_client(self, client: str, **fields: Any) -> None:
        """Change these details of a client, or `bank_details`, `adviser`, `status`, `external_reference`.

        None empties one.
        """
        record = self._client(client)
        own = {name: fields.pop(name) for name in set(ClientRecord.__dataclass_fields__) & set(fields)}
        for name, value in own.items():
            setattr(record, name, value)
        if own:
            self._touch(record)
        if fields:
            self._amend(record, KnownDetails.model_validate({**record.details.model_dump(), **fields}))

    def open_staff_account(
        self,
        clients: list[str],
        wrapper: str,
        *,
        name: str = "Account",
        status: AccountStatus = "active",
        adviser: str = "adv-1",
        external_reference: str = "",
    ) -> str:
        """Open an account of any wrapper: tpsipp, tpofb, corporate and trust too; return its id."""
        account = f"account-staff-{len(self.accounts) + 1}"
        order = AccountOrder(
            journey_id=external_reference,
            clients=clients,
            wrapper=Wrapper(wrapper) if wrapper in _PLAIN else Wrapper.GIA,
            adviser=adviser,
            details=AccountDetails(
                name=name, investment_strategy="Balanced Growth", contributions=[Contribution(amount_pence=1_000_00)]
            ),
            registered_contact=self._client(clients[0]).guardian,
        )
        self.accounts[account] = AccountRecord(account, order, status, staff_wrapper=wrapper)
        self._touch(self.accounts[account])
        return account

    def set_account_status(self, account: str, status: AccountStatus) -> None:
        """Give an account another status."""
        record = self._account(account, "POST /_sandbox/accounts/{id}/status")
        if record.status != status:
            record.status = status
            self._touch(record)

    def rename_account(self, account: str, name: str) -> None:
        """Give an account another name."""
        record = self._account(account, "PATCH /accounts/{id}")
        details = record.order.details.model_copy(update={"name": name})
        record.order = record.order.model_copy(update={"details": details})
        self._touch(record)
