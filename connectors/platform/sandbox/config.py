"""What one running platform sandbox is told from outside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx

DEFAULT_PORT = 8402
DEFAULT_DATABASE = ".onward/platform-sandbox.sqlite3"


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """Settings of one sandbox.

    Attributes:
        database: SQLite file; made, with its folder, when absent.
        client_id: The one API credential's id.
        client_secret: Its secret.
        verification_delay_seconds: How long identity and bank checks take, unless the controls say otherwise.
        mandate_delay_seconds: How long a submitted mandate takes to become active.
        rate_limit_per_minute: Requests a minute and credential.
        token_seconds: Life of an access token.
        webhook_transport: Carries webhooks instead of the network, for in-process use.
        now: The clock.
    """

    database: Path
    client_id: str
    client_secret: str = field(repr=False)
    verification_delay_seconds: float = 0.5
    mandate_delay_seconds: float = 0.5
    rate_limit_per_minute: int = 600
    token_seconds: int = 3600
    webhook_transport: httpx.AsyncBaseTransport | None = None
    now: Callable[[], datetime] = utc_now


def config_from(environment: Mapping[str, str]) -> SandboxConfig:
    """Read the settings from environment variables.

    Raises:
        ValueError: A required variable is missing; the text names it.
    """
    required = ("ONWARD_PLATFORM_CLIENT_ID", "ONWARD_PLATFORM_CLIENT_SECRET")
    missing = [name for name in required if not environment.get(name)]
    if missing:
        raise ValueError(f"The platform sandbox has no credential. Set {' and '.join(missing)} and start it again.")
    return SandboxConfig(
        database=Path(environment.get("ONWARD_PLATFORM_SANDBOX_DATABASE", DEFAULT_DATABASE)),
        client_id=environment["ONWARD_PLATFORM_CLIENT_ID"],
        client_secret=environment["ONWARD_PLATFORM_CLIENT_SECRET"],
    )
