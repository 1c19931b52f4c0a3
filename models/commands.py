"""The updates of the `OnboardingJourney` workflow: commands of advisers and operators, and their answers.

As in `models.messages`, only ever add fields, with defaults.
"""

from pydantic import Field

from domain.journey import Stage
from models.base import Message
from models.messages import Actor
from models.people import AccountDetails, BankDetails, KnownDetails


class Command(Message):
    """A command, who gave it, and the version of the journey the person was looking at."""

    actor: Actor
    reason: str = ""
    expected_version: int | None = None


class HolderDetails(Message):
    """The details form of one holder: only what is amended or was missing (P7)."""

    person_id: str
    details: KnownDetails = KnownDetails()
    bank_details: BankDetails | None = None


class SubmitClientDetails(Command):
    """*Update platform client*: save the details form (P11)."""

    holders: list[HolderDetails] = Field(default=[])


class SubmitApplication(Command):
    """*Update & proceed*: save the account form; opens the account only when `send_to_platform` (P12, P13)."""

    account: AccountDetails
    send_to_platform: bool


class Amend(Command):
    """Change what was submitted; acceptances that the change touches become void (P44)."""

    holders: list[HolderDetails] = Field(default=[])
    account: AccountDetails | None = None
    settles: list[str] | None = Field(
        default=None, description="the requests for a correction it deals with, by evidence id; None: all of them (P21)"
    )


class SettleCorrection(Command):
    """Close a client's request for a correction without amending anything here (P21)."""

    evidence_id: str


class Withdraw(Command):
    """End the journey; whatever it created is closed in both systems (P43)."""


class Hold(Command):
    """Stop the journey's clock: no reminder and no expiry until it is resumed."""


class Resume(Command):
    """Let a held journey's clock run on."""


class RetryNow(Command):
    """Try again at once what a system refused, instead of waiting for the next automatic attempt."""


class ResendInvitation(Command):
    """Send the person a fresh invitation; every earlier one stops working."""

    person_id: str


class CommandOutcome(Message):
    """What a command led to."""

    stage: Stage
    version: int


class AmendmentEffect(Message):
    """What an amendment would change, and which acceptances it would void, before it is saved (P44)."""

    changed: list[str]
    voids: list[str] = Field(description="in words, each with its reason")
    material: bool
