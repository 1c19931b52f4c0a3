"""The dated rules table: every number of the wrappers' rules, by the day it holds (P33).

The table is `rules_2026_27.toml`. `load_rules()` reads it; whoever calls decides when, and passes the rules on.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Final

Value = int | Decimal | date
"""A count, an age or an amount in pence; a rate; a day."""

_TABLE: Final = "rules_2026_27.toml"
_COLUMNS: Final = frozenset({"key", "value", "valid_from", "source"})


class UnknownRule(LookupError):  # noqa: N818 - reads as what it is where it is raised
    """The table has no such rule, none for the day, or one of another type than was asked for."""


class BrokenTable(ValueError):  # noqa: N818 - reads as what it is where it is raised
    """The table itself is wrong: nothing may be decided by it."""


@dataclass(frozen=True)
class Row:
    """One row of the table: what holds under a key from a day on, and who says so."""

    key: str
    value: Value
    valid_from: date
    source: str


@dataclass(frozen=True)
class Rules:
    """The rules that hold and the ones that are announced, by key, each key's rows in the order of their days."""

    rows: Mapping[str, tuple[Row, ...]]

    def at(self, key: str, day: date) -> Value:
        """Return what holds under a key on a day (P33).

        Raises:
            UnknownRule: there is no such key, or no value for that day.
        """
        return self.row_at(key, day).value

    def row_at(self, key: str, day: date) -> Row:
        """Return the row that holds under a key on a day, with its source; raises `UnknownRule` as `at` does."""
        rows = self.rows.get(key)
        if rows is None:
            raise UnknownRule(f"The rules table has no key {key!r}: correct the key, or add its row with its source.")
        held = [row for row in rows if row.valid_from <= day]
        if not held:
            raise UnknownRule(
                f"The rules table says nothing of {key!r} on {day}, only from {rows[0].valid_from} on: "
                "add the row that held before, with its source."
            )
        return held[-1]

    def whole(self, key: str, day: date) -> int:
        """Return a number that is whole: an age, a count of days or people, an amount in pence."""
        value = self.at(key, day)
        if not isinstance(value, int):
            raise UnknownRule(f"The rules table has no whole number under {key!r}: correct the row.")
        return value

    def rate(self, key: str, day: date) -> Decimal:
        """Return a rate, e.g. `Decimal("0.2")`."""
        value = self.at(key, day)
        if not isinstance(value, Decimal):
            raise UnknownRule(f"The rules table has no rate under {key!r}: correct the row.")
        return value

    def day(self, key: str, day: date) -> date:
        """Return a day on which a rule turns, e.g. of birth."""
        value = self.at(key, day)
        if not isinstance(value, date):
            raise UnknownRule(f"The rules table has no day under {key!r}: correct the row.")
        return value


def load_rules() -> Rules:
    """Read the table that is shipped with the product (P33).

    Raises:
        BrokenTable: the table is wrong.
    """
    return parse_rules((files("domain") / _TABLE).read_text(encoding="utf-8"))


def parse_rules(text: str) -> Rules:
    """Read a table in TOML: an array `rule` of rows with `key`, `value`, `valid_from` and `source`.

    Raises:
        BrokenTable: a row lacks or adds a column or has a value of a wrong kind, two rows of a key begin on the same
            day, or a key changes its kind of value.
    """
    try:
        table = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise BrokenTable(f"The rules table is no TOML: {error}.") from error
    found = table.get("rule")
    if not isinstance(found, list) or not found or set(table) != {"rule"}:
        raise BrokenTable("The rules table is an array named `rule` and nothing else.")
    return Rules(_by_key(_row(number, entry) for number, entry in enumerate(found, 1)))


def _row(number: int, entry: object) -> Row:
    if not isinstance(entry, dict) or set(entry) != _COLUMNS:
        raise BrokenTable(f"Row {number} of the rules table needs exactly {', '.join(sorted(_COLUMNS))}.")
    key, value, valid_from, source = (entry[column] for column in ("key", "value", "valid_from", "source"))
    if not (isinstance(key, str) and key and isinstance(source, str) and source.strip()):
        raise BrokenTable(f"Row {number} of the rules table needs a key and a source in words.")
    if not _is_day(valid_from):
        raise BrokenTable(f"Row {number} of the rules table, {key!r}, needs a day as `valid_from`.")
    if isinstance(value, bool) or not (isinstance(value, int | Decimal) or _is_day(value)):
        raise BrokenTable(f"Row {number} of the rules table, {key!r}, needs a whole number, a rate or a day as value.")
    return Row(key, value, valid_from, source)


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _by_key(rows: Iterable[Row]) -> dict[str, tuple[Row, ...]]:
    by_key: dict[str, tuple[Row, ...]] = {}
    for row in sorted(rows, key=lambda row: (row.key, row.valid_from)):
        earlier = by_key.get(row.key, ())
        if earlier and earlier[-1].valid_from == row.valid_from:
            raise BrokenTable(f"The rules table has two rows for {row.key!r} from {row.valid_from}: keep one.")
        if earlier and type(earlier[-1].value) is not type(row.value):
            raise BrokenTable(f"The rules table gives {row.key!r} values of different kinds: keep one kind.")
        by_key[row.key] = (*earlier, row)
    return by_key
