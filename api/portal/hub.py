"""What the hub shows: who invited the client and why, what is new, and every task of every account (P26, P49)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from api.portal.pages.next_step import HUB, journey_page, task_page
from api.portal.person_journey import PersonJourney
from api.portal.statements import statement_view
from api.portal.views import journey_view
from domain.journey import DocumentKind, PartyRole, Stage, Wrapper
from domain.portal_tasks import TaskKey, TaskState
from models.schemas.portal_journeys import PortalJourney, TaskView
from runtime.settings import Settings

_SHARED: Final = (TaskKey.SET_UP, TaskKey.PLATFORM_TERMS)
"""Tasks that are done once, however many accounts are opened (P49)."""
_TERMS: Final = {
    TaskKey.PLATFORM_TERMS: DocumentKind.PLATFORM_TERMS,
    TaskKey.PRODUCT_TERMS: DocumentKind.PRODUCT_TERMS,
}
_STATES: Final = {
    TaskState.DONE: "Completed",
    TaskState.OPEN: "Not started",
    TaskState.BLOCKED: "Cannot start yet",
}
_MANDATE_FAILED: Final = (
    "Your direct debit failed or was cancelled at your bank, so nothing can be collected. Your account stays open. "
    "Please set the direct debit up again."
)
_ASKS_FOR_INSURANCE_NUMBER: Final = frozenset({Wrapper.ISA, Wrapper.SIPP})


class Kind(StrEnum):
    """What an account means to the client now."""

    PREPARING = "preparing"
    TO_DO = "to_do"
    WAITING = "waiting"
    OPENED = "opened"
    ENDED = "ended"


@dataclass(frozen=True)
class HubTask:
    """A line of the task list; `href` where it can be done now."""

    key: TaskKey
    title: str
    state: str
    hint: str
    href: str | None

    @property
    def item(self) -> dict[str, object]:
        """The line as the task list component takes it."""
        tag = "govuk-tag--blue" if self.href else "govuk-tag--grey"
        done = self.state == _STATES[TaskState.DONE]
        return {
            "title": {"text": self.title},
            "status": {"text": self.state} if done else {"tag": {"text": self.state, "classes": tag}},
            **({"hint": {"text": self.hint}} if self.hint else {}),
            **({"href": self.href} if self.href else {}),
        }


@dataclass(frozen=True)
class News:
    """Something that changed and asks for the client again (C14)."""

    title: str
    why: str
    href: str


@dataclass(frozen=True)
class Account:
    """An account on the hub."""

    view: PortalJourney
    kind: Kind
    title: str
    whose: str
    tasks: list[HubTask]
    can_decline: bool
    can_ask: bool
    has_statement: bool

    def page(self, name: str) -> str:
        """Return the address of one of the account's pages."""
        return journey_page(self.view.journey_id, name)


@dataclass(frozen=True)
class Hub:
    """Everything on the hub; `shared` holds the tasks that several accounts have in common, else nothing."""

    accounts: list[Account]
    shared: list[HubTask]
    news: list[News]
    have_ready: list[str]

    @property
    def tasks(self) -> list[HubTask]:
        """Every task once, in the order in which they are shown."""
        return [*self.shared, *(task for account in self.accounts for task in account.tasks)]

    @property
    def next(self) -> HubTask | None:
        """The first task that can be done now; what is new comes before what was there already (C14)."""
        fresh = {one.href for one in self.news}
        can_do = [task for task in self.tasks if task.href]
        return next((task for task in can_do if task.href in fresh), can_do[0] if can_do else None)

    @property
    def done(self) -> int:
        """How many tasks are done."""
        return sum(task.state == _STATES[TaskState.DONE] for task in self.tasks)

    @property
    def landing(self) -> str:
        """Where someone goes on who comes back: the next open task, or the hub where it has something to say (P26)."""
        untouched = self.done <= 1
        return HUB if self.next is None or self.next.href is None or self.news or untouched else self.next.href

    def of_kind(self, *kinds: str) -> list[Account]:
        """Return the accounts of these kinds."""
        return [account for account in self.accounts if account.kind in kinds]


def hub_of(settings: Settings, journeys: list[PersonJourney], now: datetime) -> Hub:
    """Return the hub of a person with these journeys, the newest first."""
    seen = [(journey, journey_view(settings, journey)) for journey in journeys]
    to_do = [(journey, view) for journey, view in seen if _kind(view) in {Kind.TO_DO, Kind.WAITING}]
    several = len(to_do) > 1
    shared = _shared([view for _, view in to_do]) if several else []
    accounts = [_account(journey, view, now, without=_SHARED if several else ()) for journey, view in seen]
    return Hub(accounts=accounts, shared=shared, news=_news(seen), have_ready=list(_have_ready(to_do)))


