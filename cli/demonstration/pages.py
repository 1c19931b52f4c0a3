"""The pages that people see, by name and address, and how to come in without a browser."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from cli.demonstration.surroundings import DemonstrationFailed, Surroundings

_JOURNEY: Final = "JOURNEY"


@dataclass(frozen=True)
class Site:
    """Pages of one site; `JOURNEY` in an address stands for a journey's id."""

    name: str
    addresses: Mapping[str, str]

    def paths(self, journey_id: str) -> dict[str, str]:
        """Return each page's path for this journey, by the page's name."""
        return {name: address.replace(_JOURNEY, journey_id) for name, address in self.addresses.items()}


DOOR: Final = Site(
    "door",
    {
        "portal-sign-in": "/portal/sign-in",
        "portal-dead-link": "/portal/invitations/a-link-that-was-used",
        "workbench-sign-in": "/workbench/sign-in",
        "api-docs": "/docs",
    },
)
PORTAL: Final = Site(
    "portal",
    {
        "portal-hub": "/portal",
        "portal-details": "/portal/journeys/JOURNEY/details",
        "portal-correct-details": "/portal/journeys/JOURNEY/details/correct",
        "portal-direct-debit": "/portal/journeys/JOURNEY/direct-debit",
        "portal-guarantee": "/portal/journeys/JOURNEY/direct-debit/authorise",
        "portal-paper-mandate": "/portal/journeys/JOURNEY/direct-debit/paper",
        "portal-platform-terms": "/portal/journeys/JOURNEY/platform-terms",
        "portal-product-terms": "/portal/journeys/JOURNEY/product-terms",
        "portal-help": "/portal/journeys/JOURNEY/help",
        "portal-decline": "/portal/journeys/JOURNEY/decline",
        "portal-passkeys": "/portal/passkeys",
    },
)
"""What a client sees while a general investment account with a direct debit waits for them."""

PORTAL_DONE: Final = Site(
    "portal",
    {"portal-hub-done": "/portal", "portal-confirmation": "/portal/journeys/JOURNEY/confirmation"},
)
"""What a client sees who has done everything."""

WORKBENCH: Final = Site(
    "workbench",
    {
        "workbench-journeys": "/workbench",
        "workbench-figures": "/workbench/figures",
        "workbench-new": "/workbench/new",
        "workbench-imports": "/workbench/imports",
        "workbench-journey": "/workbench/journeys/JOURNEY",
        "workbench-resend-invitation": "/workbench/journeys/JOURNEY/resend-invitation",
        "workbench-change-email": "/workbench/journeys/JOURNEY/change-email",
        "workbench-amend": "/workbench/journeys/JOURNEY/amend",
        "workbench-hold": "/workbench/journeys/JOURNEY/hold",
        "workbench-withdraw": "/workbench/journeys/JOURNEY/withdraw",
    },
)
"""What an adviser sees while a journey waits for its client."""


@contextmanager
def signed_in(around: Surroundings, site: Site, email: str, password: str) -> Iterator[httpx.Client]:
    """Open a session with a site's pages by its sign-in form, as a browser without scripts would.

    Raises:
        DemonstrationFailed: The form did not lead on.
    """
    with httpx.Client(base_url=around.urls["api"], timeout=30) as http:
        answer = http.post(f"/{site.name}/sign-in", data={"email": email, "password": password})
        if not answer.is_redirect:
            raise DemonstrationFailed(f"signing in to the {site.name} was answered {answer.status_code}")
        yield http
