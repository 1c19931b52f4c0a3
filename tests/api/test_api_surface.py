"""What every answer has in common: headers, problems, limits; and the pages for people and machines."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter
from temporalio.client import Client

import api
from api.app import create_app
from api.middleware import MAX_BODY_BYTES
from api.problem_types import PROBLEM_TYPES
from engine.server import TemporalServer
from runtime.temporal import connect
from tests.api.office import JOURNEYS, NAMESPACE, PUBLIC_URL, Office, expect_problem, open_office

PERSONAL = "Eleanor Marsh, AB123456C"
STATIC = Path(api.__file__).parent / "static"
VENDORED = STATIC / "vendor" / "swagger-ui"


@pytest.mark.parametrize("path", ["/health/live", JOURNEYS, "/nowhere", "/docs", "/oidc/jwks.json"])
async def test_every_answer_carries_safe_headers(office: Office, path: str) -> None:
    """Pages, data and problems alike say how a browser has to treat them, and carry a request id."""
    headers = (await office.http.get(path)).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in headers
    assert re.fullmatch("[0-9a-f]{16}", headers["X-Request-ID"])


async def test_adviser_e_mail_leads_to_the_page_of_the_journey(office: Office) -> None:
    """The link of the adviser's e-mail leads to the journey in the workbench, which asks for a sign-in first."""
    led = await office.http.get("/journeys/j1")
    asked = await office.http.get(led.headers["Location"])

    assert (led.status_code, led.headers["Location"]) == (303, "/workbench/journeys/j1")
    assert (asked.status_code, asked.headers["Location"]) == (
        303,
        "/workbench/sign-in?next=%2Fworkbench%2Fjourneys%2Fj1",
    )


@pytest.mark.rule("P20")
async def test_client_e_mail_leads_to_the_portal(office: Office) -> None:
    """The links of a client's e-mails lead somewhere that answers: the page of the invitation, or signing in."""
    invited = await office.http.get("/portal/invitations/not-one-of-ours")
    portal = await office.http.get("/portal", follow_redirects=True)

    assert invited.status_code == 410
    assert "Send me a new link" in invited.text
    assert portal.status_code == 200
    assert portal.url.path == "/portal/sign-in"


async def test_https_is_made_to_stay(adviser_temporal: Client, migrated_database: Path, tmp_path: Path) -> None:
    """Where the public address is https, browsers are told to keep to it."""
    address = "https://onward.example.com"
    async with open_office(adviser_temporal, migrated_database, tmp_path, public_url=address) as office:
        assert "max-age" in (await office.http.get("/health/live")).headers["Strict-Transport-Security"]


async def test_request_id_is_taken_over_when_it_is_one(office: Office) -> None:
    """A caller's request id comes back in header and problem; something that is none is replaced."""
    given = await office.http.get("/nowhere", headers={"X-Request-ID": "caller-0001"})
    odd = await office.http.get("/nowhere", headers={"X-Request-ID": "a b\tc"})

    assert given.headers["X-Request-ID"] == given.json()["request_id"] == "caller-0001"
    assert odd.headers["X-Request-ID"] != "a b\tc"


async def test_unknown_address_and_method_are_problems(office: Office) -> None:
    """Also what the framework refuses is a problem that says what to do."""
    expect_problem(await office.http.get("/nowhere"), "not-found", 404)
    answer = await office.http.delete("/health/live")
    expect_problem(answer, "method-not-allowed", 405)

    assert answer.headers["Allow"] == "GET"


