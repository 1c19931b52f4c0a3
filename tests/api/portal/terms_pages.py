"""The pages of documents and terms as a client uses them: open, tick, accept, check, finish."""

import re
import zlib

import httpx

from tests.api.portal.conftest import Portal
from tests.api.portal.page_reading import Page
from tests.api.portal.scenes import ISA, KEY_FACTS, TERMS

DECLARATION = "isa-1-2026-27"
PLATFORM = {"document": f"{TERMS}:1,{KEY_FACTS}:1", "accepted": "yes"}
PRODUCT = {
    "document": f"{ISA}:1",
    "accepted": "yes",
    "declaration_accepted": "yes",
    "declaration_version": DECLARATION,
}


class TermsPage(Page):
    """A page with its boxes: whether each is disabled, and whether it is ticked."""

    def __init__(self, answer: httpx.Response) -> None:
        """Read an answer."""
        self.boxes: dict[str, str] = {}
        self.missing: str | None = None
        self.refused = ""
        super().__init__(answer)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the state of boxes and of the button."""
        super().handle_starttag(tag, attrs)
        given = dict(attrs)
        if given.get("type") == "checkbox" or given.get("id") in {"accept-button", "finish-button"}:
            state = "disabled" if "disabled" in given else "ticked" if "checked" in given else "open"
            self.boxes[str(given.get("name") or given["id"])] = state
        self.missing = given.get("data-missing") or self.missing
        self.refused = given.get("data-refused") or self.refused


def at(portal: Portal, page: str) -> str:
    """Return the address of a page of the journey."""
    return f"/portal/journeys/{portal.journey_id}/{page}"


async def look(portal: Portal, page: str) -> TermsPage:
    """Look at a page of the journey, which must be there."""
    answer = await portal.http.get(at(portal, page))
    assert answer.status_code == 200, answer.text
    return TermsPage(answer)


async def send(portal: Portal, page: str, **typed: str) -> httpx.Response:
    """Send a form to a page of the journey."""
    return await portal.http.post(at(portal, page), data=typed)


async def open_on_page(portal: Portal, document_id: str, *, version: int = 1, ending: str = "page") -> httpx.Response:
    """Press the button that opens a document, or downloads it."""
    return await send(portal, f"documents/{document_id}/open", version=str(version), format=ending)


async def confirm_details(portal: Portal) -> None:
    """Do the task before the terms."""
    answer = await portal.http.post(f"{portal.path}/details", json={})
    assert answer.status_code == 200, answer.text


async def accept_platform(portal: Portal) -> None:
    """Open the platform's documents and accept its terms."""
    for document in (TERMS, KEY_FACTS):
        assert (await open_on_page(portal, document)).status_code == 303
    assert (await send(portal, "platform-terms", **PLATFORM)).status_code == 303


async def ready_to_finish(portal: Portal) -> str:
    """Do everything but the product's box, tick that, and return where the answers are checked."""
    await confirm_details(portal)
    await accept_platform(portal)
    await open_on_page(portal, ISA)
    answer = await send(portal, "product-terms", **PRODUCT)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def pdf_text(content: bytes) -> str:
    """Return what a PDF of ours shows, on one line."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    shown = b"".join(zlib.decompress(stream) for stream in streams if stream[:1] == b"x")
    lines = re.findall(rb"\(((?:[^()\\]|\\.)*)\) Tj", shown)
    plain = b" ".join(re.sub(rb"\\([()\\])", rb"\1", line) for line in lines)
    return " ".join(plain.decode("cp1252").split())
