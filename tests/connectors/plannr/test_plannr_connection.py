"""What every request carries, and what the adapter makes of answers that go wrong."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote_plus

import httpx
import pytest
import uvicorn

from connectors.errors import (
    Conflict,
    ConnectorError,
    ConnectorRejected,
    ConnectorUnavailable,
    Invalid,
    NotAuthorised,
    NotFound,
)
from connectors.plannr.sandbox.app import create_app
from connectors.plannr.sandbox.config import SandboxConfig
from connectors.plannr.sandbox.seed import HARBOUR_ACCOUNT_UUID
from tests.connectors.plannr.conftest import Watched
from tests.contract.plannr_scenes import (
    BANK_DETAILS,
    CLIENT,
    DETAILS,
    FIRM,
    KNOWN,
    TOKEN,
    WRITES,
    application,
    gateway_on,
    illustration,
    plan,
)


async def _everything(watched: Watched) -> list[httpx.Request]:
    for write in WRITES.values():
        await write(watched.gateway)
    await watched.gateway.read_person(FIRM, CLIENT)
    return watched.sent.requests


async def test_every_request_carries_the_published_headers(watched: Watched) -> None:
    """Accept, Content-Type, the token and the firm's tenant stand on every request."""
    requests = await _everything(watched)

    published = ("Accept", "Content-Type", "Authorization", "X-PLANNR-ACCOUNT-UUID")
    expected = ("application/json", "application/json", f"Bearer {TOKEN}", HARBOUR_ACCOUNT_UUID)
    assert {tuple(request.headers[name] for name in published) for request in requests} == {expected}


async def test_no_address_holds_personal_data(watched: Watched) -> None:
    """Names, contact details and numbers travel in bodies only, as addresses end up in logs."""
    urls = " ".join(unquote_plus(str(request.url)).casefold() for request in await _everything(watched))
    personal = [
        *(str(value) for details in (KNOWN, DETAILS) for value in (details.last_name, details.email, details.mobile)),
        *(str(details.national_insurance_number) for details in (KNOWN, DETAILS)),
        str(KNOWN.first_name),
        *BANK_DETAILS.model_dump().values(),
    ]

    assert [value for value in personal if value.casefold() in urls] == []


async def test_an_unknown_firm_is_named_and_nothing_is_sent(watched: Watched) -> None:
    """A firm without a tenant is a mistake in the settings; the error says which firm and where to add it."""
    with pytest.raises(ConnectorRejected, match="'gull' has no tenant in Plannr; add its account uuid to ONWARD_FIRMS"):
        await watched.gateway.read_person("gull", CLIENT)
    assert watched.sent.requests == []


async def test_wrong_credentials_are_said_to_be_so(watched: Watched) -> None:
    """A refused token and a tenant that is not the token's are both a matter of credentials."""
    for changes in ({"token": "expired"}, {"tenants": {FIRM: CLIENT}}):
        gateway = gateway_on(watched.sandbox.transport, **changes)
        with pytest.raises(NotAuthorised):
            await gateway.read_person(FIRM, CLIENT)
        await gateway.aclose()


async def test_a_refusal_names_fields_and_never_values(watched: Watched) -> None:
    """An illustration requested by nobody of the firm is refused by the field's name."""
    with pytest.raises(Invalid) as refusal:
        await watched.gateway.record_illustration(FIRM, illustration(requested_by=CLIENT))

    assert refusal.value.fields == ["requested_by_uuid"]
    assert str(refusal.value) == "plannr: POST /api/v1/illustration: refused the content of requested_by_uuid"


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (500, {"message": "Server Error"}, ConnectorUnavailable),
        (503, {"message": "Service Unavailable"}, ConnectorUnavailable),
        (200, {"message": "no account"}, ConnectorUnavailable),
        (200, "<html>", ConnectorUnavailable),
        (404, "<html>", NotFound),
        (409, ["a list"], Conflict),
        (422, {"message": "Eleanor is wrong", "errors": "none"}, Invalid),
        (418, {}, ConnectorRejected),
    ],
)
async def test_every_answer_becomes_one_of_our_errors(
    status: int, body: object, expected: type[ConnectorError]
) -> None:
    """Whatever shape the answer has, the error is of the tree and repeats nothing of it."""
    gateway = gateway_on(httpx.MockTransport(lambda _request: httpx.Response(status, json=body)))
    with pytest.raises(expected) as error:
        await gateway.read_person(FIRM, CLIENT)
    await gateway.aclose()

    assert type(error.value) is expected
    assert "Eleanor" not in str(error.value)
    assert CLIENT not in str(error.value)


async def test_a_full_rate_limit_tells_how_long_to_wait(watched: Watched) -> None:
    """The sandbox's own limit, not a fault: the wait is its Retry-After."""
    assert (await watched.sandbox.http.put("/_sandbox/state", json={"rate_limit_per_minute": 2})).is_success
    for _ in range(2):
        await watched.gateway.read_person(FIRM, CLIENT)
    with pytest.raises(ConnectorUnavailable) as failure:
        await watched.gateway.read_person(FIRM, CLIENT)

    assert failure.value.retry_after is not None
    assert 0 < failure.value.retry_after <= 60


async def test_lists_are_read_to_their_last_page() -> None:
    """A bank account on the second page is found, so no second one is added."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.method == "GET"
        page = request.url.params["page"]
        asked.append(page)
        number = BANK_DETAILS.account_number if page == "2" else "00000001"
        listed = {"uuid": page, "sort_code": BANK_DETAILS.sort_code, "account_number": number}
        return httpx.Response(200, json={"data": [listed], "meta": {"current_page": int(page), "last_page": 2}})

    gateway = gateway_on(httpx.MockTransport(answer))
    await gateway.save_bank_account(FIRM, CLIENT, BANK_DETAILS)
    await gateway.aclose()
    assert asked == ["1", "2"]


@asynccontextmanager
async def _served(folder: Path) -> AsyncIterator[str]:
    app = create_app(SandboxConfig(database=folder / "plannr.db", token=TOKEN))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, ws="none", log_level="error", timeout_graceful_shutdown=1))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving


@pytest.mark.rule("P42")
async def test_an_answer_that_never_comes_is_given_up_and_found_again(tmp_path: Path) -> None:
    """Over a real socket the application is committed, the answer hangs, and the repeated write finds the record."""
    async with _served(tmp_path) as url, httpx.AsyncClient(base_url=url) as http:
        gateway = gateway_on(httpx.AsyncHTTPTransport(), base_url=url, read_timeout=timedelta(seconds=0.5))
        fault = {"operation": "POST /api/v1/applications", "kind": "commit_then_timeout", "hang": True, "seconds": 3}
        assert (await http.post("/_sandbox/faults", json=fault)).status_code == 201
        with pytest.raises(ConnectorUnavailable, match="did not answer in time"):
            await gateway.save_application(FIRM, application())
        saved = await gateway.save_application(FIRM, application(status="pending"))
        await gateway.save_plan(FIRM, plan())
        counts = (await http.get("/_sandbox/state")).json()["counts"]
        await gateway.aclose()

    assert (saved.status, counts["application"], counts["plan"]) == ("pending", 1, 1)


async def test_a_system_that_is_not_there_is_unavailable() -> None:
    """Nobody listens on the port: try again later."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    gateway = gateway_on(httpx.AsyncHTTPTransport(), base_url=f"http://127.0.0.1:{port}")
    with pytest.raises(ConnectorUnavailable, match="could not be reached"):
        await gateway.read_person(FIRM, CLIENT)
    await gateway.aclose()
