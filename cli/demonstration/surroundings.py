"""What a demonstration talks to: the links and secrets of a running Onward, and HTTP sessions towards them."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from cli.development import FIRMS
from cli.home import Home, State

FIRM = FIRMS[0]
PATIENCE = timedelta(seconds=45)


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
        answer = httpx.post(
            f"{self.urls['platform']}/oauth/token",
            data={
                "grant_type": "client_credentials",
                "client_id": self.platform_id,
                "client_secret": self.platform_secret,
            },
            timeout=20,
        )
        token = checked(answer)["access_token"]
        return httpx.Client(base_url=self.urls["platform"], headers={"Authorization": f"Bearer {token}"}, timeout=20)

    def inbox(self) -> httpx.Client:
        """Return a session with the development inbox."""
        return httpx.Client(base_url=self.urls["inbox"].removesuffix("/dev/inbox"), timeout=20)


def checked(answer: httpx.Response) -> dict[str, object]:
    """Return the JSON body of a 2xx answer; anything else ends the demonstration with what was said."""
    if not answer.is_success:
        request = answer.request
        raise DemonstrationFailed(
            f"{request.method} {request.url.copy_with(query=None)} answered {answer.status_code}: {answer.text[:600]}"
        )
    body: dict[str, object] = answer.json()
    return body
