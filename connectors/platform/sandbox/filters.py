"""Which records a list shows, and in which order."""

from typing import Any, Literal

from pydantic import AwareDatetime, Field, field_validator

from connectors.platform.sandbox.forms import Form


class Paging(Form):
    """Which part of a list, in which order."""

    page: int = Field(default=1, ge=1)
    page_size: int = Field(default=50, ge=1, le=200)
    sort: Literal["created_at", "-created_at", "updated_at", "-updated_at"] = "created_at"
    updated_since: AwareDatetime | None = None

    def keys(self) -> dict[str, Any]:
        """The filters that compare a key, without those of paging."""
        return self.model_dump(exclude=set(Paging.model_fields), exclude_none=True)


class ClientFilters(Paging):
    """Filters of the list of clients."""

    external_reference: str | None = None
    email: str | None = None
    national_insurance_number: str | None = None
    status: str | None = None
    client_type: str | None = None

    @field_validator("email")
    @classmethod
    def _any_case(cls, value: str | None) -> str | None:
        return value and value.lower()


class IllustrationFilters(Paging):
    """Filters of the list of illustrations."""

    external_reference: str | None = None
    client_id: str | None = None
    wrapper: str | None = None


class AccountFilters(IllustrationFilters):
    """Filters of the list of accounts."""

    status: str | None = None


class MandateFilters(Paging):
    """Filters of the list of mandates."""

    external_reference: str | None = None
    account_id: str | None = None
    client_id: str | None = None
    status: str | None = None
