"""The first step of a journey, in both systems at once: Plannr's link needs the platform client's id."""

from temporalio import activity

from activities.failures import failures
from connectors.plannr.port import IllustrationRecord, PlannrGateway
from connectors.platform.port import PlatformGateway
from domain.journey import PartyRole
from models.payloads import HolderToRegister, IllustrationRecorded, JourneyRef, RecordIllustration


class IllustrationActivities:
    """Records illustrations and links clients."""

    def __init__(self, plannr: PlannrGateway, platform: PlatformGateway) -> None:
        """Write through these gateways."""
        self._plannr = plannr
        self._platform = platform

    @activity.defn(name="illustrations.record")
    async def record(self, request: RecordIllustration) -> IllustrationRecorded:
        """P10, P5: register and link holders who are not linked yet, record the illustration in both systems."""
        journey = request.journey
        with failures():
            clients: dict[str, str] = {}
            for holder in request.holders:
                clients[holder.person_id] = await self._client(journey, holder, next(iter(clients.values()), None))
            owners = [clients[holder.person_id] for holder in request.holders if holder.role.owns]
            platform_illustration = await self._platform.record_illustration(
                journey.journey_id, owners, journey.wrapper, request.illustration
            )
            plannr_illustration = await self._plannr.record_illustration(
                journey.firm,
                IllustrationRecord(
                    journey_id=journey.journey_id,
                    accounts=[holder.plannr_account for holder in request.holders if holder.role.owns],
                    requested_by=journey.adviser.plannr_account,
                    wrapper=journey.wrapper,
                    illustration=request.illustration,
                ),
            )
            for holder in request.holders:
                await self._plannr.link(journey.firm, holder.plannr_account, clients[holder.person_id])
        return IllustrationRecorded(
            clients=clients,
            platform_illustration=platform_illustration,
            plannr_illustration=plannr_illustration,
        )

    async def _client(self, journey: JourneyRef, holder: HolderToRegister, first: str | None) -> str:
        """Return the platform client, registered if need be; a child under the guardian who was registered before."""
        if holder.platform_client is not None:
            return holder.platform_client
        guardian = first if holder.role is PartyRole.CHILD else None
        registered = await self._platform.register_client(
            holder.plannr_account, holder.known_details, journey.adviser.id, guardian=guardian
        )
        return registered.client
