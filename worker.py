"""The worker process: settings → services → worker → graceful stop."""

import asyncio
import signal
from contextlib import AsyncExitStack

from temporalio.worker import Worker

from activities.registry import Registry
from api.launching import build_import_activities
from api.outgoing.gateways import build_delivery_activities
from runtime.services import Services, build_activities, build_services
from runtime.settings import Settings
from runtime.synchronising import build_sync_activities
from runtime.telemetry import configure_logging
from runtime.temporal import JOURNEYS_QUEUE, MAIL_QUEUE, PLANNR_QUEUE, PLATFORM_QUEUE, workflow_runner
from workflows.registry import WORKFLOWS

# Plannr allows 500 requests a minute and user; an activity makes up to five.
PLANNR_ACTIVITIES_PER_SECOND = 1.6


def build_workers(services: Services, registry: Registry) -> list[Worker]:
    """Return one worker for everything, or one per system as well when queues are split."""
    graceful = services.settings.worker_graceful_shutdown
    journeys = Worker(
        services.temporal,
        task_queue=JOURNEYS_QUEUE,
        workflows=WORKFLOWS,
        activities=[
            *(registry.journeys if services.settings.split_queues else registry.all),
            *build_import_activities(services),
            *build_sync_activities(services),
            *build_delivery_activities(services),
        ],
        workflow_runner=workflow_runner(),
        graceful_shutdown_timeout=graceful,
        # After a crash the new worker gets a journey's next task in two seconds instead of ten.
        sticky_queue_schedule_to_start_timeout=services.settings.sticky_timeout,
    )
    if not services.settings.split_queues:
        return [journeys]
    queues = {PLANNR_QUEUE: registry.plannr, PLATFORM_QUEUE: registry.platform, MAIL_QUEUE: registry.mail}
    limits = {PLANNR_QUEUE: PLANNR_ACTIVITIES_PER_SECOND}
    return [
        journeys,
        *(
            Worker(
                services.temporal,
                task_queue=queue,
                activities=activities,
                graceful_shutdown_timeout=graceful,
                max_task_queue_activities_per_second=limits.get(queue),
            )
            for queue, activities in queues.items()
        ),
    ]


async def run(settings: Settings) -> None:
    """Serve the task queues until SIGTERM or SIGINT, then let running activities finish."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    async with build_services(settings) as services, AsyncExitStack() as stack:
        for worker in build_workers(services, build_activities(services)):
            await stack.enter_async_context(worker)
        await stop.wait()


if __name__ == "__main__":
    settings = Settings.model_validate({})
    configure_logging(settings.log_format)
    asyncio.run(run(settings))
