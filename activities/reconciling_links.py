"""Records in Plannr that carry the mark of a link although nothing on the platform belongs to them (P5, P54)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from activities.reconciling_findings import leads_elsewhere, leads_nowhere
from activities.reconciling_reading import Systems
from connectors.errors import NotFound
from connectors.plannr.port import PlannrPerson
from storage.discrepancies import Finding
from storage.reconciliations import ReconciliationRepository
from storage.syncing import SyncRepository

_SEPARATOR: Final = "|"


@dataclass(frozen=True, slots=True)
class LinksPage:
    """What a page of one firm's tagged records shows, and where the next page begins."""

    findings: list[Finding]
    records: int
    cursor: str | None


async def compare_links(systems: Systems, cursor: str | None, alive: Callable[[], None]) -> LinksPage:
    """Look through the next tagged records, firm by firm; `alive` is told between two calls."""
    if not systems.firms:
        return LinksPage([], 0, None)
    firm, _, after = (cursor or systems.firms[0]).partition(_SEPARATOR)
    if firm not in systems.firms:
        # The settings lost this firm since the step before.
        return LinksPage([], 0, None)
    page = await systems.plannr.linked_people(firm, after or None)
    async with systems.database.reading() as session:
        known = await ReconciliationRepository(session).linked_records(firm, [each.account for each in page.people])
    findings = []
    for person in page.people:
        # Of a record that is known as somebody's, the client's own page has looked at both ends of the link.
        if person.account not in known:
            alive()
            finding = await _finding(systems, firm, person)
            findings += [finding] if finding is not None else []
    return LinksPage(findings, len(page.people), _next(systems.firms, firm, page.after))


async def _finding(systems: Systems, firm: str, person: PlannrPerson) -> Finding | None:
    named = person.platform_client
    if named is None:
        return leads_nowhere(person, firm)
    try:
        client = await systems.platform.client_record(named)
    except NotFound:
        return leads_nowhere(person, firm)
    async with systems.database.reading() as session:
        row = await SyncRepository(session).client(named)
    other = client.external_reference or (row.plannr_account if row is not None else None)
    return leads_elsewhere(person, firm, other) if other not in {None, person.account} else None


def _next(firms: Sequence[str], firm: str, after: str | None) -> str | None:
    if after is not None:
        return f"{firm}{_SEPARATOR}{after}"
    following = firms.index(firm) + 1
    return f"{firms[following]}{_SEPARATOR}" if following < len(firms) else None
