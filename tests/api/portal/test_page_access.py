"""The pages that let a client in: one e-mail, one page, and in."""

import html
import re
from datetime import timedelta

import httpx
import pytest

from api.portal.renewal import RENEWAL_WORDS
from tests.api.portal.conftest import COOKIE, EMAIL, PASSWORD, PERSON, STRANGER, Portal
from tests.api.portal.stand_in import StandInJourney

SIGN_IN = "/portal/sign-in"


def _invitation(token: str) -> str:
    return f"/portal/invitations/{token}"


async def _choose(portal: Portal, token: str, password: str = PASSWORD) -> httpx.Response:
    return await portal.http.post(f"{_invitation(token)}/password", data={"password": password})


async def _sign_in(portal: Portal, **changes: str) -> httpx.Response:
    return await portal.http.post(SIGN_IN, data={"email": EMAIL, "password": PASSWORD, "next": "", **changes})


def _without_ids(page: str) -> str:
    """Return a page without what differs by the request and by the link itself."""
    return re.sub(r"/portal/invitations/[^/\"]+", "/portal/invitations/…", page)


@pytest.mark.rule("P20")
async def test_c1_one_page_to_choose_a_password_and_straight_in(portal: Portal) -> None:
    """The link leads to one form; sending it signs in and leads to the hub, with no second e-mail."""
    token = await portal.invite()
    shown = await portal.http.get(_invitation(token))
    answer = await _choose(portal, token)
    hub = await portal.http.get(answer.headers["Location"])

    assert shown.status_code == 200
    assert shown.text.count("<form") == 1
    assert "Harbour Wealth has invited you to open a stocks and shares ISA" in shown.text
    assert (answer.status_code, answer.headers["Location"]) == (303, "/portal")
    for attribute in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert attribute in answer.headers["set-cookie"]
    assert hub.status_code == 200
    assert "Check your details" in hub.text
    assert await portal.handle.query(StandInJourney.renewals) == []


@pytest.mark.rule("P20")
async def test_c2_a_link_works_until_it_is_used(portal: Portal) -> None:
    """Scanners and second looks do no harm."""
    token = await portal.invite()
    pages = [await portal.http.get(_invitation(token)) for _ in range(3)]

    assert {page.status_code for page in pages} == {200}
    assert (await portal.invitation(token)).used_at is None
    assert (await _choose(portal, token)).status_code == 303


@pytest.mark.rule("P20")
async def test_c2_every_dead_link_gets_one_page_with_one_button(portal: Portal) -> None:
    """Used, expired, replaced or never known: the same status, the same words, one click to a new link."""
    expired = await portal.invite(1, valid=timedelta(days=1))
    replaced = await portal.invite(2)
    used = await portal.invite(3)
    assert (await _choose(portal, used)).status_code == 303
    portal.http.cookies.clear()
    portal.now += timedelta(days=2)
    pages = [await portal.http.get(_invitation(token)) for token in (expired, replaced, used, "never-known")]

    assert {page.status_code for page in pages} == {410}
    assert len({_without_ids(page.text) for page in pages}) == 1
    assert "Send me a new link" in pages[0].text
    assert pages[0].text.count("<form") == 1
    assert "Eleanor" not in pages[0].text
    assert EMAIL not in pages[0].text


@pytest.mark.rule("P20")
async def test_c2_a_new_link_is_one_click_and_the_same_words_for_all(portal: Portal) -> None:
    """A known dead link makes one e-mail, an unknown one none; nobody can tell from the answer."""
    dead = await portal.invite(1)
    await portal.invite(2)
    answers = [await portal.http.post(f"{_invitation(token)}/renewal") for token in (dead, dead, "never-known")]
    told = await portal.http.get(answers[0].headers["Location"])

    assert {(answer.status_code, answer.headers["Location"], answer.text) for answer in answers} == {
        (303, "/portal/link-sent", "")
    }
    assert RENEWAL_WORDS in html.unescape(told.text)
    assert await portal.handle.query(StandInJourney.renewals) == [PERSON]


async def test_c2_asking_for_links_is_limited(portal: Portal) -> None:
    """Nobody fills a mailbox by clicking; the limit is a page that says what to do."""
    for _ in range(10):
        assert (await portal.http.post(f"{_invitation('any')}/renewal")).status_code == 303
    limited = await portal.http.post(f"{_invitation('any')}/renewal")

    assert limited.status_code == 429
    assert "<h1" in limited.text


