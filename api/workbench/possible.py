"""Which commands an adviser can give to a journey as it stands, for the buttons of its page and the pages behind them.

The workflow's validators decide; this only keeps people from being led to a page whose button would be refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from domain.advice import Remedy, advice
from domain.journey import Stage
from models.messages import Progress


@dataclass(frozen=True, slots=True)
class _Rule:
    holds: Callable[[Progress], bool]
    otherwise: Callable[[Progress], str]


def _can_end(progress: Progress) -> bool:
    return progress.stage is not Stage.ACTIVATING and not progress.stage.is_final


def _can_be_amended(progress: Progress) -> bool:
    drafting = progress.stage is Stage.APPLICATION_DRAFT and progress.details_submitted
    return drafting or progress.stage is Stage.AWAITING_CLIENT


def to_try_again(progress: Progress) -> list[str]:
    """Return what another attempt may mend: refusals and checks, and nothing that only a person can settle (P41)."""
    found = advice(progress.attention, mandate_failed=progress.mandate_failed)
    return [one.what for one in found if one.step and one.remedy not in {Remedy.CHANGE_EMAIL, Remedy.SETTLE_CORRECTION}]


def _over_or(sentence: str) -> Callable[[Progress], str]:
    def say(progress: Progress) -> str:
        if progress.stage is Stage.ACTIVATING:
            return "The account is being activated at this moment."
        if progress.stage is Stage.ACTIVE:
            return "The account is active, so the journey is over."
        return "The journey is over." if progress.stage.is_final else sentence

    return say


_AMENDABLE: Final = _over_or("The client's details are not saved yet: give what is right in the details form.")
_RULES: Final = {
    "details": _Rule(
        lambda progress: (
            progress.stage in {Stage.ILLUSTRATED, Stage.APPLICATION_DRAFT}
            or (progress.stage is Stage.AWAITING_CLIENT and progress.needs_attention)
        ),
        _over_or("The client's details are saved already. Amend them: that says first what has to be accepted again."),
    ),
    "application": _Rule(
        lambda progress: progress.stage is Stage.APPLICATION_DRAFT and progress.details_submitted,
        _over_or("The account form follows the client's details and is sent to the platform once. Then, amend it."),
    ),
    "resend-invitation": _Rule(
        lambda progress: progress.stage is Stage.AWAITING_CLIENT,
        _over_or("An invitation can be sent once the application is sent to the platform."),
    ),
    "change-email": _Rule(_can_be_amended, _AMENDABLE),
    "amend": _Rule(_can_be_amended, _AMENDABLE),
    "hold": _Rule(
        lambda progress: _can_end(progress) and not progress.on_hold, _over_or("The journey is on hold already.")
    ),
    "resume": _Rule(
        lambda progress: progress.on_hold and not progress.stage.is_final, _over_or("The journey is not on hold.")
    ),
    "withdraw": _Rule(_can_end, _over_or("The journey is over.")),
    "retry": _Rule(
        lambda progress: bool(to_try_again(progress)) and not progress.stage.is_final,
        _over_or("Nothing was refused, so there is nothing to try again."),
    ),
}


def possible_commands(progress: Progress) -> frozenset[str]:
    """Return the last words of the addresses of the commands that make sense now, e.g. `hold`."""
    return frozenset(word for word, rule in _RULES.items() if rule.holds(progress))


def why_not(progress: Progress, word: str) -> str | None:
    """Return in a sentence why a command makes no sense now; None if it does."""
    rule = _RULES[word]
    return None if rule.holds(progress) else rule.otherwise(progress)
