"""What every platform gateway promises about a journey that ends, changes, or has to ask for another mandate."""

import pytest

from connectors.errors import Conflict, ConnectorUnavailable, NotFound
from connectors.platform.port import PlatformMandate
from domain.journey import CheckStatus, Wrapper
from tests.contract.platform_case import AMENDED, FurtherCase
from tests.contract.platform_parties import Parties
from tests.contract.platform_rigs import (
    ACCEPTED_AT,
    ACCOUNT,
    FURTHER_OPERATIONS,
    JOURNEY,
    RETRY_AFTER,
    FaultKind,
    PlatformRig,
)
from tests.sample_client import BANK


@pytest.mark.rule("P42")
@pytest.mark.parametrize("write", FURTHER_OPERATIONS)
async def test_step_done_twice_changes_nothing_the_second_time(further_case: FurtherCase, write: str) -> None:
    """The same step again changes nothing."""
    await further_case.prepare(write)
    before = await further_case.rig.written()
    await further_case.act(write)
    written = await further_case.rig.written()
    await further_case.act(write)

    assert before != written == await further_case.rig.written()


@pytest.mark.rule("P42")
@pytest.mark.parametrize("write", FURTHER_OPERATIONS)
async def test_step_whose_answer_is_lost(further_case: FurtherCase, write: str) -> None:
    """A step whose answer is lost is unavailable; done again, it meets what it has done."""
    await further_case.prepare(write)
    await further_case.rig.strike(write, "commit_then_timeout")
    with pytest.raises(ConnectorUnavailable):
        await further_case.act(write)
    written = await further_case.rig.written()
    await further_case.act(write)

    assert await further_case.rig.written() == written


@pytest.mark.rule("P42")
@pytest.mark.parametrize("write", FURTHER_OPERATIONS)
@pytest.mark.parametrize(("kind", "retry_after"), [("outage", None), ("rate_limit", RETRY_AFTER)])
async def test_step_that_is_not_let_in(
    further_case: FurtherCase, write: str, kind: FaultKind, retry_after: float | None
) -> None:
    """An outage and a rate limit are unavailable, with the wait that was asked for; later the step succeeds."""
    await further_case.prepare(write)
    written = await further_case.rig.written()
    await further_case.rig.strike(write, kind)
    with pytest.raises(ConnectorUnavailable) as unavailable:
        await further_case.act(write)

    assert unavailable.value.retry_after == retry_after
    assert (unavailable.value.system, unavailable.value.operation) == ("platform", FURTHER_OPERATIONS[write])
    assert await further_case.rig.written() == written
    await further_case.act(write)
    assert await further_case.rig.written() != written


async def test_steps_on_records_that_do_not_exist(further_case: FurtherCase) -> None:
    """Every step about an unknown record raises NotFound, whose text does not repeat the id."""
    gateway = further_case.rig.gateway
    for attempt in (
        gateway.revert_client("xx_unknown"),
        gateway.amend_account("xx_unknown", ACCOUNT),
        gateway.cancel_account("xx_unknown", "withdrawn"),
        gateway.account_documents("xx_unknown"),
        gateway.account_document_content("xx_unknown", "sipp-statement", 1),
        gateway.read_mandate("xx_unknown"),
        gateway.cancel_mandate("xx_unknown"),
        gateway.accept_mandate("xx_unknown", ACCEPTED_AT, "evidence", on_paper=True),
    ):
        with pytest.raises(NotFound) as missing:
            await attempt
        assert "xx_unknown" not in str(missing.value)


@pytest.mark.rule("P43")
async def test_reverted_client_is_registered_and_unchecked_and_can_be_submitted_anew(further_case: FurtherCase) -> None:
    """Going back ends the checks and keeps the details; a later journey submits the same client again."""
    gateway = further_case.rig.gateway
    await further_case.before("open_account")
    await further_case.rig.decide(further_case.client, "identity", CheckStatus.REFERRED)
    before = await gateway.read_client(further_case.client)
    reverted = await gateway.revert_client(further_case.client)
    checks = await gateway.read_checks(further_case.client)

    assert reverted == before.model_copy(update={"status": "registered"})
    assert checks.identity.status is checks.bank.status is CheckStatus.NOT_STARTED
    assert (await gateway.submit_client(further_case.client)).status == "pending"
    assert (await gateway.revert_client(further_case.client)).status == "registered"


