"""The contract of the `OnboardingJourney` workflow: its start, updates, queries and result.

Names and fields are stored in the histories of running journeys: only ever add fields, with defaults.
"""

from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import Field

from domain.journey import (
    BankDetailsPolicy,
    CheckStatus,
    GateKind,
    MandateRoute,
    Party,
    PartyRole,
    Stage,
    Wrapper,
)
from models.base import Message
from models.facts import DocumentView, FieldCorrection
from models.people import AccountDetails, DirectDebit, Illustration, KnownDetails


class Actor(Message):
    """Who gave a command: an opaque id, never a name."""

    kind: Literal["adviser", "client", "operator", "system"]
    id: str


class Adviser(Message):
    """The adviser a journey belongs to and who is told how it went."""

    id: str
    plannr_account: str
    email: str
    first_name: str
    display_name: str


class Holder(Message):
    """A person the account is opened for."""

    person_id: str
    plannr_account: str
    role: PartyRole = PartyRole.HOLDER
    platform_client: str | None = Field(default=None, description="set when the link of P5 exists already")
    known_details: KnownDetails
    required_details: list[str] = Field(
        default=[], description="names of the details this wrapper needs of this person (P32)"
    )


class JourneyTimings(Message):
    """Every duration of a journey, fixed when it starts so that a replay never sees a changed setting."""

    check_poll: timedelta = Field(
        default=timedelta(hours=1),
        description="how often the platform's checks are read again in case their event was lost",
    )
    retry_refused: timedelta = Field(
        default=timedelta(hours=1),
        description="how long a refusal waits for a person before it is tried again",
    )
    invitation_valid: timedelta = timedelta(days=30)
    reminder_days: list[int] = Field(default=[3, 7, 14, 21], description="days of quiet after which to remind (P40)")
    adviser_notice_day: int = Field(default=14, description="day of quiet on which the adviser is told")
    expiry_day: int = Field(default=30, description="day of quiet at the end of which the journey expires")
    reminder_hour: int = Field(default=10, description="London hour at which reminders go out")
    reminder_cap: int = Field(default=4, description="reminders a person gets at most on this journey")
    mandate_watch: timedelta = Field(
        default=timedelta(days=60), description="how long after activation a failing mandate is followed up (P47)"
    )
    statement_window: timedelta = Field(
        default=timedelta(days=30), description="how long a pension's statement can be corrected"
    )


class Together(Message):
    """The journeys that were started in one request for the same people (P49)."""

    group_id: str
    journey_ids: list[str]
    patience: timedelta = Field(
        default=timedelta(minutes=10), description="how long an e-mail waits for the other accounts to get as far"
    )


class StartJourney(Message):
    """Everything a journey needs to begin."""

    journey_id: str
    firm: str
    firm_name: str
    adviser: Adviser
    external_reference: str
    wrapper: Wrapper
    holders: list[Holder] = Field(min_length=1)
    illustration: Illustration | None = Field(
        default=None,
        description="None starts directly at the application, which needs a link (P6)",
    )
    bank_details_policy: BankDetailsPolicy = BankDetailsPolicy.ADVISER
    timings: JourneyTimings = JourneyTimings()
    bank_holidays: list[date] = Field(default=[], description="of England, as far as the journey can last (P40)")
    child_trust_fund_held: bool | None = Field(default=None, description="JISA only")
    together: Together | None = None
    split_queues: bool = Field(default=False, description="whether each system's activities have a queue of their own")
    platform_url: str | None = Field(default=None, description="where the adviser keys transfers and payments (P16)")

    @property
    def first_stage(self) -> Stage:
        """The stage the journey begins in: a linked client may start directly at the application (P6)."""
        return Stage.ILLUSTRATED if self.illustration is not None else Stage.APPLICATION_DRAFT


# --- the query `progress` ---


class GateView(Message):
    """One gate of P15: met or awaited, from whom, and since when."""

    kind: GateKind
    person_id: str | None
    met: bool
    since: datetime
    awaited_from: Party
    detail: str


class HolderView(Message):
    """A party's records in the two systems and their own progress."""

    person_id: str
    role: PartyRole = PartyRole.HOLDER
    plannr_account: str
    platform_client: str | None
    details_confirmed_at: datetime | None
    platform_terms_accepted_before: bool
    bank_details_given: bool
    identity_check: CheckStatus
    bank_verification: CheckStatus


class ChangeRequest(Message):
    """Corrections a client asked for that the adviser has not dealt with yet (P21)."""

    person_id: str
    requested_at: datetime
    corrections: list[FieldCorrection]
    evidence_id: str = ""


class TimelineEntry(Message):
    """Something that happened, in words without personal data."""

    at: datetime
    by: Literal["adviser", "client", "operator", "system", "platform", "plannr"]
    event: str
    detail: str = ""


class SystemRecords(Message):
    """The ids of this journey's records in both systems, as far as they exist."""

    plannr_illustration: str | None = None
    plannr_application: str | None = None
    plannr_plan: str | None = None
    platform_illustration: str | None = None
    platform_account: str | None = None
    platform_mandate: str | None = None


class Progress(Message):
    """The state of a journey, without personal details."""

    journey_id: str
    firm: str
    adviser_id: str
    external_reference: str
    wrapper: Wrapper
    stage: Stage
    stage_since: datetime
    version: int
    started_at: datetime
    needs_attention: bool
    on_hold: bool = False
    attention: list[str]
    waiting_on: Party
    waiting_since: datetime
    waiting_for: str
    next_action: str
    next_action_at: datetime | None
    details_submitted: bool
    direct_debit: DirectDebit | None
    bank_details_policy: BankDetailsPolicy
    mandate_route: MandateRoute | None
    gates: list[GateView]
    holders: list[HolderView]
    documents: list[DocumentView]
    change_requests: list[ChangeRequest]
    records: SystemRecords
    timeline: list[TimelineEntry]
    end_reason: str | None = None
    isa_opened_on: date | None = Field(
        default=None, description="an ISA opens with its first subscription, which may be later than *active*"
    )
    mandate_failed: bool = False
    together: list[str] = Field(default=[], description="the other journeys of the same request (P49)")


class HolderDetailsView(Message):
    """A holder's details as the journey holds them, with what is still missing (P7)."""

    person_id: str
    details: KnownDetails
    missing: list[str]
    bank_details_required: bool
    bank_details_given: bool


class AccountFormView(Message):
    """The account form as it was saved last, or else pre-filled from the illustration (P7)."""

    account: AccountDetails | None = Field(default=None, description="None without an illustration to pre-fill it from")
    saved: bool


class JourneyResult(Message):
    """How a journey ended. A withdrawal, decline or expiry is a result too, never a failure."""

    stage: Stage
    records: SystemRecords
    next_step: str
    next_step_url: str | None = None
    reason: str = ""
    isa_opened_on: date | None = None
