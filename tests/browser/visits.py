"""Windows onto Onward: each person in a browser context of their own, with everything amiss noted."""

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Page, Request

from tests.browser.axe import violations
from tests.e2e.world import World

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}


@dataclass
class Visitors:
    """Opens windows, and notes what no page may do: errors, broken policies, and requests that leave the origin.

    Attributes:
        noticed: what was amiss, in words; a test that expects such a thing takes it out again.
    """

    browser: Browser
    world: World
    stack: AsyncExitStack
    noticed: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """Where the pages are."""
        return self.world.around.urls["api"].rstrip("/")

    async def window(self, *, viewport: dict[str, int] | None = None, bypass_csp: bool = False, **options: Any) -> Page:
        """Return a window of its own, as another person on another machine would have.

        Args:
            viewport: its size; a desktop's when left out.
            bypass_csp: whether axe is to run in it; the policy is tested where this is off.
            options: further options of a browser context, such as `java_script_enabled` or `forced_colors`.
        """
        size: Any = viewport or DESKTOP
        context = await self.browser.new_context(
            base_url=self.origin, viewport=size, locale="en-GB", bypass_csp=bypass_csp, **options
        )
        self.stack.push_async_callback(context.close)
        page = await context.new_page()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.noticed.append(f"script failed: {error.message}"))
        page.on("request", self._asked)
        page.set_default_timeout(15_000)
        return page

    def _said(self, message: ConsoleMessage) -> None:
        # A browser also prints each answer of 400 and above, which a page may well be meant to give.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.noticed.append(f"{urlsplit(message.location['url']).path}: {message.text}")

    def _asked(self, request: Request) -> None:
        if request.url.startswith(("data:", "blob:", "about:")):
            return
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.noticed.append(f"left the origin: {parts.scheme}://{parts.netloc}{parts.path}")


async def assert_accessible(page: Page, state: str) -> None:
    """Fail unless axe finds nothing on the page in this state, and nothing needs to be scrolled sideways."""
    assert await violations(page) == [], f"{state}: {urlsplit(page.url).path}"
    width = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width[0] <= width[1], f"{state}: {urlsplit(page.url).path} is {width[0]} px wide in {width[1]}"
