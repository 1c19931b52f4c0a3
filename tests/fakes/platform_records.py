"""What the in-memory platform keeps, and how it shows it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal

from connectors.platform.port import (
    AccountDocument,
    AccountOrder,
    AccountStatus,
    Check,
    ClientStatus,
    MandateOrder,
    PlatformAccount,
    PlatformMandate,
    TermsAcceptance,
    TermsAcceptedOnPlatform,
)
from domain.journey import CheckStatus
from models.people import BankDetails, KnownDetails

SYSTEM = "platform"
STATEMENT = "sipp-statement"
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(kw_only=True)
class Versioned:
    """What every record of the platform counts: its changes, and when the newest one was."""

    version: int = 0
    updated_at: datetime = _NEVER


@dataclass
class ClientRecord(Versioned):
    """A client as the fake keeps it; a child has a guardian. Staff key one in without an external reference."""

    client: str
    external_reference: str | None
    adviser: str
    details: KnownDetails
    guardian: str | None = None
    status: ClientStatus = "registered"
    bank_details: BankDetails | None = None
    checks: dict[str, Check] = field(default_factory=dict)
    terms: TermsAcceptedOnPlatform | None = None
    terms_evidence: str = ""

    def passed(self, name: str) -> bool:
        """Tell whether a check has passed."""
        return self.checks[name].status is CheckStatus.PASSED


@dataclass
class AccountRecord(Versioned):
    """An account as the fake keeps it; `statements` are the versions of a pension's statement, with their moments.

    One that staff opened has a wrapper of any kind in `staff_wrapper`, and an order without a journey.
    """

    account: str
    order: AccountOrder
    status: AccountStatus = "pending"
    product_terms: dict[str, TermsAcceptance] = field(default_factory=dict)
    cancellation_reason: str = ""
    first_subscription_on: date | None = None
    statements: list[tuple[bytes, datetime]] = field(default_factory=list)
    staff_wrapper: str | None = None

    @property
    def wrapper(self) -> str:
        """The wrapper in the platform's word."""
        return self.staff_wrapper or self.order.wrapper.value

    @property
    def signatories(self) -> list[str]:
        """The clients who accept for the account: the registered contact, or else every holder."""
        contact = self.order.registered_contact
        return list(self.order.clients) if contact is None else [contact]

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.status in {"pending", "active", "suspended"}

    def view(self) -> PlatformAccount:
        """Return the account as the port shows it."""
        return PlatformAccount(
            account=self.account,
            status=self.status,
            signatories=self.signatories,
            first_subscription_on=self.first_subscription_on,
        )

    def documents(self) -> list[AccountDocument]:
        """Return the newest version of the statement, if there is one."""
        if not self.statements:
            return []
        content, issued_at = self.statements[-1]
        return [
            AccountDocument(
                document_id=STATEMENT,
                version=len(self.statements),
                kind="statement",
                title="Statement of your application",
                sha256=hashlib.sha256(content).hexdigest(),
                bytes=len(content),
                media_type="text/html; charset=utf-8",
                issued_at=issued_at,
            )
        ]


@dataclass
class MandateRecord(Versioned):
    """A mandate as the fake keeps it."""

    mandate: str
    order: MandateOrder
    status: str = "pending_customer_approval"
    evidence_id: str | None = None
    channel: Literal["online", "paper"] | None = None
    failure_code: str | None = None
    first_collection_on: date | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can still collect, now or later."""
        return self.status not in {"failed", "cancelled"}

    def view(self) -> PlatformMandate:
        """Return the mandate as the port shows it."""
        reference = hashlib.sha256(self.mandate.encode()).hexdigest()[:14].upper()
        return PlatformMandate(
            mandate=self.mandate,
            reference=reference,
            status=self.status,
            failure_code=self.failure_code,
            first_collection_on=self.first_collection_on,
        )


def statement(account: AccountRecord, details: KnownDetails, version: int) -> bytes:
    """Return a version of a pension's statement."""
    told = [f"{name}: {value}" for name, value in [*details, *account.order.details] if value is not None]
    lines = "".join(f"<li>{line}</li>" for line in told)
    return f'<!doctype html><html lang="en-GB"><h1>Statement</h1><p>{version}</p><ul>{lines}</ul></html>'.encode()


def unmet_conditions(
    account: AccountRecord, clients: Iterable[ClientRecord], mandates: Iterable[MandateRecord]
) -> list[str]:
    """Return what stands between the account and its activation; failed and cancelled mandates do not count."""
    counting = [item for item in mandates if item.order.account == account.account and item.is_open]
    payers = {mandate.order.client for mandate in counting}
    unmet = []
    for client in clients:
        conditions = {"aml_not_cleared": client.passed("identity")}
        if client.client in account.signatories:
            is_bank_needed = client.bank_details is not None or client.client in payers
            conditions |= {
                "platform_terms_not_accepted": client.terms is not None,
                "product_terms_not_accepted": client.client in account.product_terms,
                "bank_account_not_verified": not is_bank_needed or client.passed("bank"),
            }
        unmet += [f"clients.{client.client}: {name}" for name, is_met in conditions.items() if not is_met]
    return unmet + [f"mandates.{item.mandate}: mandate_not_accepted" for item in counting if item.evidence_id is None]
