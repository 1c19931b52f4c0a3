"""What the HTTP adapter alone promises about the steps beside the straight way."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import Conflict, ConnectorUnavailable
from tests.contract.platform_case import AMENDED, CHILD_KNOWN, CHILD_REFERENCE, FurtherCase
from tests.contract.platform_rigs import ACCOUNT, ADVISER, FURTHER_OPERATIONS, JOURNEY, SandboxRig, sandbox_rig
from tests.sample_client import KNOWN


@pytest.fixture
def sandbox_case(platform_sandbox: SandboxRig) -> FurtherCase:
    """Return one client's way through the adapter, with the steps beside it."""
    return FurtherCase(platform_sandbox)


def sent(rig: SandboxRig, method: str, ending: str) -> list[tuple[str | None, Any]]:
    """Return key and body of every request of this method whose path ends like this."""
    return [
        (request.headers.get("Idempotency-Key"), json.loads(request.content) if request.content else None)
        for request in rig.transport.requests
        if request.method == method and request.url.path.endswith(ending)
    ]


async def test_every_further_post_has_a_key_derived_from_references(
    sandbox_case: FurtherCase, platform_sandbox: SandboxRig
) -> None:
    """Each names its step and what it is about."""
    await sandbox_case.register_client()
    await sandbox_case.register_child()
    await sandbox_case.submit_client()
    await sandbox_case.revert_client()
    await sandbox_case.before("accept_mandate")
    await sandbox_case.cancel_mandate()
    await sandbox_case.replace_mandate()
    await sandbox_case.cancel_account()
    keys = [
        sent(platform_sandbox, "POST", ending)[-1][0]
        for ending in ("/clients", "/reversion", "/mandates", "/cancellation")
    ]
    mandate_cancellation = sent(platform_sandbox, "POST", f"/mandates/{sandbox_case.mandate}/cancellation")[0][0]

    assert keys[0] == f"registration:{CHILD_REFERENCE}"
    assert str(keys[1]).startswith(f"reversion:{sandbox_case.client}:")
    assert keys[2:] == [f"mandate:{JOURNEY}-2", f"cancellation:{sandbox_case.account}"]
    assert mandate_cancellation == f"mandate-cancellation:{sandbox_case.mandate}"


@pytest.mark.rule("P42")
@pytest.mark.parametrize("write", [name for name in FURTHER_OPERATIONS if name != "accept_on_paper"])
async def test_step_that_was_done_is_not_sent_again(
    sandbox_case: FurtherCase, platform_sandbox: SandboxRig, write: str
) -> None:
    """What the platform has already is looked up and not sent a second time."""
    await sandbox_case.prepare(write)
    await sandbox_case.act(write)
    before = len(platform_sandbox.transport.requests)
    await sandbox_case.act(write)
    again = {f"{item.method} {item.url.path}" for item in platform_sandbox.transport.requests[before:]}

    assert again
    assert [item for item in again if not item.startswith("GET ") and item != "POST /clients/search"] == []


@pytest.mark.rule("P42")
@pytest.mark.parametrize("write", FURTHER_OPERATIONS)
async def test_step_repeated_after_the_platform_forgot_the_keys(tmp_path: Path, write: str) -> None:
    """Four days later, when no idempotency key is remembered, the step done again still meets what it has done."""
    moment = datetime.now(UTC)
    async with sandbox_rig(tmp_path, now=lambda: moment) as rig:
        case = FurtherCase(rig)
        await case.prepare(write)
        await case.act(write)
        written = await rig.written()
        moment += timedelta(days=4)
        await case.act(write)

        assert await rig.written() == written


@pytest.mark.rule("P42", "P43")
async def test_withdrawal_whose_every_answer_is_lost_once(
    sandbox_case: FurtherCase, platform_sandbox: SandboxRig
) -> None:
    """With each write of a compensation committed and its answer lost, repeating it ends in the same state."""
    await sandbox_case.before("accept_platform_terms")
    fault = {"operation": "write", "kind": "commit_then_timeout", "each": True}
    await platform_sandbox.control("POST", "faults", fault)
    lost = []
    for write in ("cancel_account", "revert_client"):
        try:
            await sandbox_case.act(write)
        except ConnectorUnavailable as unavailable:
            lost.append(unavailable.operation)
            await sandbox_case.act(write)
    state = await platform_sandbox.control("GET", "state?full=1")

    assert lost == ["POST /accounts/{id}/cancellation", "POST /clients/{id}/reversion"]
    assert [state[kind][0]["status"] for kind in ("accounts", "mandates", "clients")] == [
        "cancelled",
        "cancelled",
        "registered",
    ]
    assert state["accounts"][0]["cancellation_reason"] == "withdrawn"


@pytest.mark.rule("P43")
async def test_client_with_an_account_is_never_sent_back(
    sandbox_case: FurtherCase, platform_sandbox: SandboxRig
) -> None:
    """The adapter looks for accounts itself and does not leave that to the platform."""
    await sandbox_case.before("create_mandate")
    with pytest.raises(Conflict, match="has an account that has not ended"):
        await sandbox_case.revert_client()

    assert sent(platform_sandbox, "POST", "/reversion") == []


