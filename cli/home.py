"""What a local Onward keeps on the disk between starts: its state, its secrets, and who runs it now."""

import fcntl
import json
import os
import secrets
import time
from pathlib import Path
from typing import TextIO

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

CLONE = Path(__file__).parent.parent
_LOCK_PATIENCE = 0.5


class Person(BaseModel):
    """A development user to sign in with; the password stands in `secrets.json`."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    email: str
    name: str
    firm: str


class State(BaseModel):
    """What runs from a home, for a person and for other commands.

    Attributes:
        pid: process of the supervisor.
        ready: everything answered once since that process started.
        ports: by name, kept so that links stay the same.
        urls: by name, for a person and for other commands.
        pids: of the parts that run.
        people: development users.
        engine: where the Temporal server came from.
        running: whether the supervisor lives now; not stored, found out when read.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    pid: int
    ready: bool = False
    ports: dict[str, int] = {}
    urls: dict[str, str] = {}
    pids: dict[str, int] = {}
    people: list[Person] = []
    engine: str = ""
    running: bool = False


class Secrets(BaseModel):
    """Made once for a home; nothing in here is ever printed except the development users' password."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    secret_key: SecretStr
    plannr_token: SecretStr
    platform_client_id: str
    platform_client_secret: SecretStr
    adviser_password: SecretStr


class HomeInUse(Exception):  # noqa: N818 - reads as the state it tells of
    """Another process runs Onward from this home."""


class Home:
    """One folder: `state.json`, `secrets.json`, databases, `logs/`, and the lock of whoever runs from it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: TextIO | None = None

    def log(self, name: str) -> Path:
        """Return where the part of this name writes its log."""
        return self.path / "logs" / f"{name}.log"

    def acquire(self) -> None:
        """Become the one that runs from this home; the kernel gives the lock back when we end in any way.

        Raises:
            HomeInUse: somebody else is it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        lock = (self.path / "lock").open("w")
        deadline = time.monotonic() + _LOCK_PATIENCE
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # Somebody may only be looking, as `running` does.
                if time.monotonic() > deadline:
                    lock.close()
                    raise HomeInUse(f"Onward already runs from {self.path}.") from None
                time.sleep(0.02)
            else:
                self._lock = lock
                return

    def release(self) -> None:
        """Stop being the one that runs from this home."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def running(self) -> bool:
        """Whether somebody, possibly we, runs from this home now."""
        if self._lock is not None:
            return True
        path = self.path / "lock"
        if not path.exists():
            return False
        with path.open("r") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def read_state(self) -> State | None:
        """Return what was written last, with `running` as it is now; None if nothing (readable) was."""
        try:
            state = State.model_validate_json((self.path / "state.json").read_bytes())
        except (FileNotFoundError, ValidationError):
            return None
        running = self.running
        return state.model_copy(update={"running": running, "ready": state.ready and running})

    def write_state(self, state: State) -> None:
        """Replace the state in one step, so that a reader sees the old or the new."""
        self._write("state.json", state.model_dump_json(indent=2, exclude={"running"}))

    def secrets(self) -> Secrets:
        """Return this home's secrets, made at the first call; only the holder of the lock may be the first."""
        path = self.path / "secrets.json"
        if not path.exists():
            made = {name: secrets.token_urlsafe(32) for name in Secrets.model_fields}
            made["platform_client_id"] = "onward-local"
            made["adviser_password"] = secrets.token_urlsafe(9)
            self._write(path.name, json.dumps(made, indent=2))
        return Secrets.model_validate_json(path.read_bytes())

    def _write(self, name: str, text: str) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        draft = self.path / f".{name}.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(text)
        draft.replace(self.path / name)


def default_home() -> Path:
    """Return `$ONWARD_HOME`, else `.onward` in the clone, or in the current folder of an installed Onward."""
    named = os.environ.get("ONWARD_HOME")
    if named:
        return Path(named)
    return (CLONE if (CLONE / "onward").exists() else Path.cwd()) / ".onward"


def read_state(home: Path) -> State | None:
    """Return what runs, or ran last, from this home."""
    return Home(home).read_state()
