"""The worker whose work `onward bench --reconcile` measures: reconciliation alone, not held back by our own pace."""

import asyncio
import json
import os
import resource
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from temporalio.worker import Worker

from connectors.plannr.http_adapter import HttpPlannrGateway
from connectors.plannr.pace import Pace
from runtime.services import build_services
from runtime.settings import Settings
from runtime.synchronising import build_sync_activities
from runtime.telemetry import configure_logging
from runtime.temporal import JOURNEYS_QUEUE, workflow_runner
from workflows.registry import WORKFLOWS

USAGE_VARIABLE = "ONWARD_BENCH_USAGE"
_UNLIMITED = 10_000_000
# The kernel counts kibibytes; on macOS, bytes.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


async def run(settings: Settings) -> None:
    """Serve the journeys' queue until SIGTERM, then write down what it took."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with build_services(settings) as services, AsyncExitStack() as stack:
        plannr = _unlimited(settings)
        stack.push_async_callback(plannr.aclose)
        worker = Worker(
            services.temporal,
            task_queue=JOURNEYS_QUEUE,
            workflows=WORKFLOWS,
            activities=build_sync_activities(replace(services, plannr=plannr)),
            workflow_runner=workflow_runner(),
        )
        await stack.enter_async_context(worker)
        began = _cpu_seconds()
        await stop.wait()
    usage = {"cpu_seconds": _cpu_seconds() - began, "peak_rss_bytes": _peak_rss_bytes()}
    await asyncio.to_thread(Path(os.environ[USAGE_VARIABLE]).write_text, json.dumps(usage))


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak_rss_bytes() -> int:
    """Return the most memory this process ever had; elsewhere than on Linux that of who started it may be in it."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    kibibytes = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
    if kibibytes is not None:
        return int(kibibytes) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT


def _unlimited(settings: Settings) -> HttpPlannrGateway:
    """Return Plannr as the settings say, without our own pace: the sandbox's limit is lifted for the measurement."""
    return HttpPlannrGateway(
        base_url=settings.plannr_url,
        token=settings.plannr_token.get_secret_value(),
        tenants=settings.tenants,
        link_tag=settings.link_tag,
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        pace=Pace(_UNLIMITED, burst=_UNLIMITED),
    )


if __name__ == "__main__":
    configured = Settings.model_validate({})
    configure_logging(configured.log_format)
    asyncio.run(run(configured))
