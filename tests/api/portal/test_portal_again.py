"""What was done and no longer holds: changed terms, amended data, a mandate or bank details that failed."""

import json
from datetime import timedelta

import pytest

from connectors.platform.port import MandateOrder
from domain.journey import BankDetailsPolicy, CheckStatus, DocumentKind, MandateRoute, Stage, Wrapper
from domain.portal_tasks import AGAIN_WORDS, TaskKey
from models.messages import SystemRecords
from models.people import DirectDebit
from models.tables import EvidenceKind
from tests.api.portal.conftest import NOW, Portal, expect_problem
from tests.api.portal.scenes import KEY_FACTS, TERMS, accept, noted, open_gates, show, tasks
from tests.fakes.platform_records import MandateRecord

PLATFORM, PRODUCT = DocumentKind.PLATFORM_TERMS, DocumentKind.PRODUCT_TERMS
LATER = NOW + timedelta(hours=1)
DEBIT = DirectDebit(amount_pence=250_00)
GIVEN = {"account_holder": "Mrs E Marsh", "sort_code": "20-00-00", "account_number": "55779911"}
OTHER = {**GIVEN, "sort_code": "08-99-99", "account_number": "66374958"}


async def _at(portal: Portal, hours: int) -> None:
    portal.now = NOW + timedelta(hours=hours)
    await portal.sign_in()


async def _acceptances(portal: Portal, kind: EvidenceKind = EvidenceKind.PLATFORM_TERMS_ACCEPTED) -> list[str]:
    return [row.evidence_id for row in await portal.evidence() if row.kind is kind]


@pytest.mark.rule("P44")
async def test_a_void_acceptance_makes_its_task_open_again(portal: Portal) -> None:
    """The gate is open although there is evidence: the client is asked again and told why; openings stay."""
    await portal.sign_in()
    await accept(portal, PLATFORM)
    await show(portal, await portal.progress(), gates=open_gates(), timeline=noted(LATER))
    await _at(portal, 2)
    detail = (await portal.http.get(portal.path)).json()
    task = {one["key"]: one for one in detail["tasks"]}["platform_terms"]

    assert (task["state"], task["reason"]) == ("open", AGAIN_WORDS[TaskKey.PLATFORM_TERMS])
    assert detail["terms"][0]["accepted_at"] is None
    assert all(document["opened_at"] for document in detail["documents"] if document["kind"] == "platform_terms")


@pytest.mark.rule("P44", "P46")
async def test_accepting_again_is_an_act_of_its_own(portal: Portal) -> None:
    """New evidence and a new signal, once however often it is clicked; a second void asks for a third."""
    await portal.sign_in()
    await accept(portal, PLATFORM)
    await show(portal, await portal.progress(), gates=open_gates(), timeline=noted(LATER))
    await _at(portal, 2)
    again, double = [await accept(portal, PLATFORM, opening=False) for _ in range(2)]
    await show(portal, await portal.progress(), gates=open_gates(platform_terms=portal.now))
    late = await accept(portal, PLATFORM, opening=False)
    await show(portal, await portal.progress(), gates=open_gates(), timeline=noted(NOW + timedelta(hours=3)))
    await _at(portal, 4)
    third = await accept(portal, PLATFORM, opening=False)
    ids = await _acceptances(portal)

    assert [answer.status_code for answer in (again, double, late, third)] == [200] * 4
    assert again.json()["evidence_id"] == double.json()["evidence_id"] == late.json()["evidence_id"] == ids[1]
    assert third.json()["evidence_id"] == ids[2]
    assert len(set(ids)) == 3
    assert [heard.evidence_id for heard in await portal.heard() if heard.signal == "platform_terms_accepted"] == ids
    assert await portal.chain_holds()


@pytest.mark.rule("P26", "P46")
async def test_what_the_journey_has_not_heard_of_counts_meanwhile(portal: Portal) -> None:
    """An act that is newer than the journey's last report is done, though the gate is still shown open."""
    await show(portal, await portal.progress(), gates=open_gates(), timeline=noted(NOW - timedelta(hours=1)))
    progress = await portal.progress()
    await show(portal, progress, gates=open_gates(), stage_since=NOW - timedelta(hours=2))
    await portal.sign_in()
    await accept(portal, PLATFORM)

    assert (await tasks(portal))["platform_terms"]["state"] == "done"


@pytest.mark.rule("P28")
async def test_a_changed_document_alone_is_opened_again(portal: Portal) -> None:
    """The new version is unopened and says why; the other one stays opened; the old acceptance is refused."""
    await portal.sign_in()
    await accept(portal, PLATFORM)
    portal.platform.library.publish(TERMS)
    await show(portal, await portal.progress(), gates=open_gates(), timeline=noted(LATER))
    await _at(portal, 2)
    detail = (await portal.http.get(portal.path)).json()
    shown = {document["document_id"]: document for document in detail["documents"]}
    stale = {"documents": [{"document_id": one, "version": 1} for one in (TERMS, KEY_FACTS)], "accepted": True}
    refused = await portal.http.post(f"{portal.path}/platform-terms", json=stale)
    accepted = await accept(portal, PLATFORM)

    assert shown[TERMS]["opened_at"] is None
    assert "changed since you opened version 1" in shown[TERMS]["reason"]
    assert shown[KEY_FACTS]["opened_at"] is not None
    assert shown[KEY_FACTS]["reason"] == ""
    assert (await tasks(portal))["platform_terms"]["reason"] == ""
    assert detail["tasks"][2]["reason"].endswith("Platform terms of business (changed since you opened it).")
    assert expect_problem(refused, "document-superseded", 409)["version"] == 2
    assert accepted.status_code == 200
    assert len(await _acceptances(portal)) == 2


