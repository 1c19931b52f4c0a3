"""Direct Debit mandates and the Guarantee."""

import hashlib
import re
from dataclasses import replace

import pytest

from connectors.platform.sandbox.config import SandboxConfig
from tests.conftest import Eventually
from tests.connectors.platform_sandbox.platform_calls import (
    BANK_ACCOUNT,
    MOMENT,
    Json,
    Platform,
    account,
    refusal,
    running,
)

ACCEPTANCE = {"accepted_at": MOMENT, "sole_signatory": True, "evidence_reference": "evidence-3"}


async def set_up(platform: Platform, account_number: str = "55779911") -> tuple[Json, Json]:
    """Return an account and the mandate set up for it."""
    client = await platform.submitted()
    await platform.http.put(
        f"/clients/{client['id']}/bank-account", json=BANK_ACCOUNT | {"account_number": account_number}
    )
    opened = await platform.create("/accounts", account("ac-1", [client["id"]]))
    return opened, await platform.create("/mandates", order(opened, "m-1"))


def order(opened: Json, reference: str) -> Json:
    """Return the body of a mandate."""
    payment = {"amount_pence": 25_000, "frequency": "monthly", "first_collection_on": "2026-12-07"}
    return {
        "external_reference": reference,
        "account_id": opened["id"],
        "client_id": opened["client_ids"][0],
        "payment": payment,
    }


@pytest.mark.rule("P23")
async def test_accepted_mandate_is_submitted_and_becomes_active(platform: Platform, eventually: Eventually) -> None:
    """A new mandate awaits the customer; accepted, it goes to the bank with the details shown, and becomes active."""
    _, mandate = await set_up(platform)
    path = f"/mandates/{mandate['id']}"
    accepted = await platform.act(f"{path}/acceptance", ACCEPTANCE)

    assert mandate["status"] == "pending_customer_approval"
    assert re.fullmatch(r"[A-Z0-9]{6,18}", mandate["reference"])
    assert (accepted["status"], accepted["bank_account"]) == ("pending_submission", BANK_ACCOUNT)

    async def active() -> bool:
        return bool((await platform.get(path))["status"] == "active")

    await eventually(active)
    again = await platform.act(f"{path}/acceptance", ACCEPTANCE | {"evidence_reference": "other"})
    assert (again["status"], again["evidence_reference"]) == ("active", "evidence-3")


@pytest.mark.rule("P23")
async def test_payer_who_needs_others_is_sent_to_paper(platform: Platform) -> None:
    """Without sole authority the acceptance is refused and the mandate waits."""
    _, mandate = await set_up(platform)
    answer = await platform.post(f"/mandates/{mandate['id']}/acceptance", ACCEPTANCE | {"sole_signatory": False})

    assert refusal(answer) == (422, "validation_failed", {"sole_signatory": "not_allowed"})
    assert "paper" in answer.text
    assert (await platform.get(f"/mandates/{mandate['id']}"))["status"] == "pending_customer_approval"


@pytest.mark.rule("P23")
@pytest.mark.parametrize("sole_signatory", [True, False])
async def test_paper_mandate_may_have_several_signatories(platform: Platform, sole_signatory: bool) -> None:
    """On paper everybody signs who must; the mandate goes to the bank and remembers its channel."""
    _, mandate = await set_up(platform)
    paper = ACCEPTANCE | {"sole_signatory": sole_signatory, "channel": "paper"}
    accepted = await platform.act(f"/mandates/{mandate['id']}/acceptance", paper)
    other = await platform.post(f"/mandates/{mandate['id']}/acceptance", ACCEPTANCE | {"channel": "telephone"})

    assert (mandate["channel"], accepted["channel"]) == (None, "paper")
    assert accepted["status"] == "pending_submission"
    assert refusal(other) == (422, "validation_failed", {"channel": "invalid"})


async def test_mandate_needs_a_bank_account(platform: Platform) -> None:
    """Without bank details there is nothing to collect from."""
    client = await platform.submitted()
    opened = await platform.create("/accounts", account("ac-1", [client["id"]]))
    mandate = await platform.create("/mandates", order(opened, "m-1"))

    answer = await platform.post(f"/mandates/{mandate['id']}/acceptance", ACCEPTANCE)

    assert refusal(answer)[:2] == (409, "invalid_state")


