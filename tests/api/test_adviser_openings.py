"""When an ISA opened: read from the platform once its journey no longer hears of it."""

from datetime import date
from typing import Any

import pytest

from connectors.errors import ConnectorUnavailable
from connectors.platform.port import AccountOrder
from domain.journey import Wrapper
from models.people import AccountDetails
from tests.api.office import ACCOUNT, JOURNEYS, Office
from tests.api.test_adviser_reading import MORNING, report
from tests.fakes.platform_records import AccountRecord

MONEY_ON = date(2027, 4, 7)


async def active(office: Office, **changes: object) -> str:
    """Report a journey whose account is active, the account being on the platform; return its address."""
    terms = {
        "kind": "product_terms",
        "person_id": "person-1",
        "met": True,
        "since": MORNING,
        "awaited_from": "client",
        "detail": "accepted",
    }
    values: dict[str, Any] = {"stage": "active", "gates": [terms], "records": {"platform_account": "account-j1"}}
    await report(office, "j1", **values | changes)
    order = AccountOrder(
        journey_id="j1",
        clients=["client-1"],
        wrapper=Wrapper.ISA,
        adviser="adviser",
        details=AccountDetails.model_validate(ACCOUNT),
    )
    office.platform.accounts["account-j1"] = AccountRecord("account-j1", order, status="active")
    return f"{JOURNEYS}/j1"


@pytest.mark.rule("P15")
@pytest.mark.parametrize("wrapper", ["isa", "jisa"])
async def test_isa_opens_with_its_first_subscription(office: Office, wrapper: str) -> None:
    """An active ISA is not open until money arrives, and then from that day on."""
    journey = await active(office, wrapper=wrapper)

    assert (await office.get(journey))["isa_opened_on"] is None
    office.platform.receive_subscription("account-j1", MONEY_ON)
    assert (await office.get(journey))["isa_opened_on"] == "2027-04-07"


async def test_isa_opens_not_before_it_was_accepted(office: Office) -> None:
    """Money that was there before the application was accepted opens the ISA on the day of the acceptance."""
    journey = await active(office)
    office.platform.receive_subscription("account-j1", date(2026, 11, 2))

    assert (await office.get(journey))["isa_opened_on"] == "2026-11-23"


async def test_unknown_opening_is_null(office: Office) -> None:
    """While the platform is out, or does not know the account, the journey is shown all the same."""
    journey = await active(office)
    office.platform.receive_subscription("account-j1", MONEY_ON)
    office.platform.fail_next("read_account", ConnectorUnavailable("platform", "GET /accounts/{id}", "down"))

    assert (await office.get(journey))["isa_opened_on"] is None
    office.platform.accounts.clear()
    assert (await office.get(journey))["isa_opened_on"] is None


@pytest.mark.parametrize("changes", [{"wrapper": "gia"}, {"stage": "withdrawn"}])
async def test_other_journeys_have_no_opening(office: Office, changes: dict[str, str]) -> None:
    """Only an ISA that is active opens."""
    journey = await active(office, **changes)
    office.platform.receive_subscription("account-j1", MONEY_ON)

    assert (await office.get(journey))["isa_opened_on"] is None


async def test_known_opening_is_kept(office: Office) -> None:
    """What the journey itself learned is shown without asking again."""
    journey = await active(office, isa_opened_on="2026-12-01")
    office.platform.accounts.clear()

    assert (await office.get(journey))["isa_opened_on"] == "2026-12-01"
