"""How journeys come to run: the start logic bound to the systems, and the workflow started with what is known."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from temporalio.client import Client
from temporalio.common import Priority, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.importing import ImportActivities
from activities.registry import Activity
from activities.starting import Launch, Starting, StartPolicy
from domain.identity import workflow_id
from domain.rules import Rules, load_rules
from models.messages import JourneyTimings, StartJourney
from runtime.services import Services
from runtime.settings import Settings
from runtime.temporal import JOURNEYS_QUEUE
from workflows import search_attributes
from workflows.onboarding import OnboardingJourney

START_PATIENCE: Final = timedelta(seconds=8)


@cache
def current_rules() -> Rules:
    """Return the dated rules table, read once."""
    return load_rules()


def build_starting(services: Services) -> Starting:
    """Return the start logic bound to these services."""
    return Starting(
        services.plannr,
        services.platform,
        services.database,
        rules=current_rules(),
        policy=start_policy(services.settings),
        launch=launcher(services.temporal),
    )


def start_policy(settings: Settings) -> StartPolicy:
    """Return what every journey is started with: each duration that there is a setting for comes from it."""
    timings = {name: getattr(settings, name) for name in JourneyTimings.model_fields if name in Settings.model_fields}
    return StartPolicy(
        timings=JourneyTimings(**timings),
        bank_details=settings.bank_details,
        link_tag=settings.link_tag,
        platform_url=settings.platform_url,
        split_queues=settings.split_queues,
    )


def build_import_activities(services: Services) -> list[Activity]:
    """Return the activities of imports bound to these services, for a worker of the journeys' queue."""
    return [ImportActivities(build_starting(services), services.database).start_batch]


def launcher(temporal: Client) -> Launch:
    """Return what starts a journey's workflow; firms share the workers fairly."""

    async def launch(start: StartJourney) -> bool:
        try:
            await temporal.start_workflow(
                OnboardingJourney.run,
                start,
                id=workflow_id(start.journey_id),
                task_queue=JOURNEYS_QUEUE,
                # A journey that ended is met as well: the same account is never opened twice (P45).
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=search_attributes.at_start(start, datetime.now(UTC)),
                rpc_timeout=START_PATIENCE,
                static_summary=f"Onboarding · {start.wrapper.value.upper()} · {start.journey_id}",
                priority=Priority(fairness_key=start.firm),
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    return launch
