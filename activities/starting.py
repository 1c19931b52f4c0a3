"""Starting journeys: everything that could stand in the way is looked at before anything is created."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from activities.eligibility import account_facts, details_to_ask, notices, party_facts
from activities.start_checks import (
    Party,
    check_links,
    login_taken,
    named_parties,
    refuse_child_alone,
    refuse_ineligible,
    served_wrapper,
)
from activities.start_refusals import Fault, StartRefusal, StartRefused
from connectors.bank_holidays import bank_holidays
from connectors.errors import NotFound
from connectors.plannr.port import PlannrGateway
from connectors.platform.port import PlatformGateway
from domain.calendar import london_day
from domain.eligibility import assess
from domain.identity import journey_id, person_id
from domain.journey import BankDetailsPolicy, PartyRole, Wrapper
from domain.rules import Rules
from models.messages import Actor, Adviser, Holder, JourneyTimings, StartJourney
from models.schemas.eligibility import EligibilityNotice, WrapperAnswers
from models.schemas.starting import PartyToStart, StartJourneyForm
from storage.audit import AuditRepository
from storage.database import Database
from storage.eligibility import EligibilityRepository
from storage.journeys import JourneyRepository
from storage.people import PersonRepository

_HOLIDAYS_AHEAD: Final = timedelta(days=2 * 366)

Launch = Callable[[StartJourney], Awaitable[bool]]
"""Starts the workflow of a journey; False when it was started before (P45)."""


@dataclass(frozen=True)
class StartPolicy:
    """What every journey is started with, from the settings."""

    timings: JourneyTimings
    bank_details: BankDetailsPolicy
    link_tag: str
    platform_url: str | None
    split_queues: bool


@dataclass(frozen=True, slots=True)
class Opener:
    """For whom a journey is started: the firm, and the adviser it belongs to."""

    firm: str
    firm_name: str
    adviser: Adviser


@dataclass(frozen=True, slots=True)
class Prepared:
    """A journey that may be started; `start` is None when it was there already (P45)."""

    journey_id: str
    wrapper: Wrapper
    warnings: list[EligibilityNotice]
    answers: WrapperAnswers
    start: StartJourney | None


@dataclass(frozen=True, slots=True)
class Started:
    """A journey, and whether it was created by this very request."""

    journey_id: str
    wrapper: Wrapper
    warnings: list[EligibilityNotice]
    created: bool


class Starting:
    """Looks at a start form, and starts the journey it describes."""

    def __init__(
        self,
        plannr: PlannrGateway,
        platform: PlatformGateway,
        database: Database,
        *,
        rules: Rules,
        policy: StartPolicy,
        launch: Launch,
    ) -> None:
        """Read the two systems, keep audit and eligibility in this database, and launch workflows this way."""
        self._plannr = plannr
        self._platform = platform
        self._database = database
        self._rules = rules
        self._policy = policy
        self._launch = launch

    async def start(self, opener: Opener, form: StartJourneyForm, now: datetime) -> Started:
        """Start the journey this form describes, or find the one that is there already (P45).

        Raises:
            StartRefused: Something stands in the way; neither system has been written to.
            ConnectorError: A system does not answer.
        """
        return await self.launch(await self.prepare(opener, form, now), now)

    async def prepare(self, opener: Opener, form: StartJourneyForm, now: datetime) -> Prepared:
        """Look at everything that could stand in the way; nothing is written anywhere.

        Raises:
            StartRefused: Something does.
            ConnectorError: A system does not answer.
        """
        wrapper = served_wrapper(form)
        journey = journey_id(
            opener.firm, form.external_reference, [holder.plannr_account for holder in form.holders], wrapper
        )
        answers = WrapperAnswers.model_validate(form.model_dump(include=set(WrapperAnswers.model_fields)))
        known = await self._known(opener.firm, journey)
        if known is not None:
            return Prepared(journey, wrapper, known, answers, None)
        parties = await self._read_parties(opener.firm, form, wrapper)
        today = london_day(now)
        facts = [party_facts(party.person_id, party.role, party.details) for party in parties]
        assessment = assess(facts, account_facts(wrapper, answers), today, self._rules)
        refuse_ineligible(parties, assessment.refusals)
        refuse_child_alone(parties)
        await check_links(
            self._platform,
            parties,
            with_illustration=form.illustration is not None,
            link_tag=self._policy.link_tag,
        )
        await self._check_logins(parties)
        holders = self._holders(parties, wrapper, today)
        start = self._assemble(opener, form, wrapper=wrapper, journey=journey, holders=holders, today=today)
        return Prepared(journey, wrapper, notices(assessment), answers, start)

    async def launch(self, prepared: Prepared, now: datetime) -> Started:
        """Put the start on record, then start the workflow of a journey that was looked at."""
        created = False
        if prepared.start is not None:
            await self._record(prepared.start, prepared, now)
            created = await self._launch(prepared.start)
        return Started(prepared.journey_id, prepared.wrapper, prepared.warnings, created)

    async def _known(self, firm: str, journey: str) -> list[EligibilityNotice] | None:
        """Return the warnings of a journey that was ever reported; the engine knows of newer ones."""
        async with self._database.reading() as session:
            if await JourneyRepository(session).get(journey, firm=firm) is None:
                return None
            row = await EligibilityRepository(session).get(journey)
        return [EligibilityNotice.model_validate(warning) for warning in row.warnings] if row else []

    async def _read_parties(self, firm: str, form: StartJourneyForm, wrapper: Wrapper) -> list[Party]:
        named = named_parties(form, wrapper)
        return list(await asyncio.gather(*(self._read_party(firm, *party) for party in named)))

    async def _read_party(self, firm: str, role: PartyRole, named: PartyToStart, pointer: str) -> Party:
        try:
            person = await self._plannr.read_person(firm, named.plannr_account)
        except NotFound:
            sentence = "Plannr has no such client in your firm."
            raise StartRefused(StartRefusal.PLANNR_CLIENT_UNKNOWN, sentence, [Fault(pointer, sentence)]) from None
        return Party(person_id(firm, named.plannr_account), role, pointer, person, named.details)

    async def _check_logins(self, parties: Sequence[Party]) -> None:
        """Make sure that nobody else signs in to the portal with the address of somebody who will (P34)."""
        acting = [(party, party.details.email) for party in parties if party.role.acts]
        async with self._database.reading() as session:
            people = PersonRepository(session)
            for party, email in acting:
                known = await people.by_email(email) if email else None
                if known is not None and known.person_id != party.person_id:
                    raise login_taken(party)

    def _holders(self, parties: Sequence[Party], wrapper: Wrapper, today: date) -> list[Holder]:
        return [
            Holder(
                person_id=party.person_id,
                plannr_account=party.person.account,
                role=party.role,
                platform_client=party.person.platform_client,
                known_details=party.details,
                required_details=details_to_ask(
                    wrapper, party_facts(party.person_id, party.role, party.details), today, self._rules
                ),
            )
            for party in parties
        ]

    def _assemble(
        self,
        opener: Opener,
        form: StartJourneyForm,
        *,
        wrapper: Wrapper,
        journey: str,
        holders: list[Holder],
        today: date,
    ) -> StartJourney:
        policy = self._policy
        return StartJourney(
            journey_id=journey,
            firm=opener.firm,
            firm_name=opener.firm_name,
            adviser=opener.adviser,
            external_reference=form.external_reference,
            wrapper=wrapper,
            holders=holders,
            illustration=form.illustration,
            bank_details_policy=policy.bank_details,
            timings=policy.timings,
            bank_holidays=bank_holidays(today, today + _HOLIDAYS_AHEAD),
            child_trust_fund_held=form.child_trust_fund_held,
            split_queues=policy.split_queues,
            platform_url=policy.platform_url,
        )

    async def _record(self, start: StartJourney, prepared: Prepared, now: datetime) -> None:
        async with self._database.transaction() as session:
            await EligibilityRepository(session).save(
                start.journey_id,
                start.firm,
                answers=prepared.answers.model_dump(mode="json"),
                warnings=[warning.model_dump(mode="json") for warning in prepared.warnings],
                now=now,
            )
            await AuditRepository(session).record(
                firm=start.firm,
                actor=Actor(kind="adviser", id=start.adviser.id),
                action="start_journey",
                at=now,
                journey_id=start.journey_id,
                details={
                    "wrapper": start.wrapper.value,
                    "with_illustration": start.illustration is not None,
                    "warnings": [warning.code for warning in prepared.warnings],
                },
            )
