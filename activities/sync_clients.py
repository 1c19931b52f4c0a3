"""The sync of one client of the platform with their record in Plannr (P5, P50, P51, P52)."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from weakref import WeakValueDictionary

from activities.comparing import LINK, Compared, client_row, compare_client
from activities.sync_aside import client_gone, contested, left_to_journey, undecided, without_firm
from activities.sync_fields import sending_key
from activities.sync_matching import Found, find_person
from activities.sync_records import Report, carried, for_a_person, keep, written_after, written_ahead
from activities.sync_standing import Standing, client_standing
from activities.sync_systems import SyncSystems
from activities.sync_writes import Written, write_to_plannr, write_to_platform
from connectors.errors import Conflict, Invalid, NotFound
from connectors.plannr.port import PlannrPerson
from connectors.platform.port import ClientRecord
from domain.ownership import Act
from domain.sync_events import SyncEvent
from models.people import BankDetails
from models.syncing import Cause, LinkState, SyncOutcome
from models.tables import SyncedClientRow
from storage.syncing import SyncRepository

# Kept from before a link is made until it is told of, so that a crash between the two loses neither.
_NEW_LINK: Final = sending_key(LINK)
_NEW: Final = frozenset({SyncEvent.CREATED, SyncEvent.MATCHED, SyncEvent.LINKED})


@dataclass(frozen=True, slots=True)
class _Case:
    """A client whom the sync looks after, and how their record in Plannr was come by."""

    record: ClientRecord
    firm: str
    standing: Standing
    report: Report
    read_at: datetime
    how: SyncEvent | None = None

    @property
    def row(self) -> SyncedClientRow | None:
        return self.standing.row

    def new_row(self, account: str | None, compared: Compared, state: LinkState) -> SyncedClientRow:
        return client_row(self.record, account, compared, firm=self.firm, state=state, read_at=self.read_at)


class ClientSync:
    """Compares one client and carries over what may be."""

    def __init__(self, systems: SyncSystems) -> None:
        """Work with both systems and our own record."""
        self._systems = systems
        self._meetings: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def run(self, platform_client: str, cause: Cause) -> SyncOutcome:
        """Sync the client once, from fresh readings.

        Raises:
            Conflict: `precondition_failed`, when the client was changed while it was being synced.
            NotFound: A record went away while it was being synced.
        """
        systems, read_at = self._systems, self._systems.clock()
        report = Report(platform_id=platform_client, platform_client=platform_client, cause=cause, at=read_at)
        try:
            record = await systems.platform.client_record(platform_client)
        except NotFound:
            return await client_gone(systems, report)
        report.version = record.version
        standing = await client_standing(systems, record)
        report.firm = standing.firm
        if standing.left_to_journey:
            return await left_to_journey(systems, standing, report)
        if standing.firm is None:
            return await without_firm(systems, record, standing, report)
        case = _Case(record, standing.firm, standing, report, read_at)
        if case.row is not None and case.row.plannr_account is not None:
            return await self._meet(case)
        # Two clients of a firm who are looked for at once could both be taken for nobody's, or for the same record's.
        async with self._meetings.setdefault(case.firm, asyncio.Lock()):
            return await self._meet(case)

    async def _meet(self, case: _Case) -> SyncOutcome:
        found = await find_person(self._systems, case.firm, case.record, case.row)
        if found.person is None and not found.undecided and (case.row is None or case.row.plannr_account is None):
            found = await self._create(case)
        if found.undecided:
            return await undecided(self._systems, case.record, case.standing, case.report, found.candidates)
        return await self._compare(replace(case, how=_how(case, found)), found.person)

    async def _create(self, case: _Case) -> Found:
        """Make the record, once; that it is being made is kept before, so that a crash is not taken for a match.

        What Plannr refuses to make is left to a person.
        """
        row = case.new_row(None, Compared(bases={_NEW_LINK: SyncEvent.CREATED}), LinkState.LINKED)
        async with self._systems.database.transaction() as session:
            await SyncRepository(session).save_clients([row])
        try:
            account = await self._systems.plannr.create_client(
                case.firm, case.record.details, case.standing.employee, case.record.client
            )
        except Invalid:
            # Plannr has no place for somebody of whom so little, or something so odd, is known.
            return Found(undecided=True)
        return Found(person=await self._systems.plannr.read_person(case.firm, account), created=True)

    async def _compare(self, case: _Case, person: PlannrPerson | None) -> SyncOutcome:
        bank = None
        if person is not None:
            banks = await self._systems.plannr.bank_accounts(case.firm, [person.account])
            bank = banks.get(person.account)
        compared = compare_client(
            case.record,
            person,
            bank,
            case.row,
            key=self._systems.key,
            firm=case.firm,
            first_meeting=_is_first_meeting(case, person),
        )
        if person is None:
            return await self._finish(case, None, compared, Written(), LinkState.GONE)
        other = await self._other_client(case, person)
        if other is not None or compared.acts.get(LINK) is Act.PERSON:
            return await contested(self._systems, case.record, person, case.standing, case.report, other=other)
        return await self._carry_over(case, person, bank, compared)

    async def _carry_over(
        self, case: _Case, person: PlannrPerson, bank: BankDetails | None, compared: Compared
    ) -> SyncOutcome:
        to_platform = [name for name in compared.fields(Act.TO_PLATFORM) if name != LINK]
        to_plannr = [name for name in compared.fields(Act.TO_PLANNR) if name != LINK]
        linking = LINK in compared.acts
        if case.how is not None or linking or to_platform or to_plannr:
            row = case.new_row(person.account, compared, LinkState.LINKED)
            row.bases = written_ahead(compared) | ({} if case.how is None else {_NEW_LINK: case.how})
            async with self._systems.database.transaction() as session:
                await SyncRepository(session).save_clients([row])
        record = case.record
        if linking:
            try:
                record = await self._link(case, person)
            except Conflict as refusal:
                if refusal.code != "duplicate_external_reference":
                    raise
                other = refusal.existing_id or person.account
                return await contested(self._systems, record, person, case.standing, case.report, other=other)
        record, sent = await write_to_platform(self._systems, record, person, bank, to_platform)
        filled = await write_to_plannr(self._systems, case.firm, person, record, to_plannr)
        written = Written(sent.taken | filled.taken, sent.refused | filled.refused)
        case = replace(case, record=record, how=case.how or (SyncEvent.LINKED if linking else None))
        return await self._finish(case, person.account, compared, written, LinkState.LINKED)

    async def _link(self, case: _Case, person: PlannrPerson) -> ClientRecord:
        """Link both sides; the platform's first, which refuses a reference that another client has."""
        record = case.record
        if record.external_reference is None:
            record = await self._systems.platform.refer_client(record.client, person.account, version=record.version)
        if person.platform_client is None or not person.link_tagged:
            await self._systems.plannr.link(case.firm, person.account, record.client)
        return record

    async def _other_client(self, case: _Case, person: PlannrPerson) -> str | None:
        """Return another client of the platform who is linked with the same record by our own record, if any."""
        async with self._systems.database.reading() as session:
            row = await SyncRepository(session).client_of(case.firm, person.account)
        if row is None or row.platform_client == case.record.client or row.state is not LinkState.LINKED:
            return None
        return row.platform_client

    async def _finish(
        self, case: _Case, account: str | None, compared: Compared, written: Written, state: LinkState
    ) -> SyncOutcome:
        report, row = case.report, case.row
        to_platform = carried(compared, written.taken, Act.TO_PLATFORM)
        to_plannr = carried(compared, written.taken, Act.TO_PLANNR)
        report.version = case.record.version
        report.plannr_account = account or (row.plannr_account if row is not None else None)
        report.findings = for_a_person(compared, written.refused)
        kept = case.new_row(report.plannr_account, compared, state)
        kept.bases = written_after(compared, written.taken, written.refused)
        if case.standing.awaits_client:
            kept.held = list(row.held) if row is not None else []
            report.differing = {finding.field for finding in report.findings}
            report.findings = []
        if state is LinkState.GONE and row is not None and row.state is not state:
            report.note(SyncEvent.GONE)
        if case.how is not None:
            report.note(case.how)
            report.linked = True
        report.note_fields(SyncEvent.TO_PLATFORM, to_platform)
        report.note_fields(SyncEvent.TO_PLANNR, to_plannr)
        report.written = sorted({*to_platform, *to_plannr})
        async with self._systems.database.transaction() as session:
            await keep(session, kept, report)
        return SyncOutcome(
            state=state,
            to_platform=to_platform,
            to_plannr=to_plannr,
            for_a_person=_names(report),
            created=case.how is SyncEvent.CREATED,
        )


def _how(case: _Case, found: Found) -> SyncEvent | None:
    """Return how client and record came together, unless they are known to be linked."""
    row, person = case.row, found.person
    if row is not None and row.bases.get(_NEW_LINK) in _NEW:
        return SyncEvent(row.bases[_NEW_LINK])
    if found.created:
        return SyncEvent.CREATED
    if person is None or (row is not None and row.plannr_account == person.account):
        return None
    if found.matched:
        return SyncEvent.MATCHED
    both = person.platform_client == case.record.client and case.record.external_reference == person.account
    return None if both and row is None else SyncEvent.LINKED


def _is_first_meeting(case: _Case, person: PlannrPerson | None) -> bool:
    """Tell whether neither value can be the newer one: the two were never compared, and no journey wrote both."""
    row = case.row
    known = row is not None and person is not None and row.plannr_account == person.account
    return case.how in {SyncEvent.MATCHED, SyncEvent.LINKED} and not known and not case.standing.known_to_journeys


def _names(report: Report) -> Collection[str]:
    return sorted({finding.field for finding in report.findings or ()})