@pytest.mark.rule("P20")
async def test_c3_the_password_field_helps_people_and_managers(portal: Portal) -> None:
    """A Show button, a manager's hints, the rule in words, and nothing that blocks pasting."""
    page = (await portal.http.get(_invitation(await portal.invite()))).text

    assert 'autocomplete="new-password"' in page
    assert 'autocomplete="username"' in page
    assert 'data-module="govuk-password-input"' in page
    assert "Use at least 15 characters" in page
    assert "onpaste" not in page
    assert "maxlength" not in page


@pytest.mark.rule("P20")
@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "Add at least 15 more characters"),
        ("short", "Add at least 10 more characters"),
        ("aaaaaaaaaaaaaaaaaa", "repeats the same few characters"),
        ("passwordpassword1", "passwords that are tried first"),
        ("eleanor.marsh@example.com", "mostly your name"),
        ("harbourwealth2026", "your adviser"),
        ("x" * 2000, "at most 128 characters"),
    ],
)
async def test_c3_a_weak_password_is_refused_with_the_reason(portal: Portal, password: str, reason: str) -> None:
    """422, the reason in the summary and beside the field, the link still good, and the password nowhere."""
    token = await portal.invite()
    answer = await _choose(portal, token, password)

    assert answer.status_code == 422
    assert html.unescape(answer.text).count(reason) == 2
    assert 'href="#password"' in answer.text
    assert not re.search(r'<input[^>]*name="password"[^>]*value=', answer.text)
    assert (await portal.invitation(token)).used_at is None


@pytest.mark.rule("P20")
@pytest.mark.parametrize(
    "password", ["lantern orchid pebble quilt", "ümlaute sind auch wörter", " spaces at both ends "]
)
async def test_c3_no_rules_on_kinds_of_characters(portal: Portal, password: str) -> None:
    """Words alone are enough, in any language, and exactly as they were typed."""
    assert (await _choose(portal, await portal.invite(), password)).status_code == 303
    portal.http.cookies.clear()

    assert (await _sign_in(portal, password=password)).status_code == 303
    assert (await _sign_in(portal, password=f"{password}x")).status_code == 401


@pytest.mark.rule("P20")
async def test_an_invitation_is_not_replayed(portal: Portal) -> None:
    """Whoever finds the e-mail later can't set another password."""
    token = await portal.invite()
    await _choose(portal, token)
    portal.http.cookies.clear()
    again = await _choose(portal, token, "another good password of mine")

    assert again.status_code == 410
    assert "set-cookie" not in again.headers
    assert (await _sign_in(portal, password="another good password of mine")).status_code == 401
    assert (await _sign_in(portal)).status_code == 303


@pytest.mark.rule("P20")
async def test_an_invitation_of_someone_known_leads_to_signing_in(portal: Portal) -> None:
    """The second journey's link shows the sign-in form; its password form changes nothing."""
    await portal.set_password()
    portal.http.cookies.clear()
    token = await portal.invite(2)
    shown = await portal.http.get(_invitation(token))
    tried = await _choose(portal, token, "taking over the login")

    for page in (shown, tried):
        assert page.status_code == 200
        assert 'action="/portal/sign-in"' in page.text
        assert "You have a password here already" in page.text
        assert EMAIL not in page.text
    assert (await _sign_in(portal, password="taking over the login")).status_code == 401


@pytest.mark.rule("P26")
async def test_an_old_link_leads_home_whoever_is_signed_in_already(portal: Portal) -> None:
    """A client who keeps using the e-mail's link lands on the hub; someone else's link still shows its own page."""
    token = await portal.invite()
    await _choose(portal, token)
    again = await portal.http.get(_invitation(token))
    await portal.sign_in(STRANGER)
    other = await portal.http.get(_invitation(token))

    assert (again.status_code, again.headers["Location"]) == (303, "/portal")
    assert other.status_code == 410


@pytest.mark.rule("P20")
async def test_two_holders_can_share_a_browser(portal: Portal) -> None:
    """The second holder's invitation works in the browser where the first is signed in, and ends that session."""
    first = await portal.sign_in()
    token = await portal.invite(person=STRANGER)
    assert (await portal.http.get(_invitation(token))).status_code == 200
    assert (await _choose(portal, token)).status_code == 303
    assert "Welcome, Robert" in (await portal.http.get("/portal")).text
    portal.http.cookies.clear()
    portal.http.cookies.set(COOKIE, first, domain="portal.example.com", path="/")

    assert (await portal.http.get("/portal")).status_code == 303


