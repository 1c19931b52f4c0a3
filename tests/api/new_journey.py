"""An adviser's way through the pages of a new journey, filling in each form as it is shown."""

import re
from dataclasses import dataclass, field
from typing import Final

import httpx

from api.workbench.new_accounts import KINDS
from tests.api.office import Office
from tests.api.workbench_desk import Desk, fields_of

NEW: Final = "/workbench/new"
ACCOUNT: Final = f"{NEW}/account"
CHECK: Final = f"{NEW}/check"
SUBMISSION: Final = f"{NEW}/submission"


@dataclass
class NewJourney:
    """The pages of one new journey in one browser; `page` is what was answered last."""

    desk: Desk
    page: httpx.Response = field(init=False)

    @property
    def fields(self) -> dict[str, str]:
        """What a browser would send of the page at hand if nothing were typed."""
        return fields_of(self.page.text)

    @property
    def heading(self) -> str:
        """The page's heading."""
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.page.text, re.DOTALL)
        assert found is not None, self.page.text
        return found[1].strip()

    async def send(self, path: str, **typed: str) -> httpx.Response:
        """Send the form at hand, with some fields typed over; a double underscore in a name stands for a dot."""
        fields = {**self.fields, **{name.replace("__", "."): text for name, text in typed.items()}}
        self.page = await self.desk.send(path, fields)
        return self.page

    async def typing(self, path: str, typed: dict[str, str]) -> httpx.Response:
        """Send the form at hand, with some fields typed over."""
        self.page = await self.desk.send(path, {**self.fields, **typed})
        return self.page

    async def begin(self) -> None:
        """Open the first page."""
        self.page = await self.desk.http.get(NEW)
        assert self.page.status_code == 200, self.page.text

    async def choose(self, client: str, accounts: str = "isa", **typed: str) -> httpx.Response:
        """Fill in the first page and go on."""
        await self.begin()
        return await self.send(ACCOUNT, client__find=client, accounts=accounts, **typed)

    async def detail(self, typed: dict[str, str] | None = None, *, people: int = 1) -> httpx.Response:
        """Fill in what the second page asks of everybody and every account, and go on."""
        answers: dict[str, str] = {}
        for position in range(people):
            answers |= person_answers(f"holders.{position}.", self.page.text)
        for code in KINDS:
            if f'name="accounts.{code}.name"' in self.page.text:
                answers |= account_answers(f"accounts.{code}.")
        return await self.typing(CHECK, {**answers, **(typed or {})})

    async def submit(self, send: str = "yes") -> httpx.Response:
        """Submit the third page."""
        return await self.send(SUBMISSION, send_to_platform=send)

    async def whole(self, client: str, accounts: str = "isa", send: str = "yes", **typed: str) -> list[str]:
        """Go through all three pages; return the journeys that the last page leads to."""
        await self.choose(client, accounts, **typed)
        await self.detail(people=self.page.text.count('-card onward-form-card" aria-labelledby="holders.'))
        answer = await self.submit(send)
        assert answer.status_code == 303, answer.text
        done = await self.desk.see(answer.headers["location"])
        return list(dict.fromkeys(re.findall(r"/workbench/journeys/([a-z2-7]{20})", done)))


def person_answers(at: str, page: str) -> dict[str, str]:
    """Return answers to whatever the page asks of a person."""
    answers = {
        f"{at}details.tax_residences.0.country": "GB",
        f"{at}details.us_person": "false",
        f"{at}details.marital_status": "married",
        f"{at}details.employment_status": "employed",
        f"{at}details.retirement_age": "67",
        f"{at}bank_details.account_holder": "Mrs E Marsh",
        f"{at}bank_details.sort_code": "20-00-00",
        f"{at}bank_details.account_number": "55779911",
    }
    return {name: text for name, text in answers.items() if f'name="{name}"' in page}


def account_answers(at: str, **changes: str) -> dict[str, str]:
    """Return what is keyed about an account."""
    return {
        f"{at}investment_strategy": "Balanced Growth",
        f"{at}contributions.0.amount": "12,000",
        f"{at}charges.initial": "1",
        f"{at}charges.ongoing": "0.5",
        f"{at}direct_debit": "no",
        **{at + name: text for name, text in changes.items()},
    }


def adopt(office: Office, journeys: list[str]) -> list[str]:
    """Let the office end these journeys when its test is over."""
    office.started += journeys
    return journeys
