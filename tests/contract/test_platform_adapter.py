"""What the HTTP adapter alone promises: keys, addresses, words, and the state of affairs on the sandbox server."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.errors import ConnectorUnavailable
from connectors.platform.port import Checks
from connectors.platform.wire_bodies import registration
from domain.journey import CheckStatus
from tests.contract.platform_case import Case
from tests.contract.platform_rigs import HOOK, JOURNEY, OPERATIONS, REFERENCE, SandboxRig, sandbox_rig
from tests.sample_client import BANK, KNOWN

LOOKED_UP = [
    "register_client",
    "record_illustration",
    "update_client",
    "save_bank_details",
    "submit_client",
    "open_account",
    "create_mandate",
    "accept_platform_terms",
]
READING = {"/oauth/token", "/clients/search"}
"""Paths of those POSTs that write nothing."""


@pytest.fixture
def sandbox_case(platform_sandbox: SandboxRig) -> Case:
    """Return one client's way through the adapter."""
    return Case(platform_sandbox)


@pytest.mark.rule("P42")
async def test_every_write_loses_its_answer_once(sandbox_case: Case, platform_sandbox: SandboxRig) -> None:
    """With every single write committed and its answer lost once, there is one of each record and none is missing."""
    fault = {"operation": "write", "kind": "commit_then_timeout", "each": True}
    await platform_sandbox.control("POST", "faults", fault)
    lost = []
    for write in OPERATIONS:
        if write == "activate_account":
            await sandbox_case.pass_checks()
        try:
            await sandbox_case.act(write)
        except ConnectorUnavailable as unavailable:
            lost.append(unavailable.operation)
            await sandbox_case.act(write)

    assert lost == list(OPERATIONS.values())
    state = await platform_sandbox.control("GET", "state?full=1")
    kinds = ("clients", "accounts", "illustrations", "mandates", "webhook_subscriptions")
    assert [state["counts"][kind] for kind in kinds] == [1, 1, 1, 1, 1]
    assert state["clients"][0]["status"] == state["accounts"][0]["status"] == "active"


async def test_every_writing_post_has_a_key_derived_from_references(
    sandbox_case: Case, platform_sandbox: SandboxRig
) -> None:
    """Every POST that writes names its step and our own reference; only the subscription, unique by url, has no key."""
    await sandbox_case.before("")
    posts = [request for request in platform_sandbox.transport.requests if request.method == "POST"]
    ours = [request for request in posts if "_sandbox" not in request.url.path and request.url.path not in READING]
    keys = {request.url.path: request.headers.get("Idempotency-Key") for request in ours}

    client, account, mandate = sandbox_case.client, sandbox_case.account, sandbox_case.mandate
    version = keys[f"/clients/{client}/submission"].rpartition(":")[2]
    assert version.isdigit()
    assert keys == {
        "/clients": f"registration:{REFERENCE}",
        f"/clients/{client}/submission": f"submission:{client}:{version}",
        "/illustrations": f"illustration:{JOURNEY}",
        "/accounts": f"account:{JOURNEY}",
        "/mandates": f"mandate:{JOURNEY}",
        f"/clients/{client}/terms-acceptances": "platform-terms:evidence-platform_terms:1",
        f"/accounts/{account}/product-terms-acceptances": f"product-terms:evidence-product_terms:{account}:{client}",
        f"/mandates/{mandate}/acceptance": f"mandate-acceptance:evidence-mandate:{mandate}",
        f"/accounts/{account}/activation": f"activation:{account}",
        "/webhook-subscriptions": None,
    }


async def test_no_personal_data_in_addresses_and_headers(sandbox_case: Case, platform_sandbox: SandboxRig) -> None:
    """Names, numbers and addresses travel in bodies alone."""
    await sandbox_case.before("")
    await platform_sandbox.gateway.find_client(email=KNOWN.email)
    personal = [
        str(KNOWN.email),
        "eleanor",
        "marsh",
        str(KNOWN.national_insurance_number),
        str(KNOWN.mobile),
        "1978-04-12",
        BANK.account_number,
        "CT5",
    ]

    assert len(platform_sandbox.transport.requests) > 20
    for request in platform_sandbox.transport.requests:
        outside = f"{request.url} {dict(request.headers)}".casefold()
        assert [text for text in personal if text.casefold() in outside] == []


async def test_one_token_serves_a_whole_journey(sandbox_case: Case, platform_sandbox: SandboxRig) -> None:
    """The access token is fetched once."""
    await sandbox_case.before("")
    paths = [request.url.path for request in platform_sandbox.transport.requests]

    assert paths.count("/oauth/token") == 1


