"""Turns the query string of a list into conditions, order, page and includes, and builds the list's envelope."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import URL, QueryParams

from connectors.plannr.sandbox.errors import ApiError, refuse, unprocessable
from connectors.plannr.sandbox.store import Condition, Document, Store

DEFAULT_PER_PAGE = 15
MAXIMUM_PER_PAGE = 500

Filter = Callable[[str, str, str], Condition]
"""Takes kind, firm and the filter's text."""

TRUE_TEXTS = frozenset({"1", "true"})


def exact(name: str) -> Filter:
    """Any of the comma separated values, through the index."""
    return lambda kind, tenant, text: Store.having(kind, tenant, name, text.split(","))


def tagged(kind: str, tenant: str, text: str) -> Condition:
    """Any of the comma separated tags, each by name or uuid; walks the list, since a tag is on very many records."""
    values = [value.lower() for value in text.split(",")]
    marks = ",".join("?" * len(values))
    of_record = "tags.tenant = ? AND tags.kind = ? AND tags.name = 'tag' AND tags.uuid = records.uuid"
    named = f"SELECT uuid FROM lookups WHERE tenant = ? AND kind = 'tag' AND name = 'name' AND value IN ({marks})"  # noqa: S608  only the number of marks varies
    meant = f"tags.value IN ({marks}) OR tags.value IN ({named})"
    fragment = f"EXISTS (SELECT 1 FROM lookups AS tags WHERE {of_record} AND ({meant}))"  # noqa: S608  as above
    return fragment, [tenant, kind, *values, tenant, *values]


def one_of(path: str) -> Filter:
    """Any of the comma separated values of a field with few different ones, which no index would help."""

    def condition(_kind: str, _tenant: str, text: str) -> Condition:
        values = text.split(",")
        return f"json_extract(document, '$.{path}') IN ({','.join('?' * len(values))})", values

    return condition


def flag(path: str) -> Filter:
    """A boolean; absent counts as false."""
    term = f"coalesce(json_extract(document, '$.{path}'), 0) = ?"
    return lambda _kind, _tenant, text: (term, [int(text.lower() in TRUE_TEXTS)])


def uuids(_kind: str, _tenant: str, text: str) -> Condition:
    """Any of the comma separated uuids."""
    values = text.split(",")
    return f"uuid IN ({','.join('?' * len(values))})", values


def partly(*paths: str) -> Filter:
    """A part of a text, whatever its case; several fields are read as one text with blanks between."""
    term = " || ' ' || ".join(f"coalesce(json_extract(document, '$.{path}'), '')" for path in paths)
    return lambda _kind, _tenant, text: (f"instr(lower({term}), ?) > 0", [text.lower()])


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise unprocessable({"filter": ["The filter field must be a valid date."]}) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="microseconds")


def after(column: str) -> Filter:
    """Later than a moment; ``column`` is a column or a JSON path with a leading ``$.``."""
    term = f"json_extract(document, '{column}')" if column.startswith("$.") else column
    return lambda _kind, _tenant, text: (f"{term} > ?", [_moment(text)])


def before(column: str) -> Filter:
    """Earlier than a moment."""
    term = f"json_extract(document, '{column}')" if column.startswith("$.") else column
    return lambda _kind, _tenant, text: (f"{term} < ?", [_moment(text)])


TIMES: Mapping[str, Filter] = {
    "created_after": after("created_at"),
    "created_before": before("created_at"),
    "updated_after": after("updated_at"),
    "updated_before": before("updated_at"),
}


@dataclass(frozen=True)
class Listing:
    """What a list endpoint allows; anything else is refused with 400."""

    kind: str
    filters: Mapping[str, Filter] = field(default_factory=dict)
    sorts: tuple[str, ...] = ("created_at", "updated_at")
    default_sort: str = "created_at"
    includes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Slice:
    """One page of a list before its documents are presented."""

    documents: list[Document]
    total: int
    page: int
    per_page: int
    includes: frozenset[str]


def _not_allowed(word: str, asked: Sequence[str], allowed: Sequence[str]) -> ApiError:
    allowed_text = f"Allowed {word}(s) are `{', '.join(allowed)}`." if allowed else f"There are no allowed {word}s."
    return refuse(400, f"Requested {word}(s) `{', '.join(asked)}` are not allowed. {allowed_text}")


def includes_asked(params: QueryParams, allowed: Sequence[str]) -> frozenset[str]:
    """The relations that the caller wants with each record.

    Raises:
        ApiError: 400, a relation that the endpoint does not know.
    """
    asked = [name for name in params.get("include", "").split(",") if name]
    unknown = [name for name in asked if name not in allowed]
    if unknown:
        raise _not_allowed("include", unknown, allowed)
    return frozenset(asked)


def _number(params: QueryParams, name: str, default: int) -> int:
    text = params.get(name, "")
    return max(1, int(text)) if text.isdecimal() else default


def _order(listing: Listing, params: QueryParams) -> str:
    terms = []
    for asked in params.get("sort", listing.default_sort).split(","):
        name = asked.removeprefix("-")
        if name not in listing.sorts:
            raise _not_allowed("sort", [name], listing.sorts)
        column = name if name in {"created_at", "updated_at"} else f"json_extract(document, '$.{name}')"
        terms.append(f"{column} {'DESC' if asked.startswith('-') else 'ASC'}")
    return ", ".join([*terms, f"seq {terms[0].rpartition(' ')[2]}"])


def _filters(params: QueryParams) -> dict[str, str]:
    return {key[7:-1]: value for key, value in params.items() if key.startswith("filter[") and key.endswith("]")}


def read_slice(
    store: Store, tenant: str, listing: Listing, params: QueryParams, fixed: Sequence[Condition] = ()
) -> Slice:
    """Reads the page that the query string asks for.

    Raises:
        ApiError: 400 for a filter, sort or include that the endpoint does not know; 422 for a filter that is no date.
    """
    asked = _filters(params)
    unknown = [name for name in asked if name not in listing.filters]
    if unknown:
        raise _not_allowed("filter", unknown, list(listing.filters))
    includes = includes_asked(params, listing.includes)
    conditions = [
        *fixed,
        *(listing.filters[name](listing.kind, tenant, text) for name, text in asked.items() if text),
    ]
    page = _number(params, "page", 1)
    per_page = min(_number(params, "per_page", DEFAULT_PER_PAGE), MAXIMUM_PER_PAGE)
    documents = store.page(
        listing.kind, tenant, conditions, _order(listing, params), limit=per_page, offset=(page - 1) * per_page
    )
    return Slice(documents, store.count(listing.kind, tenant, conditions), page, per_page, includes)


def envelope(items: Sequence[Any], part: Slice, url: URL) -> dict[str, Any]:
    """The published ``data``, ``links`` (four page URLs) and ``meta`` of a list."""
    last = max(1, math.ceil(part.total / part.per_page))
    start = (part.page - 1) * part.per_page

    def page_url(number: int) -> str:
        return str(url.include_query_params(page=number))

    return {
        "data": list(items),
        "links": {
            "first": page_url(1),
            "last": page_url(last),
            "prev": page_url(part.page - 1) if part.page > 1 else None,
            "next": page_url(part.page + 1) if part.page < last else None,
        },
        "meta": {
            "current_page": part.page,
            "from": start + 1 if items else None,
            "last_page": last,
            "path": str(url.replace(query="")),
            "per_page": part.per_page,
            "to": start + len(items) if items else None,
            "total": part.total,
        },
    }
