"""How the lists of the sync's pages read the choice in their address."""

from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from api.problem_types import INVALID_REQUEST
from api.problems import Problem

ChoiceT = TypeVar("ChoiceT", bound=BaseModel)


def choice_of(request: Request, model: type[ChoiceT]) -> ChoiceT:
    """Return the choice of an address; raises the problem `invalid-request`.

    An empty choice is none, and `done` is the word of a banner, which narrows nothing.
    """
    given = {name: value for name, value in request.query_params.items() if value and name != "done"}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        names = ", ".join(sorted({str(fault["loc"][0]) for fault in error.errors(include_input=False)}))
        raise Problem(INVALID_REQUEST, f"The list cannot be narrowed that way: {names}.") from None