@pytest.mark.rule("P28")
async def test_a_complete_acceptance_stands_when_terms_change_afterwards(portal: Portal) -> None:
    """Where the gate stays met, nothing is asked again."""
    await portal.sign_in()
    await accept(portal, PLATFORM)
    portal.platform.library.publish(TERMS)
    await show(portal, await portal.progress(), gates=open_gates(platform_terms=NOW), timeline=noted(LATER))
    detail = (await portal.http.get(portal.path)).json()

    assert detail["tasks"][2] == {"key": "platform_terms", "state": "done", "reason": ""}
    assert detail["terms"][0]["accepted_at"] == "2026-11-23T09:30:00Z"
    assert {document["reason"] for document in detail["documents"]} == {""}


async def _with_mandate(portal: Portal, stage: Stage = Stage.AWAITING_CLIENT, **changes: object) -> None:
    progress = await portal.progress(wrapper=Wrapper.GIA, direct_debit=DEBIT, stage=stage)
    await show(portal, progress, **{"gates": open_gates(), **changes})


async def _answer(portal: Portal, *, alone: bool = True) -> tuple[int, dict[str, object]]:
    version = (await portal.platform.guarantee()).version
    body = {"sole_signatory": alone, "guarantee_version": version}
    answer = await portal.http.post(f"{portal.path}/direct-debit-mandate", json=body)
    return answer.status_code, answer.json()


@pytest.mark.rule("P23", "P44", "P46")
async def test_an_amended_direct_debit_is_authorised_again(portal: Portal) -> None:
    """The earlier answer lapsed with the amendment; the same answer is a new act, once."""
    await _with_mandate(portal, gates=[])
    await portal.sign_in()
    first = await _answer(portal)
    await _with_mandate(portal, timeline=noted(LATER))
    await _at(portal, 2)
    task = (await tasks(portal))["direct_debit_mandate"]
    again, double = await _answer(portal), await _answer(portal)
    await _with_mandate(portal, mandate_route=MandateRoute.ONLINE)
    late = await _answer(portal)
    changed = await _answer(portal, alone=False)

    assert (task["state"], task["reason"]) == ("open", AGAIN_WORDS[TaskKey.DIRECT_DEBIT_MANDATE])
    assert [status for status, _ in (first, again, double, late, changed)] == [200, 200, 200, 200, 409]
    assert again[1]["evidence_id"] == double[1]["evidence_id"] == late[1]["evidence_id"] != first[1]["evidence_id"]
    assert len(await portal.heard()) == 2


async def _active_with_failed_mandate(portal: Portal, *, status: str = "pending_customer_approval") -> None:
    """Let the account be open, its mandate have failed, and the mandate now in place be in this status."""
    order = MandateOrder(
        journey_id=portal.journey_id, account="account-1", client=portal.platform_client, direct_debit=DEBIT, number=2
    )
    portal.platform.mandates["mandate-2"] = MandateRecord("mandate-2", order, status)
    await _with_mandate(
        portal,
        Stage.ACTIVE,
        gates=open_gates(platform_terms=NOW, product_terms=NOW),
        timeline=noted(LATER),
        mandate_failed=True,
        records=SystemRecords(platform_account="account-1", platform_mandate="mandate-2"),
    )


@pytest.mark.rule("P47")
async def test_a_mandate_that_failed_on_an_open_account_is_authorised_afresh(portal: Portal) -> None:
    """The account stays open; the one task is the mandate, with a new act; then there is nothing left to do."""
    await _with_mandate(portal, gates=[])
    await portal.sign_in()
    first = await _answer(portal)
    await _active_with_failed_mandate(portal)
    await _at(portal, 2)
    listed = (await portal.http.get("/portal/api/journeys")).json()
    shown = (await portal.http.get(f"{portal.path}/direct-debit-mandate")).json()
    again, double = await _answer(portal), await _answer(portal)

    assert listed["next"] == {"journey_id": portal.journey_id, "task": "direct_debit_mandate"}
    assert listed["journeys"][0]["status"] == "Your account is open, but there is something for you to do."
    assert shown["answer"] is None
    assert (again[0], double[0]) == (200, 200)
    assert again[1]["evidence_id"] == double[1]["evidence_id"] != first[1]["evidence_id"]
    assert (await portal.http.get(portal.path)).json()["next_task"] is None
    assert [heard.signal for heard in await portal.heard()] == ["direct_debit_mandate_accepted"] * 2


