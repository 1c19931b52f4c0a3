"""Posting an event to a firm's system: signed, to the checked address, and nowhere else."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from standardwebhooks import WebhookVerificationError

from connectors.errors import ConnectorUnavailable
from connectors.firms.http_adapter import HttpFirmGateway
from connectors.firms.port import AddressRefused
from connectors.firms.signing import SECRET_PREFIX, new_secret, signed_headers
from tests.conftest import Eventually
from tests.connectors.firms.receiver import Taken, receiving

SECOND = timedelta(seconds=1)
BODY = '{"type":"journey.started.v1","seq":1}'


def gateway(**changes: object) -> HttpFirmGateway:
    """Return a gateway that may reach this machine."""
    values: dict[str, object] = {"connect_timeout": SECOND, "read_timeout": SECOND, "private": True} | changes
    return HttpFirmGateway(**values)  # type: ignore[arg-type]  # what a test changes is right


def signed(*live: str) -> dict[str, str]:
    """Return the headers of the body, made just now."""
    return signed_headers(live, "event-1", datetime.now(UTC), BODY)


@pytest.mark.rule("P55")
async def test_an_event_arrives_as_it_was_signed(eventually: Eventually) -> None:
    """A firm checks what arrives with a library of Standard Webhooks; a wrong secret or a changed body is noticed."""
    secret, firms = new_secret(), gateway()
    async with receiving(eventually) as receiver:
        posted = await firms.post(receiver.address, BODY.encode(), signed(secret))
    (taken,) = receiver.taken

    assert (posted.status, posted.taken, posted.gone) == (204, True, False)
    assert taken.verified(secret) == {"type": "journey.started.v1", "seq": 1}
    assert (taken.method, taken.path) == ("POST", "/onward-events")
    assert taken.headers["webhook-id"] == "event-1"
    assert taken.headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        taken.verified(new_secret())
    with pytest.raises(WebhookVerificationError):
        Taken(taken.method, taken.path, taken.headers, taken.body.replace(b"1", b"2")).verified(secret)
    await firms.aclose()


def test_two_live_secrets_sign_both() -> None:
    """During a rotation either of the two secrets proves who sent the event."""
    old, new = new_secret(), new_secret()
    headers = signed(new, old)
    taken = Taken("POST", "/", headers, BODY.encode())

    assert len(headers["webhook-signature"].split(" ")) == 2
    assert taken.verified(old) == taken.verified(new)


def test_secrets_are_long_and_never_the_same() -> None:
    """Each secret has 32 bytes of its own."""
    made = {new_secret() for _ in range(20)}

    assert len(made) == 20
    assert {len(base64.b64decode(each.removeprefix(SECRET_PREFIX))) for each in made} == {32}


@pytest.mark.parametrize(
    ("status", "headers", "after"),
    [
        (301, {"location": "/elsewhere"}, None),
        (410, {}, None),
        (429, {"retry-after": "7"}, 7.0),
        (503, {"retry-after": "86400"}, 3600.0),
        (500, {"set-cookie": "a=b"}, None),
    ],
)
async def test_an_answer_leads_nowhere(
    status: int, headers: dict[str, str], after: float | None, eventually: Eventually
) -> None:
    """A redirect is not followed, a cookie not kept, and a wait of an hour at most is told on."""
    firms = gateway()
    async with receiving(eventually) as receiver:
        receiver.answers = [(status, headers)]
        posted = await firms.post(receiver.address, BODY.encode(), {})
        await firms.post(receiver.address, BODY.encode(), {})
    await firms.aclose()

    assert (posted.status, posted.retry_after, posted.gone) == (status, after, status == 410)
    assert [taken.path for taken in receiver.taken] == ["/onward-events"] * 2
    assert "cookie" not in receiver.taken[1].headers


@pytest.mark.rule("P55")
async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """A name that leads inside at a second look is reached where the first look led; its certificate is the name's."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    looks = iter([["8.8.8.8"], ["127.0.0.1"]])

    async def rebinding(_host: str, _port: int) -> list[str]:
        return next(looks)

    firms = gateway(private=False, resolve=rebinding, transport=httpx.MockTransport(answer))
    await firms.post("https://events.harbour.example.com:8443/in?a=1", b"{}", {})
    with pytest.raises(AddressRefused):
        await firms.post("https://events.harbour.example.com:8443/in?a=1", b"{}", {})
    await firms.aclose()
    (request,) = seen

    assert str(request.url) == "https://8.8.8.8:8443/in?a=1"
    assert request.headers["host"] == "events.harbour.example.com:8443"
    assert request.extensions["sni_hostname"] == "events.harbour.example.com"


async def test_a_proxy_of_the_environment_is_not_used(eventually: Eventually, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would look the name up again, out of our sight."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    firms = gateway()
    async with receiving(eventually) as receiver:
        assert (await firms.post(receiver.address, b"{}", {})).taken
    await firms.aclose()


async def test_a_system_that_does_not_answer_is_unavailable() -> None:
    """Nobody there, and somebody who never answers, are both reasons to try again; the address is not repeated."""

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _reader.read()
        writer.close()

    listener = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    firms = gateway(read_timeout=timedelta(milliseconds=200))
    with pytest.raises(ConnectorUnavailable, match="did not answer in time"):
        await firms.post(f"http://127.0.0.1:{port}/token-1", b"{}", {})
    listener.close()
    with pytest.raises(ConnectorUnavailable, match="could not be reached") as raised:
        await firms.post(f"http://127.0.0.1:{port}/token-1", b"{}", {})
    await firms.aclose()

    assert "token-1" not in str(raised.value)
