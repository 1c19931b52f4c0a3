"""How a client gets into the portal and out again (P20)."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class PortalRequest(BaseModel):
    """The base of what a client's browser sends: nothing unknown is swallowed, and nothing rejected is repeated."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PortalAnswer(BaseModel):
    """The base of what the portal answers."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class InvitationView(PortalAnswer):
    """An invitation that still works. Reading it uses nothing up, so a mail scanner does no harm."""

    firm_name: str = Field(description="the adviser's firm", examples=["Harbour Wealth"])
    wrapper_label: str = Field(examples=["stocks and shares ISA"])
    next: Literal["set_password", "sign_in"] = Field(description="`sign_in` when the person has a password already")
    password_rule: str = Field(description="the rule in words, to be shown beside the field")
    expires_at: datetime


class PasswordChoice(PortalRequest):
    """The first password of an invited client."""

    token: str = Field(min_length=1, max_length=200, description="the last part of the invitation's link")
    password: SecretStr = Field(max_length=1000, examples=["lantern orchid pebble quilt"])


class Credentials(PortalRequest):
    """E-mail address and password."""

    email: str = Field(min_length=1, max_length=320, examples=["eleanor.marsh@example.com"])
    password: SecretStr = Field(max_length=1000, examples=["lantern orchid pebble quilt"])


class SessionView(PortalAnswer):
    """The session of a signed-in client."""

    first_name: str = Field(examples=["Eleanor"])
    firm_name: str = Field(examples=["Harbour Wealth"])
    expires_at: datetime = Field(description="when it ends unless something is done before")
    ends_at: datetime = Field(description="when it ends in any case")


class RenewalAnswer(PortalAnswer):
    """The same words whether or not the link was ever one of ours."""

    message: str
