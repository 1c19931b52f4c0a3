"""Signing in and out, sessions, and requests from other websites."""

from datetime import timedelta

import httpx
import pytest

from api.portal.cross_site import is_cross_site, own_origin
from api.portal.sessions import cookie_name, session_hash
from storage.portal_sessions import PortalSessionRepository
from tests.api.portal.conftest import COOKIE, EMAIL, PASSWORD, PUBLIC_URL, Portal, expect_problem, settings

SESSIONS = "/portal/api/sessions"
CURRENT = f"{SESSIONS}/current"


async def _sign_in(portal: Portal, email: str = EMAIL, password: str = PASSWORD) -> httpx.Response:
    return await portal.http.post(SESSIONS, json={"email": email, "password": password})


@pytest.mark.rule("P20")
async def test_signing_in_from_another_device(portal: Portal) -> None:
    """E-mail address, in any case, and password are enough; the session tells when it ends."""
    await portal.set_password()
    portal.http.cookies.clear()
    answer = await _sign_in(portal, EMAIL.upper())

    assert answer.status_code == 201
    assert answer.json()["firm_name"] == "Harbour Wealth"
    assert answer.json()["expires_at"] == "2026-11-23T10:00:00Z"
    assert answer.json()["ends_at"] == "2026-11-23T21:30:00Z"
    assert (await portal.http.get(CURRENT)).status_code == 200


@pytest.mark.rule("P20")
async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(portal: Portal) -> None:
    """Nobody learns from the answer whether an address is known, not even from when the login is locked."""
    await portal.set_password()
    portal.http.cookies.clear()
    bodies: dict[str, list[dict[str, object]]] = {}
    for email in (EMAIL, "nobody@example.com"):
        answers = [await _sign_in(portal, email, "not the right password") for _ in range(6)]
        bodies[email] = [
            {**answer.json(), "request_id": None, "retry_after": answer.headers.get("retry-after")}
            for answer in answers
        ]

    assert bodies[EMAIL] == bodies["nobody@example.com"]
    assert [body["status"] for body in bodies[EMAIL]] == [401, 401, 401, 401, 401, 429]


@pytest.mark.rule("P20")
async def test_a_locked_login_refuses_the_right_password_until_the_time_is_over(portal: Portal) -> None:
    """Trying on does not help, waiting does."""
    await portal.set_password()
    for _ in range(5):
        expect_problem(await _sign_in(portal, password="not the right password"), "credentials-wrong", 401)
    locked = await _sign_in(portal)

    expect_problem(locked, "login-locked", 429)
    assert locked.headers["retry-after"] == "900"
    portal.now += timedelta(minutes=15)
    assert (await _sign_in(portal)).status_code == 201


async def test_an_address_that_keeps_failing_has_to_wait(portal: Portal) -> None:
    """Trying many logins from one place is slowed down too."""
    for number in range(30):
        expect_problem(await _sign_in(portal, f"nobody{number}@example.com"), "credentials-wrong", 401)

    expect_problem(await _sign_in(portal, "nobody@example.com"), "rate-limited", 429)


async def test_a_person_without_a_password_cannot_sign_in(portal: Portal) -> None:
    """Before the invitation was used there is nothing that fits."""
    expect_problem(await _sign_in(portal, password=""), "credentials-wrong", 401)


@pytest.mark.rule("P20")
async def test_signing_in_changes_the_session_id(portal: Portal) -> None:
    """A session id that somebody planted in the browser is worth nothing after the client signs in."""
    await portal.set_password()
    planted = await portal.sign_in()
    portal.http.cookies.clear()
    portal.http.cookies.set(COOKIE, planted, domain="portal.example.com", path="/")
    await _sign_in(portal)
    given = next(
        cookie.value for cookie in portal.http.cookies.jar if cookie.name == COOKIE and cookie.value != planted
    )

    assert given != planted
    portal.http.cookies.clear()
    portal.http.cookies.set(COOKIE, planted, domain="portal.example.com", path="/")
    expect_problem(await portal.http.get(CURRENT), "sign-in-required", 401)