async def test_expired_token_is_renewed_within_the_call(tmp_path: Path) -> None:
    """A token that the platform no longer takes is renewed once, and the call succeeds."""
    moment = datetime.now(UTC)
    async with sandbox_rig(tmp_path, now=lambda: moment) as rig:
        case = Case(rig)
        await case.register_client()
        moment += timedelta(hours=2)
        await case.submit_client()
        paths = [request.url.path for request in rig.transport.requests]

    assert paths.count("/oauth/token") == 2


@pytest.mark.rule("P42")
@pytest.mark.parametrize("write", LOOKED_UP)
async def test_record_that_is_there_is_not_written_again(
    sandbox_case: Case, platform_sandbox: SandboxRig, write: str
) -> None:
    """What the platform has already is looked up and not sent a second time."""
    await sandbox_case.before(write)
    await sandbox_case.act(write)
    sent = len(platform_sandbox.transport.requests)
    await sandbox_case.act(write)
    again = {f"{item.method} {item.url.path}" for item in platform_sandbox.transport.requests[sent:]}

    assert again
    assert [item for item in again if not item.startswith("GET ") and item != "POST /clients/search"] == []


@pytest.mark.rule("P42")
async def test_journey_repeated_after_the_platform_forgot_the_keys(tmp_path: Path) -> None:
    """Four days later, when no idempotency key is remembered, every write done again still meets its record."""
    moment = datetime.now(UTC)
    async with sandbox_rig(tmp_path, now=lambda: moment) as rig:
        case = Case(rig)
        await case.before("")
        written = await rig.written()
        moment += timedelta(days=4)
        await case.before("")

        assert await rig.written() == written


@pytest.mark.rule("P42")
@pytest.mark.parametrize("key", [None, f"registration:{REFERENCE}"])
async def test_rival_registers_the_client_in_between(
    sandbox_case: Case, platform_sandbox: SandboxRig, key: str | None
) -> None:
    """Where another program was faster, with our key and other content or with none, theirs is the client."""
    body = registration(REFERENCE, KNOWN.model_copy(update={"title": "Ms"}), "adv-2")
    platform_sandbox.transport.rivals["POST /clients"] = lambda: platform_sandbox.call("POST /clients", body, key=key)
    registered = await platform_sandbox.gateway.register_client(REFERENCE, KNOWN, "adv-1")

    assert registered.details.title == "Ms"
    assert (await platform_sandbox.written())["clients"] == 1


@pytest.mark.rule("P43")
async def test_client_who_went_back_to_registered_can_be_submitted_anew(
    sandbox_case: Case, platform_sandbox: SandboxRig
) -> None:
    """A second submission after a reversion is not answered from the memory of the first."""
    await sandbox_case.before("open_account")
    await platform_sandbox.call(f"POST /clients/{sandbox_case.client}/reversion")
    await sandbox_case.submit_client()
    state = await platform_sandbox.control("GET", "state?full=1")

    assert state["clients"][0]["status"] == "pending"


@pytest.mark.rule("P42")
async def test_key_in_flight_is_tried_again(sandbox_case: Case, platform_sandbox: SandboxRig) -> None:
    """A call that meets itself while the first is being worked on is unavailable, not refused."""
    fault = {"operation": "POST /clients", "kind": "latency", "delay_seconds": 0.3, "times": 1}
    await platform_sandbox.control("POST", "faults", fault)
    first, second = await asyncio.gather(
        sandbox_case.register_client(), sandbox_case.register_client(), return_exceptions=True
    )

    assert sorted(type(item).__name__ for item in (first, second)) == ["ConnectorUnavailable", "NoneType"]


@pytest.mark.rule("P11", "P52")
async def test_update_sends_only_what_differs(sandbox_case: Case, platform_sandbox: SandboxRig) -> None:
    """Unchanged details are not sent at all, and of changed ones only those; further nationalities stay."""
    await sandbox_case.register_client()
    record = f"/clients/{sandbox_case.client}"
    await platform_sandbox.call(f"PATCH {record}", {"nationalities": ["GB", "IE"]})
    sent = len(platform_sandbox.transport.requests)
    await platform_sandbox.gateway.update_client(sandbox_case.client, KNOWN.complete())
    unchanged = [request.method for request in platform_sandbox.transport.requests[sent:]]
    renamed = KNOWN.model_copy(update={"last_name": "Marsh-Hill"}).complete()
    await platform_sandbox.gateway.update_client(sandbox_case.client, renamed)

    assert unchanged == ["GET"]
    assert platform_sandbox.transport.requests[-1].content == b'{"last_name":"Marsh-Hill"}'
    state = await platform_sandbox.control("GET", "state?full=1")
    assert state["clients"][0]["nationalities"] == ["GB", "IE"]


