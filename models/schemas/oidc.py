"""What the built-in identity provider answers."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class TokenAnswer(BaseModel):
    """Tokens of a signed-in adviser (RFC 6749, 5.1)."""

    model_config = ConfigDict(hide_input_in_errors=True)

    access_token: str = Field(description="to be sent as `Authorization: Bearer …`", examples=["eyJhbGciOi…"])
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="seconds", examples=[3600])
    refresh_token: str = Field(description="renews the access token", examples=["eyJhbGciOi…"])
    scope: str = Field(examples=["journeys:read journeys:write"])