@pytest.mark.rule("P20")
async def test_signing_out_ends_the_session_on_the_server(portal: Portal) -> None:
    """A cookie that somebody copied before is worth nothing afterwards."""
    copied = await portal.sign_in()
    answer = await portal.http.delete(CURRENT)

    assert answer.status_code == 204
    assert 'onward-session="";' in answer.headers["set-cookie"]
    portal.http.cookies.set(COOKIE, copied, domain="portal.example.com", path="/")
    expect_problem(await portal.http.get(CURRENT), "sign-in-required", 401)


async def test_a_session_ends_when_nothing_is_done(portal: Portal) -> None:
    """Half an hour without a request; every request before that prolongs it."""
    await portal.sign_in()
    for _ in range(3):
        portal.now += timedelta(minutes=29)
        assert (await portal.http.get(CURRENT)).status_code == 200
    portal.now += timedelta(minutes=30)

    expect_problem(await portal.http.get(CURRENT), "sign-in-required", 401)


async def test_a_session_ends_after_twelve_hours_however_busy_it_is(portal: Portal) -> None:
    """Nobody stays signed in for ever."""
    await portal.sign_in()
    for _ in range(26):
        portal.now += timedelta(minutes=27)
        answer = await portal.http.get(CURRENT)
        assert answer.status_code == 200
    assert answer.json()["expires_at"] == answer.json()["ends_at"]
    portal.now += timedelta(minutes=18)

    expect_problem(await portal.http.get(CURRENT), "sign-in-required", 401)


async def test_a_session_id_is_stored_nowhere(portal: Portal) -> None:
    """Whoever reads the database can't act as a client."""
    answer = await portal.set_password()
    session_id = answer.headers["set-cookie"].split("=", 1)[1].split(";", 1)[0]
    async with portal.services.database.reading() as database:
        sessions = PortalSessionRepository(database)

        assert await sessions.by_hash(session_id) is None
        assert await sessions.by_hash(session_hash(session_id)) is not None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/portal/api/journeys"),
        ("GET", "/portal/api/journeys/any"),
        ("POST", "/portal/api/journeys/any/details"),
        ("POST", "/portal/api/journeys/any/documents/any/open"),
        ("GET", "/portal/api/journeys/any/documents/any/content?version=1"),
        ("POST", "/portal/api/journeys/any/platform-terms"),
        ("POST", "/portal/api/journeys/any/product-terms"),
        ("GET", "/portal/api/journeys/any/direct-debit-mandate"),
        ("POST", "/portal/api/journeys/any/direct-debit-mandate"),
        ("POST", "/portal/api/journeys/any/bank-details"),
        ("POST", "/portal/api/journeys/any/bank-details/check"),
        ("GET", CURRENT),
        ("DELETE", CURRENT),
    ],
)
async def test_everything_but_the_door_needs_a_session(portal: Portal, method: str, path: str) -> None:
    """Without a session nothing is shown and nothing is done."""
    expect_problem(await portal.http.request(method, path, json={}), "sign-in-required", 401)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": PUBLIC_URL},
    ],
)
async def test_another_website_cannot_act_for_the_client(portal: Portal, headers: dict[str, str]) -> None:
    """A request that another page sent with the client's cookie changes nothing."""
    await portal.sign_in()
    answer = await portal.http.post(f"{portal.path}/details", json={}, headers=headers)

    expect_problem(answer, "cross-site-request", 403)
    assert await portal.evidence() == []


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": PUBLIC_URL}]
)
async def test_the_portal_itself_can_act(portal: Portal, headers: dict[str, str]) -> None:
    """The portal's own pages, and programs that are no browser, pass."""
    await portal.sign_in()

    assert (await portal.http.post(f"{portal.path}/details", json={}, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://portal.example.com/", "https://portal.example.com"),
        ("https://Portal.example.com:443/x", "https://portal.example.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_an_origin_is_compared_as_browsers_write_it(url: str, origin: str) -> None:
    """Default ports and paths are left out."""
    assert own_origin(url) == origin
    assert not is_cross_site(site=None, origin=origin, own_origin=own_origin(url))


def test_the_cookie_is_bound_to_the_host_wherever_there_is_https() -> None:
    """Plain http is for a development machine, whose programs would not send a secure cookie."""
    assert cookie_name(settings()) == "__Host-onward-session"
    assert cookie_name(settings(public_url="http://127.0.0.1:8080")) == "onward-session"
