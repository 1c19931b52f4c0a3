"""What a kind of problem is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: the last part of its type URI, what happened, the HTTP status, and the next step in words."""

    slug: str
    title: str
    status: int
    what_to_do: str
