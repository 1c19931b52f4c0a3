"""What an adviser can do about a journey as it stands: the buttons of its page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from api.workbench.possible import possible_commands
from domain.advice import Advice, Remedy, advice
from domain.journey import Stage
from models.messages import Progress


@dataclass(frozen=True, slots=True)
class Action:
    """A button: where it leads, what it says, and whether it is the next step of the journey."""

    href: str
    text: str
    is_next: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """Something that needs attention, with the way to what can be done about it, if that is here."""

    what: str
    step: str
    actions: list[Action]


_COMMANDS: Final[Mapping[str, str]] = {
    "resend-invitation": "Send a fresh invitation",
    "change-email": "Correct an e-mail address",
    "amend": "Amend details or account",
    "hold": "Put on hold",
    "resume": "Resume",
    "withdraw": "Withdraw",
}
_REMEDIES: Final[Mapping[Remedy, tuple[str, str]]] = {
    Remedy.CORRECT_DETAILS: ("amend", "Correct the details"),
    Remedy.CHANGE_EMAIL: ("change-email", "Fix e-mail address"),
    Remedy.TRY_AGAIN: ("retry", "Try again now"),
}


def path(journey_id: str, part: str) -> str:
    """Return the address of a page about a journey."""
    return f"/workbench/journeys/{journey_id}/{part}"


def actions(progress: Progress) -> list[Action]:
    """Return what can be done now, the journey's own next step first."""
    possible = possible_commands(progress)
    others = [
        Action(path(progress.journey_id, word), text, is_next=word == "resume")
        for word, text in _COMMANDS.items()
        if word in possible
    ]
    return [*_forms(progress), *others]


def _forms(progress: Progress) -> list[Action]:
    """Return the adviser's two forms of the process, as far as they are still to be filled in (P11, P12)."""
    if progress.stage is Stage.APPLICATION_DRAFT and progress.details_submitted:
        return [Action(path(progress.journey_id, "application"), "Update and proceed", is_next=True)]
    if progress.stage in {Stage.ILLUSTRATED, Stage.APPLICATION_DRAFT}:
        return [Action(path(progress.journey_id, "details"), "Update platform client", is_next=True)]
    return []


def attention(progress: Progress) -> list[Shown]:
    """Return what needs attention, in plain words, with what the adviser does next (A10)."""
    reasons = advice(progress.attention, mandate_failed=progress.mandate_failed)
    return [Shown(reason.what, reason.step, _ways(progress, reason)) for reason in reasons]


def _ways(progress: Progress, reason: Advice) -> list[Action]:
    if reason.remedy is Remedy.SETTLE_CORRECTION:
        return [
            Action(path(progress.journey_id, f"corrections/{asked.evidence_id}"), "Look at the correction")
            for asked in progress.change_requests
            if asked.evidence_id
        ]
    word, text = _REMEDIES.get(reason.remedy, ("", ""))
    if word not in possible_commands(progress):
        return []
    return [Action(path(progress.journey_id, word), text)]
