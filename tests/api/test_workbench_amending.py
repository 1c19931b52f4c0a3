"""Amendments through their pages: pre-filled, their effect said before saving, the client asked again (P44)."""

from collections.abc import AsyncIterator

import pytest

from tests.api.office import Office
from tests.api.test_adviser_commands import Case
from tests.api.workbench_desk import Desk, desk_of, fields_of, waiting_for_client
from tests.conftest import Eventually

STRATEGY = {"account.investment_strategy": "Adventurous Growth"}
MOBILE = {"holders.0.details.mobile": "07400 654321"}


@pytest.fixture
async def case(busy_office: Office, eventually: Eventually) -> Case:
    """Return a journey that waits for its client."""
    return await waiting_for_client(busy_office, eventually)


@pytest.fixture
async def desk(case: Case) -> AsyncIterator[Desk]:
    """Yield the workbench of the journey's adviser."""
    async with desk_of(case.office) as desk:
        yield desk


def amending(case: Case) -> str:
    """Return the address of the amendment's page."""
    return f"/workbench/journeys/{case.journey}/amend"


async def looked_at(case: Case, desk: Desk, **typed: str) -> str:
    """Change the form and return the page that shows the effect."""
    answer = await desk.give(amending(case), step="preview", **typed)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.rule("P7", "P44")
async def test_form_is_filled_in_as_things_stand(case: Case, desk: Desk) -> None:
    """Everything that was submitted stands in the form, bank details apart; sent back unchanged it says so."""
    fields = await desk.fields(amending(case))
    unchanged = await desk.send(amending(case), {**fields, "step": "preview"})

    assert fields["holders.0.details.first_name"] == "Eleanor"
    assert fields["holders.0.details.date_of_birth-year"] == "1978"
    assert fields["account.name"] == "Eleanor's ISA"
    assert fields["account.contributions.0.amount"] == "20000"
    assert fields["holders.0.bank_details.account_number"] == ""
    assert unchanged.status_code == 422
    assert "Nothing is changed yet." in unchanged.text


@pytest.mark.rule("P44")
async def test_a9_effect_is_shown_before_anything_is_saved(case: Case, desk: Desk) -> None:
    """The page shows old and new; nothing is written and nothing is on record until it is saved."""
    before = case.office.writes
    shown = await looked_at(case, desk, **MOBILE, **STRATEGY)

    assert "<del>Balanced Growth</del>" in shown
    assert "<ins>Adventurous Growth</ins>" in shown
    assert "<del>07400 123456</del>" in shown or "07400 654321" in shown
    assert "changes the illustration that the client read" in shown
    assert case.office.writes == before
    assert [row.action for row in await case.office.audit(case.journey)][3:] == []


@pytest.mark.rule("P44")
async def test_a9_amendment_is_saved_in_both_systems_and_audited(case: Case, desk: Desk) -> None:
    """Saved, both systems have what was typed; going back keeps it; a double click saves once."""
    filled = fields_of(await looked_at(case, desk, **MOBILE, reason="A new phone"))
    back = await desk.send(amending(case), {**filled, "step": "edit"})
    first, second = [await desk.send(amending(case), {**filled, "step": "save"}) for _ in range(2)]

    assert fields_of(back.text)["holders.0.details.mobile"] == "07400 654321"
    assert first.headers["location"] == second.headers["location"] == f"/workbench/journeys/{case.journey}?done=amend"
    (client,) = case.office.platform.clients.values()
    assert client.details.mobile == "+447400654321"
    assert [(row.action, row.reason) for row in await case.office.audit(case.journey)][3:] == [("amend", "A new phone")]


@pytest.mark.rule("P44")
async def test_effect_on_acceptances_that_were_not_given_is_none(case: Case, desk: Desk) -> None:
    """While the client has accepted nothing, a material change voids nothing, and the page says so."""
    assert "Nothing. No acceptance that was given becomes void" in await looked_at(case, desk, **STRATEGY)


