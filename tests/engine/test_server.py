"""The engine on this machine: a real server, its namespace, its clock, its Web UI."""

import asyncio
import socket
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from temporalio.worker import Worker

from engine.errors import EngineNotReady
from engine.namespace import SEARCH_ATTRIBUTES, ensure_namespace
from engine.obtain import obtain
from engine.process import wait_until
from engine.server import TemporalServer

FIRM = SearchAttributeKey.for_keyword("Firm")
DUE_AT = SearchAttributeKey.for_datetime("DueAt")


@workflow.defn(sandboxed=False)
class Answer:
    """Ends at once."""

    @workflow.run
    async def run(self) -> str:
        """Return a word."""
        return "answered"


@workflow.defn(sandboxed=False)
class Reminder:
    """Waits a week, then for an answer."""

    def __init__(self) -> None:
        self._answered = False

    @workflow.run
    async def run(self) -> float:
        """Return the days between start and answer, by the workflow's clock."""
        started = workflow.now()
        await workflow.sleep(timedelta(days=7))
        workflow.upsert_search_attributes([DUE_AT.value_set(workflow.now())])
        await workflow.wait_condition(lambda: self._answered)
        return (workflow.now() - started) / timedelta(days=1)

    @workflow.signal
    def answered(self) -> None:
        """Take note of the answer."""
        self._answered = True


async def test_ensuring_the_namespace_twice_changes_nothing(temporal_server: TemporalServer) -> None:
    """The second start finds namespace, retention and search attributes as the first one left them."""
    namespace = f"twice-{uuid4().hex[:8]}"

    await ensure_namespace(temporal_server.address, namespace)
    await ensure_namespace(temporal_server.address, namespace)

    temporal = await Client.connect(temporal_server.address, namespace=namespace)
    described = await temporal.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    assert described.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=90)
    assert set(SEARCH_ATTRIBUTES) <= set(described.config.custom_search_attribute_aliases.values())


async def test_a_changed_retention_reaches_an_existing_namespace(temporal_server: TemporalServer) -> None:
    """A new setting is applied at the next start."""
    namespace = f"keep-{uuid4().hex[:8]}"

    await ensure_namespace(temporal_server.address, namespace, timedelta(days=30))
    await ensure_namespace(temporal_server.address, namespace, timedelta(days=400))

    temporal = await Client.connect(temporal_server.address, namespace=namespace)
    described = await temporal.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    assert described.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=400)


async def test_a_week_passes_in_seconds(temporal_server: TemporalServer) -> None:
    """Timers run at their real durations by time skipping, and search attributes written after them are found."""
    namespace, queue = f"skip-{uuid4().hex[:8]}", uuid4().hex
    await ensure_namespace(temporal_server.address, namespace)
    skipper = TimeSkipper(
        await Client.connect(temporal_server.address, namespace=namespace),
        config=TimeSkippingConfig(enabled=False),
    )
    async with Worker(skipper.client, task_queue=queue, workflows=[Reminder]):
        handle = await skipper.client.start_workflow(
            Reminder.run,
            id="reminder",
            task_queue=queue,
            search_attributes=TypedSearchAttributes([SearchAttributePair(FIRM, "harbour")]),
        )
        began = datetime.now(UTC)
        await skipper.fast_forward(handle, timedelta(days=8))
        await handle.signal(Reminder.answered)
        days = await handle.result()

    assert days == pytest.approx(8, abs=0.1)
    assert datetime.now(UTC) - began < timedelta(seconds=30)


async def test_what_was_written_survives_a_killed_server(tmp_path: Path) -> None:
    """After SIGKILL the same directory, on another port, goes on with the same workflows, within seconds."""
    binaries = obtain(print)
    first = TemporalServer(binaries, tmp_path)
    first.start()
    await first.wait_ready()
    await ensure_namespace(first.address, "onward")
    temporal = await Client.connect(first.address, namespace="onward")
    await temporal.start_workflow(Answer.run, id="waiting", task_queue="answers")
    first.processes[0].kill()

    second = TemporalServer(binaries, tmp_path)
    second.start()
    try:
        await second.wait_ready()
        await ensure_namespace(second.address, "onward")
        temporal = await Client.connect(second.address, namespace="onward")
        # A server that still looks for its predecessor's services needs a minute for this.
        async with asyncio.timeout(15), Worker(temporal, task_queue="answers", workflows=[Answer]):
            answer = await temporal.get_workflow_handle("waiting").result()
    finally:
        second.stop()

    assert answer == "answered"


async def test_a_set_up_that_was_cut_short_is_done_anew(tmp_path: Path) -> None:
    """A database file without the server's tables, as a kill during the first start leaves it, does no harm."""
    (tmp_path / "temporal.db").touch()
    server = TemporalServer(obtain(print), tmp_path)
    server.start()
    try:
        await server.wait_ready()
        await ensure_namespace(server.address, "onward")
    finally:
        server.stop()


async def test_the_web_ui_serves_the_operators_page(tmp_path: Path) -> None:
    """The Web UI is up beside the server and talks to it, on this machine alone."""
    server = TemporalServer(obtain(print), tmp_path, ui_port=0)
    server.start()
    try:
        await server.wait_ready()
        await ensure_namespace(server.address, "onward")
        url = f"{server.ui_url}/api/v1/namespaces/onward"

        def describes_namespace() -> bool:
            try:
                with urllib.request.urlopen(url, timeout=2) as answer:
                    return b'"onward"' in answer.read()
            except OSError:
                return False

        assert wait_until(describes_namespace, 15)
    finally:
        server.stop()


async def test_a_server_that_ends_is_reported_with_its_log(tmp_path: Path) -> None:
    """A start that fails says what the server said, at once instead of at the end of the patience."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        server = TemporalServer(obtain(print), tmp_path, port=other.getsockname()[1])
        server.start()
        # Something answers on the port, so only the process tells.
        assert wait_until(lambda: not server.processes[0].running, 20)

        with pytest.raises(EngineNotReady, match="address already in use"):
            await server.wait_ready(timedelta(seconds=20))
    server.stop()