@pytest.mark.rule("P43")
async def test_client_who_accepted_terms_is_not_reverted(further_case: FurtherCase) -> None:
    """Terms once accepted keep a client from going back, pending or active, even with no account left."""
    gateway = further_case.rig.gateway
    await further_case.before("accept_product_terms")
    await further_case.cancel_account()
    with pytest.raises(Conflict) as with_terms:
        await further_case.revert_client()
    await further_case.pass_checks()
    with pytest.raises(Conflict) as when_active:
        await further_case.revert_client()

    assert with_terms.value.code == when_active.value.code == "invalid_state"
    assert (await gateway.read_client(further_case.client)).status == "active"


@pytest.mark.rule("P43")
async def test_client_with_an_account_is_not_reverted(platform_rig: PlatformRig) -> None:
    """While an account has not ended, neither its holder nor its registered contact goes back; afterwards both do."""
    parties, gateway = Parties(platform_rig), platform_rig.gateway
    contact = await parties.adult("Priya")
    child = await parties.child(contact)
    opened = await gateway.open_account(parties.order(Wrapper.JISA, [child], contact=contact))
    for client in (contact, child):
        with pytest.raises(Conflict) as refused:
            await gateway.revert_client(client)
        assert refused.value.code == "invalid_state"
        assert (await gateway.read_client(client)).status == "pending"
    await gateway.cancel_account(opened.account, "withdrawn")

    assert (await gateway.revert_client(child)).status == "registered"
    assert (await gateway.revert_client(contact)).status == "registered"


@pytest.mark.rule("P43")
async def test_other_accounts_are_those_of_other_journeys_that_have_not_ended(platform_rig: PlatformRig) -> None:
    """A journey's own account does not count, nor one that was cancelled; signing for one counts as holding it."""
    parties, gateway = Parties(platform_rig), platform_rig.gateway
    contact, holder = await parties.adult("Priya"), await parties.adult("Grace")
    child = await parties.child(contact)
    await gateway.open_account(parties.order(Wrapper.GIA, [holder, contact], journey="journey-1"))
    before = [await gateway.has_other_accounts(client, "journey-1") for client in (contact, holder, child)]
    junior = await gateway.open_account(parties.order(Wrapper.JISA, [child], journey="journey-2", contact=contact))
    during = [await gateway.has_other_accounts(client, "journey-1") for client in (contact, holder, child)]
    await gateway.cancel_account(junior.account, "declined")
    after = [await gateway.has_other_accounts(client, "journey-1") for client in (contact, holder, child)]

    assert (before, during, after) == ([False] * 3, [True, False, True], [False] * 3)


@pytest.mark.rule("P43")
async def test_cancelled_account_takes_its_mandate_along(further_case: FurtherCase) -> None:
    """A pending account ends with its mandate, whatever was accepted already; the journey still finds it."""
    gateway = further_case.rig.gateway
    assert await gateway.find_account(JOURNEY) is None
    await further_case.before("activate_account")
    pending = await gateway.find_account(JOURNEY)
    cancelled = await gateway.cancel_account(further_case.account, "withdrawn")

    assert pending is not None
    assert (pending.account, pending.status) == (further_case.account, "pending")
    assert cancelled.status == "cancelled"
    assert await gateway.cancel_account(further_case.account, "another reason") == cancelled
    assert await gateway.find_account(JOURNEY) == await gateway.read_account(further_case.account) == cancelled
    assert (await gateway.read_mandate(further_case.mandate)).status == "cancelled"
    assert await gateway.find_account("journey-2") is None
    for attempt in (
        gateway.amend_account(further_case.account, AMENDED),
        gateway.activate_account(further_case.account),
        gateway.create_mandate(further_case.mandate_order(2)),
    ):
        with pytest.raises(Conflict) as refused:
            await attempt
        assert refused.value.code == "invalid_state"


@pytest.mark.rule("P43")
async def test_active_account_is_not_cancelled(further_case: FurtherCase) -> None:
    """What has begun is ended by people, not by a journey."""
    await further_case.before("ensure_webhook_subscription")
    with pytest.raises(Conflict) as refused:
        await further_case.cancel_account()

    assert refused.value.code == "invalid_state"
    assert (await further_case.rig.gateway.read_account(further_case.account)).status == "active"


