"""Every activity of the product, by the system it talks to."""

from collections.abc import Callable
from dataclasses import dataclass

from activities.closing import ClosingActivities
from activities.emails import EmailActivities, EmailPolicy
from activities.illustrations import IllustrationActivities
from activities.journeys import JourneyActivities
from activities.plannr import PlannrActivities
from activities.platform import PlatformActivities
from connectors.mail.port import MailGateway
from connectors.plannr.port import PlannrGateway
from connectors.platform.port import PlatformGateway
from storage.database import Database

Activity = Callable[..., object]


@dataclass(frozen=True)
class Registry:
    """The activities of each system, so that a system can have a queue and workers of its own."""

    plannr: list[Activity]
    platform: list[Activity]
    mail: list[Activity]
    journeys: list[Activity]

    @property
    def all(self) -> list[Activity]:
        """Every activity, for a worker that serves all."""
        return [*self.plannr, *self.platform, *self.mail, *self.journeys]


def build_registry(
    *,
    plannr: PlannrGateway,
    platform: PlatformGateway,
    mail: MailGateway,
    database: Database,
    email_policy: EmailPolicy,
) -> Registry:
    """Return every activity bound to these systems."""
    crm = PlannrActivities(plannr)
    investments = PlatformActivities(platform)
    closing = ClosingActivities(plannr, platform)
    post = EmailActivities(mail, database, email_policy)
    return Registry(
        plannr=[
            crm.open_application,
            crm.update_people,
            crm.save_application,
            crm.complete_application,
            closing.close_in_plannr,
            closing.raise_task,
        ],
        platform=[
            IllustrationActivities(plannr, platform).record,
            investments.set_up_clients,
            investments.open_account,
            investments.read_clients,
            investments.save_bank_details,
            investments.record_acceptances,
            closing.undo_on_platform,
            closing.amend_account,
            closing.open_mandate,
        ],
        mail=[post.send],
        journeys=[JourneyActivities(database).project],
    )
