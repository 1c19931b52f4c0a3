"""The client's journeys, their tasks, and the check of their details."""

import json

import pytest

from connectors.errors import ConnectorUnavailable
from domain.journey import Stage, Wrapper
from models.people import DirectDebit
from models.tables import EvidenceKind
from tests.api.portal.conftest import PERSON, STRANGER, Portal, expect_problem
from tests.api.portal.stand_in import StandInJourney


@pytest.mark.rule("P26")
async def test_the_client_comes_back_to_the_next_open_task(portal: Portal) -> None:
    """Leaving, signing in on another device and looking again lands on the next task, nothing is lost."""
    await portal.sign_in()
    before = (await portal.http.get("/portal/api/journeys")).json()
    await portal.http.post(f"{portal.path}/details", json={})
    portal.http.cookies.clear()
    await portal.sign_in()
    after = (await portal.http.get("/portal/api/journeys")).json()

    assert before["next"] == {"journey_id": portal.journey_id, "task": "details"}
    assert before["journeys"][0]["progress"] == {"done": 1, "total": 4, "words": "1 of 4"}
    assert after["next"] == {"journey_id": portal.journey_id, "task": "platform_terms"}
    assert after["journeys"][0]["progress"]["words"] == "2 of 4"


@pytest.mark.rule("P15", "P26")
async def test_a_known_client_is_not_asked_for_the_platform_terms_again(portal: Portal) -> None:
    """Accepted on an earlier journey is accepted."""
    await portal.show(await portal.progress(accepted_before=True))
    await portal.sign_in()
    tasks = (await portal.http.get(portal.path)).json()["tasks"]

    assert [task["key"] for task in tasks] == ["set_up", "details", "product_terms"]


@pytest.mark.rule("P26")
async def test_an_acceptance_of_this_journey_stays_on_the_list(portal: Portal) -> None:
    """When the platform knows of the acceptance it looks like an earlier one; the task stays done all the same."""
    await portal.sign_in()
    documents = (await portal.http.get(portal.path)).json()["documents"]
    platform = [document for document in documents if document["kind"] == "platform_terms"]
    for document in platform:
        await portal.open(document["document_id"])
    body = {"accepted": True, "documents": [{"document_id": d["document_id"], "version": 1} for d in platform]}
    await portal.http.post(f"{portal.path}/platform-terms", json=body)
    await portal.show(await portal.progress(accepted_before=True))
    tasks = (await portal.http.get(portal.path)).json()["tasks"]

    assert {"key": "platform_terms", "state": "done", "reason": ""} in tasks


@pytest.mark.rule("P20")
async def test_someone_elses_journey_does_not_exist(portal: Portal) -> None:
    """Another client learns nothing of it and changes nothing in it, whatever they try."""
    await portal.sign_in(STRANGER)
    answers = [
        await portal.http.get(portal.path),
        await portal.http.post(f"{portal.path}/details", json={}),
        await portal.open("platform-terms-of-business"),
        await portal.http.get(f"{portal.path}/documents/platform-terms-of-business/content?version=1"),
        await portal.http.post(f"{portal.path}/platform-terms", json={"documents": [], "accepted": True}),
        await portal.http.post(f"{portal.path}/product-terms", json={"documents": [], "accepted": True}),
        await portal.http.get(f"{portal.path}/direct-debit-mandate"),
        await portal.http.post(f"{portal.path}/direct-debit-mandate", json={"sole_signatory": False}),
    ]

    for answer in answers:
        expect_problem(answer, "journey-not-found", 404)
    assert (await portal.http.get("/portal/api/journeys")).json() == {"journeys": [], "next": None}
    assert await portal.evidence() == []
    assert await portal.heard() == []


async def test_a_journey_that_does_not_exist_looks_the_same(portal: Portal) -> None:
    """Guessing ids tells nothing."""
    await portal.sign_in()

    expect_problem(await portal.http.get("/portal/api/journeys/guessed"), "journey-not-found", 404)


