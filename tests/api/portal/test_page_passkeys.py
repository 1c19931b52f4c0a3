"""Passkeys: added, used and removed on real keys; every answer that is not quite right is refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.portal.passkeys import relying_party
from api.problems import Problem
from models.tables import PasskeyRow
from storage.passkeys import PasskeyRepository
from tests.api.portal.authenticator import Authenticator
from tests.api.portal.conftest import COOKIE, PERSON, PUBLIC_URL, STRANGER, Portal, settings

PAGE = "/portal/passkeys"


async def _passkeys(portal: Portal, person: str = PERSON) -> list[PasskeyRow]:
    async with portal.services.database.reading() as database:
        return await PasskeyRepository(database).of_person(person)


async def _options(portal: Portal) -> dict[str, Any]:
    answer = await portal.http.post(f"{PAGE}/options")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _sign_in_options(portal: Portal) -> dict[str, Any]:
    answer = await portal.http.post(f"{PAGE}/sign-in/options")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _add(portal: Portal, device: Authenticator, name: str = "My phone") -> httpx.Response:
    form = {"name": name, "credential": device.make(await _options(portal))}
    return await portal.http.post(PAGE, data=form)


async def _with_passkey(portal: Portal) -> Authenticator:
    await portal.sign_in()
    device = Authenticator(PUBLIC_URL)
    assert (await _add(portal, device)).status_code == 303
    portal.http.cookies.clear()
    return device


async def _sign_in(portal: Portal, credential: str, **fields: str) -> httpx.Response:
    return await portal.http.post(f"{PAGE}/sign-in", data={"credential": credential, **fields})


@pytest.mark.rule("P20")
async def test_a_passkey_is_added_and_named(portal: Portal) -> None:
    """The page lists it with its name and its day; what is stored is of use to nobody else."""
    await portal.sign_in()
    device = Authenticator(PUBLIC_URL)
    options = await _options(portal)
    assert options["rp"] == {"name": "Onward", "id": "portal.example.com"}
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert PERSON not in str(options)
    assert (await _add(portal, device)).headers["Location"] == PAGE
    page = (await portal.http.get(PAGE)).text
    (stored,) = await _passkeys(portal)

    assert "My phone" in page
    assert "Added on 23 November 2026" in page
    assert stored.sign_count == 0
    assert len((await _options(portal))["excludeCredentials"]) == 1


@pytest.mark.rule("P20", "P26")
async def test_signing_in_with_a_passkey_leads_on_and_evidence_says_how(portal: Portal) -> None:
    """A fresh session; what is done in it carries how the person proved who they are."""
    device = await _with_passkey(portal)
    options = await _sign_in_options(portal)
    answer = await _sign_in(portal, device.use(options))
    await portal.http.post(f"{portal.path}/details", json={})
    (row,) = await portal.evidence()
    (used,) = await _passkeys(portal)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/portal/next")
    assert answer.headers["set-cookie"].startswith(f"{COOKIE}=")
    assert "allowCredentials" not in options or options["allowCredentials"] == []
    assert row.authentication == "passkey at 2026-11-23T09:30:00+00:00"
    assert (used.sign_count, used.last_used_at) == (1, portal.now)


@pytest.mark.rule("P20")
async def test_a_password_says_password_in_the_evidence(portal: Portal) -> None:
    """The two ways to sign in are told apart."""
    await portal.set_password()
    await portal.http.post(f"{portal.path}/details", json={})
    (row,) = await portal.evidence()

    assert row.authentication == "password at 2026-11-23T09:30:00+00:00"


async def test_c17_a_passkey_brings_back_what_was_typed(portal: Portal) -> None:
    """Signing in with a passkey keeps the form that was sent too late, as a password does."""
    device = await _with_passkey(portal)
    credential = device.use(await _sign_in_options(portal))
    answer = await _sign_in(portal, credential, **{"next": f"/portal/journeys/{portal.journey_id}/help", "kept.a": "b"})

    assert answer.status_code == 200
    assert f'action="/portal/journeys/{portal.journey_id}/help"' in answer.text
    assert '<input type="hidden" name="a" value="b">' in answer.text


@pytest.mark.rule("P20")
async def test_a_passkey_session_replaces_what_was_planted(portal: Portal) -> None:
    """A session id that somebody planted in the browser ends when the client signs in (no fixation)."""
    device = await _with_passkey(portal)
    planted = await portal.sign_in(STRANGER)
    await _sign_in(portal, device.use(await _sign_in_options(portal)))
    portal.http.cookies.clear()
    portal.http.cookies.set(COOKIE, planted, domain="portal.example.com", path="/")

    assert (await portal.http.get("/portal")).status_code == 303


@pytest.mark.rule("P20")
async def test_an_answer_is_taken_once(portal: Portal) -> None:
    """Whoever records an answer can't send it again."""
    device = await _with_passkey(portal)
    credential = device.use(await _sign_in_options(portal))
    assert (await _sign_in(portal, credential)).status_code == 303
    portal.http.cookies.clear()
    again = await _sign_in(portal, credential)

    assert again.status_code == 422
    assert "could not be checked, or came too late" in again.text
    assert COOKIE not in again.headers.get("set-cookie", "")


async def test_an_answer_comes_within_five_minutes(portal: Portal) -> None:
    """A challenge that nobody answered is worth nothing later."""
    device = await _with_passkey(portal)
    options = await _sign_in_options(portal)
    portal.now += timedelta(minutes=5)

    assert (await _sign_in(portal, device.use(options))).status_code == 422


