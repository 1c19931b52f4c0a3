"""A session that ends: told in time, prolonged by one button, and nothing lost when it is over."""

import html
import re
from datetime import timedelta

import pytest

from models.tables import EvidenceKind
from tests.api.portal.conftest import EMAIL, PASSWORD, Portal

SESSION = "/portal/session"


async def test_c17_pages_say_when_the_session_ends(portal: Portal) -> None:
    """A signed-in page carries the warning and the seconds left; the door does not."""
    await portal.sign_in()
    page = (await portal.http.get("/portal")).text
    portal.http.cookies.clear()
    door = (await portal.http.get("/portal/sign-in")).text

    assert 'data-seconds-left="1800"' in page
    assert "Stay signed in" in page
    assert "onward/session.js" in page
    assert "session-warning" not in door


async def test_c17_asking_does_not_prolong_and_staying_does(portal: Portal) -> None:
    """A page may look how long is left as often as it likes; only the button counts as something done."""
    await portal.sign_in()
    portal.now += timedelta(minutes=28)
    asked = [(await portal.http.get(SESSION)).json() for _ in range(2)]
    stayed = (await portal.http.post(SESSION)).json()

    assert asked == [{"seconds_left": 120, "can_be_prolonged": True}] * 2
    assert stayed == {"seconds_left": 1800, "can_be_prolonged": True}


async def test_c17_after_twelve_hours_staying_is_not_offered(portal: Portal) -> None:
    """The page can say that the end comes in any case."""
    await portal.sign_in()
    for _ in range(25):
        portal.now += timedelta(minutes=28)
        await portal.http.post(SESSION)
    portal.now += timedelta(minutes=18)

    assert (await portal.http.post(SESSION)).json() == {"seconds_left": 120, "can_be_prolonged": False}


async def test_c17_a_session_that_is_over_says_so(portal: Portal) -> None:
    """Looking tells zero; staying is refused, so that the page can say what to do."""
    await portal.sign_in()
    portal.now += timedelta(minutes=30)

    assert (await portal.http.get(SESSION)).json() == {"seconds_left": 0, "can_be_prolonged": False}
    assert (await portal.http.post(SESSION)).status_code == 401


@pytest.mark.rule("P26", "P27")
async def test_c17_after_expiry_signing_in_sends_what_was_typed(portal: Portal) -> None:
    """A form sent too late asks to sign in, keeps every field, and one button sends it where it was meant to go."""
    await portal.set_password()
    portal.now += timedelta(minutes=31)
    target = f"/portal/journeys/{portal.journey_id}/help"
    late = await portal.http.post(target, data={"question": 'What about <fees> & "costs"?', "box": "yes"})
    assert late.status_code == 401
    assert "What you typed is kept" in late.text
    fields = {
        html.unescape(name): html.unescape(value)
        for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', late.text)
    }
    assert fields["kept.question"] == 'What about <fees> & "costs"?'
    wrong = await portal.http.post("/portal/sign-in", data={**fields, "email": EMAIL, "password": "not this password"})
    assert wrong.status_code == 401
    assert html.escape(fields["kept.question"], quote=False).split("&")[0] in wrong.text
    resumed = await portal.http.post("/portal/sign-in", data={**fields, "email": EMAIL, "password": PASSWORD})
    kept = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', resumed.text))
    sent = await portal.http.post(target, data={name: html.unescape(value) for name, value in kept.items()})

    assert f'action="{target}"' in resumed.text
    assert html.unescape(kept["question"]) == fields["kept.question"]
    assert sent.status_code in {200, 303}
    assert [row.kind for row in await portal.evidence()] == [EvidenceKind.HELP_REQUESTED]
