"""Counts and durations for Prometheus; labels are operations and states, never people or ids."""

from prometheus_client import CollectorRegistry, Counter, Histogram


class Metrics:
    """The measurements of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "onward_http_requests_total",
            "Requests answered",
            ["method", "operation", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "onward_http_request_seconds",
            "Time until the answer began",
            ["operation"],
            registry=self.registry,
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self.webhooks = Counter(
            "onward_webhooks_total",
            "Deliveries of other systems",
            ["source", "outcome"],
            registry=self.registry,
        )