@pytest.mark.parametrize(
    ("stage", "slug"),
    [
        (Stage.APPLICATION_DRAFT, "wrong-stage"),
        (Stage.WITHDRAWN, "journey-over"),
        (Stage.DECLINED, "journey-over"),
        (Stage.EXPIRED, "journey-over"),
    ],
)
async def test_out_of_turn_the_client_is_told_why(portal: Portal, stage: Stage, slug: str) -> None:
    """Before their turn and after an end without an account the answer has words for the client."""
    await portal.show(await portal.progress(stage=stage))
    await portal.sign_in()
    body = expect_problem(await portal.http.post(f"{portal.path}/details", json={}), slug, 409)
    detail = (await portal.http.get(portal.path)).json()

    assert body["stage"] == stage
    assert "adviser" in body["detail"]
    assert detail["next_task"] is None
    assert all(task["reason"] == body["detail"] for task in detail["tasks"] if task["state"] == "blocked")
    assert await portal.evidence() == []


@pytest.mark.rule("P21")
async def test_the_client_sees_their_details_as_the_platform_holds_them(portal: Portal) -> None:
    """Nothing already given is asked again; the bank account shows its last digits alone."""
    await portal.sign_in()
    detail = (await portal.http.get(portal.path)).json()

    assert detail["personal_details"]["first_name"] == "Eleanor"
    assert detail["personal_details"]["address"]["postcode"] == "CT5 1AQ"
    assert detail["bank_account"] is None
    assert detail["status"] == "There is something for you to do."


async def test_the_tasks_stay_when_the_platform_is_away(portal: Portal) -> None:
    """The details are missing for a moment; the rest is there."""
    await portal.sign_in()
    portal.platform.fail_next("read_client", ConnectorUnavailable("platform", "GET /clients/{id}", "down"))
    detail = (await portal.http.get(portal.path)).json()

    assert detail["personal_details"] is None
    assert detail["next_task"] == "details"


@pytest.mark.rule("P21")
async def test_a_correction_goes_to_the_adviser_as_old_and_new(portal: Portal) -> None:
    """The old value comes from the platform, the new one in canonical form; what changes nothing is left out."""
    await portal.sign_in()
    corrections = [
        {"field": "address.postcode", "new": "ct51aa"},
        {"field": "mobile", "new": "07400 654321"},
        {"field": "last_name", "new": "Marsh"},
    ]
    answer = await portal.http.post(f"{portal.path}/details", json={"corrections": corrections})
    (heard,) = await portal.heard()

    assert answer.status_code == 200
    assert answer.json()["journey"]["next_task"] == "platform_terms"
    assert json.loads(heard.fact)["corrections"] == [
        {"field": "address.postcode", "old": "CT5 1AQ", "new": "CT5 1AA"},
        {"field": "mobile", "old": "+447400123456", "new": "+447400654321"},
    ]


@pytest.mark.rule("P21")
async def test_evidence_of_a_correction_holds_no_personal_details(portal: Portal) -> None:
    """The fields are named; once the journey has heard of it, the values are in the evidence no more."""
    await portal.sign_in()
    await portal.http.post(
        f"{portal.path}/details", json={"corrections": [{"field": "address.postcode", "new": "CT5 1AA"}]}
    )
    (row,) = await portal.evidence()

    assert row.kind is EvidenceKind.DETAILS_CONFIRMED
    assert row.statement == "I have checked my personal details and they are right, apart from: postcode."
    assert row.signalled_at is not None
    assert row.payload is None
    assert row.authentication == "password at 2026-11-23T09:30:00+00:00"
    assert (row.ip, row.session_ref is not None) == ("127.0.0.1", True)