@pytest.mark.rule("P47")
async def test_failed_mandate_can_be_replaced(platform: Platform, eventually: Eventually) -> None:
    """The test account's mandate fails with the bank's reason, and a fresh one may then be set up."""
    opened, mandate = await set_up(platform, "11110349")
    path = f"/mandates/{mandate['id']}"
    second = await platform.post("/mandates", order(opened, "m-2"))
    await platform.act(f"{path}/acceptance", ACCEPTANCE)

    async def failed() -> bool:
        return bool((await platform.get(path))["status"] == "failed")

    await eventually(failed)
    assert (await platform.get(path))["failure"]["reason_code"] == "5"
    assert (refusal(second)[:2], second.json()["error"]["existing_id"]) == ((409, "duplicate_mandate"), mandate["id"])
    for act, body in (("acceptance", ACCEPTANCE), ("cancellation", None)):
        assert refusal(await platform.post(f"{path}/{act}", body))[:2] == (409, "invalid_state")
    fresh = await platform.create("/mandates", order(opened, "m-2"))
    assert fresh["reference"] != mandate["reference"]
    query = f"account_id={opened['id']}&status=failed&client_id={opened['client_ids'][0]}"
    assert [item["id"] for item in await platform.get(f"/mandates?{query}")] == [mandate["id"]]


@pytest.mark.rule("P47")
async def test_active_mandate_can_be_made_to_fail(platform: Platform) -> None:
    """The control lets an accepted mandate fail later for a Bacs reason, and knows no other reasons."""
    _, mandate = await set_up(platform)
    path = f"mandates/{mandate['id']}"
    too_early = await platform.http.post(f"/_sandbox/{path}/fail", json={"reason_code": "B"})
    await platform.act(f"/{path}/acceptance", ACCEPTANCE)
    unknown = await platform.http.post(f"/_sandbox/{path}/fail", json={"reason_code": "X"})
    failed = await platform.control(f"{path}/fail", {"reason_code": "B"})

    assert (too_early.status_code, unknown.status_code) == (409, 422)
    assert (failed["status"], failed["failure"]["reason_code"]) == ("failed", "B")


async def test_cancelled_mandate_is_not_submitted(config: SandboxConfig, eventually: Eventually) -> None:
    """Cancelling stops the submission, and again is no error."""
    async with running(replace(config, mandate_delay_seconds=0.2, verification_delay_seconds=0.3)) as platform:
        _, mandate = await set_up(platform)
        path = f"/mandates/{mandate['id']}"
        await platform.act(f"{path}/acceptance", ACCEPTANCE)
        cancelled = await platform.act(f"{path}/cancellation")
        assert cancelled["status"] == "cancelled"
        assert await platform.act(f"{path}/cancellation") == cancelled
        # A check that is due after the mandate's moment is done, so the mandate would have been submitted by now.
        other = await platform.submitted("other")

        async def cleared() -> bool:
            return await platform.aml(other["id"]) == "cleared"

        await eventually(cleared)
        assert await platform.get(path) == cancelled


async def test_unfit_mandate_is_refused(platform: Platform) -> None:
    """The account has to exist, and the payer to sign for it."""
    opened, mandate = await set_up(platform)
    stranger = await platform.submitted("stranger")
    good = order(opened, "m-2")

    for changes, fields in (
        ({"account_id": "ac_none"}, {"account_id": "unknown"}),
        ({"client_id": stranger["id"]}, {"client_id": "not_allowed"}),
    ):
        assert refusal(await platform.post("/mandates", good | changes)) == (422, "validation_failed", fields)
    again = await platform.post("/mandates", order(opened, "m-1"))
    assert again.json()["error"]["existing_id"] == mandate["id"]
    assert refusal(again)[1] == "duplicate_external_reference"


@pytest.mark.rule("P23")
async def test_guarantee_has_its_five_elements(platform: Platform) -> None:
    """The Guarantee is versioned, hashed, marked as a sample, and says the five things it must."""
    guarantee = await platform.get("/guarantee")
    texts = {item["key"]: item["text"] for item in guarantee["elements"]}

    assert "all banks and building societies" in texts["offered_by_all_banks"]
    assert f"{guarantee['notice_working_days']} working days" in texts["notice_of_changes"]
    assert "full and immediate refund" in texts["refund_on_error"]
    assert "pay it back" in texts["repay_refunds_not_due"]
    assert "at any time" in texts["cancel_any_time"]
    assert "notify us" in texts["cancel_any_time"]
    assert len(texts) == 5
    assert guarantee["sha256"] == hashlib.sha256("\n".join(texts.values()).encode()).hexdigest()
    assert "sponsor bank" in guarantee["notice"]
