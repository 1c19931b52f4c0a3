"""What the sandbox is told at start, and the environment it is read from."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

PORT_VARIABLE = "ONWARD_PLANNR_SANDBOX_PORT"
DATABASE_VARIABLE = "ONWARD_PLANNR_SANDBOX_DATABASE"
TOKEN_VARIABLE = "ONWARD_PLANNR_TOKEN"  # noqa: S105  the name of a variable, no secret


class MissingSettingError(Exception):
    """A variable the sandbox cannot start without is absent; the text names it and says what to set."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class SandboxConfig:
    """Everything that may differ between two sandboxes.

    Attributes:
        database: the SQLite file; made on first start.
        token: the personal access token that every call must carry.
        rate_limit_per_minute: published limit per user; the state endpoint can change it while running.
        generation_seconds: how long an illustration stays ``generating_illustration``.
        deletion_seconds: how long a deleted plan still answers, with 409 for changes below it.
        webhook_backoff_seconds: waits before the second, third ... delivery attempt; after the last one it is given up.
        webhook_timeout_seconds: how long a subscriber may take to answer.
        webhook_transport: how deliveries leave; None means real HTTP.
        clock: the current time, aware, in UTC.
    """

    database: Path
    token: str
    rate_limit_per_minute: int = 500
    generation_seconds: float = 0.3
    deletion_seconds: float = 2.0
    webhook_backoff_seconds: tuple[float, ...] = (0.2, 1.0, 5.0, 20.0)
    webhook_timeout_seconds: float = 5.0
    webhook_transport: httpx.AsyncBaseTransport | None = None
    clock: Callable[[], datetime] = _utc_now


def _required(environment: Mapping[str, str], name: str, meaning: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise MissingSettingError(f"{name} is not set, so the Plannr sandbox cannot start. Set it to {meaning}.")
    return value


def config_from_environment(environment: Mapping[str, str] | None = None) -> tuple[SandboxConfig, int]:
    """Reads the settings and the port (0 lets the system choose one).

    Raises:
        MissingSettingError: a variable is absent or the port is no number.
    """
    source = os.environ if environment is None else environment
    port = _required(source, PORT_VARIABLE, "the port to listen on")
    if not port.isdigit():
        raise MissingSettingError(f"{PORT_VARIABLE} is not a number. Set it to the port to listen on.")
    config = SandboxConfig(
        database=Path(_required(source, DATABASE_VARIABLE, "the path of its SQLite file")),
        token=_required(source, TOKEN_VARIABLE, "the access token that callers will send"),
    )
    return config, int(port)
