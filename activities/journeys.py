"""Our own record of journeys: the projection that lists and the portal read."""

from temporalio import activity

from models.messages import Progress
from storage.database import Database
from storage.journeys import JourneyRepository


class JourneyActivities:
    """Writes the projection; the workflow stays the truth."""

    def __init__(self, database: Database) -> None:
        """Write to this database."""
        self._database = database

    @activity.defn(name="journeys.project")
    async def project(self, progress: Progress) -> None:
        """Bring the journey's row up to this version; an older version changes nothing."""
        async with self._database.transaction() as session:
            await JourneyRepository(session).project(progress)
