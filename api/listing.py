"""Lists of a firm's journeys: what they can be narrowed to, a page of them, and how they are counted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from api.cursors import read_cursor, write_cursor
from api.security.advisers import SignedInAdviser
from domain.journey import GateKind, Party, Stage, Wrapper
from models.tables import JourneyRow
from runtime.services import Services
from storage.journeys import JourneyRepository


class JourneyFilters(BaseModel):
    """Which journeys a list shows."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    stage: Stage | None = None
    waiting_on: Party | None = None
    waiting_for: GateKind | None = Field(default=None, description="a condition that is waited for, such as a check")
    waiting_days: int | None = Field(default=None, ge=1, le=365, description="waiting for at least so many days")
    due_days: int | None = Field(
        default=None, ge=1, le=365, description="the next automatic action comes within so many days"
    )
    wrapper: Wrapper | None = None
    needs_attention: bool | None = None
    adviser: Literal["me", "all"] = Field(default="all", description="your own journeys, or all of your firm")
    limit: int = Field(default=25, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=300, description="from the `next` link of a page")

    def wanted(self) -> dict[str, str]:
        """Return the filters as they stand in an address, in one order."""
        return {
            name: str(value).lower()
            for name, value in self.model_dump(mode="json", exclude={"limit", "cursor"}).items()
            if value is not None
        }

    def listing(self, adviser: SignedInAdviser) -> str:
        """Return what a cursor is good for: this list of this adviser."""
        return f"journeys/{adviser.firm.id}/{adviser.id}?{urlencode(self.wanted())}"


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of journeys, the last changed first; `following` is the query of the next page, None on the last."""

    rows: list[JourneyRow]
    following: str | None


async def list_journeys(services: Services, adviser: SignedInAdviser, filters: JourneyFilters, now: datetime) -> Listed:
    """Return a page of the firm's journeys; raises the problem `invalid-request` for a cursor of another list."""
    secret = services.settings.secret_key.get_secret_value().encode()
    listing = filters.listing(adviser)
    before = read_cursor(secret, listing, filters.cursor) if filters.cursor else None
    async with services.database.reading() as session:
        rows = await JourneyRepository(session).page(
            adviser.firm.id,
            adviser_id=adviser.id if filters.adviser == "me" else None,
            stage=filters.stage,
            waiting_on=filters.waiting_on,
            waiting_for=filters.waiting_for,
            waiting_before=now - timedelta(days=filters.waiting_days) if filters.waiting_days else None,
            due_before=now + timedelta(days=filters.due_days) if filters.due_days else None,
            wrapper=filters.wrapper,
            needs_attention=filters.needs_attention,
            before=before,
            limit=filters.limit + 1,
        )
    shown = rows[: filters.limit]
    following = None
    if len(rows) > len(shown):
        cursor = write_cursor(secret, listing, (shown[-1].updated_at, shown[-1].journey_id))
        following = urlencode({**filters.wanted(), "limit": filters.limit, "cursor": cursor})
    return Listed(shown, following)
