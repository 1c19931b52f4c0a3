"""The bases of everything that is sent and answered over HTTP."""

from pydantic import BaseModel, ConfigDict


class Form(BaseModel):
    """The base of what is sent: a misspelt field is refused instead of ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Answer(BaseModel):
    """The base of what is answered: every field is always there."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
