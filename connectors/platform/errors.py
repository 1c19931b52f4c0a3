"""What the platform's error answers say."""

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.http import Refusal

_OUR_NAMES = {"nationalities": "nationality", "line1": "line_1", "line2": "line_2"}


class FieldError(BaseModel):
    """What is wrong with one field, or which condition is unmet."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)
    field: str
    type: str

    @property
    def our_name(self) -> str:
        """The field as our own models name it."""
        return ".".join(_OUR_NAMES.get(part, part) for part in self.field.split("."))


class ErrorBody(BaseModel):
    """The `error` of an envelope. `message` never repeats a value that was sent."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)
    type: str
    message: str = ""
    field_errors: list[FieldError] = []
    existing_id: str | None = None


class ErrorEnvelope(BaseModel):
    """The answer around an error."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)
    error: ErrorBody


def read_refusal(answer: httpx.Response) -> Refusal:
    """Return what an error answer says; nothing, where the body is not the platform's."""
    try:
        error = ErrorEnvelope.model_validate_json(answer.content).error
    except ValidationError:
        return Refusal()
    named = [f"{item.our_name}: {item.type}" for item in error.field_errors]
    is_unready = error.type == "not_ready"
    return Refusal(
        reason=error.message
        if is_unready
        else " ".join([error.message, *([f"({', '.join(named)})"] if named else [])]),
        code=error.type,
        existing_id=error.existing_id,
        unmet=named if is_unready else [],
        fields=[] if is_unready else [item.our_name for item in error.field_errors],
        try_again=error.type == "idempotency_in_flight",
    )
