"""Workflows and rules give the same answer on every replay: no clock, chance, environment or scheduler of their own."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source_tree import dotted, imported_modules, imported_names, source_files, syntax

_MODULES = {
    "time",
    "random",
    "uuid",
    "secrets",
    "os",
    "logging",
    "structlog",
    "threading",
    "socket",
    "httpx",
    "runtime",
}
_NAMES = {
    "datetime.datetime.now": "workflow.now(), or a parameter in the domain",
    "datetime.datetime.utcnow": "workflow.now(), or a parameter in the domain",
    "datetime.datetime.today": "workflow.now(), or a parameter in the domain",
    "datetime.date.today": "workflow.now(), or a parameter in the domain",
    "asyncio.sleep": "workflow.sleep with a summary",
    "asyncio.wait": "workflow.wait",
    "asyncio.wait_for": "workflow.wait_condition with a summary",
    "asyncio.timeout": "workflow.wait_condition with a summary",
    "asyncio.as_completed": "workflow.as_completed",
    "asyncio.to_thread": "an activity",
}


def unsteady(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield what may differ between a run and its replay, with what to use instead."""
    for line, name in imported_modules(tree):
        if name.split(".")[0] in _MODULES:
            yield line, f"imports {name}"
    names = imported_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and (instead := _NAMES.get(name := dotted(node, names))):
            yield node.lineno, f"{name}: use {instead}"


def test_workflows_and_domain_are_deterministic() -> None:
    """No code that a replay runs again asks anything that may answer differently."""
    found = [
        f"{path}:{line}: {what}"
        for path in source_files("workflows", "domain")
        for line, what in unsteady(syntax(path))
    ]

    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "from datetime import UTC, datetime\nnow = datetime.now(UTC)",
        "import datetime as dt\ntoday = dt.date.today()",
        "from asyncio import sleep as pause\nasync def f():\n    await pause(1)",
        "import asyncio\nasync def f(tasks):\n    await asyncio.wait(tasks)",
        "def f():\n    from os import environ\n    return environ['X']",
        "import uuid",
        "from time import monotonic",
        "import logging",
        "from runtime.settings import Settings",
    ],
)
def test_an_unsteady_call_is_noticed(code: str) -> None:
    """Each way around the rule is seen, so the test above can fail."""
    assert list(unsteady(ast.parse(code)))


def test_dates_as_values_are_allowed() -> None:
    """A date, a time and a duration are plain values."""
    code = "from datetime import date, datetime, time, timedelta\ndef f(now: datetime):\n    return now.date()"

    assert list(unsteady(ast.parse(code))) == []
