"""What changes midway, seen from both sides: terms, what the adviser submitted, a mandate, a client's own details."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.api.office import ACCOUNT, PUBLIC_URL, Office
from tests.api.portal.conftest import PASSWORD
from tests.api.portal.visits import do, do_everything, see
from tests.api.test_adviser_commands import Case
from tests.api.test_webhooks_inbox import Inbox, inbox
from tests.api.test_webhooks_news import BY_DIRECT_DEBIT, about
from tests.api.workbench_desk import Desk, desk_of, fields_of, waiting_for_client
from tests.conftest import Eventually

__all__ = ["inbox"]

PRODUCT_TERMS, TERMS, KEY_FACTS = (
    "isa-terms-and-key-features",
    "platform-terms-of-business",
    "key-facts-charges-privacy",
)
STRATEGY = {"account.investment_strategy": "Adventurous Growth"}


@dataclass
class Sides:
    """One journey with its adviser at the workbench and its client in the portal."""

    office: Office
    case: Case
    desk: Desk
    client: httpx.AsyncClient
    inbox: Inbox
    eventually: Eventually

    @property
    def portal(self) -> str:
        """The journey's address for the client."""
        return f"/portal/api/journeys/{self.case.journey}"

    @property
    def page(self) -> str:
        """The journey's address for the adviser."""
        return f"/workbench/journeys/{self.case.journey}"

    async def until(self, **wanted: object) -> Any:
        """Wait until the journey says this."""

        async def look() -> Any:
            seen = await self.case.settled(self.eventually)
            return seen if {name: seen[name] for name in wanted} == wanted else None

        return await self.eventually(look)

    async def task(self, key: str) -> dict[str, str]:
        """Return one of the client's tasks."""
        tasks: list[dict[str, str]] = (await see(self.client, self.portal))["tasks"]
        return next(task for task in tasks if task["key"] == key)

    async def acceptances(self, kind: str) -> list[list[int]]:
        """Return the versions that each acceptance on record covers, while the record is unbroken."""
        found = await self.office.get(f"{self.case.path}/evidence")
        assert found["chain_verified"]
        return [
            [document["version"] for document in row["documents"]] for row in found["evidence"] if row["kind"] == kind
        ]

    def told(self, template: str) -> int:
        """Return how many e-mails of this kind went out."""
        return self.office.mail.templates.count(template)


@asynccontextmanager
async def both_sides(
    inbox: Inbox, eventually: Eventually, account: dict[str, Any] = ACCOUNT, *, held_back: bool = True
) -> AsyncIterator[Sides]:
    """Yield a journey whose client has signed in; held back, the platform takes its time with checks."""
    office = inbox.office
    office.app.dependency_overrides.clear()
    async with office.worker(), desk_of(office) as desk:
        case = await waiting_for_client(office, eventually, account=account, held_back=held_back)
        (token,) = re.findall(rf"{PUBLIC_URL}/portal/invitations/(\S+)", office.mail.sent[-1].text)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(office.app), base_url=PUBLIC_URL) as client:
            entered = await client.post("/portal/api/password", json={"token": token, "password": PASSWORD})
            assert entered.status_code == 201, entered.text
            yield Sides(office, case, desk, client, inbox, eventually)


@pytest.mark.rule("P28")
async def test_c10_changed_terms_are_opened_and_accepted_again_and_both_stay_on_record(
    inbox: Inbox, eventually: Eventually
) -> None:
    """The document alone is reset, the client is told, both sides show it, and the record holds both acceptances."""
    async with both_sides(inbox, eventually) as sides:
        await do(sides.client, sides.portal, "details")
        await do(sides.client, sides.portal, "platform_terms")
        sides.office.platform.library.publish(TERMS)
        now = datetime.now(UTC)
        await inbox.platform(about("ev_1", "document.published", TERMS, status="in_force"), at=now)
        await eventually(lambda: sides.told("terms_changed"))
        task = await sides.task("platform_terms")
        shown = {one["document_id"]: one for one in (await see(sides.client, sides.portal))["documents"]}
        workbench = await sides.desk.see(sides.page)
        await do(sides.client, sides.portal, "platform_terms")

        assert task["state"] == "open"
        assert "changed since you opened it" in task["reason"]
        assert shown[TERMS]["opened_at"] is None
        assert shown[KEY_FACTS]["opened_at"] is not None
        assert "erms changed" in workbench
        assert "version 2" in workbench
        assert await sides.acceptances("platform_terms_accepted") == [[1, 1], [1, 2]]
        assert sides.told("terms_changed") == 1


