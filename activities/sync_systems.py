"""What every part of the sync works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from connectors.plannr.port import PlannrGateway
from connectors.platform.port import PlatformGateway
from storage.database import Database

FirmOfAdviser = Callable[[str], tuple[str, str] | None]
"""The firm of an adviser's reference on the platform, and the employee in Plannr it stands for."""


@dataclass(frozen=True, slots=True)
class SyncSystems:
    """Both systems and our own record; `key` is that of the fingerprints."""

    plannr: PlannrGateway
    platform: PlatformGateway
    database: Database
    key: bytes
    firm_of_adviser: FirmOfAdviser
    clock: Callable[[], datetime]
