"""The adviser's commands through their pages: what each says before it is given, what it does, what it refuses."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from api import journeys
from connectors.errors import Conflict, ConnectorUnavailable
from tests.api.office import PUBLIC_URL, STRANGER, Office
from tests.api.test_adviser_commands import Case
from tests.api.workbench_desk import Desk, desk_of, fields_of, waiting_for_client
from tests.conftest import Eventually

WORDS = ["resend-invitation", "hold", "withdraw"]
REASON = "Moving to another provider"


@pytest.fixture
async def case(busy_office: Office, eventually: Eventually) -> Case:
    """Return a journey that waits for its client."""
    return await waiting_for_client(busy_office, eventually)


@pytest.fixture
async def desk(case: Case) -> AsyncIterator[Desk]:
    """Yield the workbench of the journey's adviser."""
    async with desk_of(case.office) as desk:
        yield desk


def page(case: Case, word: str = "") -> str:
    """Return the address of a journey's page or of one of its commands."""
    return f"/workbench/journeys/{case.journey}" + (f"/{word}" if word else "")


def portal_browser(office: Office) -> httpx.AsyncClient:
    """Return a client's browser."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(office.app), base_url=PUBLIC_URL)


async def choose(http: httpx.AsyncClient, office: Office, password: str) -> None:
    """Follow the newest link to the portal and choose a password."""
    token = re.findall(r"/portal/invitations/(\S+)", office.mail.sent[-1].text)[-1]
    answer = await http.post("/portal/api/password", json={"token": token, "password": password})
    assert answer.status_code == 201, answer.text


async def sign_in(http: httpx.AsyncClient, address: str, password: str) -> httpx.Response:
    """Try to sign in to the portal."""
    return await http.post("/portal/api/sessions", json={"email": address, "password": password})


async def actions(case: Case) -> list[tuple[str, str]]:
    """Return what was done to the journey after the application, with the reasons."""
    return [(row.action, row.reason) for row in await case.office.audit(case.journey)][3:]


@pytest.mark.rule("P43")
async def test_a9_withdrawal_says_what_it_closes_and_closes_it(case: Case, desk: Desk, eventually: Eventually) -> None:
    """The page names what ends in both systems and who is written to; then exactly that happens, audited once."""
    shown = await desk.see(page(case, "withdraw"))
    answer = await desk.give(page(case, "withdraw"), reason=REASON)

    for words in (
        "The application is closed",
        "The plan becomes inactive",
        "The pending account is cancelled",
        "Eleanor Marsh gets an e-mail",
        "goes back to Registered",
        "can&#39;t be undone",
    ):
        assert words in shown
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page(case)}?done=withdraw")
    assert await actions(case) == [("withdraw", REASON)]
    assert [account.status for account in case.office.platform.accounts.values()] == ["cancelled"]
    assert case.office.plannr.closed_plans == {case.journey: "withdrawn"}
    await eventually(lambda: case.office.mail.templates[-2:] == ["adviser_journey_withdrawn", "journey_withdrawn"])


@pytest.mark.rule("P40")
async def test_a9_hold_and_resume_say_what_becomes_of_the_clock(case: Case, desk: Desk) -> None:
    """The page of a hold names the date that moves; held, the journey can be resumed and not held again."""
    due = (await case.office.get(case.path))["next_action_at"]
    shown = await desk.see(page(case, "hold"))
    held = await desk.give(page(case, "hold"), reason="The client is abroad")
    again = await desk.see(page(case, "hold"), 409)
    resuming = await desk.see(page(case, "resume"))
    resumed = await desk.give(page(case, "resume"))

    assert "No reminder is sent" in shown
    assert "the account is not activated" in shown.lower()
    assert held.headers["location"] == f"{page(case)}?done=hold"
    assert "on hold already" in again
    assert "It has lasted less than a minute" in resuming
    assert resumed.headers["location"] == f"{page(case)}?done=resume"
    assert await actions(case) == [("hold", "The client is abroad"), ("resume", "")]
    assert (await case.office.get(case.path))["next_action_at"] >= due


@pytest.mark.rule("P20")
async def test_a9_fresh_invitation_shows_the_address_and_is_sent(case: Case, desk: Desk) -> None:
    """The page shows where the link goes and what becomes of earlier ones; one e-mail goes out."""
    before = len(case.office.mail.sent)
    shown = await desk.see(page(case, "resend-invitation"))
    answer = await desk.give(page(case, "resend-invitation"))

    sent = case.office.mail.sent[-1]
    assert sent.to_address in shown
    assert "Every earlier link of theirs stops working" in shown
    assert answer.headers["location"] == f"{page(case)}?done=resend-invitation"
    assert len(case.office.mail.sent) == before + 1
    assert sent.template == "account_created"


@pytest.mark.rule("P20")
async def test_a9_forgotten_password_is_chosen_anew_by_the_link(case: Case, desk: Desk) -> None:
    """The old password and its sessions end, the link asks for another, and sending the form again changes nothing."""
    office, old, new = case.office, "lantern orchid pebble quilt", "meadow copper violin harbour"
    address = office.mail.sent[-1].to_address
    first, second = portal_browser(office), portal_browser(office)
    await choose(first, office, old)
    form = fields_of(await desk.see(page(case, "resend-invitation"))) | {"forgotten": "yes"}
    sent = await desk.http.post(page(case, "resend-invitation"), data=form)
    assert sent.headers["location"] == f"{page(case)}?done=resend-invitation"

    assert (await first.get("/portal/api/sessions/current")).status_code == 401
    assert (await sign_in(second, address, old)).status_code == 401
    await choose(second, office, new)
    repeated = await desk.http.post(page(case, "resend-invitation"), data=form)
    assert repeated.headers["location"] == sent.headers["location"]
    assert (await second.get("/portal/api/sessions/current")).status_code == 200
    assert (await sign_in(first, address, new)).status_code == 201


@pytest.mark.rule("P20")
async def test_a_password_stays_where_no_invitation_can_follow(case: Case, desk: Desk) -> None:
    """A form that is refused, since the journey has changed, leaves the password and the session as they are."""
    http = portal_browser(case.office)
    await choose(http, case.office, "lantern orchid pebble quilt")
    form = fields_of(await desk.see(page(case, "resend-invitation"))) | {"forgotten": "yes"}
    await desk.give(page(case, "hold"))
    refused = await desk.http.post(page(case, "resend-invitation"), data=form)

    assert refused.status_code == 409
    assert (await http.get("/portal/api/sessions/current")).status_code == 200


@pytest.mark.rule("P41")
async def test_a9_another_attempt_names_what_was_refused(busy_office: Office, eventually: Eventually) -> None:
    """What a system refused stands on the page; asked for, the attempt is made at once and nothing is left over."""
    clash = Conflict("platform", "POST /clients", "e-mail address in use", code="email_in_use")
    busy_office.platform.fail_next("register_client", clash)
    account = busy_office.client()
    case = Case(busy_office, await busy_office.start(busy_office.form(account)), account)

    async def refused() -> bool:
        return bool((await busy_office.get(case.path))["needs_attention"])

    await eventually(refused)
    async with desk_of(busy_office) as desk:
        shown = await desk.see(page(case, "retry"))
        answer = await desk.give(page(case, "retry"), reason="Address corrected")
    settled = await case.settled(eventually)

    assert "e-mail address in use" in shown
    assert answer.headers["location"] == f"{page(case)}?done=retry"
    assert not settled["needs_attention"]
    assert [row.action for row in await busy_office.audit(case.journey)] == ["start_journey", "retry_now"]


@pytest.mark.parametrize("word", WORDS)
async def test_a9_form_that_is_sent_twice_is_carried_out_once(case: Case, desk: Desk, word: str) -> None:
    """A double click leads to the same page, and the command is given once."""
    filled = await desk.fields(page(case, word))
    first, second = [await desk.send(page(case, word), filled) for _ in range(2)]

    assert first.headers["location"] == second.headers["location"]
    assert len(await actions(case)) == 1


@pytest.mark.parametrize("word", WORDS)
async def test_a9_stale_form_says_what_changed_and_can_be_sent_again(case: Case, desk: Desk, word: str) -> None:
    """What happened since the page was opened is listed, nothing is done, and the fresh form goes through."""
    stale = {**await desk.fields(page(case, word)), "version": "1", "seen": "1", "reason": REASON}
    before = case.office.writes
    refused = await desk.send(page(case, word), stale)
    fresh = fields_of(refused.text)

    assert refused.status_code == 409
    assert "has changed since you opened the page" in refused.text
    assert "lient details submitted" in refused.text
    assert REASON in refused.text
    assert case.office.writes == before
    assert fresh["key"] != stale["key"]
    assert (await desk.send(page(case, word), fresh)).status_code == 303


async def test_a2_reason_that_is_too_long_comes_back_with_what_to_do(case: Case, desk: Desk) -> None:
    """The error is on top and beside the field, what was typed is kept, and the journey goes on."""
    answer = await desk.give(page(case, "withdraw"), reason="x" * 203)

    assert answer.status_code == 422
    assert answer.text.count("Shorten the reason by 3 characters.") == 2
    assert 'href="#reason"' in answer.text
    assert "x" * 203 in answer.text
    assert await actions(case) == []


@pytest.mark.rule("P30")
async def test_invitation_of_one_of_several_has_to_be_addressed(case: Case, desk: Desk) -> None:
    """A form that names nobody, or somebody else, is refused at the field."""
    answer = await desk.give(page(case, "resend-invitation"), person_id="somebody-else")

    assert answer.status_code == 422
    assert "Choose who gets the invitation." in answer.text


@pytest.mark.parametrize("word", ["resend-invitation", "change-email", "amend", "hold", "withdraw"])
async def test_command_that_comes_too_late_says_so(case: Case, desk: Desk, word: str) -> None:
    """On a journey that is over each page says why it can't be done, with the way back, and has no button."""
    await case.office.post(f"{case.path}/withdrawal", {})
    shown = await desk.see(page(case, word), 409)

    assert "This can't be done now" in shown
    assert fields_of(shown) == {}


