"""No other website may act for a signed-in client: Fetch Metadata, with `Origin` for browsers that do not send it."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from api.problem_types import CROSS_SITE_REQUEST
from api.problems import Problem

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES: Final = frozenset({"same-origin", "none"})


def is_cross_site(*, site: str | None, origin: str | None, own_origin: str) -> bool:
    """Return whether the headers of a request say that another website sent it.

    A request with neither header comes from no browser, so nobody's cookies are ridden on.

    Args:
        site: the header `Sec-Fetch-Site`.
        origin: the header `Origin`.
        own_origin: the origin of the portal.
    """
    if site is not None:
        return site not in _OWN_SITES
    return origin is not None and origin != own_origin


def own_origin(public_url: str) -> str:
    """Return the origin of an address as browsers write it."""
    parts = urlsplit(public_url)
    default_port = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, default_port) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


async def refuse_cross_site(request: Request) -> None:
    """Let a request that changes something pass only from the portal itself.

    Raises:
        Problem: `cross-site-request`.
    """
    if request.method in _SAFE_METHODS:
        return
    headers = request.headers
    own = own_origin(request.app.state.services.settings.public_url)
    if is_cross_site(site=headers.get("Sec-Fetch-Site"), origin=headers.get("Origin"), own_origin=own):
        raise Problem(CROSS_SITE_REQUEST)