@pytest.mark.rule("P12", "P23")
async def test_orders_arrive_in_the_platforms_words(sandbox_case: Case, platform_sandbox: SandboxRig) -> None:
    """Contributions, charges, the adviser and the first collection arrive as they were keyed (P7)."""
    await sandbox_case.before("")
    state = await platform_sandbox.control("GET", "state?full=1")
    account, illustration, mandate = state["accounts"][0], state["illustrations"][0], state["mandates"][0]
    contributions = [
        (item["type"], item["amount_pence"], item["frequency"], item["method"]) for item in account["contributions"]
    ]

    assert contributions == [
        ("single", 5_000_00, None, "bank_transfer"),
        ("regular", 250_00, "monthly", "direct_debit"),
        ("regular", 100_00, "yearly", "bank_transfer"),
    ]
    assert (account["charges"]["initial_basis_points"], account["charges"]["ongoing_basis_points"]) == (100, 50)
    assert account["adviser_reference"] == illustration["adviser_reference"] == "adv-1"
    assert account["investment_strategy"]["name"] == illustration["investment_strategy"]["name"] == "Balanced Growth"
    assert illustration["plan_length_years"] == 10
    assert (mandate["payment"]["amount_pence"], mandate["payment"]["frequency"]) == (250_00, "monthly")
    first = datetime.fromisoformat(mandate["payment"]["first_collection_on"]).date()
    assert first.day == 14
    assert first >= datetime.now(UTC).date() + timedelta(days=13)


@pytest.mark.rule("P41")
@pytest.mark.parametrize(
    ("last_name", "account_number", "outcomes"),
    [
        ("Marsh", "55779911", (CheckStatus.PASSED, CheckStatus.PASSED)),
        ("Referred", "22220202", (CheckStatus.REFERRED, CheckStatus.FAILED)),
        ("Sanction", "33330206", (CheckStatus.FAILED, CheckStatus.FAILED)),
    ],
)
async def test_outcomes_of_the_documented_test_data(
    tmp_path: Path,
    eventually: Callable[..., Awaitable[Checks]],
    last_name: str,
    account_number: str,
    outcomes: tuple[CheckStatus, CheckStatus],
) -> None:
    """The checks that the server makes by itself come to what its documented test data says, with a reason if bad."""
    async with sandbox_rig(tmp_path, verification_delay_seconds=0) as rig:
        details = KNOWN.model_copy(update={"last_name": last_name})
        client = (await rig.gateway.register_client(REFERENCE, details, "adv-1")).client
        await rig.gateway.save_bank_details(client, BANK.model_copy(update={"account_number": account_number}))
        await rig.gateway.submit_client(client)

        async def decided() -> Checks | None:
            checks = await rig.gateway.read_checks(client)
            return checks if CheckStatus.PENDING not in {checks.identity.status, checks.bank.status} else None

        checks = await eventually(decided)

    assert (checks.identity.status, checks.bank.status) == outcomes
    assert all(bool(check.reason) == check.status.needs_attention for check in (checks.identity, checks.bank))


async def test_client_keyed_in_the_platform_is_found(platform_sandbox: SandboxRig) -> None:
    """A client without our reference is found by e-mail address (P5b)."""
    await platform_sandbox.control("POST", "seed", {"clients": 1})
    record = (await platform_sandbox.control("GET", "state?full=1"))["clients"][0]
    await platform_sandbox.call(f"PATCH /clients/{record['id']}", {"external_reference": None})
    found = await platform_sandbox.gateway.find_client(email=record["email"].upper())

    assert found is not None
    assert (found.client, found.external_reference) == (record["id"], "")


@pytest.mark.rule("P53")
async def test_rotated_secret_is_live_beside_the_one_before(platform_sandbox: SandboxRig) -> None:
    """While a secret is replaced, both are returned; more events replace the subscription, fewer change nothing."""
    await platform_sandbox.gateway.ensure_webhook_subscription(HOOK, ["client.updated"])
    first = await platform_sandbox.gateway.ensure_webhook_subscription(HOOK, ["*"])
    subscription = (await platform_sandbox.call("GET /webhook-subscriptions"))[0]["id"]
    await platform_sandbox.call(f"POST /webhook-subscriptions/{subscription}/secrets")
    both = await platform_sandbox.gateway.ensure_webhook_subscription(HOOK, ["client.created"])

    assert len(both) == 2
    assert both[1:] == first
    assert [item["events"] for item in await platform_sandbox.call("GET /webhook-subscriptions")] == [["*"]]