async def test_slow_command_leads_on_and_says_that_it_is_under_way(
    case: Case, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a system is out the adviser is not kept waiting, and the banner does not claim that it is done."""
    case.office.platform.fail_next("cancel_account", ConnectorUnavailable("platform", "POST /cancellation", "down"))
    monkeypatch.setattr(journeys, "COMMAND_PATIENCE", timedelta(seconds=0.5))
    answer = await desk.give(page(case, "withdraw"))

    assert answer.headers["location"] == f"{page(case)}?done=withdraw&still=1"


@pytest.mark.parametrize("word", [*WORDS, "resume", "retry", "change-email", "amend"])
async def test_a12_journey_of_another_firm_does_not_exist(case: Case, word: str) -> None:
    """An adviser of another firm gets 404 for every page and every form, and nothing is on record."""
    async with desk_of(case.office, STRANGER) as strange:
        shown = await strange.http.get(page(case, word))
        sent = await strange.send(page(case, word), {"key": "a-key-of-a-form", "version": "1"})

    assert (shown.status_code, sent.status_code) == (404, 404)
    assert await actions(case) == []


async def test_adviser_who_may_only_look_is_refused(case: Case) -> None:
    """Without the scope to write there is neither the page nor the command."""
    async with desk_of(case.office, scope="journeys:read") as reader:
        shown = await reader.http.get(page(case, "withdraw"))
        sent = await reader.send(page(case, "withdraw"), {"key": "a-key-of-a-form", "version": "1"})

    assert (shown.status_code, sent.status_code) == (403, 403)
    assert await actions(case) == []
