"""Which record in Plannr is a platform client's (P5b)."""

from dataclasses import dataclass

from activities.sync_systems import SyncSystems
from connectors.plannr.port import PlannrPerson
from connectors.platform.port import ClientRecord
from domain.matching import Ambiguous, Candidate, One, Sought, match
from models.tables import SyncedClientRow


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: a record, several that a person has to choose from, or none.

    Attributes:
        person: The record.
        matched: Whether it was found by what it says, rather than by a link.
        created: Whether it was made just now.
        undecided: Whether a person has to choose.
        candidates: What to choose from.
    """

    person: PlannrPerson | None = None
    matched: bool = False
    created: bool = False
    undecided: bool = False
    candidates: tuple[str, ...] = ()


async def find_person(systems: SyncSystems, firm: str, record: ClientRecord, row: SyncedClientRow | None) -> Found:
    """Return the client's record by our own record, by the platform's reference, or by what it says."""
    known = [row.plannr_account] if row is not None and row.plannr_account is not None else []
    if record.external_reference is not None and record.external_reference not in known:
        known.append(record.external_reference)
    if not known:
        return await _match(systems, firm, record)
    there = {person.account: person for person in await systems.plannr.read_people(firm, known)}
    for account in known:
        if account in there:
            return Found(person=there[account])
    # A reference that leads nowhere is somebody's: another record is never put in its place.
    return Found(undecided=row is None or row.plannr_account is None)


async def _match(systems: SyncSystems, firm: str, record: ClientRecord) -> Found:
    people = await systems.plannr.match_candidates(firm, record.details)
    details = record.details
    sought = Sought(
        platform_client=record.client,
        first_name=details.first_name,
        last_name=details.last_name,
        date_of_birth=details.date_of_birth,
        email=details.email,
        national_insurance_number=details.national_insurance_number,
    )
    found = match(sought, [_candidate(person) for person in people])
    if isinstance(found, Ambiguous):
        return Found(undecided=True, candidates=found.record_ids)
    if isinstance(found, One):
        return Found(person=next(each for each in people if each.account == found.record_id), matched=True)
    return Found()


def _candidate(person: PlannrPerson) -> Candidate:
    known = person.known_details
    return Candidate(
        record_id=person.account,
        linked_to=person.platform_client,
        first_name=known.first_name,
        last_name=known.last_name,
        date_of_birth=known.date_of_birth,
        email=known.email,
        national_insurance_number=known.national_insurance_number,
    )
