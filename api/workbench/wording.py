"""What the workbench calls stages, parties, conditions and events."""

import re
from collections.abc import Mapping
from typing import Final

from domain.figures import Step
from domain.journey import CheckStatus, GateKind, MandateRoute, Party, PartyRole, Stage
from models.facts import DocumentView
from models.messages import TimelineEntry

STAGES: Final[Mapping[Stage, str]] = {
    Stage.ILLUSTRATED: "Illustrated",
    Stage.APPLICATION_DRAFT: "Draft application",
    Stage.AWAITING_CLIENT: "Awaiting client",
    Stage.ACTIVATING: "Being activated",
    Stage.ACTIVE: "Active",
    Stage.WITHDRAWN: "Withdrawn",
    Stage.DECLINED: "Declined by the client",
    Stage.EXPIRED: "Expired",
}
STAGE_COLOURS: Final[Mapping[Stage, str]] = {
    Stage.ILLUSTRATED: "grey",
    Stage.APPLICATION_DRAFT: "grey",
    Stage.AWAITING_CLIENT: "blue",
    Stage.ACTIVATING: "blue",
    Stage.ACTIVE: "green",
    Stage.WITHDRAWN: "grey",
    Stage.DECLINED: "grey",
    Stage.EXPIRED: "grey",
}
PARTIES: Final[Mapping[Party, str]] = {
    Party.ADVISER: "Adviser",
    Party.CLIENT: "Client",
    Party.PLANNR: "Plannr",
    Party.PLATFORM: "Platform",
    Party.NOBODY: "Nobody",
}
GATES: Final[Mapping[GateKind, str]] = {
    GateKind.PLATFORM_TERMS: "Platform terms",
    GateKind.PRODUCT_TERMS: "Product terms",
    GateKind.DIRECT_DEBIT_MANDATE: "Direct debit mandate",
    GateKind.IDENTITY_CHECK: "Identity check",
    GateKind.BANK_VERIFICATION: "Bank verification",
}
ROLES: Final[Mapping[PartyRole, str]] = {
    PartyRole.HOLDER: "Account holder",
    PartyRole.CHILD: "Child, who holds the account",
    PartyRole.REGISTERED_CONTACT: "Registered contact, who acts for the child",
}
CHECKS: Final[Mapping[CheckStatus, str]] = {
    CheckStatus.NOT_STARTED: "Not started",
    CheckStatus.PENDING: "Under way",
    CheckStatus.PASSED: "Passed",
    CheckStatus.REFERRED: "Needs a person to look at it",
    CheckStatus.FAILED: "Failed",
}
ROUTES: Final[Mapping[MandateRoute, str]] = {
    MandateRoute.ONLINE: "online",
    MandateRoute.PAPER_REQUESTED: "on paper, which has to be sent in",
    MandateRoute.PAPER_RECEIVED: "on paper, which has arrived",
}
STEPS: Final[Mapping[Step, str]] = {
    Step.STARTED: "Started",
    Step.DETAILS: "Client's details sent",
    Step.APPLICATION: "Application sent",
    Step.CLIENT_CAME: "Client came to the portal",
    Step.PLATFORM_TERMS: "Platform terms accepted",
    Step.PRODUCT_TERMS: "Product terms accepted",
    Step.ACTIVE: "Account active",
}
EMAIL_STATES: Final[Mapping[str, tuple[str, str]]] = {
    "queued": ("Waiting to be sent", "yellow"),
    "sent": ("Sent", "green"),
    "refused": ("Refused", "red"),
}
_DOERS: Final[Mapping[str, str]] = {
    "adviser": "Adviser",
    "client": "Client",
    "operator": "Operator",
    "system": "Onward",
    "platform": "Platform",
    "plannr": "Plannr",
}
_EMAILS: Final[Mapping[str, str]] = {
    "client_setup_started": "setting the client up",
    "account_created": "the account, and the invitation to the portal",
    "plan_active": "the plan is active",
    "ended": "the end of the journey",
    "attention": "a check needs attention",
    "correction": "a correction was asked for",
    "help": "help was asked for",
    "client_quiet": "the client is quiet",
    "terms_changed": "terms have changed",
    "acceptance_void": "something has to be accepted again",
    "email_refused": "an e-mail was refused",
}
_COUNTED: Final = frozenset({"reminder", "mandate_failed", "acceptance_void", "account_created"})
_DOCUMENT: Final = re.compile(r"(?P<id>\S+) version (?P<version>[0-9]+)")
REFUSED: Final = "an e-mail was refused"
"""The event of a journey's timeline that tells of an address that does not work (P48)."""


def sentence(words: str) -> str:
    """Return words with a capital letter in front, as they stand alone."""
    return words[:1].upper() + words[1:]


def doer(entry: TimelineEntry) -> str:
    """Return who did what a timeline tells of."""
    return _DOERS[entry.by]


def event_words(event: str) -> str:
    """Return what an e-mail is about, from its event in the ledger, such as `reminder:{person}:2`."""
    kind, *rest = event.split(":")
    words = _EMAILS.get(kind, kind.replace("_", " "))
    return f"{words}, {rest[-1]}" if kind in _COUNTED and rest else words


def reasons(waiting_for: str) -> list[str]:
    """Return what is waited for, each thing once, as two people may have to do the same."""
    return [sentence(part) for part in dict.fromkeys(waiting_for.split("; "))]


def detail_words(entry: TimelineEntry, documents: list[DocumentView]) -> str:
    """Return the particulars of an event: a document by its title, an e-mail by what it was about."""
    if entry.event == REFUSED:
        return f"The e-mail about: {event_words(entry.detail)}"
    named = _DOCUMENT.fullmatch(entry.detail)
    if named is None:
        return sentence(entry.detail.replace("_", " "))
    titles = {document.document_id: document.title for document in documents}
    return f"{titles.get(named['id'], named['id'])}, version {named['version']}"


def following(action: str) -> str:
    """Return what happens next by itself; empty when nothing is planned."""
    return "" if action == "none" or action.startswith("none: it waits") else sentence(action.removeprefix("none: "))