@pytest.mark.parametrize("declared", [True, False])
async def test_bodies_have_a_limit(office: Office, *, declared: bool) -> None:
    """A body that is too large is refused, whether or not its length was declared."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b"x" * (MAX_BODY_BYTES // 16)

    content = b"x" * (MAX_BODY_BYTES + 1) if declared else chunks()
    answer = await office.http.post("/webhooks/platform", content=content)

    expect_problem(answer, "body-too-large", 413)


async def test_failure_of_ours_tells_nobody_anything(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """An unforeseen failure is a problem with a request id; neither answer nor log repeats its text."""
    router = APIRouter()

    @router.get("/failing")
    async def failing() -> None:
        raise RuntimeError(PERSONAL)

    office.app.include_router(router)
    answer = await office.http.get("/failing")

    body = expect_problem(answer, "internal-error", 500)
    assert body["request_id"] == answer.headers["X-Request-ID"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    output = capsys.readouterr()
    assert "RuntimeError" in output.out + output.err
    assert PERSONAL not in answer.text + output.out + output.err


async def test_every_problem_is_explained(office: Office) -> None:
    """Every type URI resolves, to JSON for programs and to a page for people."""
    assert len(PROBLEM_TYPES) > 40
    for slug, kind in PROBLEM_TYPES.items():
        explained = (await office.http.get(f"/problems/{slug}")).json()
        page = await office.http.get(f"/problems/{slug}", headers={"Accept": "text/html"})

        assert explained["type"] == f"{PUBLIC_URL}/problems/{slug}"
        assert explained["what_to_do"].endswith(".")
        assert page.headers["Content-Type"].startswith("text/html")
        assert slug in page.text
        assert kind.status >= 400
    expect_problem(await office.http.get("/problems/nonsense"), "not-found", 404)


async def test_documentation_comes_from_this_origin_alone(office: Office) -> None:
    """The documentation's page has no foreign address and no script of its own; all it names is there."""
    assert (await office.http.get("/")).headers["Location"] == "/workbench"
    page = await office.http.get("/docs")
    named = re.findall(r'(?:src|href)="([^"]*)"', page.text)

    assert not [address for address in named if not address.startswith(("/", "data:"))]
    assert "//" not in page.text.replace("<!doctype html>", "")
    assert not re.search(r"<script(?![^>]*\bsrc=)", page.text)
    assert not re.search(r"\bon[a-z]+=", page.text)
    script_sources = page.headers["Content-Security-Policy"].partition("script-src")[2].partition(";")[0]
    assert "unsafe" not in script_sources
    for address in named:
        if address.startswith("/"):
            assert (await office.http.get(address)).status_code == 200, address


def test_vendored_files_are_what_was_published() -> None:
    """Each vendored file has the recorded hash, and none is there without one."""
    manifest = json.loads((VENDORED / "manifest.json").read_text())
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDORED.iterdir()}
    del files["manifest.json"]

    assert manifest["licence"] == "Apache-2.0"
    assert manifest["files"] == files


async def test_description_is_complete(office: Office) -> None:
    """The OpenAPI document has one stable id per operation, a tag, a summary, and problems where things go wrong."""
    document = (await office.http.get("/openapi.json")).json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    tags = {tag["name"] for tag in document["tags"]}

    assert document["openapi"].startswith("3.1")
    assert len(ids) == len(set(ids))
    assert all(set(operation["tags"]) <= tags and operation["tags"] for operation in operations)
    assert all(operation.get("description") for operation in operations)
    assert "HTTPValidationError" not in document["components"]["schemas"]
    referred = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert referred <= set(document["components"]["schemas"])
    for operation in operations:
        for status, answer in operation["responses"].items():
            is_answer = int(status) < 400 or operation["tags"] == ["operation"]
            assert is_answer or "application/problem+json" in answer["content"], operation["operationId"]


async def test_metrics_count_operations_and_name_nobody(office: Office) -> None:
    """Requests are counted by operation and status; no id of a journey or a person is a label."""
    journey = await office.start()
    await office.http.get(f"{JOURNEYS}/{journey}/emails")
    metrics = (await office.http.get("/metrics")).text

    assert 'onward_http_requests_total{method="POST",operation="create_journey",status="201"} 1.0' in metrics
    assert 'operation="list_emails"' in metrics
    assert journey not in metrics


async def test_ready_when_everything_answers(office: Office) -> None:
    """With database and engine there, the application is ready."""
    assert await office.get("/health/ready") == {"status": "ok", "database": "ok", "temporal": "ok"}


@asynccontextmanager
async def severed_engine(server: TemporalServer) -> AsyncIterator[Client]:
    """Yield a connection to the engine that was good when it was made and is cut now."""
    host, _, port = server.address.partition(":")
    writers: list[asyncio.StreamWriter] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65536):
                writer.write(chunk)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writers.extend((writer, far_writer))
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    listener = await asyncio.start_server(relay, "127.0.0.1", 0)
    near_port = listener.sockets[0].getsockname()[1]
    temporal = await connect(f"127.0.0.1:{near_port}", NAMESPACE)
    listener.close()
    for writer in writers:
        writer.close()
    yield temporal


async def test_engine_that_goes_away_is_a_problem(office: Office, temporal_server: TemporalServer) -> None:
    """Without its engine the application is alive but not ready, and a start says when to try again."""
    async with severed_engine(temporal_server) as severed:
        app = create_app(replace(office.services, temporal=severed))
        headers = {**office.http.headers, "Idempotency-Key": "k"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL, headers=headers) as http:
            alive = await http.get("/health/live")
            ready = await http.get("/health/ready")
            started = await http.post(JOURNEYS, json=office.form())

    assert alive.status_code == 200
    assert (ready.status_code, ready.json()["database"], ready.json()["temporal"]) == (503, "ok", "unavailable")
    expect_problem(started, "engine-unavailable", 503)
    assert started.headers["Retry-After"]
    assert office.writes == []
