"""Invitations and the first password."""

from datetime import timedelta

import pytest

from api.portal.renewal import RENEWAL_WORDS
from domain.journey import Stage
from tests.api.portal.conftest import COOKIE, EMAIL, PASSWORD, PERSON, Portal, expect_problem
from tests.api.portal.stand_in import StandInJourney


@pytest.mark.rule("P20")
async def test_looking_at_an_invitation_does_not_use_it_up(portal: Portal) -> None:
    """A mail scanner that follows the link first does no harm."""
    token = await portal.invite()
    for _ in range(3):
        answer = await portal.http.get(f"/portal/api/invitations/{token}")

        assert answer.status_code == 200
        assert answer.json()["firm_name"] == "Harbour Wealth"
        assert answer.json()["wrapper_label"] == "stocks and shares ISA"
        assert answer.json()["next"] == "set_password"

    assert (await portal.invitation(token)).used_at is None
    assert "Eleanor" not in answer.text


@pytest.mark.rule("P20")
async def test_setting_the_password_signs_in_and_uses_the_invitation_up(portal: Portal) -> None:
    """One e-mail, one page, and the client is in."""
    answer = await portal.set_password()

    assert answer.status_code == 201
    assert answer.json()["first_name"] == "Eleanor"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for attribute in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie
    assert (await portal.http.get("/portal/api/sessions/current")).status_code == 200
    assert (await portal.http.get("/portal/api/journeys")).json()["next"] == {
        "journey_id": portal.journey_id,
        "task": "details",
    }


@pytest.mark.rule("P20")
async def test_an_invitation_works_once(portal: Portal) -> None:
    """Whoever finds the e-mail later can't take the login over."""
    await portal.set_password()
    token = await portal.invite()
    answer = await portal.http.post("/portal/api/password", json={"token": token, "password": "another good password!"})

    expect_problem(answer, "invitation-used", 410)
    expect_problem(await portal.http.get(f"/portal/api/invitations/{token}"), "invitation-used", 410)
    signed_in = await portal.http.post("/portal/api/sessions", json={"email": EMAIL, "password": PASSWORD})
    assert signed_in.status_code == 201


@pytest.mark.rule("P20")
async def test_an_invitation_expires(portal: Portal) -> None:
    """After its time it opens nothing, and says so."""
    token = await portal.invite(valid=timedelta(days=30))
    portal.now += timedelta(days=30)
    answer = await portal.http.post("/portal/api/password", json={"token": token, "password": PASSWORD})

    expect_problem(answer, "invitation-expired", 410)
    assert (await portal.invitation(token)).used_at is None


@pytest.mark.rule("P20")
async def test_a_newer_invitation_replaces_the_older(portal: Portal) -> None:
    """Only the newest link works."""
    old, new = await portal.invite(1), await portal.invite(2)

    expect_problem(await portal.http.get(f"/portal/api/invitations/{old}"), "invitation-revoked", 410)
    assert (await portal.http.get(f"/portal/api/invitations/{new}")).status_code == 200


@pytest.mark.rule("P20")
async def test_guessing_invitations_is_refused_and_then_slowed_down(portal: Portal) -> None:
    """An unknown token tells nothing; an address that keeps trying has to wait."""
    for number in range(30):
        expect_problem(await portal.http.get(f"/portal/api/invitations/guess-{number}"), "invitation-unknown", 404)
    answer = await portal.http.get("/portal/api/invitations/guess-31")

    expect_problem(answer, "rate-limited", 429)
    assert 1 <= int(answer.headers["retry-after"]) <= 60


@pytest.mark.rule("P20")
async def test_a_weak_password_is_refused_with_the_reason_and_the_invitation_stays(portal: Portal) -> None:
    """The reason is in words and the password is in no answer."""
    token = await portal.invite()
    for weak in ("short", "eleanor.marsh@example.com", "passwordpassword1"):
        answer = await portal.http.post("/portal/api/password", json={"token": token, "password": weak})
        body = expect_problem(answer, "password-not-acceptable", 422)

        assert body["errors"][0]["pointer"] == "/password"
        assert body["errors"][0]["detail"].endswith(".")
        assert f'"{weak}"' not in answer.text

    assert (await portal.invitation(token)).used_at is None


@pytest.mark.rule("P20")
async def test_a_person_with_a_password_signs_in_instead(portal: Portal) -> None:
    """An invitation never replaces a password: the second journey's link leads to signing in."""
    await portal.set_password()
    token = await portal.invite(2)
    seen = await portal.http.get(f"/portal/api/invitations/{token}")
    answer = await portal.http.post("/portal/api/password", json={"token": token, "password": "taking over the login"})

    assert seen.json()["next"] == "sign_in"
    expect_problem(answer, "password-already-set", 409)
    assert (await portal.invitation(token)).used_at is None


@pytest.mark.rule("P20")
async def test_a_fresh_link_is_asked_for_with_the_same_words_for_everyone(portal: Portal) -> None:
    """Used, replaced or never known: the answer is one; only a known, dead link makes an e-mail, and only one."""
    old, new = await portal.invite(1), await portal.invite(2)
    answers = [
        await portal.http.post(f"/portal/api/invitations/{token}/renewal") for token in (old, old, new, "never-known")
    ]

    assert {answer.status_code for answer in answers} == {202}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].json()["message"] == RENEWAL_WORDS
    assert await portal.handle.query(StandInJourney.renewals) == [PERSON]


@pytest.mark.rule("P20")
async def test_a_renewal_that_the_journey_does_not_take_is_no_error_for_the_client(portal: Portal) -> None:
    """A journey that is over sends no link; the words stay the same."""
    token = await portal.invite(1)
    await portal.invite(2)
    await portal.handle.signal(StandInJourney.end)
    await portal.handle.result()
    answer = await portal.http.post(f"/portal/api/invitations/{token}/renewal")

    assert answer.status_code == 202
    assert answer.json()["message"] == RENEWAL_WORDS


@pytest.mark.rule("P20")
async def test_a_renewal_that_comes_in_the_wrong_stage_sends_nothing(portal: Portal) -> None:
    """The journey refuses; the client reads the same words as always."""
    token = await portal.invite(1)
    await portal.invite(2)
    await portal.show(await portal.progress(stage=Stage.ACTIVATING))
    answer = await portal.http.post(f"/portal/api/invitations/{token}/renewal")

    assert answer.json()["message"] == RENEWAL_WORDS
    assert await portal.handle.query(StandInJourney.renewals) == []


async def test_asking_for_links_is_limited(portal: Portal) -> None:
    """Nobody fills a mailbox by clicking."""
    for _ in range(10):
        assert (await portal.http.post("/portal/api/invitations/any/renewal")).status_code == 202

    expect_problem(await portal.http.post("/portal/api/invitations/any/renewal"), "rate-limited", 429)