@pytest.mark.rule("P47")
async def test_nothing_else_opens_with_a_failed_mandate(portal: Portal) -> None:
    """Everything but the mandate and help stays closed on an open account."""
    await _active_with_failed_mandate(portal)
    await portal.sign_in()
    details = await portal.http.post(f"{portal.path}/details", json={})
    decline = await portal.http.post(f"{portal.path}/decline", json={"confirm": True})
    helped = await portal.http.post(f"{portal.path}/help")

    expect_problem(details, "wrong-stage", 409)
    expect_problem(decline, "wrong-stage", 409)
    assert helped.status_code == 200


@pytest.mark.rule("P47")
@pytest.mark.parametrize("status", ["failed", "cancelled"])
async def test_a_mandate_is_not_authorised_before_a_fresh_one_is_there(portal: Portal, status: str) -> None:
    """An authorisation of the mandate that failed would come to nothing, so it is not taken."""
    await _active_with_failed_mandate(portal, status=status)
    await portal.sign_in()
    refused, body = await _answer(portal)

    assert refused == 409
    assert str(body["type"]).endswith("/problems/wrong-stage")
    assert "not ready to be authorised" in str(body["detail"])
    assert await portal.evidence() == []


@pytest.mark.rule("P47")
async def test_an_open_account_whose_mandate_works_asks_for_none(portal: Portal) -> None:
    """Without a failure the mandate of an open account can't be answered."""
    await _with_mandate(portal, Stage.ACTIVE)
    await portal.sign_in()
    status, body = await _answer(portal)

    assert (status, str(body["type"]).rpartition("/")[2]) == (409, "wrong-stage")
    assert await portal.evidence() == []


async def _bank_verification(portal: Portal, status: CheckStatus, policy: BankDetailsPolicy, **changes: object) -> None:
    progress = await portal.progress(policy=policy)
    holder = progress.holders[0].model_copy(update={"bank_verification": status})
    await show(portal, progress, holders=[holder], **changes)


@pytest.mark.rule("P22", "P41")
async def test_bank_details_that_failed_are_given_again(portal: Portal) -> None:
    """The task is open with the reason, other details are taken, and heard; then it is done again."""
    policy = BankDetailsPolicy.CLIENT_OR_ADVISER
    await show(portal, await portal.progress(policy=policy, bank_details_given=False))
    await portal.sign_in()
    await portal.http.post(f"{portal.path}/bank-details", json=GIVEN)
    await _bank_verification(portal, CheckStatus.FAILED, policy, timeline=noted(LATER))
    await _at(portal, 2)
    task = (await tasks(portal))["bank_details"]
    same = await portal.http.post(f"{portal.path}/bank-details", json=GIVEN)
    given, double = [await portal.http.post(f"{portal.path}/bank-details", json=OTHER) for _ in range(2)]
    third = await portal.http.post(f"{portal.path}/bank-details", json=GIVEN)

    assert (task["state"], task["reason"]) == ("open", AGAIN_WORDS[TaskKey.BANK_DETAILS])
    assert {one["key"]: one for one in same.json()["journey"]["tasks"]}["bank_details"]["state"] == "open"
    assert {one["key"]: one for one in given.json()["journey"]["tasks"]}["bank_details"]["state"] == "done"
    assert given.json()["evidence_id"] == double.json()["evidence_id"]
    expect_problem(third, "bank-details-already-given", 409)
    numbers = [json.loads(heard.fact)["bank_details"]["account_number"] for heard in await portal.heard()]
    assert numbers == ["55779911", "66374958"]


@pytest.mark.rule("P22", "P41")
async def test_details_of_the_adviser_that_failed_are_the_clients_to_mend_where_the_setting_says_so(
    portal: Portal,
) -> None:
    """With either setting the client may, or may not, give others in place of the adviser's."""
    await _bank_verification(portal, CheckStatus.FAILED, BankDetailsPolicy.ADVISER)
    await portal.sign_in()
    refused = await portal.http.post(f"{portal.path}/bank-details", json=OTHER)
    hidden = await tasks(portal)
    await _bank_verification(portal, CheckStatus.FAILED, BankDetailsPolicy.CLIENT_OR_ADVISER)
    shown = await tasks(portal)
    taken = await portal.http.post(f"{portal.path}/bank-details", json=OTHER)

    expect_problem(refused, "bank-details-not-expected", 409)
    assert "bank_details" not in hidden
    assert shown["bank_details"]["state"] == "open"
    assert taken.status_code == 200


@pytest.mark.rule("P22", "P41")
async def test_bank_details_that_are_only_being_looked_at_are_not_replaced(portal: Portal) -> None:
    """A referral is the platform's to settle; nobody redirects the money meanwhile."""
    await _bank_verification(portal, CheckStatus.REFERRED, BankDetailsPolicy.CLIENT_OR_ADVISER)
    await portal.sign_in()

    answer = await portal.http.post(f"{portal.path}/bank-details", json=OTHER)
    expect_problem(answer, "bank-details-already-given", 409)