@pytest.mark.rule("P21", "P46")
async def test_a_double_click_confirms_once(portal: Portal) -> None:
    """Both answers are the same, there is one piece of evidence and one signal."""
    await portal.sign_in()
    body = {"corrections": [{"field": "title", "new": "Dr"}]}
    first, second = [await portal.http.post(f"{portal.path}/details", json=body) for _ in range(2)]

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert len(await portal.evidence()) == 1
    assert len(await portal.heard()) == 1


@pytest.mark.rule("P21")
async def test_a_second_different_confirmation_is_refused(portal: Portal) -> None:
    """Whoever finds another mistake later is sent to the adviser instead of being ignored."""
    await portal.sign_in()
    await portal.http.post(f"{portal.path}/details", json={})
    answer = await portal.http.post(f"{portal.path}/details", json={"corrections": [{"field": "title", "new": "Dr"}]})

    expect_problem(answer, "details-already-confirmed", 409)
    assert len(await portal.evidence()) == 1


@pytest.mark.rule("P21")
@pytest.mark.parametrize(
    ("field", "new"),
    [
        ("national_insurance_number", "BG123456A"),
        ("address.postcode", "nowhere at all"),
        ("mobile", "12"),
        ("email", "not an address"),
        ("date_of_birth", "yesterday-ish"),
        ("last_name", ""),
        ("address.line_1", ""),
    ],
)
async def test_a_correction_that_cannot_be_right_is_refused(portal: Portal, field: str, new: str) -> None:
    """The place and a sentence, never the value; nothing is recorded."""
    await portal.sign_in()
    answer = await portal.http.post(f"{portal.path}/details", json={"corrections": [{"field": field, "new": new}]})
    body = expect_problem(answer, "invalid-request", 422)

    assert [error["pointer"] for error in body["errors"]] == ["/corrections/0/new"]
    assert len(new) < 4 or new not in answer.text
    assert await portal.evidence() == []


async def test_what_is_no_personal_detail_cannot_be_corrected(portal: Portal) -> None:
    """An unknown field is refused before anything is read."""
    await portal.sign_in()
    answer = await portal.http.post(
        f"{portal.path}/details", json={"corrections": [{"field": "platform_client", "new": "x"}]}
    )

    expect_problem(answer, "invalid-request", 422)


async def test_a_correction_waits_for_the_platform_a_confirmation_does_not(portal: Portal) -> None:
    """With the platform away the client can still confirm; a correction needs the old values and says so."""
    await portal.sign_in()
    down = ConnectorUnavailable("platform", "GET /clients/{id}", "down")
    portal.platform.fail_next("read_client", down)
    corrected = await portal.http.post(
        f"{portal.path}/details", json={"corrections": [{"field": "title", "new": "Dr"}]}
    )
    portal.platform.fail_next("read_client", down)
    confirmed = await portal.http.post(f"{portal.path}/details", json={})

    expect_problem(corrected, "system-unavailable", 503)
    assert confirmed.status_code == 200


@pytest.mark.rule("P26")
async def test_a_gia_with_a_direct_debit_has_its_own_tasks_in_order(portal: Portal) -> None:
    """The mandate stands between the details and the terms."""
    debit = DirectDebit(amount_pence=250_00)
    await portal.show(await portal.progress(wrapper=Wrapper.GIA, direct_debit=debit))
    await portal.sign_in()
    detail = (await portal.http.get(portal.path)).json()

    assert detail["wrapper_label"] == "general investment account"
    assert [task["key"] for task in detail["tasks"]] == [
        "set_up",
        "details",
        "direct_debit_mandate",
        "platform_terms",
        "product_terms",
    ]


@pytest.mark.rule("P26")
async def test_the_detail_is_as_fresh_as_the_journey(portal: Portal) -> None:
    """The page of one journey asks the journey itself, not its last report."""
    await portal.handle.signal(StandInJourney.show, await portal.progress(accepted_before=True))
    await portal.sign_in(PERSON)
    tasks = (await portal.http.get(portal.path)).json()["tasks"]

    assert "platform_terms" not in {task["key"] for task in tasks}
