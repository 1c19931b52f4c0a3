"""The client of a journey, at work in the portal while the adviser looks on."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.api.office import PUBLIC_URL
from tests.api.test_adviser_commands import Case

PASSWORD = "lantern orchid pebble quilt"


@asynccontextmanager
async def client_of(case: Case) -> AsyncIterator[httpx.AsyncClient]:
    """Yield the browser of the client, who has followed the link in the newest e-mail and set a password."""
    (token,) = set(re.findall(rf"{PUBLIC_URL}/portal/invitations/(\S+)", case.office.mail.sent[-1].text))
    transport = httpx.ASGITransport(case.office.app)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as browser:
        answer = await browser.post("/portal/api/password", json={"token": token, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        yield browser
