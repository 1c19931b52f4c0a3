"""The platform's JSON as the sync reads it. Nothing outside this folder knows these names."""

from typing import Generic, Literal, TypeVar

from pydantic import AwareDatetime, Field

from connectors.platform.port import AccountStatus
from connectors.platform.wire import Envelope, Wire, WireClient

DataT = TypeVar("DataT")


class WireClientRecord(WireClient):
    """A client as the sync reads it."""

    client_type: Literal["individual", "minor"]
    guardian_id: str | None = None
    updated_at: AwareDatetime


class WireAccountRecord(Wire):
    """An account of any wrapper as the sync reads it."""

    id: str
    external_reference: str | None = None
    wrapper: str
    status: AccountStatus
    name: str
    client_ids: list[str]
    signatory_ids: list[str] = Field(default=[])
    adviser_reference: str
    version: int
    updated_at: AwareDatetime


class WireChanged(Wire):
    """A record of any kind by its newest change."""

    id: str
    status: str = ""
    version: int
    updated_at: AwareDatetime


class WireListMeta(Wire):
    """What stands beside a list: how many records match, and which page this is."""

    count: int
    page: int
    page_size: int

    @property
    def is_last(self) -> bool:
        """Whether no further page has a record."""
        return self.page * self.page_size >= self.count


class ListAnswer(Envelope[list[DataT]], Generic[DataT]):
    """A page of a list."""

    meta: WireListMeta


ClientRecordAnswer = Envelope[WireClientRecord]
AccountRecordAnswer = Envelope[WireAccountRecord]
ClientRecordsAnswer = ListAnswer[WireClientRecord]
AccountRecordsAnswer = ListAnswer[WireAccountRecord]
ChangedAnswer = ListAnswer[WireChanged]