async def test_a2_wrong_values_come_back_at_their_fields(case: Case, desk: Desk) -> None:
    """Each error is linked to its field and what was typed is kept."""
    wrong = {
        "holders.0.details.mobile": "12345",
        "holders.0.details.last_name": "",
        "account.charges.ongoing": "half",
        "step": "preview",
    }
    answer = await desk.give(amending(case), **wrong)

    assert answer.status_code == 422
    for field in ("holders.0.details.mobile", "holders.0.details.last_name", "account.charges.ongoing"):
        assert f'href="#{field}"' in answer.text
        assert f'id="{field}-error"' in answer.text
    assert fields_of(answer.text)["account.charges.ongoing"] == "half"


@pytest.mark.rule("P33", "P44")
async def test_what_the_rules_forbid_is_refused_at_the_field(case: Case, desk: Desk) -> None:
    """An ISA holder who turns out to be resident abroad is refused before anything is saved."""
    abroad = {
        "holders.0.details.tax_residences.0.country": "FR",
        "holders.0.details.tax_residences.0.tax_number": "1234567890123",
        "step": "preview",
    }
    answer = await desk.give(amending(case), **abroad)

    assert answer.status_code == 422
    assert 'href="#holders.0.details.tax_residences.0.country"' in answer.text


async def test_a9_stale_amendment_says_what_changed(case: Case, desk: Desk) -> None:
    """A form filled in before somebody else's change is not saved over it; what was typed is kept."""
    filled = fields_of(await looked_at(case, desk, **MOBILE))
    await case.office.post(
        f"{case.path}/amendments", {"holders": [{"person_id": case.person, "details": {"title": "Dr"}}]}
    )
    refused = await desk.send(amending(case), {**filled, "step": "save"})
    fresh = fields_of(refused.text)

    assert refused.status_code == 409
    assert "has changed since you opened the page" in refused.text
    assert fresh["holders.0.details.mobile"] == "07400 654321"
    (client,) = case.office.platform.clients.values()
    assert (client.details.title, client.details.mobile) == ("Dr", "+447400123456")


@pytest.mark.rule("P34", "P48")
async def test_a9_wrong_address_is_corrected_and_a_fresh_invitation_offered(case: Case, desk: Desk) -> None:
    """Both systems get the address, the client's acts stand, and the next page offers to invite again."""
    path = f"/workbench/journeys/{case.journey}/change-email"
    shown = await desk.see(path)
    filled = {**await desk.fields(path), "email": "eleanor.right@example.com"}
    answer, again = [await desk.send(path, filled) for _ in range(2)]
    offered = await desk.see(answer.headers["location"])
    invited = await desk.send(f"/workbench/journeys/{case.journey}/resend-invitation", fields_of(offered))

    assert "Every later e-mail goes there." in shown
    assert again.headers["location"] == answer.headers["location"]
    assert answer.headers["location"].endswith("/resend-invitation?done=change-email")
    assert "The e-mail address is corrected" in offered
    assert invited.status_code == 303
    assert case.office.mail.sent[-1].to_address == "eleanor.right@example.com"
    (client,) = case.office.platform.clients.values()
    assert client.details.email == "eleanor.right@example.com"
    assert [row.action for row in await case.office.audit(case.journey)][3:] == ["change_email", "resend_invitation"]


@pytest.mark.rule("P34")
async def test_a5_address_of_another_client_is_refused_with_a_link_to_their_journey(
    case: Case, desk: Desk, eventually: Eventually
) -> None:
    """The clash is found before anything is written, and leads to the journey of whoever has the address."""
    other = await waiting_for_client(case.office, eventually)
    taken = (await case.office.get(f"{other.path}/client-details"))["holders"][0]["details"]["email"]
    before = case.office.writes
    answer = await desk.give(f"/workbench/journeys/{case.journey}/change-email", email=taken.upper())

    assert answer.status_code == 409
    assert f'href="/workbench/journeys/{other.journey}"' in answer.text
    assert case.office.writes == before
    assert [row.action for row in await case.office.audit(case.journey)][3:] == []


@pytest.mark.parametrize("email", ["", "nobody@nowhere", "the same"])
async def test_a2_address_that_is_none_is_refused(case: Case, desk: Desk, email: str) -> None:
    """An empty or impossible address, or the present one, comes back at its field."""
    known = (await case.office.get(f"{case.path}/client-details"))["holders"][0]["details"]["email"]
    path = f"/workbench/journeys/{case.journey}/change-email"
    answer = await desk.give(path, email=known if email == "the same" else email)

    assert answer.status_code == 422
    assert 'href="#email"' in answer.text
