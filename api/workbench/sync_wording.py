"""What the workbench calls fields, owners, repairs and news of the sync."""

from collections.abc import Mapping
from typing import Final

from api.web.wording import counted
from api.workbench.wording import sentence
from domain.masking import EMPTY
from domain.ownership import Act, Owner, Subject
from domain.sync_events import SyncEvent
from models.syncing import Cause, LinkState, Phase
from models.tables import DiscrepancyRow
from models.tables.outgoing import DeliveryState
from storage.webhooks import NOBODY_YET

LINK: Final = "link"
PLAN: Final = "plan"
RECORD: Final = "record"
WHOLE: Final = frozenset({LINK, PLAN, RECORD})
"""What stands for a whole record in place of one of its fields."""

# A field as it stands within a sentence, beside whose it is.
_FIELDS: Final[Mapping[tuple[Subject, str], str]] = {
    (Subject.CLIENT, "email"): "e-mail address",
    (Subject.CLIENT, "mobile"): "mobile number",
    (Subject.CLIENT, "address"): "address",
    (Subject.CLIENT, "bank_details"): "bank account",
    (Subject.CLIENT, "marital_status"): "marital status",
    (Subject.CLIENT, "employment_status"): "employment status",
    (Subject.CLIENT, "retirement_age"): "retirement age",
    (Subject.CLIENT, "title"): "title",
    (Subject.CLIENT, "first_name"): "first name",
    (Subject.CLIENT, "last_name"): "last name",
    (Subject.CLIENT, "date_of_birth"): "date of birth",
    (Subject.CLIENT, "national_insurance_number"): "National Insurance number",
    (Subject.CLIENT, "nationality"): "nationality",
    (Subject.ACCOUNT, "status"): "plan status",
    (Subject.ACCOUNT, "policy_number"): "policy number",
    (Subject.ACCOUNT, "name"): "plan name",
    (Subject.ACCOUNT, "type"): "plan type",
    (Subject.ACCOUNT, "owners"): "plan owners",
    (Subject.CLIENT, LINK): "link between the two records",
    (Subject.CLIENT, RECORD): "client's record in Plannr",
    (Subject.ACCOUNT, PLAN): "plan in Plannr",
    (Subject.ACCOUNT, LINK): "link between account and plan",
    (Subject.ACCOUNT, RECORD): "plan in Plannr",
}
FIELDS: Final[Mapping[str, str]] = {field: sentence(words) for (_, field), words in _FIELDS.items()} | {
    LINK: "Link between the two",
    RECORD: "Record in Plannr",
}
"""The fields of the filter, in words."""

_NAMES: Final[Mapping[str, str]] = {field: words for (_, field), words in _FIELDS.items()} | {
    LINK: "link between the two",
    RECORD: "record in Plannr",
}

OWNERS: Final[Mapping[Owner, str]] = {
    Owner.PLANNR: "Plannr",
    Owner.PLATFORM: "The platform",
    Owner.PERSON: "Both systems",
}
PROPOSALS: Final[Mapping[Act, str]] = {
    Act.TO_PLATFORM: "Write Plannr's value to the platform",
    Act.TO_PLANNR: "Write the platform's value to Plannr",
    Act.PERSON: "Waits for you",
}
REPAIRABLE: Final = frozenset({Act.TO_PLATFORM, Act.TO_PLANNR})
CLOSED: Final[Mapping[str, tuple[str, str]]] = {
    "repaired": ("Repaired", "green"),
    "gone": ("Gone by itself", "grey"),
}
LINKS: Final[Mapping[LinkState, tuple[str, str, str]]] = {
    LinkState.LINKED: (
        "Linked",
        "green",
        "The client's record in Plannr and the client on the platform belong together.",
    ),
    LinkState.AMBIGUOUS: (
        "Not linked yet",
        "yellow",
        "It is not clear which record in Plannr is this client's. Decide it below; until then nothing is written.",
    ),
    LinkState.NO_FIRM: (
        "Not linked",
        "grey",
        "The client's adviser on the platform belongs to no firm that is set up here, so nothing is written.",
    ),
    LinkState.GONE: ("Gone", "red", "One of the two records is no longer there, so nothing is written."),
}
CAUSES: Final[Mapping[Cause, str]] = {
    Cause.WEBHOOK: "a system reported a change",
    Cause.POLL: "a change was found by asking",
    Cause.RECONCILIATION: "both systems were compared",
    Cause.PERSON: "somebody here asked for it",
}
PHASES: Final[Mapping[str, str]] = {
    Phase.CLIENTS: "comparing clients",
    Phase.ACCOUNTS: "comparing accounts and plans",
    Phase.PLANNR: "looking through Plannr for links that lead nowhere",
    Phase.REPAIRS: "repairing what may be repaired",
    Phase.TASKS: "asking advisers about the rest",
    Phase.CLOSING: "closing what is settled",
    Phase.DONE: "done",
}
DELIVERIES: Final[Mapping[DeliveryState, tuple[str, str]]] = {
    DeliveryState.PENDING: ("On its way", "yellow"),
    DeliveryState.DELIVERED: ("Delivered", "green"),
    DeliveryState.FAILED: ("Given up", "red"),
}
SOURCES: Final[Mapping[str, str]] = {"plannr": "Plannr", "platform": "The platform"}

