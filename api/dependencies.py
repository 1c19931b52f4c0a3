"""What routes ask for, each named once."""

from datetime import UTC, datetime
from typing import Annotated, cast

from fastapi import Depends, Request

from runtime.services import Services


def _services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


def current_moment() -> datetime:
    """Return now; tests put another clock in its place."""
    return datetime.now(UTC)


ServicesDep = Annotated[Services, Depends(_services)]
NowDep = Annotated[datetime, Depends(current_moment)]
