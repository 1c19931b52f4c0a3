"""What a running Onward consists of, and what the parts are told about each other."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cli.home import Home, Person, Secrets
from engine.ports import port_near
from engine.process import Process


@dataclass(frozen=True)
class Part:
    """One process to run and watch.

    Attributes:
        name: short, also the name of the log.
        title: what a person calls it.
        process: None for something that runs elsewhere and is only waited for.
        ready: asked again and again after the start, with the moment of that start (UTC), until it says yes.
        needs: names of parts that have to be ready before this one is started.
        grace: seconds it gets to end in order.
        patience: seconds it gets to become ready at the first start.
    """

    name: str
    title: str
    process: Process | None
    ready: Callable[[datetime], bool]
    needs: tuple[str, ...] = ()
    grace: float = 4.0
    patience: float = 60.0


@dataclass
class Plan:
    """The parts of one run, in the order of starting, and what to tell a person about them."""

    parts: list[Part]
    urls: dict[str, str] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    engine: str = ""


@dataclass
class Context:
    """What a planner may use.

    Attributes:
        home: where everything is kept.
        secrets: of this home.
        report: takes a sentence at each step that takes long.
        remembered: ports by name as used last.
        prefer: whether ports are chosen for a person (fixed ones first) or simply free.
        ports: those given out so far.
    """

    home: Home
    secrets: Secrets
    report: Callable[[str], None]
    remembered: Mapping[str, int] = field(default_factory=dict)
    prefer: bool = True
    ports: dict[str, int] = field(default_factory=dict)

    def port(self, name: str, preferred: int) -> int:
        """Return the port for this name: the one used last, else the preferred one, else a free one."""
        wanted = self.remembered.get(name) or (preferred if self.prefer else 0)
        self.ports[name] = port_near(wanted, set(self.ports.values()))
        return self.ports[name]


Planner = Callable[[Context], Plan]


def python_part_environment(clone: Path) -> dict[str, str | None]:
    """Return what every Python part needs to find the project's packages and to log at once."""
    path = os.pathsep.join(each for each in (str(clone), os.environ.get("PYTHONPATH", "")) if each)
    return {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
