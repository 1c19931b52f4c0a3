"""How commands of advisers reach the stages of a journey, and how each is answered exactly once."""

from collections import deque
from typing import Generic, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from models.commands import Amend, Command, SubmitApplication, SubmitClientDetails
from models.refusals import Refusal

CommandT = TypeVar("CommandT", bound=Command)


class Pending(Generic[CommandT]):
    """A command that was handed in and is not answered yet."""

    def __init__(self, command: CommandT) -> None:
        """Start unanswered."""
        self.command = command
        self._done = False
        self._reasons: list[str] = []

    def done(self) -> None:
        """Answer that the command was carried out."""
        self._done = True

    def refuse(self, reasons: list[str]) -> None:
        """Answer that a system refused what the command asked for; an answer that was given stands."""
        if not self._done:
            self._reasons = reasons
            self._done = True

    async def answered(self) -> None:
        """Wait for the answer; raises ApplicationError when it is a refusal."""
        await workflow.wait_condition(lambda: self._done)
        if self._reasons:
            raise ApplicationError(
                "A system refused it: " + "; ".join(self._reasons),
                *self._reasons,
                type=Refusal.REJECTED_BY_SYSTEM,
                non_retryable=True,
            )


class Desk(Generic[CommandT]):
    """Where commands of one kind are handed in; the journey's current stage takes them one at a time."""

    def __init__(self) -> None:
        """Start empty."""
        self._waiting: deque[Pending[CommandT]] = deque()
        self._taken: Pending[CommandT] | None = None

    def __bool__(self) -> bool:
        """Whether a command is waiting."""
        return bool(self._waiting)

    async def hand_in(self, command: CommandT) -> None:
        """Hand a command in and wait until it is answered."""
        pending = Pending(command)
        self._waiting.append(pending)
        await pending.answered()

    def close(self, sentence: str) -> None:
        """Refuse everything that has no answer yet: the journey is over."""
        unanswered = [*([self._taken] if self._taken else []), *self._waiting]
        self._waiting.clear()
        for pending in unanswered:
            pending.refuse([sentence])

    def take(self) -> Pending[CommandT]:
        """Take the command that waited longest."""
        self._taken = self._waiting.popleft()
        return self._taken


DetailsDesk = Desk[SubmitClientDetails]
ApplicationDesk = Desk[SubmitApplication]
AmendmentDesk = Desk[Amend]


def refuse(refusal: Refusal, sentence: str, *details: str) -> ApplicationError:
    """Return the failure with which a validator refuses a command, to be raised."""
    return ApplicationError(sentence, *details, type=refusal, non_retryable=True)


AnyPending = Pending[SubmitClientDetails] | Pending[SubmitApplication] | Pending[Amend]
