"""Declining and asking for help."""

from datetime import timedelta

import pytest

from api.sweeper import sweep
from domain.declarations import DECLINE_STATEMENT, HELP_STATEMENT
from domain.journey import DocumentKind, Stage
from models.tables import EvidenceKind
from tests.api.portal.conftest import NOW, PERSON, STRANGER, Portal, expect_problem
from tests.api.portal.scenes import accept, party, show, tasks


@pytest.mark.rule("P27")
async def test_declining_is_recorded_and_told(portal: Portal) -> None:
    """Evidence with the sentence that was confirmed, one signal, and words on what happens now."""
    await portal.sign_in()
    answer = await portal.http.post(f"{portal.path}/decline", json={"confirm": True})
    (row,) = await portal.evidence()
    (heard,) = await portal.heard()

    assert answer.status_code == 200
    assert "adviser is told" in answer.json()["what_happens_next"]
    assert answer.json()["journey"]["stage"] == "declined"
    assert (row.kind, row.statement) == (EvidenceKind.JOURNEY_DECLINED, DECLINE_STATEMENT)
    assert (heard.signal, heard.evidence_id) == ("journey_declined", row.evidence_id)
    assert await portal.chain_holds()


@pytest.mark.rule("P27")
async def test_declining_has_to_be_confirmed(portal: Portal) -> None:
    """Nobody ends an application by a slip."""
    await portal.sign_in()
    unconfirmed = await portal.http.post(f"{portal.path}/decline", json={"confirm": False})
    unsaid = await portal.http.post(f"{portal.path}/decline", json={})

    body = expect_problem(unconfirmed, "statement-not-accepted", 422)
    assert body["errors"][0]["pointer"] == "/confirm"
    expect_problem(unsaid, "invalid-request", 422)
    assert await portal.evidence() == []
    assert await portal.heard() == []


@pytest.mark.rule("P27", "P46")
async def test_a_double_click_declines_once(portal: Portal) -> None:
    """Both answers are the same, also when the journey has ended meanwhile."""
    await portal.sign_in()
    first, second = [await portal.http.post(f"{portal.path}/decline", json={"confirm": True}) for _ in range(2)]
    await portal.show(await portal.progress(stage=Stage.DECLINED))
    late = await portal.http.post(f"{portal.path}/decline", json={"confirm": True})

    assert (first.status_code, second.status_code, late.status_code) == (200, 200, 200)
    assert first.json() == second.json()
    assert len(await portal.evidence()) == 1
    assert len(await portal.heard()) == 1


@pytest.mark.rule("P27")
async def test_nothing_is_done_on_a_declined_journey(portal: Portal) -> None:
    """From the click on, before the journey has closed everything, each act is refused in words for the client."""
    await portal.sign_in()
    await portal.http.post(f"{portal.path}/decline", json={"confirm": True})
    answers = [
        await portal.http.post(f"{portal.path}/details", json={}),
        await portal.open("platform-terms-of-business"),
        await portal.http.post(f"{portal.path}/platform-terms", json={"documents": [], "accepted": True}),
        await portal.http.post(f"{portal.path}/help"),
    ]

    for answer in answers:
        assert "This application was declined" in expect_problem(answer, "journey-over", 409)["detail"]
    assert len(await portal.evidence()) == 1
    assert {task["state"] for task in (await tasks(portal)).values()} == {"done", "blocked"}


@pytest.mark.rule("P27", "P30")
async def test_one_holder_declining_ends_it_for_the_other(portal: Portal) -> None:
    """The other holder can do nothing more, and can't decline what is declined."""
    progress = await portal.progress()
    await show(portal, progress, holders=[*progress.holders, party(STRANGER)])
    await portal.sign_in(STRANGER)
    await portal.http.post(f"{portal.path}/decline", json={"confirm": True})
    await portal.sign_in(PERSON)

    expect_problem(await portal.http.post(f"{portal.path}/details", json={}), "journey-over", 409)
    expect_problem(await portal.http.post(f"{portal.path}/decline", json={"confirm": True}), "journey-over", 409)
    assert (await portal.http.get("/portal/api/journeys")).json()["next"] is None
    assert len(await portal.evidence()) == 1


@pytest.mark.rule("P27")
@pytest.mark.parametrize(
    ("stage", "slug"),
    [
        (Stage.APPLICATION_DRAFT, "wrong-stage"),
        (Stage.ACTIVATING, "wrong-stage"),
        (Stage.ACTIVE, "wrong-stage"),
        (Stage.EXPIRED, "journey-over"),
    ],
)
async def test_declining_and_help_have_their_time(portal: Portal, stage: Stage, slug: str) -> None:
    """What the journey would not act on is refused, not swallowed."""
    await portal.show(await portal.progress(stage=stage))
    await portal.sign_in()

    expect_problem(await portal.http.post(f"{portal.path}/decline", json={"confirm": True}), slug, 409)
    expect_problem(await portal.http.post(f"{portal.path}/help"), slug, 409)
    assert await portal.evidence() == []


@pytest.mark.rule("P27")
async def test_asking_for_help_changes_nothing_else(portal: Portal) -> None:
    """The adviser is told, and the client can go on meanwhile."""
    await portal.sign_in()
    before = await tasks(portal)
    answer = await portal.http.post(f"{portal.path}/help")
    (row,) = await portal.evidence()
    (heard,) = await portal.heard()

    assert answer.status_code == 200
    assert "get in touch" in answer.json()["what_happens_next"]
    assert (row.kind, row.statement) == (EvidenceKind.HELP_REQUESTED, HELP_STATEMENT)
    assert (heard.signal, heard.evidence_id) == ("help_requested", row.evidence_id)
    assert await tasks(portal) == before
    assert (await accept(portal, DocumentKind.PLATFORM_TERMS)).status_code == 200


@pytest.mark.rule("P27", "P46")
async def test_help_is_asked_for_once_a_day(portal: Portal) -> None:
    """A double click is one request; tomorrow's is another."""
    await portal.sign_in()
    first, second = [await portal.http.post(f"{portal.path}/help") for _ in range(2)]
    portal.now = NOW + timedelta(days=1)
    await portal.sign_in()
    third = await portal.http.post(f"{portal.path}/help")

    assert first.json() == second.json()
    assert third.json()["evidence_id"] != first.json()["evidence_id"]
    assert len(await portal.heard()) == 2


@pytest.mark.rule("P27", "P46")
async def test_a_decline_that_the_journey_does_not_hear_is_told_later(portal: Portal) -> None:
    """The journey is asked again for what its own evidence says."""
    await portal.sign_in()
    await portal.http.post(f"{portal.path}/decline", json={"confirm": True})

    assert await sweep(portal.services, NOW + timedelta(minutes=1)) == 0
    assert (await portal.evidence())[0].signalled_at is not None
