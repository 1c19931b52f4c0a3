"""The Plannr gateway over HTTP. What it assumes beyond Plannr's published pages stands in `docs/connectors.md`."""

from connectors.plannr.plans import PlansOverHttp
from connectors.plannr.syncing import SyncingOverHttp
from connectors.plannr.tasks import TasksOverHttp
from connectors.plannr.webhooks import WebhooksOverHttp


class HttpPlannrGateway(SyncingOverHttp, PlansOverHttp, TasksOverHttp, WebhooksOverHttp):
    """Plannr behind its port: reads before it writes and writes what differs, so that every call can be repeated.

    Nothing is retried; failures are those of `connectors.errors`.
    """
