"""A client with a browser: follows the e-mail's link and does each task on its page, by mouse or by keyboard alone."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import urlsplit

from playwright.async_api import Locator, Page, expect

from cli.demonstration.actors import PASSWORD

Arrived = Callable[[Page, str], Awaitable[None]]
_MOST_PAGES: Final = 40
_PATIENCE: Final = 30.0
_NEXT_DOCUMENT: Final = "#next button[value=page]"
_FIRST_DOCUMENT: Final = "#documents button[value=page] >> nth=0"


class Hand(Protocol):
    """How a person works a page; counts what they did."""

    actions: int

    async def press(self, target: Locator) -> None:
        """Press a link or a button, or choose a box."""

    async def type(self, target: Locator, text: str) -> None:
        """Fill a field in."""


@dataclass
class Mouse:
    """Clicks; a group of keystrokes is one action, and so is a click."""

    actions: int = 0

    async def press(self, target: Locator) -> None:
        """Click."""
        self.actions += 1
        await target.click()

    async def type(self, target: Locator, text: str) -> None:
        """Click into the field and type."""
        self.actions += 1
        await target.fill(text)


async def _nothing(page: Page, state: str) -> None:
    """Take no notice of a page."""


@dataclass
class Client:
    """A client in front of the portal.

    Attributes:
        arrived: is told each page that is reached, and in which state, before anything is done there.
        visited: the path of every page in order, as the journey's pages are called.
    """

    page: Page
    hand: Hand = field(default_factory=Mouse)
    arrived: Arrived = _nothing
    visited: list[str] = field(default_factory=list)

    # --- the door ---

    async def sign_up(self, link: str) -> None:
        """Follow the e-mail's link and choose a password; ends on the hub (C1)."""
        await self.goes(link)
        await self.hand.type(self.page.locator("#password"), PASSWORD)
        await self.press(self.page.get_by_role("button", name="Save and go on"))
        await expect(self.page).to_have_url(f"{self.origin}/portal")

    async def sign_in(self, email: str, password: str = PASSWORD) -> None:
        """Fill the form for signing in and send it, from the page that shows it."""
        await self.hand.type(self.page.locator("#email"), email)
        await self.hand.type(self.page.locator("#password"), password)
        await self.press(self.page.get_by_role("button", name="Sign in", exact=True))

    async def sign_out(self) -> None:
        """Sign out from whatever page this is."""
        await self.press(self.page.get_by_role("navigation", name="Account").get_by_role("button", name="Sign out"))

    # --- moving ---

    @property
    def origin(self) -> str:
        """Where the portal is."""
        parts = urlsplit(self.page.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def place(self) -> str:
        """What page of a journey this is, such as `details` or `documents/isa-terms`; `portal` for the hub."""
        path = urlsplit(self.page.url).path
        return path.split("/", 4)[4] if path.startswith("/portal/journeys/") else path.removeprefix("/")

    async def goes(self, address: str) -> None:
        """Open an address."""
        await self.page.goto(address)
        await self._seen("")

    async def returns(self, address: str, until: Locator) -> None:
        """Open an address again and again until this is on its page: the newest state is shown a moment later."""
        deadline = time.monotonic() + _PATIENCE
        await self.page.goto(address)
        while not await until.count():
            assert time.monotonic() < deadline, f"{until} did not come on {self.page.url}"
            await self.page.goto(address)
        await self._seen("")

    async def press(self, target: Locator, state: str = "") -> None:
        """Press what leads to another page, and wait until that page is there."""
        async with self.page.expect_navigation():
            await self.hand.press(target)
        await self._seen(state)

    async def _seen(self, state: str) -> None:
        self.visited.append(self.place)
        await self.arrived(self.page, state)

    # --- the tasks ---

    async def do_everything(self, until: str = "confirmation") -> None:
        """Do what each page asks for until this page is reached; the page where it starts counts too (P26)."""
        for _ in range(_MOST_PAGES):
            if self.place == until:
                return
            await self.do_this_page()
        told = f"{until} was not reached: {self.visited}"
        raise AssertionError(told)

    async def do_this_page(self) -> None:
        """Do what the page in front asks for, and arrive at the next one."""
        place = self.place
        doing = {
            "portal": self.starts,
            "details": self.confirms_details,
            "direct-debit": self.answers_direct_debit,
            "direct-debit/authorise": self.authorises_direct_debit,
            "platform-terms": self.does_terms,
            "product-terms": self.does_terms,
            "check": self.finishes,
        }.get(place, self.does_terms if place.startswith("documents/") else None)
        if doing is None:
            told = f"nothing is known of {place}"
            raise AssertionError(told)
        await doing()

    async def starts(self) -> None:
        """Go from the hub to the next task."""
        await self.press(self.page.locator("#continue"))

    async def confirms_details(self) -> None:
        """Say that the details are right, or go on where that is done."""
        await self.press(self.page.locator("#details-right, #continue"))

    async def answers_direct_debit(self) -> None:
        """Say that nobody else has to sign; where it is answered already, go on."""
        choice = self.page.get_by_role("radio", name="Yes, I can authorise it alone")
        if await choice.count():
            await self.hand.press(choice)
        await self.press(self.page.locator("#continue"))

    async def authorises_direct_debit(self) -> None:
        """Agree under the Guarantee."""
        await self.press(self.page.locator("#authorise"))

    async def does_terms(self) -> None:
        """Open the next document; when all are open, tick what there is to tick and accept (P24, P25)."""
        for opening in (_NEXT_DOCUMENT, _FIRST_DOCUMENT):
            if await self.page.locator(opening).count():
                await self.press(self.page.locator(opening))
                return
        await self.ticks()
        await self.press(self.page.locator("#accept-button"))

    async def ticks(self) -> None:
        """Tick the declaration, where there is one, and the acceptance."""
        for name in ("declaration_accepted", "accepted"):
            box = self.page.locator(f"#accept-form input[type=checkbox][name={name}]")
            if await box.count():
                await self.hand.press(box)

    async def finishes(self) -> None:
        """Accept and finish on the page that shows all answers (C13)."""
        await self.press(self.page.locator("#finish-button"))
