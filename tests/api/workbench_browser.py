"""A browser at the workbench of an office under test, with a clock that a test can turn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from fastapi import FastAPI

from api.dependencies import current_moment
from tests.api.office import PASSWORD, PRIYA, PUBLIC_URL, Office

SIGN_IN = "/workbench/sign-in"
IMPORTS = "/workbench/imports"
COOKIE = "onward-workbench"


@dataclass
class Browser:
    """A browser with its cookies, and what time it is."""

    http: httpx.AsyncClient
    app: FastAPI
    now: datetime

    async def sign_in(self, email: str = PRIYA.email, password: str = PASSWORD, **fields: str) -> httpx.Response:
        """Send the sign-in form."""
        return await self.http.post(SIGN_IN, data={"email": email, "password": password, **fields})

    async def is_signed_in(self) -> bool:
        """Return whether a page is shown, rather than the way to sign in."""
        answer = await self.http.get(IMPORTS)
        assert answer.status_code == 200 or answer.headers["location"].startswith(SIGN_IN)
        return answer.status_code == 200

    @property
    def session(self) -> str:
        """The session id of the cookie."""
        found = self.http.cookies.get(COOKIE)
        assert found is not None
        return found

    def plant(self, session: str) -> None:
        """Put a session id into the browser."""
        self.http.cookies.clear()
        self.http.cookies.set(COOKIE, session)


@asynccontextmanager
async def browser_of(office: Office, url: str = PUBLIC_URL) -> AsyncIterator[Browser]:
    """Yield a fresh browser whose clock the application goes by."""
    transport = httpx.ASGITransport(office.app)
    async with httpx.AsyncClient(transport=transport, base_url=url) as http:
        browser = Browser(http, office.app, datetime.now(UTC))
        office.app.dependency_overrides[current_moment] = lambda: browser.now
        yield browser
