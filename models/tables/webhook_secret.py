"""The secrets that sign another system's webhooks."""

from datetime import datetime

from sqlmodel import Field

from models.tables.base import JSON_DOCUMENT, StoredRow, UtcDateTime


class WebhookSecretRow(StoredRow, table=True):
    """One subscription at one system for one tenant; several secrets while they are being rotated."""

    __tablename__ = "webhook_secret"

    source: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    secrets: list[str] = Field(sa_type=JSON_DOCUMENT)
    url: str = Field(description="where the deliveries go")
    ensured_at: datetime = Field(sa_type=UtcDateTime)
