"""`onward bench --reconcile`: what a reconciliation costs at several sizes, from a home and sandboxes of its own."""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Column, Table

from cli.bench_worker import USAGE_VARIABLE
from cli.checklist import progress
from cli.demonstration.population import HARBOUR, lift_limits, load
from cli.development import firms_setting
from cli.home import CLONE, Home, State
from cli.local import ENGINE, NAMESPACE, PLANNR, PLATFORM, plan_onward
from cli.parts import Context, Plan, python_part_environment
from cli.stack import Stack
from engine.process import Process
from models.syncing import ReconciliationResult, StartReconciliation
from models.tables import ReconciliationRow
from runtime.temporal import JOURNEYS_QUEUE, connect
from storage.database import Database
from storage.reconciliations import ReconciliationRepository
from workflows.reconciliation import RECONCILIATION_ID, Reconciliation

SIZES: Final = (1_000, 10_000, 50_000)
# What Plannr allows a user in a minute, and what the platform allows a client of its API.
_PUBLISHED_A_MINUTE: Final = {"plannr": 500, "platform": 600}
_PARTS: Final = frozenset({ENGINE, PLANNR, PLATFORM})
_MIB: Final = 1024 * 1024


def bench_reconciling(console: Console, sizes: list[int]) -> list[dict[str, Any]]:
    """Return for each size, smallest first, what the first reconciliation costs and what every later one does."""
    with tempfile.TemporaryDirectory(prefix="onward-bench-") as folder:
        stack = Stack(Path(folder), systems_alone, prefer_ports=False)
        try:
            with progress(console) as report:
                state = stack.start(report)
                lift_limits(state.urls["platform"], state.urls["plannr"])
                found, there = [], 0
                for size in sorted(set(sizes)):
                    report(f"Bringing {size:,} clients into both sandboxes")
                    load(state.urls["platform"], state.urls["plannr"], size - there, first=there + 1, firm=HARBOUR)
                    there = size
                    # A database of its own for each size: the first run of each knows nobody.
                    for run in ("first", "later"):
                        report(f"Comparing {size:,} clients, {run} run")
                        found.append({"clients": size, "run": run, **_measure(stack.home, state, size)})
                        report(_sentence(found[-1]))
        finally:
            stack.stop()
    return found


def show(console: Console, found: list[dict[str, Any]]) -> None:
    """Print the measurements as a table."""
    names = ("clients", "run", "seconds", "ms a client", "CPU ms a client", "peak MiB", "calls: Plannr", "platform")
    table = Table(*(Column(name, justify="right") for name in names), "at published limits")
    for each in found:
        table.add_row(
            f"{each['clients']:,}",
            each["run"],
            f"{each['seconds']:.1f}",
            f"{each['ms_per_client']:.2f}",
            f"{each['cpu_ms_per_client']:.2f}",
            f"{each['peak_rss_mib']:.0f}",
            f"{each['calls']['plannr']:,}",
            f"{each['calls']['platform']:,}",
            f"{each['seconds_at_published_limits'] / 60:.1f} min",
        )
    console.print(table)
    console.print(
        "Limits are lifted. CPU and memory are the worker's. The last column is the time that the calls of the busier "
        f"system need at its limit (Plannr {_PUBLISHED_A_MINUTE['plannr']}, platform "
        f"{_PUBLISHED_A_MINUTE['platform']} a minute)."
    )


def _sentence(each: dict[str, Any]) -> str:
    return (
        f"{each['clients']:,} clients, {each['run']} run: {each['seconds']:.1f} s, "
        f"{each['cpu_ms_per_client']:.2f} ms CPU a client, at most {each['peak_rss_mib']:.0f} MiB"
    )


def systems_alone(context: Context) -> Plan:
    """Say what a reconciliation needs besides a worker: the engine and both systems, and nobody who tells of news."""
    plan = plan_onward(context)
    return replace(plan, parts=[part for part in plan.parts if part.name in _PARTS])


