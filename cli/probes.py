"""Tells whether a part of Onward is ready to be used; each answer takes at most a second or two."""

import asyncio
import socket
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from engine.errors import EngineNotReady
from engine.namespace import ensure_namespace
from engine.server import wait_serving

_HTTP_PATIENCE = 1.0


def answers(url: str) -> bool:
    """Return whether an HTTP server answers this URL with 200."""
    # An empty handler list keeps a proxy of the environment away from servers on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_HTTP_PATIENCE) as response:
            return bool(response.status == 200)  # noqa: PLR2004 - HTTP's own number
    except (OSError, urllib.error.URLError, ValueError):
        return False


def listens(port: int) -> bool:
    """Return whether something takes connections on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(_HTTP_PATIENCE)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def serves(address: str) -> bool:
    """Return whether a Temporal server serves at this address."""
    try:
        asyncio.run(wait_serving(address, timedelta(0)))
    except EngineNotReady:
        return False
    return True


def namespace_usable(address: str, namespace: str) -> bool:
    """Ensure the namespace on a Temporal server that serves; False while none does."""

    async def ensure() -> None:
        await wait_serving(address, timedelta(0))
        await ensure_namespace(address, namespace)

    try:
        asyncio.run(ensure())
    except (EngineNotReady, RPCError, RuntimeError):
        return False
    return True


def worker_polls(address: str, namespace: str, queue: str, since: datetime) -> bool:
    """Return whether a worker has asked this task queue for workflow tasks after `since`."""
    request = DescribeTaskQueueRequest(
        namespace=namespace,
        task_queue=TaskQueue(name=queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )

    async def newest() -> datetime:
        temporal = await Client.connect(address, namespace=namespace)
        described = await temporal.workflow_service.describe_task_queue(request, timeout=timedelta(seconds=2))
        seen = [poller.last_access_time.ToDatetime(UTC) for poller in described.pollers]
        return max(seen, default=datetime.min.replace(tzinfo=UTC))

    try:
        return asyncio.run(newest()) > since
    except (RPCError, RuntimeError):
        return False
