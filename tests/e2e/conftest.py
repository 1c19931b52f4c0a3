"""One real Onward for all end-to-end tests, and one that may be broken."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cli.demonstration.actors import signed_in_adviser
from cli.demonstration.surroundings import Surroundings
from cli.stack import Stack
from tests.e2e.world import PLANNR, PLATFORM, World

_UNLIMITED = {"rate_limit_per_minute": 100_000}


@contextmanager
def running(stack: Stack) -> Iterator[World]:
    """Start a stack, sign its adviser in, and end every process afterwards."""
    try:
        state = stack.start()
        around = Surroundings.of(stack.home.path, state)
        with signed_in_adviser(around) as adviser:
            world = World(stack, around, adviser)
            # The limits are proved by the faults; here a whole day of a firm happens in a minute.
            world.control(PLANNR, "PUT", "state", _UNLIMITED)
            world.control(PLATFORM, "PATCH", "settings", _UNLIMITED)
            yield world
    finally:
        stack.kill_all()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Yield the Onward that all tests share; nobody ends one of its processes."""
    with running(Stack(tmp_path_factory.mktemp("onward"), prefer_ports=False)) as world:
        yield world


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Yield an Onward whose processes may be ended, and which reads checks again after two seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONWARD_CHECK_POLL", "PT2S")
        with running(Stack(tmp_path_factory.mktemp("fragile"), prefer_ports=False)) as world:
            yield world
