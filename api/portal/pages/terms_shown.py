"""What pages of documents and terms show: each document with its state, and the box with what is in its way (P24)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.portal import acts, views
from api.portal.acts import LONDON
from api.portal.pages.task_page import TaskPage
from api.portal.person_journey import PersonJourney
from api.portal.reading import Length, Shelf
from api.portal.statements import statement_view
from domain.journey import DocumentKind, Stage, Wrapper
from domain.key_risks import Risk, key_risks
from domain.portal_tasks import AGAIN_WORDS, TaskKey, TaskState, unopened_reason
from domain.rules import load_rules
from domain.wrappers import wrapper_words
from models.facts import DocumentView
from models.schemas.portal_journeys import PortalDocument, TermsView

PAGES: Final = {DocumentKind.PLATFORM_TERMS: "platform-terms", DocumentKind.PRODUCT_TERMS: "product-terms"}
"""The page of each kind of terms."""
_TASKS: Final = {
    DocumentKind.PLATFORM_TERMS: TaskKey.PLATFORM_TERMS,
    DocumentKind.PRODUCT_TERMS: TaskKey.PRODUCT_TERMS,
}


@dataclass(frozen=True)
class DocumentLine:
    """A document in a list: the document, how long it is if that is known, and where its page is."""

    document: PortalDocument
    length: Length | None
    page: str


@dataclass(frozen=True)
class TermsShown:
    """Terms as a page shows them.

    Attributes:
        kind: which terms.
        title: the heading.
        page: the address of their page.
        lines: every document in force.
        terms: what is ticked, word for word.
        accepted: whether they are accepted, on this journey or an earlier one.
        can_accept: whether it is the client's turn to accept them.
        still_to_open: what has to be opened before the box can be ticked; empty when nothing has (P24).
        again: why something accepted has to be accepted once more (P28, P44).
        last: whether nothing else is left to do, so that the answers are checked before this is recorded.
        risks: the key risks of the product, none for the platform.
        statement_page: where the statement of an open pension is (P32).
    """

    kind: DocumentKind
    title: str
    page: str
    lines: list[DocumentLine]
    terms: TermsView
    accepted: bool
    can_accept: bool
    still_to_open: str
    again: str
    last: bool
    risks: tuple[Risk, ...]
    statement_page: str | None

    @property
    def covered(self) -> str:
        """The documents that stand above the box, as its form sends them: `id:version,…`."""
        return ",".join(f"{line.document.document_id}:{line.document.version}" for line in self.lines)

    @property
    def next_line(self) -> DocumentLine | None:
        """The first document that has not been opened."""
        return next((line for line in self.lines if line.document.opened_at is None), None)


async def terms_shown(page: TaskPage, shelf: Shelf, kind: DocumentKind) -> TermsShown:
    """Return terms as their page shows them to this person now (P24, P25)."""
    journey = page.journey
    documents = [document for document in journey.progress.documents if document.kind is kind]
    lengths = await shelf.lengths(page.services.platform, documents)
    accepted = journey.accepted(kind) or (
        kind is DocumentKind.PLATFORM_TERMS and journey.holder.platform_terms_accepted_before
    )
    is_product = kind is DocumentKind.PRODUCT_TERMS
    has_statement = is_product and statement_view(journey, page.now) is not None
    return TermsShown(
        kind=kind,
        title=title_of(kind, journey.progress.wrapper),
        page=page.address(PAGES[kind]),
        lines=[_line(page, document, lengths) for document in documents],
        terms=views.terms_view(journey, kind, page.now),
        accepted=accepted,
        can_accept=bool(documents) and not accepted and journey.stage is Stage.AWAITING_CLIENT,
        still_to_open=unopened_reason(journey.unopened(kind), journey.changed()),
        again=AGAIN_WORDS[_TASKS[kind]] if journey.lapsed_acceptances(kind) and not accepted else "",
        last=is_last(journey, kind),
        risks=_risks(journey, page.now) if is_product else (),
        statement_page=page.address("statement") if has_statement else None,
    )


def title_of(kind: DocumentKind, wrapper: Wrapper) -> str:
    """Return what terms are called, for the client."""
    return "Platform terms" if kind is DocumentKind.PLATFORM_TERMS else f"Terms of your {wrapper_words(wrapper)}"


def is_last(journey: PersonJourney, kind: DocumentKind) -> bool:
    """Whether these terms are all that this person can still do, so that their answers are checked first."""
    return [task.key for task in journey.tasks().tasks if task.state is TaskState.OPEN] == [_TASKS[kind]]


def last_terms(journey: PersonJourney) -> DocumentKind | None:
    """Return the terms that are all this person can still do; None while there is more, or nothing."""
    return next((kind for kind in DocumentKind if is_last(journey, kind)), None)


def agreed(journey: PersonJourney, kind: DocumentKind, now: datetime) -> str:
    """Return what stands for everything that is ticked with these terms, so that nothing else is taken for it."""
    text = f"{journey.progress.journey_id}\n{kind}\n{acts.statement(journey, kind, now)}"
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _line(page: TaskPage, document: DocumentView, lengths: dict[str, Length]) -> DocumentLine:
    return DocumentLine(
        document=views.document_view(page.journey, document),
        length=lengths.get(document.sha256),
        page=page.address(f"documents/{document.document_id}"),
    )


def _risks(journey: PersonJourney, now: datetime) -> tuple[Risk, ...]:
    return key_risks(journey.progress.wrapper, now.astimezone(LONDON).date(), load_rules())
