"""How every process talks to Temporal: one converter, one sandbox policy, names defined once."""

import asyncio
from datetime import timedelta

from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from domain.identity import workflow_id
from models.messages import JourneyResult
from workflows.onboarding import OnboardingJourney
from workflows.options import JOURNEYS_QUEUE, MAIL_QUEUE, PLANNR_QUEUE, PLATFORM_QUEUE

__all__ = [
    "JOURNEYS_QUEUE",
    "MAIL_QUEUE",
    "PLANNR_QUEUE",
    "PLATFORM_QUEUE",
    "JourneyHandle",
    "connect",
    "journey_handle",
    "workflow_runner",
]

JourneyHandle = WorkflowHandle[OnboardingJourney, JourneyResult]

# Our own packages and the heavy libraries they pull in keep one identity inside and outside the workflow sandbox;
# re-importing them for every workflow costs hundreds of milliseconds each. Purity of `domain` is held by lint.
PASSED_THROUGH = ("domain", "models", "activities", "connectors", "storage", "phonenumbers", "email_validator", "dns")


def workflow_runner() -> SandboxedWorkflowRunner:
    """Return the sandboxed runner that the worker, the tests and the replayer share."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH),
    )


def journey_handle(temporal: Client, journey_id: str) -> JourneyHandle:
    """Return the handle of a journey's workflow, whether it runs or not."""
    return temporal.get_workflow_handle_for(OnboardingJourney.run, workflow_id(journey_id))


async def connect(address: str, namespace: str, *, patience: timedelta = timedelta(seconds=60)) -> Client:
    """Connect to Temporal, waiting for it to come up; raises RuntimeError once the patience is used up."""
    deadline = asyncio.get_running_loop().time() + patience.total_seconds()
    while True:
        try:
            return await Client.connect(address, namespace=namespace, data_converter=pydantic_data_converter)
        except (RPCError, RuntimeError):
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.2)
