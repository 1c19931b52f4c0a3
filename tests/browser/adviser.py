"""An adviser with a browser: signs in, and takes a new journey through its three pages by whatever hand they have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from playwright.async_api import Locator, Page, expect

from cli.demonstration.people import NewClient
from cli.demonstration.surroundings import Surroundings
from tests.browser.client import Arrived, Hand, Mouse
from tests.browser.keyboard import Keyboard
from tests.browser.visits import Visitors

_ASKED_OF_PEOPLE: Final = {
    "details.tax_residences.0.country": "United Kingdom",
    "details.us_person": "No",
    "details.marital_status": "Married",
    "details.employment_status": "Employed",
    "details.retirement_age": "67",
}
_ASKED_OF_ACCOUNTS: Final = {
    "investment_strategy": "Balanced Growth",
    "contributions.0.amount": "12,000",
    "charges.initial": "1",
    "charges.ongoing": "0.5",
}


async def _nothing(page: Page, state: str) -> None:
    """Take no notice of a page."""


@dataclass
class Adviser:
    """An adviser in front of the workbench.

    Attributes:
        arrived: is told each page that is reached, and in which state, before anything is done there.
        headings: the heading of every page in order.
    """

    page: Page
    hand: Hand = field(default_factory=Mouse)
    arrived: Arrived = _nothing
    headings: list[str] = field(default_factory=list)

    async def sign_in(self, around: Surroundings) -> None:
        """Follow the way from the list to the sign-in page, and back to the list."""
        await self.goes("/workbench")
        await self.hand.type(self.named("email"), around.adviser_email)
        await self.hand.type(self.named("password"), around.adviser_password)
        await self.press(self.button("Sign in"))
        await expect(self.page.get_by_role("heading", level=1, name="Journeys")).to_be_visible()

    # --- moving ---

    def named(self, name: str) -> Locator:
        """Return the field of this name, whose id may hold dots; of several choices all of them."""
        return self.page.locator(f'main [name="{name}"]:not([type=hidden])')

    def button(self, words: str) -> Locator:
        """Return the button, or the link that looks like one, that says exactly this."""
        return self.page.locator("main").get_by_role("button", name=words, exact=True).filter(visible=True).last

    async def goes(self, address: str) -> None:
        """Open an address."""
        await self.page.goto(address)
        await self._seen("")

    async def press(self, target: Locator, state: str = "") -> None:
        """Press what leads to another page, and wait until that page is there."""
        async with self.page.expect_navigation():
            await self.hand.press(target)
        await self._seen(state)

    async def reload(self) -> None:
        """Refresh the page."""
        await self.page.reload()
        await self._seen("refreshed")

    async def heading(self) -> str:
        """Return the page's heading."""
        return await self.page.get_by_role("heading", level=1).inner_text()

    async def errors(self) -> dict[str, str]:
        """Return the error summary: the sentence by the place it leads to."""
        links = await self.page.locator(".govuk-error-summary a").all()
        return {(await link.get_attribute("href") or "").removeprefix("#"): await link.inner_text() for link in links}

    async def _seen(self, state: str) -> None:
        self.headings.append(await self.heading())
        await self.arrived(self.page, state)

    # --- answering ---

    async def answers(self, name: str, answer: str) -> None:
        """Answer whatever kind of field this is: a text is typed, of a choice the one with these words is taken."""
        first = self.named(name).first
        kind = await first.evaluate("e => e.tagName === 'SELECT' ? 'select' : e.type")
        if kind == "radio":
            await self._takes_radio(name, answer)
        elif kind == "select" and isinstance(self.hand, Mouse):
            self.hand.actions += 1
            await first.select_option(label=answer)
        else:
            await self.hand.type(first, answer)

    async def answers_what_is_asked(self, at: str, answers: Mapping[str, str]) -> None:
        """Answer those of the questions that stand on the page, in its order."""
        for name, answer in answers.items():
            field = self.named(at + name).first
            if await field.count() and await field.is_visible():
                await self.answers(at + name, answer)

    async def _takes_radio(self, name: str, words: str) -> None:
        wanted = self.named(name).and_(self.page.get_by_role("radio", name=words, exact=True))
        if not isinstance(self.hand, Keyboard):
            await self.hand.press(wanted)
            return
        # Of a group of radios only one takes the focus; the arrows lead from it to the others.
        chosen = self.named(name).and_(self.page.locator(":checked"))
        await self.hand.press(chosen if await chosen.count() else self.named(name).first)
        for _ in range(await self.named(name).count()):
            if await wanted.is_checked():
                return
            await self.page.keyboard.press("ArrowDown")
        told = f"no arrow led to {words} of {name}"
        raise AssertionError(told)

    # --- a new journey ---

    async def begins(self, people: Sequence[NewClient], *kinds: str, state: str = "") -> None:
        """Fill in the first page, from the list, and go on to the second."""
        await self.goes("/workbench")
        await self.press(self.button("New journey"))
        await self.hand.type(self.named("client.find"), people[0].plannr_account)
        for kind in kinds:
            await self.hand.press(self.page.locator(f'input[name=accounts][value="{kind}"]'))
        for person in people[1:]:
            picker = "contact" if person.role == "registered_contact" else "second"
            await self.hand.type(self.named(f"{picker}.find"), person.plannr_account)
        await self.press(self.button("Continue"), state)

    async def details(self, people: Sequence[NewClient], *kinds: str, **account: str) -> None:
        """Answer what the second page asks of everybody and of every account, and go on to the third.

        Args:
            people: who takes part, in the order of the page.
            kinds: the accounts that were ticked.
            account: further answers about each account; a double underscore in a name stands for a dot.
        """
        for place, person in enumerate(people):
            bank = {"account_holder": person.name, "sort_code": "20-00-00", "account_number": "55779911"}
            banking = {f"bank_details.{name}": text for name, text in bank.items()}
            await self.answers_what_is_asked(f"holders.{place}.", _ASKED_OF_PEOPLE | banking)
        more = {name.replace("__", "."): answer for name, answer in ({"direct_debit": "No"} | account).items()}
        for kind in kinds:
            for name, answer in (_ASKED_OF_ACCOUNTS | more).items():
                await self.answers(f"accounts.{kind}.{name}", answer)
        await self.press(self.button("Continue"))

    async def submits(self) -> str:
        """Submit the third page so that the account is opened; return the journey that the confirmation tells of."""
        await self.sends()
        await self.press(self.button("Submit"))
        return await self.journey()

    async def sends(self) -> None:
        """Say that the account is to be opened now."""
        await self._takes_radio("send_to_platform", "Yes, open the account and invite the client")

    async def journey(self) -> str:
        """Return the journey that a confirmation links first."""
        link = self.page.get_by_role("link", name="See the journey of").first
        return (await link.get_attribute("href") or "").rpartition("/")[2]

    async def whole(self, people: Sequence[NewClient], kind: str, **account: str) -> str:
        """Go through all three pages; return the journey."""
        await self.begins(people, kind)
        await self.details(people, kind, **account)
        return await self.submits()


async def at_the_workbench(visitors: Visitors, arrived: Arrived = _nothing, **options: object) -> Adviser:
    """Return an adviser who has signed in, in a window of their own; what was seen on the way there is forgotten."""
    adviser = Adviser(await visitors.window(**options), arrived=arrived)  # type: ignore[arg-type]
    await adviser.sign_in(visitors.world.around)
    adviser.headings.clear()
    return adviser
