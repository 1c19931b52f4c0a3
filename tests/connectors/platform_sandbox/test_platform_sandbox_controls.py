"""The sandbox's controls and its page."""

from dataclasses import replace

import httpx
import pytest

from connectors.platform.sandbox.app import create_app
from connectors.platform.sandbox.config import SandboxConfig, config_from
from connectors.platform.sandbox.seed import person as seeded_person
from tests.connectors.platform_sandbox.platform_calls import BANK_ACCOUNT, Platform, account, refusal, running


async def test_state_counts_and_shows_records(platform: Platform) -> None:
    """The state counts; in full it shows every record as the platform answers it, and the events."""
    client = await platform.submitted()
    opened = await platform.create("/accounts", account("ac-1", [client["id"]]))
    short = (await platform.http.get("/_sandbox/state")).json()
    full = (await platform.http.get("/_sandbox/state?full=1")).json()

    assert (short["counts"]["clients"], short["counts"]["accounts"], short["counts"]["mandates"]) == (1, 1, 0)
    assert set(short) == {"counts", "settings", "faults"}
    assert full["accounts"] == [opened]
    assert full["clients"] == [await platform.get(f"/clients/{client['id']}")]
    assert len(full["documents"]) == 7
    assert [event["event_type"] for event in full["events"]][:2] == ["client.created", "client.status_changed"]


async def test_reset_empties_everything_but_what_it_is_told_to_spare(platform: Platform) -> None:
    """After a reset there are no records, keys, faults or later versions; subscriptions can be spared."""
    await platform.post("/clients", {"nonsense": 1})
    first = await platform.post("/webhook-subscriptions", {"url": "http://r/1", "events": ["*"]}, key="k")
    await platform.client()
    await platform.control("documents/sipp-terms/publish")
    await platform.fault("outage", operation="POST /mandates")

    spared = await platform.control("reset", {"keep_subscriptions": True})
    subscriptions = await platform.get("/webhook-subscriptions")
    emptied = await platform.control("reset")

    assert {**spared["counts"], "webhook_subscriptions": 0} == emptied["counts"] == dict.fromkeys(emptied["counts"], 0)
    assert subscriptions == [platform.data(first)]
    assert spared["faults"] == []
    assert (await platform.get("/documents/sipp-terms"))["version"] == "1"
    assert "Idempotency-Replayed" not in (await platform.post("/clients/search", {}, key="k")).headers
    await platform.client()


async def test_settings_are_kept_over_a_restart(config: SandboxConfig) -> None:
    """A changed setting holds at once and after the next start, until a reset."""
    async with running(config) as platform:
        await platform.http.patch("/_sandbox/settings", json={"rate_limit_per_minute": 7})
        assert (await platform.http.get("/clients")).headers["X-RateLimit-Limit"] == "7"
        refused = await platform.http.patch("/_sandbox/settings", json={"rate_limit_per_minute": 0})
        assert refused.status_code == 422
    async with running(config) as platform:
        kept = (await platform.http.get("/_sandbox/settings")).json()
        after_reset = await platform.control("reset")

    assert kept == {"verification_delay_seconds": 0, "mandate_delay_seconds": 0, "rate_limit_per_minute": 7}
    assert after_reset["settings"]["rate_limit_per_minute"] == 600


async def test_seed_adds_the_next_people(platform: Platform) -> None:
    """Seeding twice gives other people, always the same ones, as clients that are complete but registered."""
    await platform.control("seed", {"clients": 3})
    state = await platform.control("seed", {"clients": 2500})
    clients = await platform.get("/clients?page_size=4")

    assert state["counts"]["clients"] == 2503
    assert state["counts"]["events"] == 0
    assert [client["email"] for client in clients] == [seeded_person(number).email for number in range(1, 5)]
    assert clients[0]["external_reference"] is None
    found = await platform.act("/clients/search", {"national_insurance_number": "SE002000A"})
    assert (await platform.act(f"/clients/{found[0]['id']}/submission"))["status"] == "pending"


async def test_staff_decide_checks_and_accounts(platform: Platform) -> None:
    """The controls decide what the platform's people would, and refuse what makes no sense."""
    registered = await platform.client("registered")
    client = await platform.submitted("submitted")
    opened = await platform.create("/accounts", account("ac-1", [client["id"]]))
    failed = await platform.control(f"clients/{client['id']}/aml", {"status": "failed", "reason": "Documents expired."})

    assert failed["verifications"]["aml"]["reason"] == "Documents expired."
    for path, body in (
        (f"clients/{registered['id']}/aml", {"status": "cleared"}),
        (f"clients/{client['id']}/bav", {"status": "verified"}),
        (f"accounts/{opened['id']}/status", {"status": "suspended"}),
    ):
        assert refusal(await platform.http.post(f"/_sandbox/{path}", json=body))[:2] == (409, "invalid_state")

    await platform.control(f"clients/{client['id']}/aml", {"status": "cleared"})
    await platform.accept_everything(opened)
    await platform.act(f"/accounts/{opened['id']}/activation")
    suspended = await platform.control(f"accounts/{opened['id']}/status", {"status": "suspended"})
    assert suspended["status"] == "suspended"


async def test_page_shows_records_escaped_and_masked(platform: Platform) -> None:
    """A newcomer sees the records; a name is text, bank details are masked, nothing comes from elsewhere."""
    empty = await platform.http.get("/")
    client = await platform.submitted(first_name="<script>alert(1)</script>")
    await platform.http.put(f"/clients/{client['id']}/bank-account", json=BANK_ACCOUNT)
    opened = await platform.create("/accounts", account("ac-1", [client["id"]]))
    await platform.create("/illustrations", account("il-1", [client["id"]]))
    await platform.create(
        "/mandates", {"external_reference": "m", "account_id": opened["id"], "client_id": client["id"]}
    )
    page = await platform.http.get("/")

    assert "No client yet." in empty.text
    assert "&lt;script&gt;alert(1)" in page.text
    for hidden in ("<script", "55779911", "AB123456C", "http://", "https://"):
        assert hidden not in page.text
    for shown in (client["id"], opened["number"], "ending 9911", "IL0", "Platform terms of business"):
        assert shown in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/_sandbox/state", "/_sandbox/faults"])
async def test_controls_answer_this_machine_only(config: SandboxConfig, path: str) -> None:
    """Controls and page have no login, so that nobody else may come in."""
    app = create_app(config)
    transport = httpx.ASGITransport(app, client=("192.0.2.1", 1))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://platform") as http,
    ):
        answer = await http.get(path)

    assert refusal(answer)[:2] == (403, "forbidden")


def test_start_without_a_credential_is_refused(config: SandboxConfig) -> None:
    """The text names what is missing, and a secret never shows in a representation."""
    with pytest.raises(ValueError, match="ONWARD_PLATFORM_CLIENT_SECRET"):
        config_from({"ONWARD_PLATFORM_CLIENT_ID": "onward"})

    assert "open sesame" not in repr(replace(config, client_secret="open sesame"))
