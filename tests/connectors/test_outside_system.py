"""What becomes of every kind of answer, and of none."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from pydantic import BaseModel

from connectors.errors import (
    Conflict,
    ConnectorError,
    ConnectorRejected,
    ConnectorUnavailable,
    Invalid,
    NotAuthorised,
    NotFound,
)
from connectors.http import OutsideSystem, Refusal

SECRET = "Eleanor Marsh"
OPERATION = "POST /things/{id}"


@asynccontextmanager
async def system(
    answer: httpx.Response | None = None,
    *,
    base_url: str = "http://outside.example/api",
    read_refusal: Callable[[httpx.Response], Refusal] = lambda _: Refusal(),
    seen: list[httpx.Request] | None = None,
) -> AsyncIterator[OutsideSystem]:
    """Yield a system that gives this answer; without one, the network is used."""

    def answering(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        assert answer is not None
        return answer

    outside = OutsideSystem(
        "outside",
        base_url=base_url,
        connect_timeout=timedelta(seconds=0.5),
        read_timeout=timedelta(seconds=0.5),
        read_refusal=read_refusal,
        headers={"X-Standing": "always"},
        transport=httpx.MockTransport(answering) if answer is not None else None,
    )
    yield outside
    await outside.aclose()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, ConnectorUnavailable),
        (400, Invalid),
        (401, NotAuthorised),
        (402, ConnectorRejected),
        (403, NotAuthorised),
        (404, NotFound),
        (405, ConnectorRejected),
        (408, ConnectorUnavailable),
        (409, Conflict),
        (410, NotFound),
        (412, Conflict),
        (422, Invalid),
        (425, ConnectorUnavailable),
        (429, ConnectorUnavailable),
        (500, ConnectorUnavailable),
        (502, ConnectorUnavailable),
        (503, ConnectorUnavailable),
        (504, ConnectorUnavailable),
        (599, ConnectorUnavailable),
    ],
)
async def test_status_decides_the_kind_of_error(status: int, kind: type[ConnectorError]) -> None:
    """Each status is one kind of error, which repeats nothing that was sent or answered."""
    async with system(httpx.Response(status, text=SECRET)) as outside:
        with pytest.raises(ConnectorError) as raised:
            await outside.send(OPERATION, ids={"id": SECRET}, json={"name": SECRET})

    error = raised.value
    assert type(error) is kind
    assert (error.system, error.operation) == ("outside", OPERATION)
    assert str(status) in error.reason
    assert SECRET not in f"{error} {error!r} {error.args}"
    assert error.__cause__ is None


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("7", 7.0), ("0", 0.0), ("99999999999999999999", 3600.0), ("", None), ("soon", None), ("-5", None), ("1.5", None)],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_in_seconds(status: int, written: str, seconds: float | None) -> None:
    """The wait that a system asks for is kept, an hour at most; one that cannot be read is none."""
    async with system(httpx.Response(status, headers={"Retry-After": written})) as outside:
        with pytest.raises(ConnectorUnavailable) as unavailable:
            await outside.send(OPERATION, ids={"id": "1"})

    assert unavailable.value.retry_after == seconds


@pytest.mark.parametrize(("ahead", "least", "most"), [(60, 50, 60), (-60, 0, 0), (86_400, 3600, 3600)])
async def test_retry_after_as_a_date(ahead: int, least: float, most: float) -> None:
    """A moment is turned into the seconds until then."""
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
    async with system(httpx.Response(503, headers={"Retry-After": moment})) as outside:
        with pytest.raises(ConnectorUnavailable) as unavailable:
            await outside.send(OPERATION, ids={"id": "1"})

    assert unavailable.value.retry_after is not None
    assert least <= unavailable.value.retry_after <= most


async def test_refusal_fills_the_error() -> None:
    """What the connector reads in an error body is handed on in the error."""
    refusal = Refusal("Used already.", "in_use", "th_1", ["a: missing"], ["name"])
    async with system(httpx.Response(409), read_refusal=lambda _: refusal) as outside:
        with pytest.raises(Conflict) as conflict:
            await outside.send(OPERATION, ids={"id": "1"})
    async with system(httpx.Response(422), read_refusal=lambda _: refusal) as outside:
        with pytest.raises(Invalid) as invalid:
            await outside.send(OPERATION, ids={"id": "1"})

    found = conflict.value
    assert (found.reason, found.code, found.existing_id) == ("Used already.", "in_use", "th_1")
    assert found.unmet == ["a: missing"]
    assert invalid.value.fields == ["name"]


async def test_refusal_that_passes_is_unavailable() -> None:
    """A 4xx answer that the connector knows to pass is tried again."""
    async with system(httpx.Response(409), read_refusal=lambda _: Refusal(try_again=True)) as outside:
        with pytest.raises(ConnectorUnavailable):
            await outside.send(OPERATION, ids={"id": "1"})


async def test_request_is_built_from_the_operation() -> None:
    """Ids are escaped into the path below the base address, and standing headers go with every request."""
    seen: list[httpx.Request] = []
    async with system(httpx.Response(204), seen=seen) as outside:
        await outside.send(OPERATION, ids={"id": "a/../b?c"}, params={"page": 2}, headers={"X-Own": "1"})

    assert str(seen[0].url) == "http://outside.example/api/things/a%2F..%2Fb%3Fc?page=2"
    assert (seen[0].method, seen[0].headers["X-Standing"], seen[0].headers["X-Own"]) == ("POST", "always", "1")


class _Thing(BaseModel):
    name: str


@pytest.mark.parametrize("content", [b"", b"no json", b"{}", b'{"name": 5}', b'{"name": "' + SECRET.encode()])
async def test_answer_in_an_unknown_shape(content: bytes) -> None:
    """A body that does not parse is unavailable, and stands in no error."""
    async with system(httpx.Response(200)) as outside:
        with pytest.raises(ConnectorUnavailable, match="answered in an unknown shape") as unavailable:
            outside.parse(OPERATION, _Thing, httpx.Response(200, content=content))

    assert unavailable.value.__cause__ is None
    assert unavailable.value.__suppress_context__


async def test_nobody_listens() -> None:
    """A refused connection is unavailable."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with system(base_url=f"http://127.0.0.1:{port}") as outside:
        with pytest.raises(ConnectorUnavailable, match=r"could not be reached \(ConnectError\)") as unavailable:
            await outside.send(OPERATION, ids={"id": "1"})

    assert unavailable.value.__suppress_context__


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (None, "did not answer in time"),
        (b"", "could not be reached"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "could not be reached"),
        (b"no http at all\r\n\r\n", "could not be reached"),
    ],
)
async def test_answer_that_never_comes_whole(reply: bytes | None, reason: str) -> None:
    """Silence, a closed connection, half an answer and nonsense are unavailable."""
    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if reply is None:
            await done.wait()
        else:
            writer.write(reply)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, system(base_url=f"http://127.0.0.1:{port}") as outside:
        with pytest.raises(ConnectorUnavailable, match=reason):
            await outside.send(OPERATION, ids={"id": "1"})
        done.set()
