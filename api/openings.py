"""When an ISA opened, once its journey is over: its first subscription may come long after it turned active."""

import asyncio
from datetime import date
from typing import Final

from api.journeys import Journeys
from connectors.errors import ConnectorError
from domain.calendar import london_day
from domain.journey import GateKind, Stage, Wrapper
from domain.tax_year import isa_opened_on
from models.messages import Progress

_PATIENCE_SECONDS: Final = 2.0


async def with_opening(journeys: Journeys, progress: Progress) -> Progress:
    """Return the journey of an active ISA with the day it opened on, as the platform has it now; None if unknown."""
    account = progress.records.platform_account
    is_isa = progress.wrapper in {Wrapper.ISA, Wrapper.JISA}
    if not is_isa or progress.stage is not Stage.ACTIVE or progress.isa_opened_on is not None or account is None:
        return progress
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            first = (await journeys.services.platform.read_account(account)).first_subscription_on
    except (ConnectorError, TimeoutError):
        return progress
    return progress.model_copy(update={"isa_opened_on": isa_opened_on(_accepted_on(progress), first)})


def _accepted_on(progress: Progress) -> date | None:
    """Return the day in London on which the application was accepted: with the last acceptance of its terms."""
    accepted = [gate.since for gate in progress.gates if gate.kind is GateKind.PRODUCT_TERMS and gate.met]
    return london_day(max(accepted)) if accepted else None
