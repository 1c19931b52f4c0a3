"""Starting a journey with what Plannr lacks, and with an address that somebody else signs in with."""

import pytest

from storage.people import PersonRepository
from tests.api.office import FIRM, JOURNEYS, Office, expect_problem, known
from tests.api.test_adviser_parties import start_message
from tests.api.test_adviser_start import refused


@pytest.mark.rule("P5", "P7")
async def test_what_plannr_lacks_can_come_with_the_start(office: Office) -> None:
    """A record without an e-mail address is registered with the one that the start names."""
    account = office.client()
    office.plannr.add_person(FIRM, account, known().model_copy(update={"email": None}))
    await refused(office, office.form(account), "plannr-record-incomplete", 409)
    holders = [{"plannr_account": account, "details": {"email": "ada@example.com", "us_person": False}}]
    start = await start_message(office, await office.start(office.form(holders=holders)))

    assert start.holders[0].known_details.email == "ada@example.com"
    assert start.holders[0].known_details.us_person is False
    assert start.holders[0].known_details.last_name == "Marsh"


@pytest.mark.rule("P33")
async def test_what_comes_with_the_start_is_looked_at(office: Office) -> None:
    """Tax residence that the start names can forbid the account before anything is created."""
    holders = [{"plannr_account": office.client(), "details": {"tax_residences": [{"country": "JE"}]}}]
    body = await refused(office, office.form(holders=holders), "not-eligible", 422)

    assert "resident in Jersey" in str(body["detail"])


@pytest.mark.rule("P34")
async def test_an_address_somebody_else_signs_in_with_is_refused(office: Office) -> None:
    """A login of the portal belongs to one person: the clash is found before anything is created."""
    async with office.services.database.transaction() as session:
        await PersonRepository(session).ensure("somebody-else", FIRM, "other", "ada@example.com", "Ada")
    answer = await office.post(JOURNEYS, office.form(office.client(email="ADA@example.com")))

    body = expect_problem(answer, "email-in-use", 409)
    assert body["existing_client"] is None
    assert "ada" not in str(body).lower()
    assert office.writes == []
