"""What supervisors are told."""

from typing import Literal

from pydantic import BaseModel, Field

Part = Literal["ok", "unavailable"]


class Alive(BaseModel):
    """The process runs."""

    status: Literal["ok"]


class Readiness(BaseModel):
    """Whether everything that requests need answers."""

    status: Part = Field(examples=["ok"])
    database: Part = Field(examples=["ok"])
    temporal: Part = Field(examples=["ok"])