def _kind(view: PortalJourney) -> Kind:
    match view.stage:
        case Stage.ILLUSTRATED | Stage.APPLICATION_DRAFT:
            return Kind.PREPARING
        case Stage.AWAITING_CLIENT:
            return Kind.TO_DO if view.next_task else Kind.WAITING
        case Stage.ACTIVATING:
            return Kind.WAITING
        case Stage.ACTIVE:
            return Kind.OPENED
        case _:
            return Kind.ENDED


def _account(journey: PersonJourney, view: PortalJourney, now: datetime, *, without: Iterable[TaskKey]) -> Account:
    kind = _kind(view)
    shown = view.tasks if kind in {Kind.TO_DO, Kind.WAITING} else [task for task in view.tasks if _can_do(task)]
    return Account(
        view=view,
        kind=kind,
        title=_sentence(view.wrapper_label),
        whose=_whose(journey),
        tasks=[_task(view, task) for task in shown if task.key not in without] if kind is not Kind.ENDED else [],
        can_decline=view.stage is Stage.AWAITING_CLIENT,
        can_ask=view.stage is Stage.AWAITING_CLIENT or journey.mandate_wanted_again,
        has_statement=statement_view(journey, now) is not None,
    )


def _whose(journey: PersonJourney) -> str:
    if journey.holder.role is PartyRole.REGISTERED_CONTACT:
        return "You are opening this account for a child, as their registered contact."
    if journey.capacity == "joint":
        return "This is a joint account. The other holder is asked for the same; here you see your own part."
    return ""


def _can_do(task: TaskView) -> bool:
    return task.state is TaskState.OPEN


def _task(view: PortalJourney, task: TaskView) -> HubTask:
    return HubTask(
        key=task.key,
        title=_title(view, task.key),
        state=_STATES[task.state],
        hint=task.reason,
        href=task_page(view.journey_id, task.key) if _can_do(task) else None,
    )


def _title(view: PortalJourney, key: TaskKey) -> str:
    return {
        TaskKey.SET_UP: "Choose your password",
        TaskKey.DETAILS: "Check your details",
        TaskKey.BANK_DETAILS: "Give your bank details",
        TaskKey.DIRECT_DEBIT_MANDATE: "Set up your direct debit",
        TaskKey.PLATFORM_TERMS: "Read and accept the platform terms",
        TaskKey.PRODUCT_TERMS: f"Read and accept the terms of your {view.wrapper_label}",
    }[key]


def _shared(views: list[PortalJourney]) -> list[HubTask]:
    tasks = []
    for key in _SHARED:
        found = [(view, task) for view in views for task in view.tasks if task.key is key]
        if found:
            tasks.append(_task(*min(found, key=lambda one: _URGENCY[one[1].state])))
    return tasks


_URGENCY: Final = {TaskState.OPEN: 0, TaskState.BLOCKED: 1, TaskState.DONE: 2}


def _news(seen: list[tuple[PersonJourney, PortalJourney]]) -> list[News]:
    found: dict[str, News] = {}
    for journey, view in seen:
        again = journey.again() | _changed_terms(journey)
        for task in view.tasks:
            if _can_do(task) and (task.key in again or view.stage is Stage.ACTIVE):
                place = task.key if task.key in _SHARED else f"{view.journey_id}/{task.key}"
                failed = task.key is TaskKey.DIRECT_DEBIT_MANDATE and journey.mandate_wanted_again
                why = _MANDATE_FAILED if failed else task.reason
                found.setdefault(place, News(_title(view, task.key), why, task_page(view.journey_id, task.key)))
    return list(found.values())


def _changed_terms(journey: PersonJourney) -> frozenset[TaskKey]:
    changed = journey.changed()
    return frozenset(
        key
        for key, kind in _TERMS.items()
        if any(document.document_id in changed for document in journey.unopened(kind))
    )


def _have_ready(to_do: list[tuple[PersonJourney, PortalJourney]]) -> Iterable[str]:
    left = [(journey, view, task.key) for journey, view in to_do for task in view.tasks if task.state != TaskState.DONE]
    if any(
        key is TaskKey.DETAILS and view.wrapper in _ASKS_FOR_INSURANCE_NUMBER and journey.holder.role.owns
        for journey, view, key in left
    ):
        yield "your National Insurance number, to check that we have it right"
    if any(key in {TaskKey.BANK_DETAILS, TaskKey.DIRECT_DEBIT_MANDATE} for _, _, key in left):
        yield "the sort code and account number of your bank account"
    documents = {
        document.key for journey, _, key in left if key in _TERMS for document in journey.unopened(_TERMS[key])
    }
    if documents:
        yield f"time to read {len(documents)} document{'' if len(documents) == 1 else 's'}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
