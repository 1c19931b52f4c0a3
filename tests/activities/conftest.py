"""A scene of its own for each test."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from shutil import copyfile

import pytest

from models.messages import Progress
from storage.database import Database, migrate
from tests.activities.sync_scene import Scene
from tests.storage.conftest import make_progress

__all__ = ["make_progress"]


@pytest.fixture(scope="session")
async def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated, empty database file to be copied."""
    path = tmp_path_factory.mktemp("syncing") / "empty.db"
    await migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
async def scene(
    empty_file: Path,
    tmp_path: Path,
    make_progress: Callable[..., Progress],
) -> AsyncIterator[Scene]:
    """Yield both systems, our own record and the activities between them."""
    path = tmp_path / "onward.db"
    copyfile(empty_file, path)
    database = Database(f"sqlite:///{path}")
    yield Scene(database, make_progress)
    await database.dispose()
