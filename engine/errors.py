"""What can go wrong with the engine, in sentences a person can act on.

EngineError
├── EngineUnavailable   no Temporal server could be obtained
└── EngineNotReady      it was started and does not answer
"""


class EngineError(Exception):
    """Base of the engine's errors; the text says what happened and what to do next."""


class EngineUnavailable(EngineError):  # noqa: N818 - reads as the state it tells of
    """No Temporal server could be found, downloaded or built."""


class EngineNotReady(EngineError):  # noqa: N818 - reads as the state it tells of
    """The Temporal server runs or ran, and does not answer in time."""
