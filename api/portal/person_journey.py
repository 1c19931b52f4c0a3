"""A journey as one of its holders sees it: what the workflow reports together with what this person's evidence says."""

from dataclasses import dataclass, replace
from typing import Final

from api.journeys import Journeys
from api.portal.sessions import Visit
from api.problem_types import JOURNEY_NOT_FOUND, WRONG_STAGE
from api.problems import Problem
from domain.declarations import MANDATE_PAPER_STATEMENT
from domain.gates import DocumentVersion, RequiredDocument
from domain.journey import BankDetailsPolicy, DocumentKind, MandateRoute, Stage
from domain.portal_tasks import STAGE_WORDS, ClientFacts, TaskList, task_list
from models.messages import HolderView, Progress
from models.tables import EvidenceKind, EvidenceRow, JourneyRow
from runtime.services import Services
from storage.evidence import EvidenceRepository
from storage.journeys import JourneyRepository

_UNDER_WAY: Final = frozenset({Stage.AWAITING_CLIENT, Stage.ACTIVATING, Stage.ACTIVE})
_ACCEPTANCES: Final = {
    DocumentKind.PLATFORM_TERMS: EvidenceKind.PLATFORM_TERMS_ACCEPTED,
    DocumentKind.PRODUCT_TERMS: EvidenceKind.PRODUCT_TERMS_ACCEPTED,
}


@dataclass(frozen=True)
class PersonJourney:
    """One person's part in one journey. An act counts from its evidence on, before the workflow has heard of it."""

    person_id: str
    progress: Progress
    evidence: tuple[EvidenceRow, ...]

    @property
    def holder(self) -> HolderView:
        """This person among the holders."""
        return next(holder for holder in self.progress.holders if holder.person_id == self.person_id)

    def with_act(self, row: EvidenceRow) -> "PersonJourney":
        """Return the journey with one more act, unless it is counted already."""
        known = any(earlier.evidence_id == row.evidence_id for earlier in self.evidence)
        return self if known else replace(self, evidence=(*self.evidence, row))

    def acts(self, kind: EvidenceKind) -> list[EvidenceRow]:
        """Return what this person did of one kind, the first act first."""
        return [row for row in self.evidence if row.kind is kind]

    def required(self, kind: DocumentKind) -> list[RequiredDocument]:
        """Return the documents in force that one acceptance has to cover."""
        return [
            RequiredDocument(document.document_id, document.version, document.kind, document.title)
            for document in self.progress.documents
            if document.kind is kind
        ]

    def opened(self) -> dict[DocumentVersion, EvidenceRow]:
        """Return the evidence of each document version this person opened (P24)."""
        return {
            (row.document_id, row.version): row
            for row in self.acts(EvidenceKind.DOCUMENT_OPENED)
            if row.document_id is not None and row.version is not None
        }

    def unopened(self, kind: DocumentKind) -> tuple[RequiredDocument, ...]:
        """Return the documents in force that this person has not opened yet (P24)."""
        opened = self.opened()
        return tuple(document for document in self.required(kind) if document.key not in opened)

    def acceptance(self, kind: DocumentKind) -> EvidenceRow | None:
        """Return the first acceptance that covers every document in force (P24, P25)."""
        required = {document.key for document in self.required(kind)}
        if not required:
            return None
        covering = (row for row in self.acts(_ACCEPTANCES[kind]) if required <= _covered(row))
        return next(covering, None)

    @property
    def bank_details_given(self) -> bool:
        """Whether bank details are held, whoever gave them."""
        return self.holder.bank_details_given or bool(self.acts(EvidenceKind.BANK_DETAILS_SUBMITTED))

    @property
    def mandate_answer(self) -> MandateRoute | None:
        """How the mandate was answered, if it was (P23)."""
        answers = self.acts(EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED)
        if self.progress.mandate_route is not None or not answers:
            return self.progress.mandate_route
        on_paper = answers[0].statement == MANDATE_PAPER_STATEMENT
        return MandateRoute.PAPER_REQUESTED if on_paper else MandateRoute.ONLINE

    def tasks(self) -> TaskList:
        """Return what this person still has to do (P26)."""
        gave_bank_details = bool(self.acts(EvidenceKind.BANK_DETAILS_SUBMITTED))
        clients_turn = self.progress.bank_details_policy is BankDetailsPolicy.CLIENT_OR_ADVISER
        accepted_platform_terms = self.acceptance(DocumentKind.PLATFORM_TERMS) is not None
        facts = ClientFacts(
            stage=self.progress.stage,
            details_confirmed=bool(self.holder.details_confirmed_at or self.acts(EvidenceKind.DETAILS_CONFIRMED)),
            bank_details_wanted=gave_bank_details or (clients_turn and not self.holder.bank_details_given),
            bank_details_given=self.bank_details_given,
            mandate_wanted=self.progress.direct_debit is not None,
            mandate_answered=self.mandate_answer is not None,
            # Once recorded on the platform, this journey's own acceptance counts there as an earlier one.
            platform_terms_wanted=accepted_platform_terms or not self.holder.platform_terms_accepted_before,
            platform_terms_accepted=accepted_platform_terms,
            product_terms_accepted=self.acceptance(DocumentKind.PRODUCT_TERMS) is not None,
            unopened_platform_documents=self.unopened(DocumentKind.PLATFORM_TERMS),
            unopened_product_documents=self.unopened(DocumentKind.PRODUCT_TERMS),
        )
        return task_list(facts)

    def expect_under_way(self) -> None:
        """Refuse what comes before the client's turn, or after the journey ended without an account.

        Raises:
            Problem: `wrong-stage`, with words for the client.
        """
        if self.progress.stage not in _UNDER_WAY:
            raise wrong_stage(self.progress.stage)


def wrong_stage(stage: Stage) -> Problem:
    """Return why nothing can be done in this stage, in words for the client."""
    return Problem(WRONG_STAGE, STAGE_WORDS[stage], extra={"stage": stage.value})


def _covered(row: EvidenceRow) -> set[tuple[object, object]]:
    return {(document["document_id"], document["version"]) for document in row.documents}


def is_holder(progress: Progress, person_id: str) -> bool:
    """Return whether this person is one of the journey's holders."""
    return any(holder.person_id == person_id for holder in progress.holders)


async def load(services: Services, visit: Visit, journey_id: str) -> PersonJourney:
    """Return a journey of the signed-in person as it is now.

    Raises:
        Problem: `journey-not-found`, for someone else's journey as well; `engine-unavailable` when the journey has
            not reported yet and can't be asked.
    """
    person_id = visit.person.person_id
    progress = await Journeys(services, visit.person.firm).get(journey_id)
    if not is_holder(progress, person_id):
        raise Problem(JOURNEY_NOT_FOUND)
    async with services.database.reading() as database:
        evidence = await EvidenceRepository(database).of_person(journey_id, person_id)
    return PersonJourney(person_id, progress, tuple(evidence))


async def load_all(services: Services, visit: Visit) -> list[PersonJourney]:
    """Return every journey of the signed-in person as last reported, the newest first."""
    person_id = visit.person.person_id
    async with services.database.reading() as database:
        rows: list[JourneyRow] = await JourneyRepository(database).for_person(person_id)
        evidence = EvidenceRepository(database)
        return [
            PersonJourney(
                person_id,
                Progress.model_validate(row.progress),
                tuple(await evidence.of_person(row.journey_id, person_id)),
            )
            for row in rows
        ]
