"""The in-memory platform's books, and what every part of it does with them."""

from collections import defaultdict, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

from connectors.errors import ConnectorError, Invalid, NotFound
from connectors.platform.port import AcceptedDocument, Check
from domain.journey import CheckStatus, Wrapper
from models.people import Illustration
from tests.fakes.platform_library import FakeLibrary
from tests.fakes.platform_records import SYSTEM, AccountRecord, ClientRecord, MandateRecord, Versioned, statement


class FakeBooks:
    """Keeps records in dictionaries by our own reference; checks pass at once unless `set_check` says otherwise.

    `fail_next` makes the next calls of a method fail before they write, or, with `after_write`, after.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.library = FakeLibrary()
        self.clients: dict[str, ClientRecord] = {}
        self.illustrations: dict[str, Illustration] = {}
        self.accounts: dict[str, AccountRecord] = {}
        self.mandates: dict[str, MandateRecord] = {}
        self.subscriptions: dict[str, list[str]] = {}
        self.writes: list[str] = []
        self.call_count = 0
        self._now = now
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._outcomes: dict[tuple[str, str], Check] = {}
        self._failures: dict[str, deque[tuple[ConnectorError, bool]]] = defaultdict(deque)

    def fail_next(self, operation: str, *errors: ConnectorError, after_write: bool = False) -> None:
        """Let the next calls of this method raise these errors, one each."""
        self._failures[operation].extend((error, after_write) for error in errors)

    def set_check(self, client: str, check: Literal["identity", "bank"], status: CheckStatus, reason: str = "") -> None:
        """Decide a client's check, now if it runs already, and whenever it starts."""
        self._outcomes[client, check] = Check(status=status, reason=reason)
        if self._client(client).checks[check].status is not CheckStatus.NOT_STARTED:
            self._start(self._client(client), check)

    def _fail(self, operation: str) -> None:
        """Count the call, and raise the failure asked for, unless it is for after the write."""
        self.call_count += 1
        waiting = self._failures[operation]
        if waiting and not waiting[0][1]:
            raise waiting.popleft()[0]

    def _wrote(self, operation: str) -> None:
        self.writes.append(operation)
        if self._failures[operation]:
            raise self._failures[operation].popleft()[0]

    def _touch(self, record: Versioned) -> None:
        """Count a change; the time never stands still, so that an order by it is stable."""
        self._latest = max(self._now(), self._latest + timedelta(microseconds=1))
        record.version, record.updated_at = record.version + 1, self._latest

    def _client(self, client: str) -> ClientRecord:
        if client not in self.clients:
            raise NotFound(SYSTEM, "GET /clients/{id}", "There is no such client.")
        return self.clients[client]

    def _account(self, account: str, operation: str) -> AccountRecord:
        if account not in self.accounts:
            raise NotFound(SYSTEM, operation, "There is no such account.")
        return self.accounts[account]

    def _start(self, record: ClientRecord, check: str) -> None:
        outcome = self._outcomes.get((record.client, check), Check(status=CheckStatus.PASSED))
        record.checks[check] = outcome.model_copy(update={"updated_at": self._now()})
        self._touch(record)
        self._settle(record)

    def _settle(self, record: ClientRecord) -> None:
        if record.status != "pending" or not self._is_complete(record):
            return
        record.status = "active"
        self._touch(record)
        for ward in self.clients.values():
            if ward.guardian == record.client:
                self._settle(ward)

    def _is_complete(self, record: ClientRecord) -> bool:
        is_bank_fine = record.bank_details is None or record.passed("bank")
        if not record.passed("identity") or not is_bank_fine:
            return False
        if record.guardian is not None:
            return self.clients[record.guardian].status == "active"
        return record.terms is not None

    def _has_open_account(self, client: str, *, but: str | None = None) -> bool:
        return any(
            account.is_open and account.order.journey_id != but
            for account in self.accounts.values()
            if client in {*account.order.clients, *account.signatories}
        )

    def _issue_statement(self, account: AccountRecord) -> None:
        if account.order.wrapper is not Wrapper.SIPP or account.status != "active":
            return
        details, version = self.clients[account.order.clients[0]].details, len(account.statements)
        if version == 0 or account.statements[-1][0] != statement(account, details, version):
            account.statements.append((statement(account, details, version + 1), self._now()))

    def _refuse_unknown(self, clients: list[str], operation: str) -> None:
        unknown = [f"client_ids.{at}" for at, client in enumerate(clients) if client not in self.clients]
        if unknown:
            raise Invalid(SYSTEM, operation, "There is no such client.", fields=unknown)

    def _refuse_unless_in_force(
        self, accepted: list[AcceptedDocument], wrapper: Wrapper | None, operation: str
    ) -> None:
        wrong = self.library.not_covered(accepted, wrapper)
        if wrong:
            raise Invalid(SYSTEM, operation, "Some fields need attention.", fields=wrong)