_DONE: Final[Mapping[str, str]] = {
    SyncEvent.MATCHED: "The client on the platform was recognised in Plannr",
    SyncEvent.CREATED: "The client's record was made in Plannr",
    SyncEvent.LINKED: "The two records were linked",
    SyncEvent.AMBIGUOUS: "It is not clear which record in Plannr is this client's, so a person has to decide",
    SyncEvent.NO_FIRM: "The client's adviser belongs to no firm that is set up here, so nothing was written",
    SyncEvent.TO_PLATFORM: "Written from Plannr to the platform",
    SyncEvent.TO_PLANNR: "Written from the platform to Plannr",
    SyncEvent.FOR_A_PERSON: "Differs, and a person has to decide",
    SyncEvent.CLOSED: "No longer differs",
    SyncEvent.PLAN_MADE: "A plan was made in Plannr",
    SyncEvent.PLAN_CHANGED: "The plan in Plannr was brought into step",
    SyncEvent.AMENDED_BY_A_PERSON: "Changed by somebody in Plannr, and left to them from now on",
    SyncEvent.OUT_OF_SCOPE: "Corporate and trust accounts stay on the platform alone, so nothing was written",
    SyncEvent.LEFT_TO_JOURNEY: "Left to the journey that is under way, which writes both records itself",
    SyncEvent.GONE: "One of the two records is no longer there",
}
_ERRORS: Final[Mapping[str, str]] = {
    NOBODY_YET: "Nobody it concerns is known here yet, so it is looked at again",
    "ConnectorUnavailable": "A system did not answer",
    "ConnectorRejected": "A system refused what was asked of it",
    "NotFound": "The record was not there",
    "Conflict": "The record was changed at the same moment",
    "RPCError": "The engine that runs the journeys did not answer",
    "TimeoutError": "It took too long",
}
_EVENT_THINGS: Final[Mapping[str, str]] = {
    "account": "account",
    "address": "address",
    "bank-account": "bank account",
    "bank_account": "bank account",
    "client": "client",
    "discrepancy": "difference",
    "document": "document",
    "journey": "journey",
    "mandate": "direct debit mandate",
    "plan": "plan",
    "subscription": "subscription",
}
_EVENT_ACTS: Final[Mapping[str, str]] = {
    "active": "is active",
    "closed": "settled",
    "created": "added",
    "deleted": "deleted",
    "ended": "ended",
    "linked": "linked",
    "opened": "found",
    "polled": "changed (found by asking)",
    "published": "published",
    "stage_changed": "moved on",
    "started": "started",
    "status_changed": "changed its status",
    "synced": "brought into step",
    "test": "tested",
    "updated": "changed",
    "verification_updated": "got an answer of a check",
}