@pytest.mark.rule("P44")
async def test_amended_account_keeps_its_state(further_case: FurtherCase) -> None:
    """An amendment changes the form alone: status, signatories and mandate stay, and the journey goes on."""
    gateway = further_case.rig.gateway
    await further_case.before("accept_product_terms")
    before = await gateway.read_account(further_case.account)
    amended = await gateway.amend_account(further_case.account, AMENDED)

    assert amended == before
    assert (await gateway.read_mandate(further_case.mandate)).status == "pending_customer_approval"
    await further_case.after("accept_platform_terms")
    assert (await gateway.read_account(further_case.account)).status == "active"


@pytest.mark.rule("P23")
async def test_mandate_accepted_on_paper_goes_to_the_bank(further_case: FurtherCase) -> None:
    """The paper route leads where the online one does, and counts at activation."""
    await further_case.before("accept_mandate")
    accepted = await further_case.rig.gateway.accept_mandate(
        further_case.mandate, ACCEPTED_AT, "evidence-paper", on_paper=True
    )
    await further_case.pass_checks()
    activated = await further_case.rig.gateway.activate_account(further_case.account)

    assert (accepted.status, activated.status) == ("pending_submission", "active")
    assert await further_case.rig.gateway.read_mandate(further_case.mandate) == accepted


async def _failed(case: FurtherCase) -> PlatformMandate:
    await case.rig.fail_mandate(case.mandate, "5")
    return await case.rig.gateway.read_mandate(case.mandate)


@pytest.mark.rule("P47")
async def test_failed_mandate_of_an_active_account_is_replaced(further_case: FurtherCase) -> None:
    """The failure has its Bacs code and touches nothing else; a fresh mandate has a reference of its own."""
    gateway = further_case.rig.gateway
    await further_case.before("ensure_webhook_subscription")
    with pytest.raises(Conflict) as too_early:
        await gateway.create_mandate(further_case.mandate_order(2))
    working = await gateway.read_mandate(further_case.mandate)
    failed = await _failed(further_case)
    await gateway.save_bank_details(further_case.client, BANK.model_copy(update={"account_number": "66374958"}))
    fresh = await gateway.create_mandate(further_case.mandate_order(2))
    accepted = await gateway.accept_mandate(fresh.mandate, ACCEPTED_AT, "evidence-2")

    assert (too_early.value.code, too_early.value.existing_id) == ("duplicate_mandate", further_case.mandate)
    assert (working.failure_code, failed.status, failed.failure_code) == (None, "failed", "5")
    assert (fresh.status, fresh.failure_code, accepted.status) == (
        "pending_customer_approval",
        None,
        "pending_submission",
    )
    assert fresh.reference != failed.reference
    assert await gateway.create_mandate(further_case.mandate_order(1)) == failed
    assert (await gateway.read_account(further_case.account)).status == "active"


@pytest.mark.rule("P47")
async def test_failed_mandate_is_left_as_it_is(further_case: FurtherCase) -> None:
    """It can be accepted no more, and cancelling it keeps the reason of its failure."""
    gateway = further_case.rig.gateway
    await further_case.before("activate_account")
    failed = await _failed(further_case)
    with pytest.raises(Conflict) as refused:
        await gateway.accept_mandate(further_case.mandate, ACCEPTED_AT, "evidence-other")

    assert refused.value.code == "invalid_state"
    assert await gateway.cancel_mandate(further_case.mandate) == failed


@pytest.mark.rule("P15", "P47")
@pytest.mark.parametrize("end", ["failed", "cancelled"])
async def test_activation_looks_at_mandates_that_can_collect(further_case: FurtherCase, end: str) -> None:
    """A failed or cancelled mandate holds nothing up; the fresh one awaits the client and does."""
    gateway = further_case.rig.gateway
    await further_case.before("activate_account")
    if end == "failed":
        await _failed(further_case)
    else:
        await further_case.cancel_mandate()
    fresh = await gateway.create_mandate(further_case.mandate_order(2))
    with pytest.raises(Conflict) as waiting:
        await further_case.activate_account()
    await gateway.cancel_mandate(fresh.mandate)

    assert waiting.value.unmet == [f"mandates.{fresh.mandate}: mandate_not_accepted"]
    assert (await gateway.activate_account(further_case.account)).status == "active"
