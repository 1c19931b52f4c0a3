"""An adviser at the workbench of an office under test: a browser that is signed in, and forms filled in as shown."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import count
from typing import Any, Final

import httpx

from api.web.cookies import hash_of
from api.workbench.access import SESSION
from domain.journey import CheckStatus
from runtime.settings import DevelopmentUser
from storage.adviser_sessions import AdviserSessionRepository, NewAdviserSession
from tests.api.office import ACCOUNT, PRIYA, PUBLIC_URL, Office
from tests.api.test_adviser_commands import Case
from tests.conftest import Eventually

BOTH: Final = "journeys:read journeys:write"
_numbers = count(1)


@dataclass
class Desk:
    """A signed-in browser."""

    http: httpx.AsyncClient

    async def see(self, path: str, status: int = 200) -> str:
        """Open a page and return it."""
        answer = await self.http.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    async def fields(self, path: str) -> dict[str, str]:
        """Open a page and return its form as it stands."""
        return fields_of(await self.see(path))

    async def send(self, path: str, fields: dict[str, str]) -> httpx.Response:
        """Send a form."""
        return await self.http.post(path, data=fields)

    async def give(self, path: str, **typed: str) -> httpx.Response:
        """Open the page of a command, fill it in and send it."""
        return await self.send(path, {**await self.fields(path), **typed})


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._inside = False
        self._textarea = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = "sign-out" not in found.get("action", "")
        if not self._inside:
            return
        if tag == "textarea":
            self._textarea = found["name"]
            self.fields[self._textarea] = ""
        elif tag == "select":
            self._select = found["name"]
        elif tag == "option" and "selected" in found:
            self.fields[self._select] = found.get("value", "")
        elif tag == "input" and found.get("name"):
            chosen = found.get("type") not in {"radio", "checkbox"} or "checked" in found
            if chosen:
                self.fields[found["name"]] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] += data.strip()


def fields_of(page: str) -> dict[str, str]:
    """Return what a browser would send of a page's form if nothing were typed."""
    form = _Form()
    form.feed(page)
    return form.fields


@asynccontextmanager
async def desk_of(office: Office, user: DevelopmentUser = PRIYA, scope: str = BOTH) -> AsyncIterator[Desk]:
    """Yield a browser in which this adviser is signed in."""
    name, now = f"desk-{next(_numbers)}", datetime.now(UTC)
    adviser: dict[str, Any] = {
        "id": user.id,
        "plannr_account": user.plannr_account,
        "email": user.email,
        "first_name": user.first_name,
        "display_name": user.display_name,
    }
    new = NewAdviserSession(
        session_hash=hash_of(name),
        firm=user.firm,
        adviser_id=user.id,
        adviser=adviser,
        scope=scope,
        created_at=now,
        expires_at=now + timedelta(minutes=30),
    )
    async with office.services.database.transaction() as database:
        await AdviserSessionRepository(database).create(new)
    transport = httpx.ASGITransport(office.app)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, cookies={SESSION: name}) as http:
        yield Desk(http)


async def waiting_for_client(
    office: Office,
    eventually: Eventually,
    *,
    account: dict[str, Any] = ACCOUNT,
    held_back: bool = False,
) -> Case:
    """Return a journey of an office that waits for its client; held back, the platform takes its time with checks."""
    plannr_account = office.client()
    case = Case(office, await office.start(office.form(plannr_account)), plannr_account)
    await case.settled(eventually)
    if held_back:
        for client in office.platform.clients:
            office.platform.set_check(client, "identity", CheckStatus.PENDING)
    await case.save_details()
    sent = await office.post(f"{case.path}/application", {"account": account, "send_to_platform": True})
    assert sent.status_code == 200, sent.text
    return case
