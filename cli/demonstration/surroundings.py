"""What a demonstration talks to: the links and secrets of a running Onward, and HTTP sessions towards them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from cli.development import FIRMS
from cli.home import Home, State

FIRM = FIRMS[0]
# Longer than the minute after which a system that was asked too often answers again.
PATIENCE = timedelta(seconds=90)
_LATER = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)


class DemonstrationFailed(Exception):  # noqa: N818 - reads as the state it tells of
    """Something did not happen as the process says; the text says what was expected and what was seen."""


@dataclass(frozen=True)
class Surroundings:
    """A running Onward, as an outsider with its passwords sees it."""

    urls: dict[str, str]
    adviser_email: str
    adviser_password: str
    plannr_token: str
    plannr_tenant: str
    platform_id: str
    platform_secret: str

    @classmethod
    def of(cls, home: Path, state: State) -> "Surroundings":
        """Read what `up` left in its home."""
        secrets = Home(home).secrets()
        return cls(
            urls=state.urls,
            adviser_email=next(person.email for person in state.people if person.firm == FIRM["name"]),
            adviser_password=secrets.adviser_password.get_secret_value(),
            plannr_token=secrets.plannr_token.get_secret_value(),
            plannr_tenant=FIRM["plannr_account_uuid"],
            platform_id=secrets.platform_client_id,
            platform_secret=secrets.platform_client_secret.get_secret_value(),
        )

    def plannr(self) -> httpx.Client:
        """Return a session with Plannr's public API, as the adviser's CRM user."""
        return httpx.Client(
            base_url=self.urls["plannr"],
            headers={
                "Authorization": f"Bearer {self.plannr_token}",
                "X-PLANNR-ACCOUNT-UUID": self.plannr_tenant,
                "Accept": "application/json",
            },
            timeout=20,
        )

    def platform(self) -> httpx.Client:
        """Return a session with the platform's API."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.platform_id,
            "client_secret": self.platform_secret,
        }
        address = f"{self.urls['platform']}/oauth/token"
        token = patiently(lambda: httpx.post(address, data=form, timeout=20))["access_token"]
        return httpx.Client(base_url=self.urls["platform"], headers={"Authorization": f"Bearer {token}"}, timeout=20)

    def inbox(self) -> httpx.Client:
        """Return a session with the development inbox."""
        return httpx.Client(base_url=self.urls["inbox"].removesuffix("/dev/inbox"), timeout=20)


def patiently(send: Callable[[], httpx.Response]) -> dict[str, object]:
    """Return the JSON body of a request that is repeated as long as the answer says when to."""
    return checked(answered(send))


def answered(send: Callable[[], httpx.Response]) -> httpx.Response:
    """Return the answer of a request, sent again whenever `Retry-After` says when, as long as the patience lasts."""
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while (answer := send()).status_code in _LATER and "Retry-After" in answer.headers:
        pause = float(answer.headers["Retry-After"])
        if time.monotonic() + pause > deadline:
            break
        time.sleep(pause)
    return answer


def checked(answer: httpx.Response) -> dict[str, object]:
    """Return the JSON body of a 2xx answer; anything else ends the demonstration with what was said."""
    if not answer.is_success:
        request = answer.request
        raise DemonstrationFailed(
            f"{request.method} {request.url.copy_with(query=None)} answered {answer.status_code}: {answer.text[:600]}"
        )
    body: dict[str, object] = answer.json()
    return body
