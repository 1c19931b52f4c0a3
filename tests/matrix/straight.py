"""A joint general investment account with a mandate, from the start to active, activity by activity."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from temporalio.exceptions import ApplicationError

from activities.illustrations import IllustrationActivities
from activities.plannr import PlannrActivities
from activities.platform import PlatformActivities
from activities.starting import Opener, Starting, StartPolicy
from connectors.errors import ConnectorError
from connectors.plannr.port import PlannrGateway
from connectors.plannr.sandbox import seed
from connectors.platform.port import PlatformGateway
from domain.identity import workflow_id
from domain.journey import BankDetailsPolicy, DocumentKind
from domain.rules import load_rules
from models.facts import DocumentView
from models.messages import Adviser, JourneyTimings, StartJourney
from models.payloads import (
    AccountOpened,
    CompleteApplication,
    GivenAcceptance,
    GivenMandate,
    HolderRecord,
    HolderRef,
    HolderToRegister,
    JourneyRef,
    OpenAccount,
    OpenApplication,
    ReadClients,
    RecordAcceptances,
    RecordIllustration,
    SaveApplication,
    SetUpClients,
)
from models.people import (
    AccountDetails,
    BankDetails,
    Charges,
    Contribution,
    DirectDebit,
    Frequency,
    Illustration,
    PersonDetails,
    TaxResidence,
)
from models.schemas.starting import PartyToStart, StartJourneyForm
from storage.database import Database
from tests.matrix.wires import ACCEPTED_AT, FIRM, LINK_TAG, PLANNR, PLATFORM, Sandboxes

RequestT = TypeVar("RequestT")
ResultT = TypeVar("ResultT")

PEOPLE = (seed.SPOUSE_ONE_UUID, seed.SPOUSE_TWO_UUID)
ADVISER = Adviser(
    id="adv-1",
    plannr_account=seed.HARBOUR_ADVISER_UUID,
    email="adviser@harbour.example.com",
    first_name="Imogen",
    display_name="Imogen Ashworth",
)
CONTRIBUTIONS = [
    Contribution(amount_pence=5_000_00),
    Contribution(amount_pence=250_00, frequency=Frequency.MONTHLY),
]
CHARGES = Charges(initial_basis_points=100, ongoing_basis_points=50)
ACCOUNT = AccountDetails(
    name="Joint general investment account",
    investment_strategy="Balanced Growth",
    contributions=CONTRIBUTIONS,
    charges=CHARGES,
    direct_debit=DirectDebit(amount_pence=250_00, frequency=Frequency.MONTHLY, collection_day=7),
)
FORM = StartJourneyForm(
    external_reference="CASE-1",
    wrapper="gia",
    holders=[PartyToStart(plannr_account=account) for account in PEOPLE],
    illustration=Illustration(
        name="Joint illustration",
        investment_strategy="Balanced Growth",
        contributions=CONTRIBUTIONS,
        charges=CHARGES,
    ),
)
BANK = BankDetails(account_holder="Mr T Okafor", sort_code="20-00-00", account_number="55779911")
_ATTEMPTS = 8
# A second of the engine's patience, for a system that is away for less than that.
_SECOND = 0.1


@dataclass
class Repeats:
    """How often something was tried again, and after how long each time, in the engine's seconds.

    Plannr knows no idempotency key, so that a look-up before a repeated creation has to come after the first one is
    done: what Plannr still works on is waited for. The platform may be asked again meanwhile.
    """

    done: Callable[[], Awaitable[None]]
    pauses: list[float] = field(default_factory=list)

    async def insist(self, call: Callable[[RequestT], Awaitable[ResultT]], request: RequestT) -> ResultT:
        """Call an activity until it succeeds, as the engine does: never after a refusal, and not before it may."""
        for attempt in range(_ATTEMPTS):
            try:
                return await call(request)
            except ApplicationError as failure:
                if failure.non_retryable:
                    raise
                asked = failure.next_retry_delay
                await self._pause(2.0**attempt if asked is None else asked.total_seconds())
        raise AssertionError(f"in vain {_ATTEMPTS} times")

    async def ask(self, call: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Ask until no system is away, as an adviser repeats a request that was refused for that."""
        for attempt in range(_ATTEMPTS):
            try:
                return await call()
            except ConnectorError:
                await self._pause(2.0**attempt)
        raise AssertionError(f"in vain {_ATTEMPTS} times")

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(seconds * _SECOND)
        await self.done()


