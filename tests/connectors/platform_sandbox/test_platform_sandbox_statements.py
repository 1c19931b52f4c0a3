"""A pension's statement, money that arrives, and who finds an account."""

import hashlib
from typing import Any

import pytest

from tests.conftest import Eventually
from tests.connectors.platform_sandbox.platform_calls import Json, Platform, Receiver, account, refusal
from tests.connectors.platform_sandbox.test_platform_sandbox_accounts import CHILD

PENSION: dict[str, Any] = {
    "marital_status": "civil_partnership",
    "employment_status": "self_employed",
    "retirement_age": 67,
}


async def active(platform: Platform, eventually: Eventually, wrapper: str = "sipp", **changes: Any) -> Json:
    """Return an account that was activated."""
    client = await platform.submitted(**PENSION, **changes)
    opened = await platform.create("/accounts", account("ac-1", [client["id"]], wrapper))
    await platform.accept_everything(opened)

    async def activated() -> bool:
        return (await platform.post(f"/accounts/{opened['id']}/activation")).status_code == 200

    await eventually(activated)
    found: Json = await platform.get(f"/accounts/{opened['id']}")
    return found


@pytest.mark.rule("P32")
async def test_statement_tells_data_and_declarations(platform: Platform, eventually: Eventually) -> None:
    """Everything the member gave and declared stands in it, in words, escaped, and no cache may keep it."""
    opened = await active(platform, eventually, last_name="Ash & <Down>")
    path = f"/accounts/{opened['id']}/documents"
    [document] = await platform.get(path)
    answer = await platform.http.get(f"{path}/sipp-statement/versions/1/content")
    again = await platform.act(f"/accounts/{opened['id']}/activation")

    assert (document["kind"], document["version"], document["account_id"]) == ("statement", "1", opened["id"])
    assert hashlib.sha256(answer.content).hexdigest() == document["sha256"] == answer.headers["ETag"].strip('"')
    assert len(answer.content) == document["bytes"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    for told in (
        "Ms Ada Ash &amp; &lt;Down&gt;",
        "17 May 1980",
        "AB123456C",
        "1 Mill Lane, Leeds, LS1 4AP",
        "civil partnership",
        "self employed",
        "<td>67</td>",
        "£250.00, monthly, paid by bank transfer",
        "each year 0.50 %",
        opened["number"],
        "You have 30 days",
        "Accepted on 23 November 2026, recorded under evidence-2",
    ):
        assert told in answer.text
    assert again == opened
    assert await platform.get(path) == [document]


@pytest.mark.rule("P32")
async def test_statement_needs_a_token_and_the_right_account(platform: Platform, eventually: Eventually) -> None:
    """It holds personal data: no token, no statement; nor is it in the library or under another account."""
    opened = await active(platform, eventually)
    path = f"/accounts/{opened['id']}/documents/sipp-statement/versions"
    other = await platform.create("/accounts", account("ac-2", opened["client_ids"], "isa"))

    wrong = (
        f"{path}/2/content",
        f"{path}/one/content",
        f"/accounts/{other['id']}/documents/sipp-statement/versions/1/content",
        "/documents/sipp-statement",
        "/documents/sipp-statement/versions/1/content",
        "/accounts/ac_none/documents",
    )
    for address in wrong:
        assert refusal(await platform.http.get(address))[:2] == (404, "not_found")
    assert await platform.get(f"/accounts/{other['id']}/documents") == []
    platform.http.headers.pop("Authorization")
    assert refusal(await platform.http.get(f"{path}/1/content"))[:2] == (401, "unauthorized")


@pytest.mark.rule("P32", "P44")
async def test_only_a_change_that_shows_makes_a_version(platform: Platform, eventually: Eventually) -> None:
    """What the statement does not say makes no version, also when its address was cleared; no version is lost."""
    opened = await active(platform, eventually)
    client, path = f"/clients/{opened['client_ids'][0]}", f"/accounts/{opened['id']}"
    versions = []
    for address, body in (
        (client, {"us_person": True}),
        (path, {"adviser_reference": "ADV-2"}),
        (client, {"last_name": "Ashdown-Hill"}),
        (path, {"contributions": []}),
        (client, {"address": None, "mobile": None}),
    ):
        platform.data(await platform.http.patch(address, json=body))
        versions.append((await platform.get(f"{path}/documents"))[0]["version"])

    texts = [
        (await platform.http.get(f"{path}/documents/sipp-statement/versions/{version}/content")).text
        for version in range(1, 5)
    ]
    assert versions == ["1", "1", "2", "3", "4"]
    assert ["Ashdown-Hill" in text for text in texts] == [False, True, True, True]
    assert ["£250.00" in text for text in texts] == [True, True, False, False]
    assert ["Mill Lane" in text for text in texts] == [True, True, True, False]


async def test_statement_is_gone_after_a_reset(platform: Platform, eventually: Eventually) -> None:
    """A reset empties the statements with everything else."""
    opened = await active(platform, eventually)
    await platform.control("reset")

    answer = await platform.http.get(f"/accounts/{opened['id']}/documents/sipp-statement/versions/1/content")
    assert refusal(answer)[:2] == (404, "not_found")


@pytest.mark.rule("P15")
async def test_money_arrives_on_an_active_account(
    platform: Platform, eventually: Eventually, receiver: Receiver
) -> None:
    """The earliest day is the first subscription; subscribers hear of it without amounts; nothing arrives before."""
    await platform.create("/webhook-subscriptions", {"url": "http://onward/hook", "events": ["account.updated"]})
    opened = await active(platform, eventually, wrapper="isa")
    pending = await platform.create("/accounts", account("ac-2", opened["client_ids"], "gia"))
    path = f"accounts/{opened['id']}/subscriptions"
    told = len(receiver.events("account.updated"))
    first = await platform.control(path, {"amount_pence": 50_000, "received_on": "2026-12-09"})
    second = await platform.control(path, {"amount_pence": 10_000, "received_on": "2026-12-07"})
    order = {"amount_pence": 1, "received_on": "2026-12-07"}
    too_early = await platform.http.post(f"/_sandbox/accounts/{pending['id']}/subscriptions", json=order)
    nothing = await platform.http.post(f"/_sandbox/{path}", json=order | {"amount_pence": 0})

    assert (opened["first_subscription_on"], opened["subscribed_pence"]) == (None, 0)
    assert (first["first_subscription_on"], second["first_subscription_on"]) == ("2026-12-09", "2026-12-07")
    assert (await platform.get(f"/accounts/{opened['id']}"))["subscribed_pence"] == 60_000
    assert refusal(too_early)[:2] == (409, "invalid_state")
    assert refusal(nothing) == (422, "validation_failed", {"amount_pence": "out_of_range"})

    async def heard() -> bool:
        return len(receiver.events("account.updated")) >= told + 2

    await eventually(heard)
    assert all("50000" not in str(event) for event in receiver.events("account.updated"))


@pytest.mark.rule("P43")
async def test_account_is_found_by_everybody_it_concerns(platform: Platform) -> None:
    """The filter by client finds the accounts that a person holds or signs for."""
    contact = await platform.submitted("contact")
    child = await platform.submitted("child", guardian_id=contact["id"], **CHILD)
    stranger = await platform.client("stranger")
    opened = await platform.create(
        "/accounts", account("ac-1", [child["id"]], "jisa", registered_contact_id=contact["id"])
    )

    found = [await platform.get(f"/accounts?client_id={client['id']}") for client in (contact, child, stranger)]
    assert found == [[opened], [opened], []]
