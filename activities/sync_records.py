"""What the sync keeps of what it does: our own record, the discrepancies, the timeline and the events, together."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from activities.sync_fields import Compared, refused_key, sending_key
from domain.outgoing import EventType
from domain.ownership import Act, intended_key
from domain.sync_events import SyncEvent
from models.syncing import Cause
from models.tables import SyncedAccountRow, SyncedClientRow
from storage.discrepancies import DiscrepancyRepository, Finding
from storage.outgoing import OutgoingRepository
from storage.syncing import SyncRepository


@dataclass(slots=True)
class Report:
    """One sync of a client or account: what it did, to be kept in one transaction.

    Attributes:
        platform_id: The client or account of the platform.
        platform_client: The client in whose timeline it stands.
        platform_account: Set when it is about an account.
        plannr_account: The client's record in Plannr, if there is one.
        firm: Whose it is.
        cause: Why the two were compared.
        at: When.
        version: The version of the platform's record, as it is now.
        events: What is noted, each with the fields concerned.
        findings: What is left for a person; None: nothing was compared, and what is open stays.
        differing: Fields that differ without being raised now: where one is open already, it stays.
        written: The fields carried over.
        linked: Whether the link is new.
        closed_as: What became of discrepancies that are not there any more.
    """

    platform_id: str
    platform_client: str | None
    cause: Cause
    at: datetime
    version: int = 0
    platform_account: str | None = None
    plannr_account: str | None = None
    firm: str | None = None
    events: list[tuple[SyncEvent, Collection[str]]] = field(default_factory=list)
    findings: Sequence[Finding] | None = ()
    differing: Collection[str] = ()
    written: list[str] = field(default_factory=list)
    linked: bool = False
    closed_as: Literal["repaired", "gone"] = "repaired"

    def note(self, event: SyncEvent) -> None:
        """Note something of the whole record."""
        self.events.append((event, ()))

    def note_fields(self, event: SyncEvent, fields: Collection[str]) -> None:
        """Note something of these fields, if there are any."""
        if fields:
            self.events.append((event, fields))


async def keep(session: AsyncSession, row: SyncedClientRow | SyncedAccountRow, report: Report) -> None:
    """Store the row, the findings, the timeline and the events of one sync; nothing is told that did not happen."""
    sync = SyncRepository(session)
    if isinstance(row, SyncedClientRow):
        await sync.save_clients([row])
    else:
        await sync.save_accounts([row])
    events = [*report.events, *await _findings(session, report)]
    for kind, fields in events:
        await sync.note(
            at=report.at,
            kind=kind,
            cause=report.cause,
            firm=report.firm,
            platform_client=report.platform_client,
            platform_account=report.platform_account,
            plannr_account=report.plannr_account,
            fields=fields,
        )
    await _tell(session, report)


def written_ahead(compared: Compared) -> dict[str, str]:
    """Return the memory to keep before the writes, so that one that is cut off is known for ours (P52).

    The base beside an intended value is what Plannr holds just before, which the comparison has found to be ours.
    """
    bases = dict(compared.bases)
    for name, value in compared.values.items():
        act = compared.acts.get(name)
        if act is Act.TO_PLATFORM:
            bases[sending_key(name)] = value
        elif act is Act.TO_PLANNR:
            bases[intended_key(name)] = value
            bases.pop(name, None)
            if name in compared.replaced:
                bases[name] = compared.replaced[name]
    return bases


def written_after(compared: Compared, taken: Collection[str], refused: AbstractSet[str]) -> dict[str, str]:
    """Return the memory to keep after the writes: both hold what was taken, and what was refused is not tried again."""
    bases = {name: value for name, value in compared.bases.items() if name != intended_key(name.partition(":")[0])}
    for name in taken:
        bases[name] = compared.values[name]
    for name in refused & compared.values.keys():
        bases[refused_key(name)] = compared.values[name]
    return bases


def carried(compared: Compared, taken: Collection[str], act: Act) -> list[str]:
    """Return the fields carried this way: those taken now, and those of a write that was cut off and had arrived."""
    now = [name for name in taken if compared.acts.get(name) is act]
    return sorted({*now, *(name for name, way in compared.arrived.items() if way is act)})


def for_a_person(compared: Compared, refused: Collection[str]) -> list[Finding]:
    """Return what is left for a person: what the table leaves to them, and what a system refused."""
    return [
        replace(finding, proposal=Act.PERSON)
        for finding in compared.findings
        if finding.proposal is Act.PERSON or finding.field in refused
    ]


async def _findings(session: AsyncSession, report: Report) -> list[tuple[SyncEvent, Collection[str]]]:
    if report.findings is None:
        return []
    discrepancies = DiscrepancyRepository(session)
    before = await discrepancies.open_fields(report.platform_id)
    now_open = {finding.field for finding in report.findings}
    await discrepancies.record(report.findings, now=report.at)
    events: list[tuple[SyncEvent, Collection[str]]] = []
    if now_open - before:
        events.append((SyncEvent.FOR_A_PERSON, now_open - before))
    staying = now_open.union(report.differing)
    if before - staying:
        await discrepancies.keep_only(report.platform_id, staying, now=report.at, closed_as=report.closed_as)
        events.append((SyncEvent.CLOSED, before - staying))
    return events


async def _tell(session: AsyncSession, report: Report) -> None:
    if report.firm is None:
        return
    outgoing = OutgoingRepository(session)
    if report.linked:
        linked: dict[str, JsonValue] = {
            "platform_client": report.platform_client,
            "plannr_account": report.plannr_account,
        }
        await outgoing.tell(
            firm=report.firm,
            event_type=EventType.CLIENT_LINKED,
            identity=(report.platform_id, str(report.plannr_account)),
            data=linked,
            at=report.at,
        )
    if report.written:
        synced: dict[str, JsonValue] = {
            "platform_client": report.platform_client,
            "platform_account": report.platform_account,
            "plannr_account": report.plannr_account,
            "fields": [*report.written],
        }
        await outgoing.tell(
            firm=report.firm,
            event_type=EventType.CLIENT_SYNCED,
            identity=(report.platform_id, str(report.version), report.at.isoformat()),
            data=synced,
            at=report.at,
        )
