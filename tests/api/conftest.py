"""Fixtures of the adviser API's tests; see `tests.api.office`."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from engine.namespace import ensure_namespace
from engine.server import TemporalServer
from runtime.temporal import connect
from storage.database import migrate
from tests.api.office import NAMESPACE, Office, open_office


@pytest.fixture(scope="session")
async def adviser_temporal(temporal_server: TemporalServer) -> Client:
    """Return a connection to the engine, in a namespace where nobody else serves the journeys' queue."""
    await ensure_namespace(temporal_server.address, NAMESPACE, timedelta(days=1))
    return await connect(temporal_server.address, NAMESPACE)


@pytest.fixture(scope="session")
async def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated, empty database file to be copied."""
    path = tmp_path_factory.mktemp("adviser") / "empty.db"
    await migrate(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture
async def office(adviser_temporal: Client, migrated_database: Path, tmp_path: Path) -> AsyncIterator[Office]:
    """Yield an office whose journeys nobody serves."""
    async with open_office(adviser_temporal, migrated_database, tmp_path) as office:
        yield office


@pytest.fixture
async def busy_office(office: Office) -> AsyncIterator[Office]:
    """Yield an office with a worker that serves its journeys."""
    async with office.worker():
        yield office
