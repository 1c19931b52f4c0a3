"""What a client still has to do on a journey, as a pure function of facts (P14, P20-P28, P41, P44, P47).

The order is fixed and a task that is done stays done, so whoever comes back lands where they left off (P26); it opens
again only where what was done no longer holds, and then says why.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from domain.gates import RequiredDocument
from domain.journey import Stage


class TaskKey(StrEnum):
    """The tasks of the portal, in their order."""

    SET_UP = "set_up"
    DETAILS = "details"
    BANK_DETAILS = "bank_details"
    DIRECT_DEBIT_MANDATE = "direct_debit_mandate"
    PLATFORM_TERMS = "platform_terms"
    PRODUCT_TERMS = "product_terms"


class TaskState(StrEnum):
    """Whether a task is done, can be done now, or can't be done now."""

    DONE = "done"
    OPEN = "open"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Task:
    """One task; `reason` says what is missing before it can be finished, and is empty where nothing is."""

    key: TaskKey
    state: TaskState
    reason: str = ""


@dataclass(frozen=True)
class ClientFacts:
    """What is known of one person's part in a journey.

    Attributes:
        stage: where the journey is.
        details_confirmed: the person checked their details (P21).
        bank_details_wanted: bank details are the client's to give: nobody else has given them (P22).
        bank_details_given: bank details are held, whoever gave them.
        mandate_wanted: a direct debit was selected (P23).
        mandate_answered: the person authorised the mandate or asked for the paper route.
        platform_terms_wanted: the platform terms were not accepted on an earlier journey (P15).
        platform_terms_accepted: an acceptance covers every platform document in force (P24).
        product_terms_accepted: an acceptance covers every product document in force (P25).
        unopened_platform_documents: what must be opened before the platform terms can be accepted.
        unopened_product_documents: what must be opened before the product terms can be accepted.
        changed_documents: ids of documents that were opened, but not in the version in force (P28).
        again: tasks that were done before something made them void (P28, P41, P44, P47).
        mandate_failed: the bank reported the mandate as failed or cancelled, so a fresh one is wanted (P47).
    """

    stage: Stage
    details_confirmed: bool = False
    bank_details_wanted: bool = False
    bank_details_given: bool = False
    mandate_wanted: bool = False
    mandate_answered: bool = False
    platform_terms_wanted: bool = True
    platform_terms_accepted: bool = False
    product_terms_accepted: bool = False
    unopened_platform_documents: tuple[RequiredDocument, ...] = field(default=())
    unopened_product_documents: tuple[RequiredDocument, ...] = field(default=())
    changed_documents: frozenset[str] = frozenset()
    again: frozenset[TaskKey] = frozenset()
    mandate_failed: bool = False


@dataclass(frozen=True)
class TaskList:
    """A person's tasks on one journey."""

    tasks: tuple[Task, ...]

    @property
    def next_task(self) -> TaskKey | None:
        """The first task that can be done now: where the person lands (P26)."""
        return next((task.key for task in self.tasks if task.state is TaskState.OPEN), None)

    @property
    def done(self) -> int:
        """How many tasks are done."""
        return sum(task.state is TaskState.DONE for task in self.tasks)

    @property
    def progress(self) -> str:
        """How far the person is, e.g. `2 of 5`."""
        return f"{self.done} of {len(self.tasks)}"


STAGE_WORDS: Final = {
    Stage.ILLUSTRATED: "Your adviser is still preparing your account. We will e-mail you when it is your turn.",
    Stage.APPLICATION_DRAFT: "Your adviser is still preparing your account. We will e-mail you when it is your turn.",
    Stage.ACTIVATING: "Everything needed from you is here. Your account is being opened.",
    Stage.ACTIVE: "Your account is open. Nothing more is needed from you here.",
    Stage.WITHDRAWN: "This application was withdrawn. Ask your adviser if you did not expect that.",
    Stage.DECLINED: "This application was declined. Ask your adviser if you did not expect that.",
    Stage.EXPIRED: "This application has run out of time. Ask your adviser to start it again.",
}
"""Why a client can do nothing now, for every stage but the one that waits for the client."""


AGAIN_WORDS: Final = {
    TaskKey.BANK_DETAILS: "Your bank could not confirm these bank details. Please check them and give them again.",
    TaskKey.DIRECT_DEBIT_MANDATE: "Your earlier answer no longer holds: the direct debit has to be set up again.",
    TaskKey.PLATFORM_TERMS: "What you accepted has changed since, so please accept it once more.",
    TaskKey.PRODUCT_TERMS: "What you accepted has changed since, so please accept it once more.",
}
"""Why a task that was done has to be done again (P28, P41, P44, P47)."""


def unopened_reason(documents: Iterable[RequiredDocument], changed: Collection[str] = ()) -> str:
    """Say which documents still have to be opened before the box can be ticked (P24); empty when none has.

    Args:
        documents: what has to be opened.
        changed: ids of those that were opened before they changed (P28).
    """
    titles = [
        f"{document.title} (changed since you opened it)" if document.document_id in changed else document.title
        for document in documents
    ]
    if not titles:
        return ""
    noun = "document" if len(titles) == 1 else "documents"
    return f"Open {len(titles)} more {noun} to continue: {', '.join(titles)}."


def task_list(facts: ClientFacts) -> TaskList:
    """Return every task of this person on this journey with its state (P26)."""
    waits_for_client = facts.stage is Stage.AWAITING_CLIENT
    tasks = [
        task
        if waits_for_client or task.state is TaskState.DONE or _outlives(task, facts)
        else _out_of_turn(task, facts.stage)
        for task in _tasks(facts)
    ]
    return TaskList(tuple(tasks))


def _outlives(task: Task, facts: ClientFacts) -> bool:
    """Whether a task can be done although the account is open: a fresh mandate in place of a failed one (P47)."""
    return facts.stage is Stage.ACTIVE and facts.mandate_failed and task.key is TaskKey.DIRECT_DEBIT_MANDATE


def _out_of_turn(task: Task, stage: Stage) -> Task:
    return Task(task.key, TaskState.BLOCKED, STAGE_WORDS[stage])


def _tasks(facts: ClientFacts) -> Iterable[Task]:
    yield Task(TaskKey.SET_UP, TaskState.DONE)
    yield _task(facts, TaskKey.DETAILS, done=facts.details_confirmed)
    if facts.bank_details_wanted:
        yield _task(facts, TaskKey.BANK_DETAILS, done=facts.bank_details_given)
    if facts.mandate_wanted:
        yield _mandate(facts)
    if facts.platform_terms_wanted:
        reason = unopened_reason(facts.unopened_platform_documents, facts.changed_documents)
        yield _task(facts, TaskKey.PLATFORM_TERMS, done=facts.platform_terms_accepted, reason=reason)
    reason = unopened_reason(facts.unopened_product_documents, facts.changed_documents)
    yield _task(facts, TaskKey.PRODUCT_TERMS, done=facts.product_terms_accepted, reason=reason)


def _task(facts: ClientFacts, key: TaskKey, *, done: bool, reason: str = "") -> Task:
    if done:
        return Task(key, TaskState.DONE)
    again = AGAIN_WORDS[key] if key in facts.again else ""
    return Task(key, TaskState.OPEN, " ".join(words for words in (again, reason) if words))


def _mandate(facts: ClientFacts) -> Task:
    if not facts.mandate_answered and not facts.bank_details_given:
        return Task(TaskKey.DIRECT_DEBIT_MANDATE, TaskState.BLOCKED, "Bank details have to be given first.")
    return _task(facts, TaskKey.DIRECT_DEBIT_MANDATE, done=facts.mandate_answered)
