"""Commands on a joint account: each is addressed to one of its two people (P30, P34)."""

from datetime import date

import pytest

from tests.api.office import JOURNEYS, Office
from tests.api.test_webhooks_news import awaiting
from tests.api.workbench_desk import Desk, desk_of, fields_of


async def joint(office: Office) -> tuple[str, list[str], list[str]]:
    """Return a joint account that waits for its clients, with their ids and addresses."""
    spouse = office.client(first_name="Tobias", date_of_birth=date(1976, 2, 3), national_insurance_number="AB123457C")
    form = office.form(wrapper="gia", holders=[{"plannr_account": one} for one in (office.client(), spouse)])
    journey = await awaiting(office, form)
    details = (await office.get(f"{JOURNEYS}/{journey}/client-details"))["holders"]
    return (
        journey,
        [holder["person_id"] for holder in details],
        [holder["details"]["email"] for holder in details],
    )


async def refused(desk: Desk, path: str, **typed: str) -> str:
    """Send a form that is refused at a field, and return the page."""
    answer = await desk.give(path, **typed)
    assert answer.status_code in {409, 422}, answer.text
    return answer.text


@pytest.mark.rule("P20", "P30")
async def test_a9_invitation_goes_to_the_chosen_holder(busy_office: Office) -> None:
    """Nobody is chosen beforehand; the one who is chosen gets it, and the other one nothing."""
    journey, people, addresses = await joint(busy_office)
    path = f"/workbench/journeys/{journey}/resend-invitation"
    async with desk_of(busy_office) as desk:
        shown = await desk.see(path)
        undecided = await refused(desk, path)
        before = len(busy_office.mail.sent)
        sent = await desk.give(path, person_id=people[1])

    assert "person_id" not in fields_of(shown)
    assert all(address in shown for address in addresses)
    assert "Choose who gets the invitation." in undecided
    assert sent.status_code == 303
    assert [message.to_address for message in busy_office.mail.sent[before:]] == [addresses[1]]


@pytest.mark.rule("P30", "P34")
async def test_a5_address_of_the_other_holder_is_refused(busy_office: Office) -> None:
    """Two people of one account cannot share an address; nothing is written."""
    journey, people, addresses = await joint(busy_office)
    path = f"/workbench/journeys/{journey}/change-email"
    async with desk_of(busy_office) as desk:
        before = busy_office.writes
        shared = await refused(desk, path, person_id=people[0], email=addresses[1])
        nobody = await refused(desk, path, email="somebody.new@example.com")

    assert "Somebody else on this journey has this address" in shared
    assert "Choose whose address it is." in nobody
    assert busy_office.writes == before


@pytest.mark.rule("P30", "P44")
async def test_a9_amendment_of_one_holder_names_them(busy_office: Office) -> None:
    """The form has both; a change of the second is shown under their name, and only their details are written."""
    journey, people, _ = await joint(busy_office)
    path = f"/workbench/journeys/{journey}/amend"
    async with desk_of(busy_office) as desk:
        check = await desk.give(path, **{"holders.1.details.title": "Dr", "step": "preview"})
        saved = await desk.send(path, {**fields_of(check.text), "step": "save"})

    assert "Tobias Marsh" in check.text
    assert saved.status_code == 303
    assert len(people) == 2
    titles = sorted(str(client.details.title) for client in busy_office.platform.clients.values())
    assert titles == ["Dr", "Mrs"]