def _elsewhere(device: Authenticator) -> None:
    device.origin = "https://portal.example.com.evil.example"


def _without_lock(device: Authenticator) -> None:
    device.verifies = False


def _another_key(device: Authenticator) -> None:
    device._key = Authenticator(PUBLIC_URL)._key


def _another_person(device: Authenticator) -> None:
    device.user_handle = b"somebody else"


def _copied(device: Authenticator) -> None:
    device.sign_count = -1


def _unknown(device: Authenticator) -> None:
    device.credential_id = b"never seen"


@pytest.mark.rule("P20")
@pytest.mark.parametrize("change", [_elsewhere, _without_lock, _another_key, _another_person, _copied, _unknown])
async def test_an_answer_that_is_not_right_opens_nothing(
    portal: Portal, change: Callable[[Authenticator], None]
) -> None:
    """Another website, no screen lock, another key, another person, a copied key, a key that is not known."""
    device = await _with_passkey(portal)
    first = await _sign_in(portal, device.use(await _sign_in_options(portal)))
    assert first.status_code == 303
    portal.http.cookies.clear()
    change(device)
    answer = await _sign_in(portal, device.use(await _sign_in_options(portal)))

    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert (await portal.http.get("/portal")).status_code == 303


@pytest.mark.parametrize(
    "credential",
    ["", "{}", "null", "not JSON", "[" * 5000, '{"id": 1}', '{"id":"a","rawId":"a","type":"public-key","response":{}}'],
)
async def test_an_answer_of_no_browser_is_refused_in_words(portal: Portal, credential: str) -> None:
    """Whatever is sent, the answer is a page that says what to do, for signing in and for adding."""
    signing_in = await _sign_in(portal, credential)
    await portal.sign_in()
    adding = await portal.http.post(PAGE, data={"name": "x", "credential": credential})

    for answer in (signing_in, adding):
        assert answer.status_code == 422
        assert "could not be checked" in answer.text


async def test_a_challenge_serves_one_purpose_and_one_person(portal: Portal) -> None:
    """What was given out for signing in adds nothing, and what was given to one person adds nothing to another."""
    await portal.sign_in()
    device = Authenticator(PUBLIC_URL)
    mine = await _options(portal)
    for_signing_in = {**mine, "challenge": (await _sign_in_options(portal))["challenge"]}
    assert (await portal.http.post(PAGE, data={"credential": device.make(for_signing_in)})).status_code == 422
    await portal.sign_in(STRANGER)
    assert (await portal.http.post(PAGE, data={"credential": device.make(mine)})).status_code == 422

    assert await _passkeys(portal) == []
    assert await _passkeys(portal, STRANGER) == []


async def test_one_key_belongs_to_one_person(portal: Portal) -> None:
    """A key that somebody has registered is not taken a second time, and its owner keeps it."""
    device = await _with_passkey(portal)
    await portal.sign_in(STRANGER)
    again = await _add(portal, device)

    assert again.status_code == 422
    assert "has a passkey here already" in again.text
    assert len(await _passkeys(portal)) == 1


async def test_a_removed_passkey_opens_nothing(portal: Portal) -> None:
    """Only its owner can remove it; then the device is told to use the password."""
    device = await _with_passkey(portal)
    (stored,) = await _passkeys(portal)
    await portal.sign_in(STRANGER)
    await portal.http.post(f"{PAGE}/{stored.passkey_id}/removal")
    assert len(await _passkeys(portal)) == 1
    await portal.sign_in()
    assert (await portal.http.post(f"{PAGE}/{stored.passkey_id}/removal")).headers["Location"] == PAGE
    portal.http.cookies.clear()
    answer = await _sign_in(portal, device.use(await _sign_in_options(portal)))

    assert await _passkeys(portal) == []
    assert "Sign in with your password" in answer.text


async def test_a_person_has_ten_passkeys_at_most(portal: Portal) -> None:
    """Nobody fills the database; the page says what to do instead."""
    await portal.sign_in()
    for number in range(10):
        device = Authenticator(PUBLIC_URL, credential_id=f"device {number}".encode())
        assert (await _add(portal, device, name="")).status_code == 303
    refused = await portal.http.post(f"{PAGE}/options")

    assert refused.status_code == 422
    assert {passkey.name for passkey in await _passkeys(portal)} == {"This device"}


async def test_asking_for_challenges_is_limited(portal: Portal) -> None:
    """One address can't make us store without end."""
    for _ in range(30):
        await _sign_in_options(portal)

    assert (await portal.http.post(f"{PAGE}/sign-in/options")).status_code == 429


async def test_guessing_with_passkeys_is_slowed_down(portal: Portal) -> None:
    """Wrong answers count against the address as wrong passwords do."""
    for _ in range(30):
        assert (await _sign_in(portal, "{}")).status_code == 422

    assert (await _sign_in(portal, "{}")).status_code == 429


def test_a_passkey_needs_a_name_of_the_portal() -> None:
    """At a bare IP address no passkey can be made, and the person is told to use the password."""
    assert relying_party(settings()) == "portal.example.com"
    with pytest.raises(Problem) as refused:
        relying_party(settings(public_url="http://127.0.0.1:8080"))
    assert "password" in refused.value.detail
