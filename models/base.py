"""The base of every model that crosses a boundary."""

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """An immutable, additive message: unknown fields are ignored, and errors never repeat the rejected value."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