class StraightJourney:
    """The journey, in the order of the workflow; what a workflow would keep in its state is kept here."""

    def __init__(
        self, sandboxes: Sandboxes, database: Database, plannr: PlannrGateway, platform: PlatformGateway
    ) -> None:
        self.repeats = Repeats(sandboxes.wires[PLANNR].settle)
        self._sandboxes = sandboxes
        self._database = database
        self._gateways = (plannr, platform)
        self._crm, self._investments = PlannrActivities(plannr), PlatformActivities(platform)

    async def play(self) -> None:
        """Take the journey from its start to the active account."""
        start = await self._start()
        journey = JourneyRef(workflow_id=workflow_id(start.journey_id), **_shared(start))
        holders = await self._illustrate(start, journey)
        opened = await self._apply(start, journey, holders)
        await self._finish(journey, holders, opened)

    async def _start(self) -> StartJourney:
        begun: list[StartJourney] = []

        async def launch(start: StartJourney) -> bool:
            begun.append(start)
            return True

        starting = Starting(
            *self._gateways,
            self._database,
            rules=load_rules(),
            policy=StartPolicy(JourneyTimings(), BankDetailsPolicy.ADVISER, LINK_TAG, None, split_queues=False),
            launch=launch,
        )
        opener = Opener(FIRM, "Harbour Wealth", ADVISER)
        await self.repeats.ask(lambda: starting.start(opener, FORM, ACCEPTED_AT))
        (start,) = begun
        return start

    async def _illustrate(self, start: StartJourney, journey: JourneyRef) -> list[HolderRef]:
        assert start.illustration is not None
        unknown = [
            HolderToRegister(
                person_id=holder.person_id,
                plannr_account=holder.plannr_account,
                platform_client=holder.platform_client,
                known_details=holder.known_details,
            )
            for holder in start.holders
        ]
        recorded = await self.repeats.insist(
            IllustrationActivities(*self._gateways).record,
            RecordIllustration(journey=journey, holders=unknown, illustration=start.illustration),
        )
        self._plannr_illustration = recorded.plannr_illustration
        return [
            HolderRef(
                person_id=holder.person_id,
                plannr_account=holder.plannr_account,
                platform_client=recorded.clients[holder.person_id],
            )
            for holder in start.holders
        ]

    async def _apply(self, start: StartJourney, journey: JourneyRef, holders: list[HolderRef]) -> AccountOpened:
        missing = {"tax_residences": [TaxResidence(country="GB")], "us_person": False}
        records = [
            HolderRecord(
                holder=ref,
                details=PersonDetails.model_validate(known.known_details.model_dump(exclude_none=True) | missing),
                bank_details=BANK,
            )
            for ref, known in zip(holders, start.holders, strict=True)
        ]
        insist = self.repeats.insist
        prefilled = ACCOUNT.model_copy(update={"direct_debit": None})
        await insist(
            self._crm.open_application,
            OpenApplication(
                journey=journey,
                holders=records,
                plannr_illustration=self._plannr_illustration,
                account_details=prefilled,
            ),
        )
        await insist(self._investments.set_up_clients, SetUpClients(journey=journey, holders=records))
        await insist(
            self._crm.save_application,
            SaveApplication(journey=journey, holders=holders, account_details=ACCOUNT, propose=True),
        )
        return await insist(
            self._investments.open_account, OpenAccount(journey=journey, holders=holders, account_details=ACCOUNT)
        )

    async def _finish(self, journey: JourneyRef, holders: list[HolderRef], opened: AccountOpened) -> None:
        assert opened.platform_mandate is not None
        insist = self.repeats.insist
        given = RecordAcceptances(
            journey=journey,
            platform_account=opened.platform_account,
            acceptances=[_accepted(holder, kind, opened.documents) for holder in holders for kind in DocumentKind],
            mandate=GivenMandate(
                platform_mandate=opened.platform_mandate, evidence_id="mandate-1", accepted_at=ACCEPTED_AT
            ),
            activate=False,
        )
        # Both clients have done all they can while the checks go on.
        await insist(self._investments.record_acceptances, given)
        await self._pass_checks(holders)
        read = await insist(
            self._investments.read_clients, ReadClients(journey=journey, holders=holders, documents=True)
        )
        assert all(client.active for client in read.clients)
        activated = await insist(
            self._investments.record_acceptances,
            given.model_copy(update={"acceptances": [], "mandate": None, "activate": True}),
        )
        assert activated.active
        await insist(
            self._crm.complete_application,
            CompleteApplication(
                journey=journey,
                holders=holders,
                account_details=ACCOUNT,
                platform_account=opened.platform_account,
            ),
        )

    async def _pass_checks(self, holders: list[HolderRef]) -> None:
        for holder in holders:
            for check, outcome in (("aml", "cleared"), ("bav", "verified")):
                path = f"clients/{holder.platform_client}/{check}"
                await self._sandboxes.control(PLATFORM, "POST", path, {"status": outcome})


def _shared(start: StartJourney) -> dict[str, Any]:
    return {name: getattr(start, name) for name in JourneyRef.model_fields if name in StartJourney.model_fields}


def _accepted(holder: HolderRef, kind: DocumentKind, documents: list[DocumentView]) -> GivenAcceptance:
    return GivenAcceptance(
        person_id=holder.person_id,
        platform_client=holder.platform_client,
        kind=kind,
        evidence_id=f"{kind.value}-{holder.plannr_account}",
        accepted_at=ACCEPTED_AT,
        documents=[document for document in documents if document.kind is kind],
    )


async def play(sandboxes: Sandboxes, database: Database, patience: timedelta) -> list[float]:
    """Play the journey and return the pauses before whatever was tried again."""
    async with sandboxes.gateways(patience) as (plannr, platform):
        journey = StraightJourney(sandboxes, database, plannr, platform)
        await journey.play()
    return journey.repeats.pauses
