"""Why a journey is not started: one small error for whoever asked, over HTTP or in a file."""

from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import JsonValue


class StartRefusal(StrEnum):
    """The kinds of refusal; each is also the slug of the problem that the API answers with."""

    ACCOUNT_TYPE_ELSEWHERE = "account-type-elsewhere"
    WRAPPER_NOT_SERVED = "wrapper-not-served"
    NOT_ELIGIBLE = "not-eligible"
    PLANNR_CLIENT_UNKNOWN = "plannr-client-unknown"
    PLANNR_RECORD_INCOMPLETE = "plannr-record-incomplete"
    CLIENT_NOT_LINKED = "client-not-linked"
    EMAIL_IN_USE = "email-in-use"


@dataclass(frozen=True, slots=True)
class Fault:
    """One place of the start form that stands in the way, as a JSON Pointer, and what else names it."""

    pointer: str
    detail: str
    named: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class StartRefused(Exception):  # noqa: N818 - an answer, named as people say it
    """The journey is not started, and nothing was written to either system."""

    refusal: StartRefusal
    sentence: str
    faults: list[Fault] = field(default_factory=list)
    extra: dict[str, JsonValue] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the kind alone, which may be logged."""
        return self.refusal.value
