"""What a command leads to, in plain words, to be read before it is given (A9)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.web import wording
from api.workbench.possible import to_try_again
from domain.journey import Stage
from models.messages import HolderView, Progress

HELD: Final = "put the journey on hold"
"""The words of the timeline for the beginning of a hold."""

_OF_THE_CLOCK: Final = ("Reminder", "Tell the adviser", "The journey expires")


@dataclass(frozen=True, slots=True)
class Consequence:
    """What happens in one place: a heading such as `In Plannr`, and sentences."""

    where: str
    sentences: list[str]


@dataclass(frozen=True, slots=True)
class Situation:
    """What the consequences of a command depend on.

    Attributes:
        progress: The journey.
        names: How a page calls its parties, by person id.
        written_to: Those parties who have had an e-mail about it.
        now: The moment.
    """

    progress: Progress
    names: dict[str, str]
    written_to: frozenset[str]
    now: datetime

    @property
    def acting(self) -> list[HolderView]:
        """Those who act in the portal."""
        return [holder for holder in self.progress.holders if holder.role.acts]

    def name(self, holder: HolderView) -> str:
        """Return how the page calls this party."""
        return self.names.get(holder.person_id, "The client")


def of_withdrawal(situation: Situation) -> list[Consequence]:
    """P43: what is closed in both systems, and who is told."""
    records = situation.progress.records
    plannr = ["The application is closed, with the reason “withdrawn”."] if records.plannr_application else []
    plannr += ["The plan becomes inactive, with the same reason."] if records.plannr_plan else []
    platform = ["The pending account is cancelled and will not open."] if records.platform_account else []
    platform += ["The direct debit mandate is cancelled, so no payment is taken."] if records.platform_mandate else []
    platform.append(
        "A client who is on the platform only because of this journey, and has accepted no terms there, "
        "goes back to Registered."
    )
    return [
        Consequence("In Plannr", plannr or ["Nothing has been created that has to be closed."]),
        Consequence("On the platform", platform),
        Consequence("E-mails", _told_of_withdrawal(situation)),
        Consequence("On record", ["Everything the client opened and accepted stays in the evidence."]),
        *_other_accounts(situation.progress),
    ]


def _told_of_withdrawal(situation: Situation) -> list[str]:
    told = [situation.name(holder) for holder in situation.acting if holder.person_id in situation.written_to]
    sentences = [
        f"{name} gets an e-mail: you have withdrawn the request, the account will not start, and no payment is taken."
        for name in told
    ]
    return [
        *(sentences or ["No client is written to, because none has had an e-mail about this account yet."]),
        "The adviser of the journey gets an e-mail that it was withdrawn.",
    ]


def _other_accounts(progress: Progress) -> list[Consequence]:
    others = [other for other in progress.together if other != progress.journey_id]
    if not others:
        return []
    words = f"{wording.counted(len(others), 'other account')} requested at the same time"
    return [Consequence("Other accounts", [f"{words} {'goes' if len(others) == 1 else 'go'} on as before."])]


def of_holding(situation: Situation) -> list[Consequence]:
    """P40: which clocks stop, and which dates move."""
    progress = situation.progress
    clock = ["No reminder is sent, and the journey does not expire, until you resume it."]
    if progress.next_action_at is not None and progress.next_action.startswith(_OF_THE_CLOCK):
        clock.append(f"Next on the clock is: {progress.next_action}, on {wording.moment(progress.next_action_at)}.")
    clock.append("When you resume, that date and every date after it moves later by as long as the hold lasted.")
    return [
        Consequence("Reminders and expiry", clock),
        Consequence(
            "Your client",
            [
                "They can still sign in, open documents and accept. They are not told of the hold.",
                "The account is not activated while the journey is on hold, even if everything is accepted.",
            ],
        ),
        Consequence("Plannr and the platform", ["Nothing changes in either system."]),
    ]


def of_resuming(situation: Situation) -> list[Consequence]:
    """P40: when the clocks run on from."""
    held = [entry.at for entry in situation.progress.timeline if entry.event == HELD]
    lasted = f" It has lasted {wording.since(held[-1], situation.now)}." if held else ""
    lasted = lasted.replace("lasted just now", "lasted less than a minute")
    return [
        Consequence(
            "Reminders and expiry",
            [f"They run on from now. Every date is later by as long as the hold lasted.{lasted}"],
        ),
        Consequence("Your client", ["They get no e-mail about it. Their next reminder comes when it is due."]),
        Consequence("The account", ["If everything is accepted and checked by now, it is activated at once."]),
    ]


def of_retrying(situation: Situation) -> list[Consequence]:
    """P41: what is tried again, and what happens if it is not asked for."""
    progress = situation.progress
    after = "You can ask again as often as you need to."
    if progress.next_action_at is not None and progress.stage is not Stage.ACTIVE:
        at = wording.moment(progress.next_action_at)
        after = f"If you do nothing, the next step is: {progress.next_action}, on {at}."
    return [
        Consequence("What went wrong", to_try_again(progress)),
        Consequence(
            "Another try",
            [
                "The step that was refused is tried again at once, and the platform's checks are read again.",
                "Nothing is created twice: each system is asked first what it has already.",
                after,
            ],
        ),
    ]


def of_inviting(situation: Situation) -> list[Consequence]:
    """P20: what a fresh link does to earlier ones."""
    to = "the person you choose" if len(situation.acting) > 1 else "the address below"
    return [
        Consequence(
            "The e-mail",
            [f"A new link to the portal goes to {to}. Every earlier link of theirs stops working at once."],
        ),
        Consequence(
            "Your client",
            [
                "Everything they have done so far stays done.",
                "Someone who has set a password can sign in without any link, unless they have forgotten it.",
            ],
        ),
    ]
