"""Signing in to the workbench with a password, how long it lasts, and what happens to a form after it is over."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from api.workbench.access import LONGEST_SESSION
from tests.api.office import PRIYA, Office, open_office
from tests.api.test_adviser_commands import Case
from tests.api.workbench_browser import IMPORTS, SIGN_IN, Browser, browser_of
from tests.api.workbench_desk import desk_of, fields_of, waiting_for_client
from tests.conftest import Eventually


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[Browser]:
    """Yield a browser that is not signed in."""
    async with browser_of(office) as browser:
        yield browser


async def test_a_page_leads_to_sign_in_and_back(browser: Browser) -> None:
    """Whoever opens a page unknown is asked to sign in, and led on to that page with its filters afterwards."""
    asked = await browser.http.get(f"{IMPORTS}?page=2")
    page = await browser.http.get(asked.headers["location"])
    answer = await browser.sign_in(next=fields_of(page.text)["next"])

    assert asked.status_code == 303
    assert (answer.status_code, answer.headers["location"]) == (303, f"{IMPORTS}?page=2")
    assert PRIYA.email not in str(answer.headers["location"])
    assert await browser.is_signed_in()
    assert (await browser.http.get(SIGN_IN)).status_code == 303


@pytest.mark.parametrize(("email", "password"), [(PRIYA.email, "wrong"), ("nobody@example.com", "wrong")])
async def test_a2_wrong_credentials_are_said_beside_the_field(browser: Browser, email: str, password: str) -> None:
    """One sentence for a wrong password and an unknown address, on top and beside the field; the address is kept."""
    answer = await browser.sign_in(email, password)

    assert answer.status_code == 401
    assert answer.text.count("do not belong together") == 2
    assert 'href="#email"' in answer.text
    assert f'value="{email}"' in answer.text
    assert "wrong" not in fields_of(answer.text).values()
    assert not await browser.is_signed_in()


async def test_guessing_is_counted_together_with_the_token_endpoint(browser: Browser) -> None:
    """Ten wrong passwords in a minute, whichever way they were tried, make an address wait here and there."""
    form = {"grant_type": "password", "username": PRIYA.email, "password": "wrong"}
    for _ in range(5):
        await browser.sign_in(password="wrong")
        await browser.http.post("/oidc/token", data=form)
    answer = await browser.sign_in()

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Too many wrong passwords. Wait" in answer.text
    assert (await browser.http.post("/oidc/token", data=form)).status_code == 429


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example.com/", "//evil.example.com/workbench", "/portal", "/workbench\\@evil", SIGN_IN]
)
async def test_signing_in_leads_nowhere_else(browser: Browser, elsewhere: str) -> None:
    """An address that somebody put into the link is not followed."""
    answer = await browser.sign_in(next=elsewhere)

    assert (answer.status_code, answer.headers["location"]) == (303, "/workbench")


async def test_a_session_ends_when_nobody_uses_it(browser: Browser, office: Office) -> None:
    """Every page prolongs the session; left alone it is over."""
    idle = office.services.settings.adviser_session
    await browser.sign_in()
    for _ in range(3):
        browser.now += idle - timedelta(minutes=1)
        assert await browser.is_signed_in()
    browser.now += idle

    assert not await browser.is_signed_in()


async def test_a_session_ends_however_busy_it_is(browser: Browser, office: Office) -> None:
    """After twelve hours the adviser signs in again."""
    await browser.sign_in()
    step = office.services.settings.adviser_session / 2
    ends = browser.now + LONGEST_SESSION
    while browser.now + step < ends:
        browser.now += step
        assert await browser.is_signed_in()
    assert (await browser.http.get("/workbench/session")).json()["can_be_prolonged"] is False
    browser.now = ends

    assert not await browser.is_signed_in()


async def test_c17_a_page_knows_when_its_session_ends_and_can_prolong_it(browser: Browser, office: Office) -> None:
    """Asking how long is left prolongs nothing, staying signed in does; without a session nothing is left."""
    whole = int(office.services.settings.adviser_session.total_seconds())
    await browser.sign_in()
    page = (await browser.http.get(IMPORTS)).text
    browser.now += timedelta(seconds=whole - 150)
    asked = [(await browser.http.get("/workbench/session")).json() for _ in range(2)]
    stayed = (await browser.http.post("/workbench/session")).json()

    assert f'data-seconds-left="{whole}"' in page
    assert asked == [{"seconds_left": 150, "can_be_prolonged": True}] * 2
    assert stayed == {"seconds_left": whole, "can_be_prolonged": True}
    browser.http.cookies.clear()
    assert (await browser.http.get("/workbench/session")).json()["seconds_left"] == 0
    assert (await browser.http.post("/workbench/session")).status_code == 401


async def test_signing_out_ends_the_session_itself(browser: Browser) -> None:
    """The cookie of before is worth nothing afterwards."""
    await browser.sign_in()
    session = browser.session
    answer = await browser.http.post("/workbench/sign-out")
    page = await browser.http.get(answer.headers["location"])
    browser.plant(session)

    assert "You are signed out." in page.text
    assert not await browser.is_signed_in()


async def test_c17_what_was_typed_survives_the_end_of_a_session(busy_office: Office, eventually: Eventually) -> None:
    """A form sent after the session ended asks to sign in, keeps every field, and is carried out afterwards."""
    case: Case = await waiting_for_client(busy_office, eventually)
    path = f"/workbench/journeys/{case.journey}/withdraw"
    async with desk_of(busy_office) as desk:
        typed = {**await desk.fields(path), "reason": "Moving abroad, and “selling” everything <soon>"}
    async with browser_of(busy_office) as browser:
        asked = await browser.http.post(path, data=typed)
        kept = fields_of(asked.text)
        wrong = await browser.sign_in(
            password="wrong", **{name: kept[name] for name in kept if "." in name or "next" in name}
        )
        resumed = await browser.sign_in(
            **{name: value for name, value in fields_of(wrong.text).items() if name not in {"email", "password"}}
        )
        sent = await browser.http.post(path, data=fields_of(resumed.text))

    assert (asked.status_code, wrong.status_code, resumed.status_code) == (401, 401, 200)
    assert "They are kept" in asked.text
    assert fields_of(resumed.text) == typed
    assert f'action="{path}"' in resumed.text
    assert sent.status_code == 303
    assert [row.reason for row in await case.office.audit(case.journey)][-1] == typed["reason"]


async def test_who_may_only_look_sees_no_button_and_changes_nothing(office: Office) -> None:
    """A sign-in with the reading scope alone shows pages without forms, and refuses what is sent all the same."""
    async with desk_of(office, scope="journeys:read") as desk:
        page = await desk.see(IMPORTS)
        answer = await desk.send(IMPORTS, {"key": "key-of-a-form"})

    assert "Check the file" not in page
    assert answer.status_code == 403
    assert "neither start nor change" in answer.text
    assert "<h1" in answer.text


@pytest.mark.parametrize("issuer", [None, "https://login.example.com"])
async def test_without_a_provider_the_page_says_what_is_missing(
    adviser_temporal: Client, migrated_database: Path, tmp_path: Path, issuer: str | None
) -> None:
    """Where nobody can sign in yet the page names the settings, and a password opens nothing."""
    changes: dict[str, object] = {"development_users": [], "oidc_issuer": issuer}
    async with (
        open_office(adviser_temporal, migrated_database, tmp_path, **changes) as office,
        browser_of(office) as it,
    ):
        page = await it.http.get(SIGN_IN)
        answer = await it.sign_in()

    assert "ONWARD_OIDC_CLIENT_ID" in page.text
    assert answer.status_code == 404
    assert "no identity provider is set" in answer.text
