"""What supervisors are told."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Part = Literal["ok", "unavailable"]


class Alive(BaseModel):
    """The process runs."""

    model_config = ConfigDict(hide_input_in_errors=True)

    status: Literal["ok"]


class Readiness(BaseModel):
    """Whether everything that requests need answers."""

    model_config = ConfigDict(hide_input_in_errors=True)

    status: Part = Field(examples=["ok"])
    database: Part = Field(examples=["ok"])
    temporal: Part = Field(examples=["ok"])
