"""The two forms of a journey that was started already: its people's details, then its account."""

import re
from collections.abc import AsyncIterator

import pytest

from connectors.errors import Invalid
from domain.journey import BankDetailsPolicy, Stage
from tests.api.new_journey import account_answers, person_answers
from tests.api.office import JOURNEYS, STRANGER, Office
from tests.api.test_adviser_commands import Case
from tests.api.workbench_desk import Desk, desk_of, fields_of
from tests.conftest import Eventually


@pytest.fixture
async def case(busy_office: Office, eventually: Eventually) -> Case:
    """Return a journey that waits for its details form."""
    account = busy_office.client(first_name="Ada")
    case = Case(busy_office, await busy_office.start(busy_office.form(account)), account)
    await case.settled(eventually)
    return case


@pytest.fixture
async def desk(case: Case) -> AsyncIterator[Desk]:
    """Yield the workbench of the journey's adviser."""
    async with desk_of(case.office) as desk:
        yield desk


def page(case: Case, word: str) -> str:
    """Return the address of one of the journey's forms."""
    return f"/workbench/journeys/{case.journey}/{word}"


async def stage(case: Case) -> str:
    """Return the journey's stage."""
    return str((await case.office.get(f"{JOURNEYS}/{case.journey}"))["stage"])


@pytest.mark.rule("P7", "P11", "P12")
async def test_a_started_journey_is_gone_on_with_in_two_forms(case: Case, desk: Desk) -> None:
    """The details form asks what is missing and leads to the account form, which the illustration has filled in."""
    shown = await desk.see(page(case, "details"))
    answer = await desk.send(page(case, "details"), {**fields_of(shown), **person_answers("holders.0.", shown)})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page(case, 'application')}?done=details")
    assert await stage(case) == Stage.APPLICATION_DRAFT

    fields = await desk.fields(answer.headers["location"])
    assert fields["account.investment_strategy"] == "Balanced Growth"
    assert fields["account.contributions.0.amount"] == "20000"
    assert "account.direct_debit" not in fields
    debit = {"": "yes", ".amount": "250", ".frequency": "monthly", ".collection_day": "14"}
    typed = {f"account.direct_debit{name}": text for name, text in debit.items()}
    answer = await desk.send(page(case, "application"), {**fields, **typed, "send_to_platform": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/workbench/new/done/{case.journey}")
    seen = await case.office.get(f"{JOURNEYS}/{case.journey}")
    assert seen["stage"] == Stage.AWAITING_CLIENT
    assert seen["direct_debit"] == {"amount_pence": 250_00, "frequency": "monthly", "collection_day": 14}


@pytest.mark.rule("P13")
async def test_a_draft_keeps_what_was_keyed(case: Case, desk: Desk) -> None:
    """An application that is not sent is a draft, and its form shows it again."""
    await case.save_details()
    typed = account_answers("account.", name="Ada's own", **{"contributions.0.amount": "1,250.50"})
    answer = await desk.give(page(case, "application"), **typed, send_to_platform="no")
    fields = await desk.fields(page(case, "application"))

    assert answer.headers["location"].endswith(f"/workbench/journeys/{case.journey}?done=application-draft")
    assert await stage(case) == Stage.APPLICATION_DRAFT
    assert (fields["account.name"], fields["account.contributions.0.amount"]) == ("Ada's own", "1250.50")
    assert case.office.platform.accounts == {}


@pytest.mark.rule("P7", "P22")
async def test_a2_what_is_missing_is_named_and_input_kept(case: Case, desk: Desk) -> None:
    """Without bank details and tax residence the form comes back with both named and the rest as it was."""
    answer = await desk.give(page(case, "details"), **{"holders.0.details.mobile": "07400 999999"})

    places = re.findall(r'<a href="#([^"]+)">', answer.text)
    assert answer.status_code == 422
    assert {"holders.0.details.tax_residences.0.country", "holders.0.bank_details.sort_code"} <= set(places)
    assert all(re.search(rf'id="{re.escape(place)}"', answer.text) for place in places if "." in place)
    assert fields_of(answer.text)["holders.0.details.mobile"] == "07400 999999"
    assert await stage(case) == Stage.ILLUSTRATED


async def test_a2_whether_to_send_has_to_be_said(case: Case, desk: Desk) -> None:
    """An account form without the answer is not taken."""
    await case.save_details()
    answer = await desk.give(page(case, "application"), **account_answers("account."))

    assert answer.status_code == 422
    assert '<a href="#send_to_platform">' in answer.text


@pytest.mark.rule("P33")
async def test_a5_what_the_rules_forbid_is_said_at_its_field(case: Case, desk: Desk) -> None:
    """Tax residence outside the United Kingdom forbids an ISA: the field is named and nothing is saved."""
    shown = await desk.see(page(case, "details"))
    typed = {**person_answers("holders.0.", shown), "holders.0.details.tax_residences.0.country": "JE"}
    answer = await desk.send(page(case, "details"), {**fields_of(shown), **typed})

    assert answer.status_code == 422
    assert '<a href="#holders.0.details.tax_residences.0.country">' in answer.text
    assert await stage(case) == Stage.ILLUSTRATED


@pytest.mark.rule("P41")
async def test_a_refusal_of_a_system_is_said_and_can_be_sent_again(case: Case, desk: Desk) -> None:
    """The platform refuses the account once: the page says so with the form kept, and sending it again goes on."""
    await case.save_details()
    case.office.platform.fail_next("open_account", Invalid("platform", "POST /accounts", "refused it", fields=["name"]))
    answer = await desk.give(page(case, "application"), **account_answers("account."), send_to_platform="yes")
    assert answer.status_code == 409
    assert "refused it" in answer.text
    answer = await desk.send(page(case, "application"), fields_of(answer.text))

    assert answer.status_code == 303
    assert await stage(case) == Stage.AWAITING_CLIENT


async def test_forms_that_make_no_sense_now_say_why(case: Case, desk: Desk) -> None:
    """The account before the details, and the details once the client is awaited, are explained, not shown."""
    early = await desk.see(page(case, "application"), 409)
    await case.save_details()
    await case.send_application()
    late = await desk.see(page(case, "details"), 409)

    assert "follows the client" in early
    assert "Amend them" in late


async def test_a_form_of_an_older_version_is_not_taken(case: Case, desk: Desk) -> None:
    """Somebody else saved the details meanwhile: the page says what changed and keeps the form."""
    shown = await desk.see(page(case, "details"))
    await case.save_details()
    answer = await desk.send(page(case, "details"), {**fields_of(shown), **person_answers("holders.0.", shown)})

    assert answer.status_code == 409
    assert "has changed since" in answer.text


async def test_a12_another_firm_has_no_such_forms(case: Case) -> None:
    """Another firm's adviser gets 404 for both forms, shown or sent."""
    async with desk_of(case.office, STRANGER) as stranger:
        for word in ("details", "application"):
            await stranger.see(page(case, word), 404)
            assert (await stranger.send(page(case, word), {"key": "12345678"})).status_code == 404


@pytest.mark.rule("P22")
async def test_bank_details_may_be_left_to_the_client(busy_office: Office, eventually: Eventually) -> None:
    """Where either may give them, the form takes none and the client is asked in the portal."""
    settings = busy_office.services.settings.model_copy(update={"bank_details": BankDetailsPolicy.CLIENT_OR_ADVISER})
    object.__setattr__(busy_office.services, "settings", settings)
    account = busy_office.client()
    case = Case(busy_office, await busy_office.start(busy_office.form(account)), account)
    await case.settled(eventually)
    async with desk_of(busy_office) as desk:
        shown = await desk.see(page(case, "details"))
        typed = {name: text for name, text in person_answers("holders.0.", shown).items() if "bank" not in name}
        answer = await desk.send(page(case, "details"), {**fields_of(shown), **typed})

    assert "optional: otherwise the client gives it" in shown
    assert answer.status_code == 303
    assert await stage(case) == Stage.APPLICATION_DRAFT
