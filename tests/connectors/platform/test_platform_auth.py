"""The platform's access token: fetched once, renewed in time, and once more when it is refused."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from connectors.errors import ConnectorUnavailable, NotAuthorised
from connectors.http import OutsideSystem
from connectors.platform.auth import ClientCredentials
from connectors.platform.calls import PlatformCalls
from connectors.platform.errors import read_refusal


class Issuer:
    """Issues numbered tokens and takes those that it has not revoked."""

    def __init__(self) -> None:
        self.issued = 0
        self.revoked: set[str] = set()
        self.calls: list[str] = []
        self.refusal: httpx.Response | None = None
        self.seconds = 0.0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a call."""
        # Lets every caller that runs beside this one get as far as it can.
        await asyncio.sleep(0)
        if request.url.path == "/oauth/token":
            assert request.content == b"grant_type=client_credentials&client_id=onward&client_secret=right"
            if self.refusal is not None:
                return self.refusal
            self.issued += 1
            content = {"access_token": f"token-{self.issued}", "token_type": "Bearer", "expires_in": 3600}
            return httpx.Response(200, json=content)
        token = request.headers["Authorization"].removeprefix("Bearer ")
        self.calls.append(token)
        return httpx.Response(401 if token in self.revoked else 200)


@pytest.fixture
def issuer() -> Issuer:
    """Return the issuer of this test's tokens."""
    return Issuer()


@pytest.fixture
async def calls(issuer: Issuer) -> AsyncIterator[PlatformCalls]:
    """Yield calls to a platform that takes the issuer's tokens, by the issuer's clock."""
    system = OutsideSystem(
        "platform",
        base_url="http://platform.example",
        connect_timeout=timedelta(seconds=1),
        read_timeout=timedelta(seconds=1),
        read_refusal=read_refusal,
        transport=httpx.MockTransport(issuer),
    )
    credentials = ClientCredentials(system, client_id="onward", client_secret="right", clock=lambda: issuer.seconds)
    yield PlatformCalls(system, credentials)
    await system.aclose()


async def test_token_is_fetched_once_for_all_who_wait(issuer: Issuer, calls: PlatformCalls) -> None:
    """Twenty calls at once and one after them share one token."""
    await asyncio.gather(*(calls.send("GET /guarantee") for _ in range(20)))
    await calls.send("GET /guarantee")

    assert issuer.calls == ["token-1"] * 21


async def test_token_is_renewed_before_it_expires(issuer: Issuer, calls: PlatformCalls) -> None:
    """A token is used until a minute before its end, and never after."""
    for moment in (0.0, 3539.0, 3540.0):
        issuer.seconds = moment
        await calls.send("GET /guarantee")

    assert issuer.calls == ["token-1", "token-1", "token-2"]


async def test_refused_token_is_renewed_once(issuer: Issuer, calls: PlatformCalls) -> None:
    """A call whose token is refused succeeds with a new one."""
    issuer.revoked.add("token-1")
    await calls.send("GET /guarantee")

    assert issuer.calls == ["token-1", "token-2"]


async def test_token_refused_to_many_is_renewed_once(issuer: Issuer, calls: PlatformCalls) -> None:
    """Many calls that are refused at once fetch one new token together."""
    await calls.send("GET /guarantee")
    issuer.revoked.add("token-1")
    await asyncio.gather(*(calls.send("GET /guarantee") for _ in range(10)))

    assert issuer.issued == 2


async def test_second_refusal_is_final(issuer: Issuer, calls: PlatformCalls) -> None:
    """When the new token is refused as well, the call is not authorised and nothing more is tried."""
    issuer.revoked |= {"token-1", "token-2"}
    with pytest.raises(NotAuthorised) as refused:
        await calls.send("GET /guarantee")

    assert issuer.calls == ["token-1", "token-2"]
    assert refused.value.operation == "GET /guarantee"


@pytest.mark.parametrize("status", [400, 401])
async def test_wrong_credentials_are_not_authorised(issuer: Issuer, calls: PlatformCalls, status: int) -> None:
    """A refusal of id and secret, with either status of RFC 6749, names the token call and not the secret."""
    issuer.refusal = httpx.Response(status, json={"error": "invalid_client"})
    with pytest.raises(NotAuthorised) as refused:
        await calls.send("GET /guarantee")

    assert refused.value.operation == "POST /oauth/token"
    assert "right" not in str(refused.value)
    assert issuer.calls == []


@pytest.mark.parametrize("content", [b"", b"{}", b'{"access_token": "", "expires_in": 1}', b'{"access_token": "t"}'])
async def test_token_in_an_unknown_shape_is_unavailable(issuer: Issuer, calls: PlatformCalls, content: bytes) -> None:
    """A token answer without token or life is not guessed at."""
    issuer.refusal = httpx.Response(200, content=content)
    with pytest.raises(ConnectorUnavailable, match="unknown shape"):
        await calls.send("GET /guarantee")


async def test_failed_fetch_leaves_nothing_behind(issuer: Issuer, calls: PlatformCalls) -> None:
    """After the token call failed, the next call fetches a token as if nothing had been."""
    issuer.refusal = httpx.Response(503)
    with pytest.raises(ConnectorUnavailable):
        await calls.send("GET /guarantee")
    issuer.refusal = None
    await calls.send("GET /guarantee")

    assert issuer.calls == ["token-1"]
