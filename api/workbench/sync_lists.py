"""What the lists of the sync's pages share: filters in the address, and pages that follow one another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.cursors import Position, read_cursor, write_cursor
from api.problem_types import INVALID_REQUEST
from api.problems import Problem
from api.workbench.access import WorkbenchVisit
from runtime.services import Services

PAGE: Final = 25

RowT = TypeVar("RowT")


class ListChoice(BaseModel):
    """What a list is narrowed to, as it stands in an address."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    cursor: str | None = Field(default=None, max_length=400)

    def wanted(self) -> dict[str, str]:
        """Return the choice without the place in the list."""
        chosen = self.model_dump(mode="json", exclude={"cursor"}, exclude_defaults=True)
        return {name: str(value) for name, value in chosen.items()}


ChoiceT = TypeVar("ChoiceT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Shown(Generic[RowT]):
    """A page of a list; `following` is the query of the next page, None on the last."""

    rows: list[RowT]
    following: str | None


def choice_of(request: Request, model: type[ChoiceT]) -> ChoiceT:
    """Return the choice of an address; raises the problem `invalid-request`.

    `done` is the word of a banner and narrows nothing.
    """
    given = {name: value for name, value in request.query_params.items() if value and name != "done"}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        names = ", ".join(sorted({str(fault["loc"][0]) for fault in error.errors(include_input=False)}))
        raise Problem(INVALID_REQUEST, f"The list cannot be narrowed that way: {names}.") from None


@dataclass(frozen=True, slots=True)
class Turning:
    """Turning the pages of one list of one firm, narrowed in one way."""

    services: Services
    visit: WorkbenchVisit
    name: str
    choice: ListChoice

    @property
    def before(self) -> Position | None:
        """Where the page before ended; raises the problem `invalid-request` for a place in another list."""
        return read_cursor(self._secret, self._listing, self.choice.cursor) if self.choice.cursor else None

    def shown(self, rows: Sequence[RowT], places: Sequence[Position]) -> Shown[RowT]:
        """Return the page of rows that were asked for with one more than a page has."""
        if len(rows) <= PAGE:
            return Shown(list(rows), None)
        cursor = write_cursor(self._secret, self._listing, places[PAGE - 1])
        return Shown(list(rows[:PAGE]), urlencode({**self.choice.wanted(), "cursor": cursor}))

    @property
    def _listing(self) -> str:
        return f"{self.name}/{self.visit.adviser.firm.id}?{urlencode(self.choice.wanted())}"

    @property
    def _secret(self) -> bytes:
        return self.services.settings.secret_key.get_secret_value().encode()