@pytest.mark.rule("P44")
async def test_c14_amendment_after_acceptance_says_so_and_asks_the_client_again(
    inbox: Inbox, eventually: Eventually
) -> None:
    """The page names who accepted what; saved, they get an e-mail and the task again, and nothing else is reset."""
    async with both_sides(inbox, eventually) as sides:
        await do_everything(sides.client, sides.portal)
        await sides.until(waiting_on="platform")
        path = f"{sides.page}/amend"
        check = await sides.desk.give(path, step="preview", **STRATEGY)
        before = sides.told("acceptance_void")
        saved = await sides.desk.send(path, {**fields_of(check.text), "step": "save"})
        await eventually(lambda: sides.told("acceptance_void"))
        again, untouched = await sides.task("product_terms"), await sides.task("platform_terms")
        await do(sides.client, sides.portal, "product_terms")

        assert "Eleanor Marsh has accepted the terms of the account, and has to accept them again." in check.text
        assert "platform terms, and has" not in check.text
        assert before == 0
        assert saved.headers["location"] == f"{sides.page}?done=amend"
        assert "The changes are saved" in await sides.desk.see(saved.headers["location"])
        assert (again["state"], untouched["state"]) == ("open", "done")
        assert again["reason"]
        assert await sides.acceptances("product_terms_accepted") == [[1], [1]]
        assert sides.told("acceptance_void") == 1


@pytest.mark.rule("P47")
async def test_c14_mandate_that_fails_after_activation_is_replaced_by_a_fresh_one(
    inbox: Inbox, eventually: Eventually
) -> None:
    """The plan stays active; both are told, the adviser's page says why, and the client authorises a fresh mandate."""
    async with both_sides(inbox, eventually, BY_DIRECT_DEBIT, held_back=False) as sides:
        await do_everything(sides.client, sides.portal)
        active = await sides.until(stage="active")
        mandate = active["records"]["platform_mandate"]
        sides.office.platform.fail_mandate(mandate, "B")
        failed = about("ev_1", "mandate.status_changed", mandate, status="failed", previous_status="active")
        await inbox.platform(failed, at=datetime.now(UTC))
        await sides.until(mandate_failed=True, waiting_on="client")
        await eventually(lambda: (sides.told("mandate_failed"), sides.told("adviser_mandate_failed")) == (1, 1))
        workbench, task = await sides.desk.see(sides.page), await sides.task("direct_debit_mandate")
        await do(sides.client, sides.portal, "direct_debit_mandate")
        mended = await sides.until(mandate_failed=False)

        assert "Needs attention" in workbench
        assert task["state"] == "open"
        assert (mended["stage"], mended["needs_attention"]) == ("active", False)
        assert mended["records"]["platform_mandate"] != mandate
        assert [one.name for one in sides.office.plannr.tasks.values()] == ["Direct debit mandate failed"]
        assert "Needs attention" not in await sides.desk.see(sides.page)


async def asked_to_correct(sides: Sides, **corrections: str) -> str:
    """Let the client ask for corrections; return the address of the adviser's page about them."""
    body = {"corrections": [{"field": field.replace("__", "."), "new": new} for field, new in corrections.items()]}
    answer = await sides.client.post(f"{sides.portal}/details", json=body)
    assert answer.status_code == 200, answer.text

    async def link() -> list[str]:
        return re.findall(rf'"({sides.page}/corrections/[^"]+)"', await sides.desk.see(sides.page))

    return str((await sides.eventually(link))[0])


