"""The Plannr gateway over HTTP. What it assumes beyond Plannr's published pages stands in `docs/connectors.md`."""

from connectors.plannr.business import BusinessOverHttp
from connectors.plannr.people import PeopleOverHttp
from connectors.plannr.tasks import TasksOverHttp
from connectors.plannr.webhooks import WebhooksOverHttp


class HttpPlannrGateway(PeopleOverHttp, BusinessOverHttp, TasksOverHttp, WebhooksOverHttp):
    """Plannr behind its port: reads before it writes and writes what differs, so that every call can be repeated.

    Nothing is retried; failures are those of `connectors.errors`.
    """
