"""Which commands an adviser can give to a journey as it stands, for the buttons of its page and the pages behind them.

The workflow's validators decide; this only keeps people from being led to a page whose button would be refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from domain.journey import Stage
from models.messages import Progress


@dataclass(frozen=True, slots=True)
class _Rule:
    holds: Callable[[Progress], bool]
    otherwise: str


def _can_end(progress: Progress) -> bool:
    return progress.stage is not Stage.ACTIVATING and not progress.stage.is_final


def _can_be_amended(progress: Progress) -> bool:
    drafting = progress.stage is Stage.APPLICATION_DRAFT and progress.details_submitted
    return drafting or progress.stage is Stage.AWAITING_CLIENT


_AMENDED_FROM: Final = (
    "What was submitted can be amended once the client's details are saved, and until the account is activated. "
    "Before that, use the details form; afterwards, change the record in Plannr."
)
_RULES: Final = {
    "details": _Rule(
        lambda progress: (
            progress.stage in {Stage.ILLUSTRATED, Stage.APPLICATION_DRAFT}
            or (progress.stage is Stage.AWAITING_CLIENT and progress.needs_attention)
        ),
        "The client's details are saved already. Amend them instead, which says first what has to be accepted again.",
    ),
    "application": _Rule(
        lambda progress: progress.stage is Stage.APPLICATION_DRAFT and progress.details_submitted,
        "The account form follows the client's details and is sent to the platform once. Afterwards, amend it.",
    ),
    "resend-invitation": _Rule(
        lambda progress: progress.stage is Stage.AWAITING_CLIENT,
        "An invitation can be sent while the journey waits for the client.",
    ),
    "change-email": _Rule(_can_be_amended, _AMENDED_FROM),
    "amend": _Rule(_can_be_amended, _AMENDED_FROM),
    "hold": _Rule(
        lambda progress: _can_end(progress) and not progress.on_hold, "The journey is on hold already, or it is over."
    ),
    "resume": _Rule(
        lambda progress: progress.on_hold and not progress.stage.is_final, "The journey is not on hold, or it is over."
    ),
    "withdraw": _Rule(
        _can_end,
        "The journey is over, or its account is being activated. "
        "An account that is open is closed on the platform itself.",
    ),
    "retry": _Rule(
        lambda progress: progress.needs_attention and not progress.stage.is_final,
        "Nothing was refused, so there is nothing to try again.",
    ),
}


def possible_commands(progress: Progress) -> frozenset[str]:
    """Return the last words of the addresses of the commands that make sense now, e.g. `hold`."""
    return frozenset(word for word, rule in _RULES.items() if rule.holds(progress))


def why_not(progress: Progress, word: str) -> str | None:
    """Return in a sentence why a command makes no sense now; None if it does."""
    rule = _RULES[word]
    return None if rule.holds(progress) else rule.otherwise