@pytest.mark.rule("P43")
async def test_rival_cancels_the_account_in_between(sandbox_case: FurtherCase, platform_sandbox: SandboxRig) -> None:
    """Two withdrawals at once, with other reasons and one key, end with one cancelled account and no error."""
    await sandbox_case.before("create_mandate")
    path = f"/accounts/{sandbox_case.account}/cancellation"
    key = f"cancellation:{sandbox_case.account}"
    platform_sandbox.transport.rivals[f"POST {path}"] = lambda: platform_sandbox.call(
        f"POST {path}", {"reason": "declined"}, key=key
    )
    cancelled = await platform_sandbox.gateway.cancel_account(sandbox_case.account, "withdrawn")

    assert cancelled.status == "cancelled"


@pytest.mark.rule("P44")
async def test_amendment_sends_only_what_differs(sandbox_case: FurtherCase, platform_sandbox: SandboxRig) -> None:
    """What was keyed in the platform itself, such as a strategy's code, outlives an amendment of something else."""
    await sandbox_case.before("create_mandate")
    path = f"/accounts/{sandbox_case.account}"
    keyed: dict[str, Any] = {
        "investment_strategy": {"name": "Balanced Growth", "code": "BG4"},
        "charges": {"initial_pence": 99},
    }
    charges = {**ACCOUNT.charges.model_dump(), **keyed["charges"]}
    await platform_sandbox.call(f"PATCH {path}", keyed | {"charges": charges})
    before = len(sent(platform_sandbox, "PATCH", path))
    await platform_sandbox.gateway.amend_account(sandbox_case.account, ACCOUNT)
    unchanged = sent(platform_sandbox, "PATCH", path)[before:]
    raised = ACCOUNT.charges.model_copy(update={"ongoing_basis_points": 75})
    await platform_sandbox.gateway.amend_account(sandbox_case.account, ACCOUNT.model_copy(update={"charges": raised}))
    renamed = ACCOUNT.model_copy(update={"charges": raised, "name": "Rainy days"})
    await platform_sandbox.gateway.amend_account(sandbox_case.account, renamed)
    bodies = [body for _, body in sent(platform_sandbox, "PATCH", path)[before:]]

    assert unchanged == []
    assert bodies == [
        {"charges": {**charges, "ongoing_basis_points": 75, "ongoing_pence": 0}},
        {"name": "Rainy days"},
    ]


@pytest.mark.rule("P44")
async def test_amended_direct_debit_changes_how_contributions_are_paid(
    sandbox_case: FurtherCase, platform_sandbox: SandboxRig
) -> None:
    """Contributions are replaced whole; those of the mandate are collected, the others transferred."""
    await sandbox_case.before("create_mandate")
    without = ACCOUNT.model_copy(update={"direct_debit": None})
    for details in (AMENDED, without):
        await platform_sandbox.gateway.amend_account(sandbox_case.account, details)
    account = (await platform_sandbox.control("GET", "state?full=1"))["accounts"][0]

    assert [(item["amount_pence"], item["method"]) for item in account["contributions"]] == [
        (5_000_00, "bank_transfer"),
        (250_00, "bank_transfer"),
        (100_00, "bank_transfer"),
    ]
    assert account["investment_strategy"]["name"] == "Balanced Growth"


@pytest.mark.rule("P31")
async def test_child_arrives_as_a_minor_with_nothing_made_up(platform_sandbox: SandboxRig) -> None:
    """What is not known of a child is not sent, and the guardian is named."""
    gateway = platform_sandbox.gateway
    guardian = (await gateway.register_client("plannr-1", KNOWN, ADVISER)).client
    await gateway.register_client(CHILD_REFERENCE, CHILD_KNOWN, ADVISER, guardian=guardian)
    body = sent(platform_sandbox, "POST", "/clients")[-1][1]

    assert (body["client_type"], body["guardian_id"]) == ("minor", guardian)
    assert body.keys() == {
        "external_reference",
        "client_type",
        "guardian_id",
        "adviser_reference",
        "title",
        "first_name",
        "last_name",
        "date_of_birth",
        "nationalities",
        "address",
    }


@pytest.mark.rule("P23")
async def test_paper_acceptance_says_so(sandbox_case: FurtherCase, platform_sandbox: SandboxRig) -> None:
    """The platform knows which authority was given on paper, where somebody else may have signed as well."""
    await sandbox_case.prepare("accept_on_paper")
    await sandbox_case.accept_on_paper()
    mandate = (await platform_sandbox.control("GET", "state?full=1"))["mandates"][0]
    body = sent(platform_sandbox, "POST", "/acceptance")[-1][1]

    assert (body["channel"], body["sole_signatory"]) == ("paper", False)
    assert (mandate["channel"], mandate["evidence_reference"]) == ("paper", "evidence-paper")


async def test_statement_is_asked_for_by_ids_alone(sandbox_case: FurtherCase, platform_sandbox: SandboxRig) -> None:
    """Looking for documents, accounts and mandates puts nothing personal in an address."""
    await sandbox_case.before("ensure_webhook_subscription")
    gateway = platform_sandbox.gateway
    await gateway.account_documents(sandbox_case.account)
    await gateway.has_other_accounts(sandbox_case.client, JOURNEY)
    await gateway.read_mandate(sandbox_case.mandate)
    addresses = [str(request.url).casefold() for request in platform_sandbox.transport.requests]

    assert any(address.endswith("/documents") for address in addresses)
    assert [text for text in ("eleanor", "marsh", "ab123456c") if any(text in address for address in addresses)] == []
