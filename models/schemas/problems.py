"""The body of every error answer (RFC 9457)."""

from pydantic import BaseModel, ConfigDict, Field


class ProblemError(BaseModel):
    """One place in the request that is wrong; it never repeats what was sent."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    pointer: str = Field(description="JSON Pointer (RFC 6901)", examples=["/holders/0/details/address/postcode"])
    detail: str = Field(examples=["This is not a UK postcode."])


class ProblemDetails(BaseModel):
    """What happened, what it means, and what to do next."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    type: str = Field(description="a page that explains it", examples=["https://example.com/problems/wrong-stage"])
    title: str = Field(examples=["The journey is not at the step this belongs to"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["The account form is sent in the stage application_draft."])
    what_to_do: str = Field(examples=["Read the journey: its stage and next action say what can be done now."])
    request_id: str | None = Field(description="also in the header `X-Request-ID`", examples=["01f4c2"])
    errors: list[ProblemError]