@pytest.mark.rule("P21")
async def test_c6_correction_is_shown_old_to_new_and_made_in_both_systems(inbox: Inbox, eventually: Eventually) -> None:
    """The journey leads to the request; it names what becomes void, is made once, and is gone from the journey."""
    async with both_sides(inbox, eventually) as sides:
        link = await asked_to_correct(sides, last_name="Hart", address__postcode="CT5 2DR")
        await do(sides.client, sides.portal, "platform_terms")
        shown = await sides.desk.see(link)
        filled = {**fields_of(shown), "decision": "apply", "reason": "Seen on the marriage certificate"}
        first, second = [await sides.desk.send(link, filled) for _ in range(2)]
        mended = await sides.until(needs_attention=False)
        (client,) = sides.office.platform.clients.values()

        for old, new in (("Marsh", "Hart"), ("CT5 1AQ", "CT5 2DR")):
            assert f"<del>{old}</del>" in shown
            assert f"<ins>{new}</ins>" in shown
        assert "Eleanor Marsh has accepted the platform terms, and has to accept them again." in shown
        assert first.headers["location"] == second.headers["location"] == f"{sides.page}?done=correction"
        assert (client.details.last_name, client.details.address.postcode) == ("Hart", "CT5 2DR")  # type: ignore[union-attr]
        assert client.details.address.line_1 == "12 Harbour Street"  # type: ignore[union-attr]
        assert mended["change_requests"] == []
        audit = [(row.action, row.reason) for row in await sides.office.audit(sides.case.journey)][3:]
        assert audit == [("make_correction", "Seen on the marriage certificate")]
        await eventually(lambda: sides.told("acceptance_void"))


@pytest.mark.rule("P21")
async def test_c6_correction_can_be_left_and_outlives_other_changes(inbox: Inbox, eventually: Eventually) -> None:
    """Changing the address does not lose the request; undecided is an error; closed, nothing was written for it."""
    async with both_sides(inbox, eventually) as sides:
        link = await asked_to_correct(sides, title="Dr")
        await sides.desk.give(f"{sides.page}/change-email", email="eleanor.new@example.com")
        undecided = await sides.desk.give(link)
        writes = sides.office.writes
        closed = await sides.desk.give(link, decision="keep", reason="Not a doctor yet")
        over = await sides.desk.see(link, 409)

        assert undecided.status_code == 422
        assert "Choose what is to be done about the request." in undecided.text
        assert closed.headers["location"] == f"{sides.page}?done=correction-closed"
        assert "please tell them why" in await sides.desk.see(closed.headers["location"])
        assert sides.office.writes == writes
        assert "has been dealt with" in over
        assert not (await sides.until(needs_attention=False))["change_requests"]


@pytest.mark.rule("P21", "P7")
async def test_c6_amendment_can_begin_with_the_correction_filled_in(inbox: Inbox, eventually: Eventually) -> None:
    """The form of an amendment has the client's wording in it; saved with more, it settles the request."""
    async with both_sides(inbox, eventually) as sides:
        link = await asked_to_correct(sides, mobile="07400 654321")
        path = re.findall(r'href="([^"]+/amend\?correction=[^"]+)"', await sides.desk.see(link))[0]
        filled = await sides.desk.fields(path)
        check = await sides.desk.send(
            f"{sides.page}/amend", {**filled, "holders.0.details.title": "Dr", "step": "preview"}
        )
        saved = await sides.desk.send(f"{sides.page}/amend", {**fields_of(check.text), "step": "save"})
        (client,) = sides.office.platform.clients.values()

        assert filled["holders.0.details.mobile"] == "+447400654321"
        assert saved.headers["location"] == f"{sides.page}?done=correction"
        assert (client.details.title, client.details.mobile) == ("Dr", "+447400654321")
        assert not (await sides.until(needs_attention=False))["change_requests"]
