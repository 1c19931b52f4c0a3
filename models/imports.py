"""The contract of the `JourneyImport` workflow and its activity: journeys started from a file, a few at a time.

As in `models.messages`, only ever add fields, with defaults.
"""

from models.base import Message


class RunImport(Message):
    """A file whose rows are stored already; `firm` is whose share of the workers it uses."""

    import_id: str
    firm: str


class ImportBatch(Message):
    """The next rows of an import that wait, at most so many."""

    import_id: str
    limit: int


class BatchDone(Message):
    """How many rows were settled by the batch, and how many still wait."""

    settled: int
    left: int
