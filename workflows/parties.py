"""What a journey knows of one party: holder, child or registered contact."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.gates import HolderFacts
from domain.journey import DocumentKind, PartyRole
from domain.reminders import DueKind
from models.endings import HolderToRelease
from models.facts import CheckState
from models.messages import Holder
from models.payloads import ClientState, HolderRecord, HolderRef, HolderToRegister
from models.people import BankDetails, KnownDetails


@dataclass
class HolderState:
    """One party: who they are in each system, their details, and the facts of their part."""

    holder: Holder
    facts: HolderFacts
    details: KnownDetails
    platform_client: str | None
    bank_details: BankDetails | None = None
    bank_details_given: bool = False
    unsaved_bank_details: BankDetails | None = None
    bank_evidence: str | None = None
    client_active: bool = False
    written_to: bool = False
    left_alone: bool = False
    invitations: int = 0
    awaited_since: datetime | None = None
    last_act_at: datetime | None = None
    quiet_done: set[tuple[DueKind, int]] = field(default_factory=set)
    reminders_sent: int = 0
    times_voided: int = 0
    told_checks: set[tuple[str, datetime | None]] = field(default_factory=set)

    @property
    def person_id(self) -> str:
        """The person's id within the firm."""
        return self.holder.person_id

    @property
    def role(self) -> PartyRole:
        """What the person is to the account."""
        return self.holder.role

    @property
    def registered_here(self) -> bool:
        """Whether no link existed before this journey (P43)."""
        return self.holder.platform_client is None

    @property
    def ref(self) -> HolderRef:
        """The party's records; only after the platform client exists."""
        assert self.platform_client is not None
        return HolderRef(
            person_id=self.person_id,
            plannr_account=self.holder.plannr_account,
            platform_client=self.platform_client,
            role=self.role,
        )

    @property
    def to_register(self) -> HolderToRegister:
        """The party as far as they are known."""
        return HolderToRegister(
            person_id=self.person_id,
            plannr_account=self.holder.plannr_account,
            platform_client=self.platform_client,
            known_details=self.details,
            role=self.role,
        )

    @property
    def to_release(self) -> HolderToRelease:
        """What compensation needs to know of the party."""
        return HolderToRelease(
            person_id=self.person_id,
            plannr_account=self.holder.plannr_account,
            platform_client=self.platform_client,
            registered_here=self.registered_here,
            role=self.role,
        )

    @property
    def record(self) -> HolderRecord:
        """The party's full details, to be written to a system."""
        return HolderRecord(holder=self.ref, details=self.details.complete(), bank_details=self.bank_details)

    def missing_details(self) -> list[str]:
        """Return the names of the details that still must be asked for (P7, P32)."""
        return self.details.missing(self.holder.required_details)

    def acted(self, at: datetime) -> None:
        """Note that the person did something: the clock of their quiet time starts anew (P40)."""
        if self.last_act_at is None or at > self.last_act_at:
            self.last_act_at = at
            self.quiet_done = set()

    def quiet_since(self) -> datetime | None:
        """Return since when this person has been awaited without doing anything, None when not awaited."""
        if self.awaited_since is None:
            return None
        return max(self.awaited_since, self.last_act_at) if self.last_act_at else self.awaited_since

    def observe_checks(self, *, identity: CheckState, bank: CheckState) -> None:
        """Take over the checks' states unless later ones are known already (P46)."""
        facts = self.facts
        if _is_news(identity, facts.identity_checked_at):
            facts.identity_check, facts.identity_checked_at = identity.status, identity.updated_at
            facts.identity_reason = identity.reason
        if _is_news(bank, facts.bank_verified_at):
            facts.bank_verification, facts.bank_verified_at = bank.status, bank.updated_at
            facts.bank_reason = bank.reason

    def take_over(self, client: ClientState) -> None:
        """Take over the platform's view of this client."""
        self.client_active = client.active
        if DocumentKind.PLATFORM_TERMS not in self.facts.void_before:
            self.facts.platform_terms_accepted_before |= client.platform_terms_current
        self.bank_details_given |= client.bank_details_given
        self.observe_checks(identity=client.identity, bank=client.bank)


def _is_news(check: CheckState, known_at: datetime | None) -> bool:
    return known_at is None or (check.updated_at is not None and check.updated_at >= known_at)