@pytest.mark.rule("P20")
async def test_a_wrong_password_and_an_unknown_address_look_the_same(portal: Portal) -> None:
    """Six tries each: the same pages to the letter but for the address, the same moment of locking."""
    await portal.set_password()
    portal.http.cookies.clear()
    seen = {}
    for email in (EMAIL, "nobody@example.com"):
        answers = [await _sign_in(portal, email=email, password="not the right password") for _ in range(6)]
        seen[email] = [(answer.status_code, answer.text.replace(email, "…")) for answer in answers]

    assert seen[EMAIL] == seen["nobody@example.com"]
    assert [status for status, _ in seen[EMAIL]] == [401, 401, 401, 401, 401, 429]
    assert "Wait 15 minutes, then try again." in seen[EMAIL][-1][1]


async def test_a_refused_sign_in_keeps_what_can_be_kept(portal: Portal) -> None:
    """The address stays in its field, the password does not, and the summary links to the field."""
    answer = await _sign_in(portal, email="someone@example.com", password="not the right password")

    assert answer.status_code == 401
    assert 'value="someone@example.com"' in answer.text
    assert "not the right password" not in answer.text
    assert 'href="#email"' in answer.text
    assert "<title>Error: Sign in" in answer.text


@pytest.mark.parametrize(
    ("fields", "links"),
    [({"email": ""}, ["email"]), ({"password": ""}, ["password"]), ({"email": "e" * 400}, ["email"])],
)
async def test_what_is_missing_is_said_beside_its_field(
    portal: Portal, fields: dict[str, str], links: list[str]
) -> None:
    """422 with the field named."""
    answer = await _sign_in(portal, **fields)

    assert answer.status_code == 422
    assert re.findall(r'href="#(\w+)"', answer.text) == links


@pytest.mark.rule("P20")
async def test_signing_in_changes_the_session_id(portal: Portal) -> None:
    """A session id that somebody planted in the browser is worth nothing after the client signs in."""
    await portal.set_password()
    planted = await portal.sign_in(STRANGER)
    answer = await _sign_in(portal)
    given = answer.headers["set-cookie"].split("=", 1)[1].split(";", 1)[0]
    portal.http.cookies.clear()
    portal.http.cookies.set(COOKIE, planted, domain="portal.example.com", path="/")

    assert given != planted
    assert (await portal.http.get("/portal")).headers["Location"] == SIGN_IN


@pytest.mark.rule("P20")
async def test_signing_out_ends_the_session_on_the_server(portal: Portal) -> None:
    """A cookie that was copied before is worth nothing; signing out twice is no error."""
    copied = await portal.sign_in()
    left = await portal.http.post("/portal/sign-out")
    page = await portal.http.get(left.headers["Location"])
    portal.http.cookies.set(COOKIE, copied, domain="portal.example.com", path="/")

    assert left.status_code == 303
    assert "You are signed out" in page.text
    assert (await portal.http.get("/portal")).headers["Location"] == SIGN_IN
    portal.http.cookies.clear()
    assert (await portal.http.post("/portal/sign-out")).status_code == 303


@pytest.mark.rule("P26")
async def test_c5_signing_in_leads_to_the_page_that_was_asked_for_or_the_next_task(portal: Portal) -> None:
    """A task's address leads back to it after signing in; without one the next open task is where a client lands."""
    await portal.set_password()
    assert (await portal.http.get("/portal/next")).headers["Location"] == "/portal"
    await portal.http.post(f"{portal.path}/details", json={})
    portal.http.cookies.clear()
    asked = await portal.http.get(f"/portal/journeys/{portal.journey_id}/product-terms")
    form = await portal.http.get(asked.headers["Location"])
    back = re.search(r'name="next" value="([^"]*)"', form.text)
    assert back is not None
    to_the_page = await _sign_in(portal, next=html.unescape(back[1]))
    to_the_next = await _sign_in(portal)
    landed = await portal.http.get(to_the_next.headers["Location"])

    assert to_the_page.headers["Location"] == f"/portal/journeys/{portal.journey_id}/product-terms"
    assert landed.headers["Location"] == f"/portal/journeys/{portal.journey_id}/platform-terms"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example",
        "/portal//evil",
        "/workbench",
        "/portal/sign-in",
        "\\evil",
        "javascript:x",
    ],
)
async def test_signing_in_leads_nowhere_else(portal: Portal, address: str) -> None:
    """A link that somebody made up sends nobody to another site."""
    await portal.set_password()
    location = (await _sign_in(portal, next=address)).headers["Location"]

    assert location.startswith("/portal")
    assert not location.startswith("/portal/sign-in")


@pytest.mark.parametrize("path", [SIGN_IN, "/portal/sign-out", "/portal/invitations/t/password", "/portal/session"])
async def test_another_website_cannot_send_these_forms(portal: Portal, path: str) -> None:
    """A form on another page signs nobody in or out."""
    answer = await portal.http.post(path, data={}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert "The request came from another website" in answer.text
