"""Whose a client of the platform is, and whether a journey looks after them now (P5, P50)."""

from dataclasses import dataclass

from activities.sync_systems import SyncSystems
from connectors.platform.port import ClientRecord
from domain.journey import Stage
from models.syncing import LinkState
from models.tables import SyncedClientRow
from storage.syncing import SyncRepository


@dataclass(frozen=True, slots=True)
class Standing:
    """What we know of a client before anything is compared.

    Attributes:
        row: Our own record.
        firm: Whose client it is; None: no firm of ours.
        employee: The adviser in the firm's Plannr, if known.
        known_to_journeys: Whether a journey, running or over, has this client.
        left_to_journey: Whether one of them is writing to the same records now.
        awaits_client: Whether one of them waits for the client, so that nothing is raised to a person yet.
    """

    row: SyncedClientRow | None
    firm: str | None
    employee: str | None
    known_to_journeys: bool
    left_to_journey: bool
    awaits_client: bool


async def client_standing(systems: SyncSystems, record: ClientRecord) -> Standing:
    """Return what we know of a client of the platform."""
    async with systems.database.reading() as session:
        sync = SyncRepository(session)
        row = await sync.client(record.client)
        journeys = await sync.journeys_of(record.client, record.external_reference)
    adviser = systems.firm_of_adviser(record.adviser)
    firm = adviser[0] if adviser is not None else None
    if journeys:
        firm = journeys[-1][0]
    if row is not None and row.state is LinkState.LINKED and row.firm is not None:
        firm = row.firm
    running = {stage for _, stage in journeys if not stage.is_final}
    return Standing(
        row=row,
        firm=firm,
        employee=adviser[1] if adviser is not None and adviser[0] == firm else None,
        known_to_journeys=bool(journeys),
        left_to_journey=bool(running - {Stage.AWAITING_CLIENT}),
        awaits_client=Stage.AWAITING_CLIENT in running,
    )