def field_words(subject: Subject, field: str) -> str:
    """Return a field as it stands within a sentence."""
    return _FIELDS.get((subject, field), field.replace("_", " "))


def field_names(fields: list[str]) -> str:
    """Return the names of several fields, as a sentence lists them."""
    words = [_NAMES.get(field, field.replace("_", " ")) for field in fields]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def title_of(row: DiscrepancyRow) -> str:
    """Return what a difference is about, as its heading says it."""
    return sentence(field_words(row.subject, row.field))


def heading_of(row: DiscrepancyRow) -> str:
    """Return the heading of a difference's own page."""
    if row.field == LINK:
        return _heading_of_link(row)
    if row.field in WHOLE:
        what = "The plan" if row.subject is Subject.ACCOUNT else "The client's record"
        return f"{what} is missing in Plannr" if row.proposal in REPAIRABLE else f"{what} is gone from Plannr"
    return f"{title_of(row)} differs"


def _heading_of_link(row: DiscrepancyRow) -> str:
    if row.candidates:
        return "Which record in Plannr is this client?"
    if row.proposal in REPAIRABLE:
        return "The client is not linked with a record in Plannr"
    if row.platform_id == row.plannr_id:
        return "A record in Plannr names a client that is not its own"
    return "The two records do not name each other"


def plannr_says(row: DiscrepancyRow) -> str:
    """Return Plannr's side; of whole records in words."""
    if row.field not in WHOLE:
        return row.plannr_value
    if row.candidates:
        return f"{counted(len(row.candidates), 'record')} to choose from"
    if row.field == LINK:
        return "Names no client" if row.plannr_value == EMPTY else f"Names client {row.plannr_value}"
    return "None there" if row.plannr_value == EMPTY else row.plannr_value


def platform_says(row: DiscrepancyRow) -> str:
    """Return the platform's side; of whole records in words."""
    if row.field == LINK:
        return "Names no record" if row.platform_value == EMPTY else f"Names record {row.platform_value}"
    return row.platform_value


def by_hand(row: DiscrepancyRow) -> str:
    """Return what to do about a difference that nothing here can repair."""
    if row.field in {RECORD, PLAN}:
        return (
            "What this was linked with is no longer in Plannr. If it was deleted by mistake, restore it there; "
            "otherwise correct the reference on the platform. Then compare again."
        )
    if row.field == LINK:
        return (
            "Two records say different things about who belongs to whom. Open both, put the external reference right "
            "in Plannr or on the platform, then compare the client again: this difference closes by itself."
        )
    return (
        "Correct the value in Plannr or on the platform itself. This difference closes by itself as soon as both say "
        "the same."
    )


def proposal_of(row: DiscrepancyRow) -> str:
    """Return the proposed repair in a few words."""
    if row.proposal in REPAIRABLE and row.field in WHOLE:
        return "Link the two" if row.field == LINK else "Make it in Plannr"
    return PROPOSALS.get(row.proposal, "None is needed")


def done_words(kind: str, fields: list[str]) -> str:
    """Return an entry of a client's timeline in words."""
    words = _DONE.get(kind, sentence(kind.replace("_", " ")))
    return f"{words}: {field_names(fields)}" if fields else words


def event_words(event_type: str, source: str = "") -> str:
    """Return an event in words: `account.status_changed` is `Account changed its status`; Plannr's accounts are people.

    A version at the end of the type is left out.
    """
    parts = event_type.split(".")
    thing, act = parts[0], parts[1] if len(parts) > 1 else ""
    named = "client's record" if (source, thing) == ("plannr", "account") else _EVENT_THINGS.get(thing, thing)
    return sentence(f"{named} {_EVENT_ACTS.get(act, act)}".replace("_", " ").strip())


def error_words(error: str) -> str:
    """Return why an attempt failed, as a sentence without a full stop; the name of an error is none."""
    known = _ERRORS.get(error)
    if known is not None or not error:
        return known or ""
    if " " not in error:
        return f"Something unexpected went wrong here ({error})"
    words = error.partition(" (")[0]
    return f"It {words}" if words.startswith(("answered", "could")) else sentence(words)