@contextmanager
def reconciling_worker(home: Home, state: State, database: str, usage: Path) -> Iterator[None]:
    """Let a worker reconcile with this database; what it took stands in `usage` afterwards."""
    usage.unlink(missing_ok=True)
    worker = Process(
        "bench-worker",
        [sys.executable, "-m", "cli.bench_worker"],
        log=home.log("bench-worker"),
        environment={**_environment(home, state, database), USAGE_VARIABLE: str(usage)},
        directory=CLONE,
    )
    worker.start()
    try:
        yield
    finally:
        worker.stop(grace=20.0)


def _measure(home: Home, state: State, size: int) -> dict[str, Any]:
    usage = home.path / "usage.json"
    database = f"sqlite+aiosqlite:///{home.path / f'onward-{size}.db'}"
    with reconciling_worker(home, state, database, usage):
        result, row, seconds = asyncio.run(reconcile_once(state.urls["temporal_address"], database))
    used = json.loads(usage.read_text())
    calls = {system: int(str(row.calls.get(system, 0))) for system in _PUBLISHED_A_MINUTE}
    return {
        "seconds": round(seconds, 2),
        "ms_per_client": round(seconds * 1000 / size, 3),
        "cpu_ms_per_client": round(used["cpu_seconds"] * 1000 / size, 3),
        "peak_rss_mib": round(used["peak_rss_bytes"] / _MIB, 1),
        "calls": calls,
        "seconds_at_published_limits": round(
            max(60 * calls[system] / limit for system, limit in _PUBLISHED_A_MINUTE.items()), 1
        ),
        "compared": {"clients": result.clients, "accounts": result.accounts},
        "found": result.found,
    }


async def reconcile_once(address: str, database_url: str) -> tuple[ReconciliationResult, ReconciliationRow, float]:
    """Reconcile from beginning to end; returns the result, what is kept of the run, and the seconds it took."""
    temporal = await connect(address, NAMESPACE)
    handle = await temporal.start_workflow(
        Reconciliation.run,
        StartReconciliation(trigger="operator"),
        id=RECONCILIATION_ID,
        task_queue=JOURNEYS_QUEUE,
    )
    # The worker may still be starting: once it answers, its first step has just begun.
    await handle.query(Reconciliation.phase)
    began = time.monotonic()
    result = await handle.result()
    seconds = time.monotonic() - began
    database = Database(database_url)
    try:
        async with database.reading() as session:
            row = await ReconciliationRepository(session).get(result.run_id)
    finally:
        await database.dispose()
    if row is None:
        raise LookupError(result.run_id)
    return result, row, seconds


def _environment(home: Home, state: State, database: str) -> dict[str, str | None]:
    secrets = home.secrets()
    return {
        **python_part_environment(CLONE),
        "PATH": os.environ.get("PATH", ""),
        "ONWARD_DATABASE_URL": database,
        "ONWARD_SECRET_KEY": secrets.secret_key.get_secret_value(),
        "ONWARD_PUBLIC_URL": "http://127.0.0.1",
        "ONWARD_FIRMS": firms_setting(),
        "ONWARD_DEVELOPMENT_USERS": "[]",
        "TEMPORAL_ADDRESS": state.urls["temporal_address"],
        "ONWARD_TEMPORAL_NAMESPACE": NAMESPACE,
        "ONWARD_PLANNR_URL": state.urls["plannr"],
        "ONWARD_PLANNR_TOKEN": secrets.plannr_token.get_secret_value(),
        "ONWARD_PLATFORM_URL": state.urls["platform"],
        "ONWARD_PLATFORM_CLIENT_ID": secrets.platform_client_id,
        "ONWARD_PLATFORM_CLIENT_SECRET": secrets.platform_client_secret.get_secret_value(),
        "ONWARD_SMTP_HOST": "127.0.0.1",
    }
