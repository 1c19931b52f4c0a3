"""The vocabulary of a journey: wrappers, stages, gates and who is awaited.

The values are stored, searched for and shown, so they never change once released.
"""

from enum import StrEnum


class Wrapper(StrEnum):
    """The tax wrapper of the account that a journey opens (P1)."""

    SIPP = "sipp"
    GIA = "gia"
    ISA = "isa"
    JISA = "jisa"


class Stage(StrEnum):
    """Where a journey is, in the order of the process (P10-P15, P43)."""

    ILLUSTRATED = "illustrated"
    APPLICATION_DRAFT = "application_draft"
    AWAITING_CLIENT = "awaiting_client"
    ACTIVATING = "activating"
    ACTIVE = "active"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to a journey in this stage."""
        return self in {Stage.ACTIVE, Stage.WITHDRAWN, Stage.DECLINED, Stage.EXPIRED}


class Party(StrEnum):
    """Who has to act next."""

    ADVISER = "adviser"
    CLIENT = "client"
    PLANNR = "plannr"
    PLATFORM = "platform"
    NOBODY = "nobody"


class PartyRole(StrEnum):
    """What a person is to an account (P30, P31)."""

    HOLDER = "holder"
    CHILD = "child"
    REGISTERED_CONTACT = "registered_contact"

    @property
    def acts(self) -> bool:
        """Whether this person has a login and accepts in the portal; a child does not (P31)."""
        return self is not PartyRole.CHILD

    @property
    def owns(self) -> bool:
        """Whether the account is this person's own."""
        return self is not PartyRole.REGISTERED_CONTACT


class EndReason(StrEnum):
    """Why a journey ended before its account was active (P43)."""

    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    EXPIRED = "expired"

    @property
    def stage(self) -> Stage:
        """The final stage this reason leads to."""
        return Stage(self.value)


class GateKind(StrEnum):
    """What must be true before an account turns active (P15)."""

    PLATFORM_TERMS = "platform_terms"
    PRODUCT_TERMS = "product_terms"
    DIRECT_DEBIT_MANDATE = "direct_debit_mandate"
    IDENTITY_CHECK = "identity_check"
    BANK_VERIFICATION = "bank_verification"


class DocumentKind(StrEnum):
    """Which acceptance a document belongs to (P24, P25)."""

    PLATFORM_TERMS = "platform_terms"
    PRODUCT_TERMS = "product_terms"


class CheckStatus(StrEnum):
    """The outcome of an identity check (AML) or a bank account verification (BAV)."""

    NOT_STARTED = "not_started"
    PENDING = "pending"
    PASSED = "passed"
    REFERRED = "referred"
    FAILED = "failed"

    @property
    def needs_attention(self) -> bool:
        """Whether a person has to look before the check can pass (P41)."""
        return self in {CheckStatus.REFERRED, CheckStatus.FAILED}


class MandateRoute(StrEnum):
    """How a direct debit mandate is authorised (P23)."""

    ONLINE = "online"
    PAPER_REQUESTED = "paper_requested"
    PAPER_RECEIVED = "paper_received"


class BankDetailsPolicy(StrEnum):
    """Who gives the bank details (P22): the adviser must, or either of adviser and client may."""

    ADVISER = "adviser"
    CLIENT_OR_ADVISER = "client_or_adviser"
