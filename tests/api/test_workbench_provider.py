"""Signing in to the workbench at the firm's own identity provider, and everything its answer can be wrong in."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from temporalio.client import Client

from api.workbench.provider import ATTEMPT_VALID
from tests.api.identity_provider import CLIENT_ID, SECRET, IdentityProvider, running_provider
from tests.api.office import OMAR, PUBLIC_URL, Office, open_office
from tests.api.workbench_browser import IMPORTS, SIGN_IN, Browser, browser_of
from tests.api.workbench_desk import fields_of

NOT_PROVED = "does not prove who you are"


@pytest.fixture
async def provider() -> AsyncIterator[IdentityProvider]:
    """Yield the firm's identity provider."""
    async with running_provider() as provider:
        yield provider


@pytest.fixture
async def office_with_provider(
    provider: IdentityProvider, adviser_temporal: Client, migrated_database: Path, tmp_path: Path
) -> AsyncIterator[Office]:
    """Yield an office whose advisers sign in at the provider."""
    changes = {
        "development_users": [],
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": SECRET,
    }
    async with open_office(adviser_temporal, migrated_database, tmp_path, **changes) as office:
        yield office


@pytest.fixture
async def browser(office_with_provider: Office) -> AsyncIterator[Browser]:
    """Yield a browser that is not signed in."""
    async with browser_of(office_with_provider) as browser:
        yield browser


async def set_out(browser: Browser, back: str = IMPORTS) -> str:
    """Open the link of the sign-in page and return where the provider is."""
    answer = await browser.http.get(f"{SIGN_IN}/start", params={"next": back})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def at_provider(address: str) -> str:
    """Sign in at the provider and return where it leads back to."""
    async with httpx.AsyncClient() as http:
        answer = await http.get(address)
    location = str(answer.headers["location"])
    assert location.startswith(f"{PUBLIC_URL}{SIGN_IN}/callback?")
    return location


async def come_back(browser: Browser, back: str = IMPORTS) -> httpx.Response:
    """Go the whole way."""
    return await browser.http.get(await at_provider(await set_out(browser, back)))


async def test_the_whole_way(browser: Browser, provider: IdentityProvider) -> None:
    """One click leads to the provider and back to the page that was asked for; each request carries PKCE and nonce."""
    page = await browser.http.get(SIGN_IN, params={"next": IMPORTS})
    answer = await come_back(browser)
    (asked,) = provider.requests

    assert "Sign in with your firm" in page.text
    assert "Password" not in page.text
    assert (answer.status_code, answer.headers["location"]) == (303, IMPORTS)
    assert await browser.is_signed_in()
    assert asked["response_type"] == "code"
    assert asked["client_id"] == CLIENT_ID
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{PUBLIC_URL}{SIGN_IN}/callback"
    assert {"openid", "journeys:read"} <= set(asked["scope"].split())
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


async def test_each_attempt_is_one_of_its_own(browser: Browser, provider: IdentityProvider) -> None:
    """State, nonce and code challenge are never used twice."""
    for _ in range(2):
        await at_provider(await set_out(browser))
    first, second = provider.requests

    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))


async def test_a_wrong_state_is_refused(browser: Browser) -> None:
    """An answer of another attempt opens nothing, and cannot be tried again."""
    back = await at_provider(await set_out(browser))
    state = parse_qs(urlsplit(back).query)["state"][0]
    answer = await browser.http.get(back.replace(state, "another"))
    again = await browser.http.get(back)

    assert answer.status_code == 401
    assert "belongs to another attempt" in answer.text
    assert "Sign in with your firm" in answer.text
    assert again.status_code == 401
    assert not await browser.is_signed_in()


async def test_an_answer_is_good_in_the_browser_that_asked_for_it_alone(
    browser: Browser, office_with_provider: Office
) -> None:
    """A link that somebody else's sign-in led to signs nobody in (login CSRF)."""
    back = await at_provider(await set_out(browser))
    async with browser_of(office_with_provider) as victim:
        answer = await victim.http.get(back)
        assert answer.status_code == 401
        assert not await victim.is_signed_in()


async def test_an_answer_is_good_once(browser: Browser) -> None:
    """The same callback again, with the same cookies, opens no second session."""
    back = await at_provider(await set_out(browser))
    cookies = dict(browser.http.cookies)
    assert (await browser.http.get(back)).status_code == 303
    browser.http.cookies = httpx.Cookies(cookies)
    answer = await browser.http.get(back)

    assert answer.status_code == 401
    assert "finished already" in answer.text
    assert not await browser.is_signed_in()


