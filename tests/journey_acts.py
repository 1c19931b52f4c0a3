"""One running journey, and the acts of its adviser, its clients and the platform."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper
from temporalio.types import MethodSyncOrAsyncSingleParam

from domain.journey import DocumentKind, MandateRoute, Stage
from models.commands import Amend, CommandOutcome, HolderDetails, SubmitApplication, SubmitClientDetails, Withdraw
from models.facts import (
    CheckState,
    ClientDetailsConfirmed,
    DirectDebitMandateAnswered,
    DocumentOpened,
    DocumentRef,
    Fact,
    TermsAccepted,
    VerificationUpdated,
)
from models.messages import Actor, JourneyResult, Progress, StartJourney
from models.people import AccountDetails, BankDetails, Contribution, DirectDebit, KnownDetails
from tests.fakes.platform import FakePlatform
from tests.sample_client import BANK
from workflows.onboarding import OnboardingJourney

FactT = TypeVar("FactT", bound=Fact)

ACTOR = Actor(kind="adviser", id="adv-1")
ACCOUNT = AccountDetails(
    name="ISA", investment_strategy="Balanced Growth", contributions=[Contribution(amount_pence=20_000_00)]
)
DEBIT = DirectDebit(amount_pence=250_00)


@dataclass
class Journey:
    """One running journey and the acts of its people; a client who is not named is the first who acts."""

    handle: WorkflowHandle[OnboardingJourney, JourneyResult]
    start: StartJourney
    evidence: Callable[[], str]
    eventually: Callable[..., Awaitable[object]] = field(repr=False)
    skipper: TimeSkipper = field(repr=False)
    skipped: bool = False

    @property
    def people(self) -> list[str]:
        """Those who act in the portal."""
        return [holder.person_id for holder in self.start.holders if holder.role.acts]

    @property
    def person(self) -> str:
        """The first of those who act."""
        return self.people[0]

    # --- looking ---

    async def progress(self) -> Progress:
        """Ask for the progress."""
        return await self.handle.query(OnboardingJourney.progress)

    async def until(self, holds: Callable[[Progress], bool], within: float = 10.0) -> Progress:
        """Wait until the progress is like this."""

        async def look() -> Progress | None:
            seen = await self.progress()
            return seen if holds(seen) else None

        found = await self.eventually(look, within=within)
        assert isinstance(found, Progress)
        return found

    async def at(self, stage: Stage) -> Progress:
        """Wait until the journey is in a stage and nothing is being written."""
        return await self.until(lambda seen: seen.stage is stage and seen.waiting_for != "records are being written")

    async def result(self) -> JourneyResult:
        """Wait for the end of the journey."""
        async with asyncio.timeout(20):
            return await self.handle.result()

    async def events(self, beginning: str = "") -> list[tuple[datetime, str]]:
        """Return what happened when, as the timeline has it, of entries that begin like this."""
        return [
            (entry.at, entry.event) for entry in (await self.progress()).timeline if entry.event.startswith(beginning)
        ]

    # --- time ---

    async def now(self) -> datetime:
        """Return the journey's own present."""
        return await self.skipper.get_current_time(self.handle) if self.skipped else datetime.now(UTC)

    async def pass_time(self, duration: timedelta) -> None:
        """Let this much time pass for the journey; what it waits for meanwhile happens."""
        self.skipped = True
        await self.skipper.fast_forward(self.handle, duration)

    # --- the adviser ---

    async def submit_details(
        self, *, bank: BankDetails | None = BANK, details: KnownDetails | None = None
    ) -> CommandOutcome:
        """The adviser saves the details form, with these details for the first who acts."""
        forms = [
            HolderDetails(
                person_id=person,
                details=(details if person == self.person else None) or KnownDetails(),
                bank_details=bank,
            )
            for person in self.people
        ]
        return await self.handle.execute_update(
            OnboardingJourney.submit_client_details, SubmitClientDetails(actor=ACTOR, holders=forms)
        )

    async def submit_application(self, *, send: bool = True, direct_debit: bool = False) -> CommandOutcome:
        """The adviser saves the account form."""
        return await self.handle.execute_update(
            OnboardingJourney.submit_application,
            SubmitApplication(actor=ACTOR, account=account_form(direct_debit=direct_debit), send_to_platform=send),
        )

    async def await_client(self, *, direct_debit: bool = False) -> Progress:
        """The adviser does all of their part."""
        await self.submit_details()
        await self.submit_application(direct_debit=direct_debit)
        return await self.at(Stage.AWAITING_CLIENT)

    async def amend(self, **changes: object) -> CommandOutcome:
        """The adviser amends what was submitted."""
        command = Amend.model_validate({"actor": ACTOR} | changes)
        return await self.handle.execute_update(OnboardingJourney.amend, command)

    async def withdraw(self) -> CommandOutcome:
        """The adviser withdraws."""
        return await self.handle.execute_update(OnboardingJourney.withdraw, Withdraw(actor=ACTOR))

    # --- the clients ---

    async def confirm_details(self, person: str | None = None) -> None:
        """A client checks their details."""
        fact = ClientDetailsConfirmed.model_validate(await self._fact(person))
        await self.handle.signal(OnboardingJourney.client_details_confirmed, fact)

    async def open_documents(self, documents: list[DocumentRef], person: str | None = None) -> None:
        """A client opens documents."""
        for document in documents:
            fact = DocumentOpened.model_validate(await self._fact(person) | {"document": document})
            await self.handle.signal(OnboardingJourney.document_opened, fact)

    async def accept(
        self,
        kind: DocumentKind,
        documents: list[DocumentRef],
        *,
        evidence: str | None = None,
        person: str | None = None,
    ) -> None:
        """A client accepts terms."""
        values = await self._fact(person) | ({"evidence_id": evidence} if evidence else {})
        fact = TermsAccepted.model_validate(values | {"documents": documents})
        if kind is DocumentKind.PLATFORM_TERMS:
            await self.handle.signal(OnboardingJourney.platform_terms_accepted, fact)
        else:
            await self.handle.signal(OnboardingJourney.product_terms_accepted, fact)

    async def answer_mandate(self, route: MandateRoute = MandateRoute.ONLINE, person: str | None = None) -> None:
        """A client answers the mandate."""
        fact = DirectDebitMandateAnswered.model_validate(await self._fact(person) | {"route": route})
        await self.handle.signal(OnboardingJourney.direct_debit_mandate_accepted, fact)

    async def signal_fact(
        self,
        signal: MethodSyncOrAsyncSingleParam[OnboardingJourney, FactT, None],
        fact: type[FactT],
        person: str | None = None,
        **values: object,
    ) -> None:
        """Send another fact of a client."""
        await self.handle.signal(signal, fact.model_validate(await self._fact(person) | values))

    async def accept_terms(self, person: str | None = None, *kinds: DocumentKind) -> None:
        """A client opens and accepts all terms, or those of these kinds."""
        progress = await self.progress()
        for kind in kinds or tuple(DocumentKind):
            documents = references(progress, kind)
            await self.open_documents(documents, person)
            await self.accept(kind, documents, person=person)

    async def accept_everything(self, person: str | None = None) -> None:
        """A client does all that is asked, in the order of the portal; the first one answers the mandate."""
        progress = await self.progress()
        await self.confirm_details(person)
        if progress.direct_debit is not None and person in {None, self.person}:
            await self.answer_mandate(person=person)
        await self.accept_terms(person)

    async def _fact(self, person: str | None) -> dict[str, object]:
        return {"person_id": person or self.person, "evidence_id": self.evidence(), "occurred_at": await self.now()}

    # --- the platform ---

    async def report_checks(self, platform: FakePlatform, client: str) -> None:
        """The platform's event about a client's checks arrives, read back from the platform."""
        checks = await platform.read_checks(client)
        await self.handle.signal(
            OnboardingJourney.verification_updated,
            VerificationUpdated(
                platform_client=client,
                identity=CheckState.model_validate(checks.identity.model_dump()),
                bank=CheckState.model_validate(checks.bank.model_dump()),
            ),
        )


def account_form(*, direct_debit: bool | DirectDebit = False, **changes: object) -> AccountDetails:
    """Return the account form, with a direct debit if asked."""
    debit = DEBIT if direct_debit is True else direct_debit or None
    return ACCOUNT.model_copy(update={"direct_debit": debit} | changes)


def references(progress: Progress, kind: DocumentKind | None = None) -> list[DocumentRef]:
    """Return the journey's documents, of one kind if asked."""
    return [
        DocumentRef(document_id=document.document_id, version=document.version)
        for document in progress.documents
        if kind is None or document.kind is kind
    ]
