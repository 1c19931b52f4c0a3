"""P10 to P16 from outside: what both systems and the inbox hold after each step, each e-mail once."""

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from cli.demonstration.clock import let_pass
from cli.demonstration.readback import history_events
from cli.demonstration.scripts import Script
from cli.local import NAMESPACE
from models.messages import JourneyResult
from runtime.temporal import journey_handle
from tests.e2e.world import GIA, ISA, Case, World

pytestmark = pytest.mark.timeout(180)

SET_UP, INVITED = ("client", "client_setup_started"), ("client", "account_created")


@pytest.mark.rule("P5", "P10", "P11", "P12", "P13", "P15")
def test_each_step_leaves_exactly_its_records_and_emails(world: World) -> None:
    """From illustration to active, nothing is there too early, too late or twice."""
    case = world.case()
    case.illustrate()
    assert case.in_plannr() == {"application": None, "plan": None, "linked": True}
    assert case.in_platform() == {"client": "registered", "account": None}
    assert case.illustrations() == (1, 1)
    assert case.emails() == []

    case.submit_details()
    assert case.in_plannr() == {"application": "draft", "plan": None, "linked": True}
    assert case.in_platform() == {"client": "pending", "account": None}
    assert case.emails() == [SET_UP]

    kept_back = case.command("application", case.application(send_to_platform=False))
    assert kept_back.status_code == 200, kept_back.text
    assert case.in_plannr() == {"application": "draft", "plan": None, "linked": True}
    assert case.in_platform() == {"client": "pending", "account": None}
    assert case.emails() == [SET_UP]
    assert case.journey()["stage"] == "application_draft"

    case.send_application()
    assert case.in_plannr() == {"application": "pending", "plan": "proposed", "linked": True}
    assert case.in_platform() == {"client": "pending", "account": "pending"}
    case.link()
    assert case.emails() == [SET_UP, INVITED]

    case.finish()
    case.assert_complete()


@pytest.mark.rule("P10", "P11", "P12", "P14", "P15", "P16", "P23", "P24", "P25")
@pytest.mark.parametrize("script", [ISA, GIA], ids=["isa", "gia-with-mandate"])
async def test_a_straight_journey(world: World, script: Script) -> None:
    """The account is open, every e-mail came once, the result says what to key next, an ISA's history stays short."""
    case = world.case(script)
    case.illustrate()
    case.submit_details()
    case.send_application()
    case.finish()

    case.assert_complete()
    assert len(set(case.message_ids())) == len(case.message_ids())
    events = await history_events(world.around, f"journey-{case.journey_id}")
    print(f"{case.script.wrapper}: {events} history events")  # noqa: T201 - the figure is asked for
    assert script.direct_debit or events <= 120
    if script.direct_debit:
        # The journey looks after a mandate for two months more.
        await let_pass(world.around, f"journey-{case.journey_id}", 61)
    result = await result_of(world, case)
    assert "transfers and expected payments" in result.next_step
    assert result.next_step_url == world.around.urls["platform"]


@pytest.mark.rule("P20", "P24")
def test_what_the_client_did_is_on_record(world: World) -> None:
    """Evidence names each document with the hash of its bytes, in an unbroken chain; the ledger has every e-mail."""
    case = world.waiting()
    case.finish()

    kept = world.adviser.http.get(f"{case.path}/evidence").json()
    documents = world.adviser.http.get(f"{case.path}/documents").json()["documents"]
    emails = world.adviser.http.get(f"{case.path}/emails").json()["emails"]
    assert kept["chain_verified"]
    opened = [row["documents"][0] for row in kept["evidence"] if row["kind"] == "document_opened"]
    assert sorted((one["document_id"], one["version"], one["sha256"]) for one in opened) == sorted(
        (one["document_id"], one["version"], one["sha256"]) for one in documents
    )
    assert all(row["signalled_at"] for row in kept["evidence"])
    assert all(holder["accepted_at"] for document in documents for holder in document["holders"])
    assert sorted((email["recipient_role"], email["template"]) for email in emails) == sorted(ISA.emails)
    assert {email["state"] for email in emails} == {"sent"}


async def result_of(world: World, case: Case) -> JourneyResult:
    """Return what the journey's workflow ended with."""
    address = world.around.urls["temporal_address"]
    temporal = await Client.connect(address, namespace=NAMESPACE, data_converter=pydantic_data_converter)
    return await journey_handle(temporal, case.journey_id).result()