async def test_a_code_that_was_used_is_refused(browser: Browser, provider: IdentityProvider) -> None:
    """A code that somebody else has exchanged before opens nothing here."""
    back = await at_provider(await set_out(browser))
    provider.codes.clear()
    answer = await browser.http.get(back)

    assert answer.status_code == 401
    assert NOT_PROVED in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "of another attempt"},
        {"nonce": None},
        {"aud": "another-application"},
        {"iss": "https://evil.example.com"},
        {"exp": 1},
        {"sub": OMAR.id},
    ],
)
async def test_an_id_token_that_is_not_ours_is_refused(
    browser: Browser, provider: IdentityProvider, changes: dict[str, object]
) -> None:
    """Another nonce, audience, issuer or person, or a token that is out of date, opens nothing."""
    provider.identity = changes
    answer = await come_back(browser)

    assert answer.status_code == 401
    assert NOT_PROVED in answer.text
    assert not await browser.is_signed_in()


async def test_an_access_token_of_another_audience_is_refused(browser: Browser, provider: IdentityProvider) -> None:
    """A token that was meant for another service of the firm opens nothing."""
    provider.access = {"aud": "payroll"}
    answer = await come_back(browser)

    assert answer.status_code == 401
    assert NOT_PROVED in answer.text


@pytest.mark.parametrize("changes", [{"scope": None}, {"firm": "unknown"}, {"firm": None}, {"plannr_account": None}])
async def test_someone_who_is_no_adviser_of_ours_is_told_so(
    browser: Browser, provider: IdentityProvider, changes: dict[str, object]
) -> None:
    """Good tokens without scope, firm or Plannr account let nobody in, and the page says why."""
    provider.access = changes
    answer = await come_back(browser)

    assert answer.status_code == 403
    assert "There is a problem" in answer.text
    assert not await browser.is_signed_in()


async def test_scope_is_what_the_access_token_says(browser: Browser, provider: IdentityProvider) -> None:
    """A scope in the id token gives no leave to act."""
    provider.identity = {"scope": "journeys:read journeys:write"}
    provider.access = {"scope": "journeys:read"}
    await come_back(browser)

    assert await browser.is_signed_in()
    assert (await browser.http.post(IMPORTS, data={"key": "key-of-a-form"})).status_code == 403


async def test_an_adviser_who_cancels_is_told_so(browser: Browser, provider: IdentityProvider) -> None:
    """What the provider sends instead of a code becomes a sentence, never its own words."""
    provider.denied = True
    answer = await come_back(browser)

    assert answer.status_code == 401
    assert "did not let you in" in answer.text
    assert "access_denied" not in answer.text


async def test_a_provider_that_is_down_is_named(browser: Browser, provider: IdentityProvider) -> None:
    """While the provider does not answer the page says so."""
    provider.down = True
    answer = await browser.http.get(f"{SIGN_IN}/start")

    assert answer.status_code == 503
    assert "identity provider does not answer" in answer.text


async def test_an_attempt_does_not_wait_for_ever(browser: Browser) -> None:
    """Who comes back after a quarter of an hour begins again."""
    back = await at_provider(await set_out(browser))
    browser.now += ATTEMPT_VALID + timedelta(seconds=1)

    assert "took too long" in (await browser.http.get(back)).text


async def test_c17_what_was_typed_survives_the_way_through_the_provider(browser: Browser) -> None:
    """A form sent after the session ended waits, sealed, until the adviser is back, and can then be sent."""
    typed = {"key": "key-of-a-form", "reason": "Moving abroad"}
    asked = await browser.http.post("/workbench/journeys/j/withdraw", data=typed)
    onward = await browser.http.post(SIGN_IN, data=fields_of(asked.text))
    address = onward.text.partition('draggable="false" href="')[2].partition('"')[0].replace("&amp;", "&")
    resumed = await browser.http.get(await at_provider(address))

    assert (asked.status_code, onward.status_code, resumed.status_code) == (401, 200, 200)
    assert "Moving abroad" not in onward.text
    assert fields_of(resumed.text) == typed
    assert 'action="/workbench/journeys/j/withdraw"' in resumed.text


async def test_a_session_planted_before_is_worth_nothing_after(browser: Browser) -> None:
    """Coming back from the provider opens a session under a fresh id."""
    browser.plant("planted")
    await come_back(browser)

    assert browser.http.cookies.get("onward-workbench", domain="onward.example.com") != "planted"
    browser.plant("planted")
    assert not await browser.is_signed_in()
