"""What every stored row shares: one metadata with named constraints, and column types that both databases agree on."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import JSON, DateTime, Dialect, Enum, MetaData, inspect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

_CONSTRAINT_NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in time: aware when written, aware in UTC when read, on SQLite too, which knows no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC; refuse a naive one, whose meaning would depend on the machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A stored moment needs a time zone.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (theirs)
        """Return the moment as an aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# `None` becomes SQL NULL, so that "is null" means the same for every column.
JSON_DOCUMENT: Final = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def text_enum(members: type[StrEnum]) -> Enum:
    """Return the column type that stores an enumeration by its values, as plain text in both databases."""
    return Enum(members, native_enum=False, length=40, values_callable=lambda enum: [member.value for member in enum])


class StoredRow(SQLModel):
    """The base of every table of Onward's own database; the sandboxes keep theirs apart."""

    metadata = MetaData(naming_convention=_CONSTRAINT_NAMES)

    def __repr__(self) -> str:
        # Rows hold personal data, and a repr ends up in logs and tracebacks.
        return f"<{type(self).__name__} {inspect(self).identity}>"

    __str__ = __repr__
