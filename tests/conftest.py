"""Shared by all tests: one real Temporal server, polling with a deadline, and no silent skips on CI."""

import asyncio
import inspect
import os
import time
from collections.abc import AsyncIterator, Callable, Generator
from typing import Any

import pytest

from engine.obtain import obtain
from engine.server import TemporalServer

_NO_SKIPS = os.environ.get("CI") == "true"


@pytest.fixture(scope="session")
async def temporal_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TemporalServer]:
    """Yield the real Temporal server of this test run, started once; make a namespace or a task queue of your own."""
    server = TemporalServer(obtain(print), tmp_path_factory.mktemp("temporal"))
    server.start()
    try:
        await server.wait_ready()
        yield server
    finally:
        server.stop()


class Eventually:
    """Polls until a condition holds.

    `await eventually(condition)` returns the condition's first truthy value. The condition may be async; while it
    raises AssertionError it counts as not holding. After `within` seconds the test fails and says what was seen last.
    """

    async def __call__(self, condition: Callable[[], Any], *, within: float = 10.0, what: str = "") -> Any:
        """Return the first truthy value of the condition."""
        deadline = time.monotonic() + within
        while True:
            try:
                seen = condition()
                if inspect.isawaitable(seen):
                    seen = await seen
            except AssertionError as error:
                seen, last = None, f"AssertionError: {error}"
            else:
                last = repr(seen)
            if seen:
                return seen
            if time.monotonic() > deadline:
                pytest.fail(f"{what or inspect.getsource(condition).strip()}; not within {within} s; last: {last}")
            await asyncio.sleep(0.05)


@pytest.fixture(scope="session")
def eventually() -> Eventually:
    """Return the polling helper; see `Eventually`."""
    return Eventually()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that was skipped on CI: what is not run there is not known to work."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a whole file that was skipped on CI."""
    report = yield
    _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if _NO_SKIPS and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped on CI, which counts as failed: {report.longrepr}"
