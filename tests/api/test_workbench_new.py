"""The three pages of a new journey: who and what, the details, check and submit."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from domain.journey import Stage
from tests.api.new_journey import ACCOUNT, CHECK, NEW, SUBMISSION, NewJourney, adopt
from tests.api.office import JOURNEYS, STRANGER, Office
from tests.api.workbench_desk import Desk, desk_of, fields_of


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    """Yield the browser of a signed-in adviser."""
    async with desk_of(office) as desk:
        yield desk


@pytest.mark.rule("P10", "P11", "P12")
async def test_a1_three_pages_take_an_isa_to_its_client(busy_office: Office, desk: Desk) -> None:
    """Who, details, check: after three forms the account is pending and the client is invited."""
    pages = NewJourney(desk)
    account = busy_office.client(email="ada@example.com", first_name="Ada", last_name="Quill")
    await pages.choose("Quill", external_reference="HW-1")
    headings = [pages.heading]
    await pages.detail()
    headings.append(pages.heading)
    answer = await pages.submit()

    (journey,) = adopt(busy_office, [answer.headers["location"].rpartition("/")[2]])
    assert headings == ["The details", "Check and submit"]
    assert answer.status_code == 303
    seen = await busy_office.get(f"{JOURNEYS}/{journey}")
    assert (seen["stage"], seen["external_reference"], seen["wrapper"]) == (Stage.AWAITING_CLIENT, "HW-1", "isa")
    assert seen["holders"][0]["plannr_account"] == account
    record = busy_office.plannr.applications[journey].account_details
    assert record is not None
    assert (record.name, record.contributions[0].amount_pence) == ("Ada's ISA", 12_000_00)
    assert (record.charges.initial_basis_points, record.charges.ongoing_basis_points) == (100, 50)
    assert busy_office.plannr.illustrations[journey].illustration.investment_strategy == "Balanced Growth"
    assert busy_office.plannr.banks[account][0].account_number == "55779911"


@pytest.mark.rule("P7")
async def test_a1_only_what_is_missing_is_asked(office: Office, desk: Desk) -> None:
    """What Plannr knows stands in the form already, folded away; what it cannot know is asked."""
    pages = NewJourney(desk)
    await pages.choose(office.client(email="ada@example.com"))

    fields = pages.fields
    asked, _, known = pages.page.text.partition("Check or change what is known already")
    assert fields["holders.0.details.email"] == "ada@example.com"
    assert (fields["holders.0.details.date_of_birth-day"], fields["holders.0.details.date_of_birth-year"]) == (
        "12",
        "1978",
    )
    assert fields["holders.0.details.address.postcode"] == "CT5 1AQ"
    assert 'name="holders.0.details.us_person"' in asked
    assert 'name="holders.0.details.tax_residences.0.country"' in asked
    assert 'name="holders.0.details.email"' not in asked
    assert 'name="holders.0.details.email"' in known
    assert "marital_status" not in pages.page.text


@pytest.mark.rule("P1", "P32")
@pytest.mark.parametrize(
    ("code", "own"),
    [
        ("isa", {"paid_in_this_tax_year", "crown_servant_or_spouse"}),
        ("sipp", {"paid_in_this_tax_year", "relevant_earnings", "flexibly_accessed_on-day"}),
        ("gia", set()),
    ],
)
async def test_a1_an_account_adds_only_its_own_questions(office: Office, desk: Desk, code: str, own: set[str]) -> None:
    """A pension asks for earnings, marital status and retirement age; a GIA asks for none of it."""
    pages = NewJourney(desk)
    await pages.choose(office.client(), code)

    special = {
        "paid_in_this_tax_year", "crown_servant_or_spouse", "relevant_earnings", "flexibly_accessed_on-day",
        "child_trust_fund_held", "parental_responsibility", "already_holds_jisa",
    }  # fmt: skip
    shown = {name for name in special if f'name="accounts.{code}.{name}"' in pages.page.text}
    assert shown == own
    assert ('name="holders.0.details.retirement_age"' in pages.page.text) is (code == "sipp")


async def test_a1_unsaved_input_survives_a_refresh(office: Office, desk: Desk) -> None:
    """Each form is kept by the browser until it is sent, and the second one under a name of this journey alone."""
    pages = NewJourney(desk)
    await pages.begin()
    first = re.search(r'<form[^>]*id="([^"]+)"[^>]*data-draft', pages.page.text)
    await pages.choose(office.client())
    second = re.search(r'<form[^>]*id="([^"]+)"[^>]*data-draft', pages.page.text)
    await pages.choose(office.client())
    another = re.search(r'<form[^>]*id="([^"]+)"[^>]*data-draft', pages.page.text)

    assert first is not None
    assert first[1] == "new-journey"
    assert second is not None
    assert another is not None
    assert second[1] != another[1]


@pytest.mark.rule("P7")
async def test_a2_errors_of_the_first_page_are_linked_and_input_is_kept(office: Office, desk: Desk) -> None:
    """Nothing typed but a reference with a blank: 422, a summary that leads to each field, the reference kept."""
    pages = NewJourney(desk)
    await pages.begin()
    answer = await pages.send(ACCOUNT, external_reference="HW 1")

    summary = re.findall(r'<a href="#([^"]+)">([^<]+)</a>', answer.text)
    assert answer.status_code == 422
    assert "<title>Error: New journey" in answer.text
    assert [field for field, _ in summary] == ["client.find", "accounts", "external_reference"]
    assert all(re.search(rf'id="{re.escape(field)}"', answer.text) for field, _ in summary)
    assert pages.fields["external_reference"] == "HW 1"
    assert office.writes == []


async def test_a2_errors_of_the_second_page_are_linked_and_input_is_kept(office: Office, desk: Desk) -> None:
    """Each field that is missing or wrong is named with what to do, beside it and in the summary."""
    pages = NewJourney(desk)
    await pages.choose(office.client())
    answer = await pages.detail(
        {
            "holders.0.details.us_person": "",
            "holders.0.details.email": "ada at example",
            "holders.0.details.date_of_birth-month": "13",
            "holders.0.bank_details.account_number": "12",
            "accounts.isa.contributions.0.amount": "lots",
            "accounts.isa.charges.ongoing": "7",
            "accounts.isa.direct_debit": "",
        }
    )

    summary = dict(re.findall(r'<a href="#([^"]+)">([^<]+)</a>', answer.text))
    assert answer.status_code == 422
    assert set(summary) == {
        "holders.0.details.us_person", "holders.0.details.email", "holders.0.details.date_of_birth",
        "holders.0.bank_details.account_number", "accounts.isa.contributions.0.amount",
        "accounts.isa.charges.ongoing", "accounts.isa.direct_debit",
    }  # fmt: skip
    assert all(re.search(rf'id="{re.escape(field)}"', answer.text) for field in summary)
    assert "Say whether" in summary["holders.0.details.us_person"]
    assert "£10,000,000" not in summary["accounts.isa.contributions.0.amount"]
    assert pages.fields["accounts.isa.contributions.0.amount"] == "lots"
    assert pages.fields["holders.0.details.email"] == "ada at example"
    assert re.search(r"<details[^>]*open", answer.text)
    assert office.writes == []


@pytest.mark.rule("P22")
async def test_a2_an_impossible_bank_account_is_said_before_the_check(office: Office, desk: Desk) -> None:
    """An account number that cannot belong to its sort code is named at its field."""
    pages = NewJourney(desk)
    await pages.choose(office.client())
    answer = await pages.detail(
        {"holders.0.bank_details.sort_code": "08-99-99", "holders.0.bank_details.account_number": "66374959"}
    )

    assert answer.status_code == 422
    assert re.findall(r'<a href="#([^"]+)">', answer.text)[1:2] == ["holders.0.bank_details.account_number"] or (
        "holders.0.bank_details.account_number" in re.findall(r'<a href="#([^"]+)">', answer.text)
    )


async def test_a3_every_row_can_be_changed_and_returns_to_the_check(office: Office, desk: Desk) -> None:
    """Change leads to the field of its row, with everything else kept, and from there back to the check page."""
    pages = NewJourney(desk)
    await pages.choose(office.client(email="ada@example.com"), external_reference="HW-2")
    await pages.detail()
    rows = re.findall(r'name="change" value="([^"]+)" formaction="([^"]+)"', pages.page.text)
    for field, address in rows:
        path, _, fragment = address.partition("#")
        assert fragment == field
        opened = await desk.send(path, {**pages.fields, "change": field})
        assert opened.status_code == 200
        assert re.search(rf'id="{re.escape(field)}"', opened.text), field
    await pages.send(ACCOUNT, change="holders.0.details.email")
    assert re.search(r"<details[^>]*open", pages.page.text)
    answer = await pages.typing(CHECK, {"holders.0.details.email": "ada.q@example.com"})

    assert pages.heading == "Check and submit"
    assert "ada.q@example.com" in answer.text
    assert "HW-2" in answer.text
    await pages.send(NEW, change="external_reference")
    await pages.send(ACCOUNT, external_reference="HW-3")
    assert pages.heading == "Check and submit"
    assert "HW-3" in pages.page.text
    assert "ada.q@example.com" in pages.page.text
    assert office.writes == []


@pytest.mark.rule("P45")
async def test_a4_a_double_click_and_a_refresh_make_one_journey(busy_office: Office, desk: Desk) -> None:
    """The same form sent twice at once, and again later, leads to the same page of the same journey."""
    pages = NewJourney(desk)
    await pages.choose(busy_office.client())
    await pages.detail()
    fields = {**pages.fields, "send_to_platform": "yes"}
    first, second = await asyncio.gather(desk.send(SUBMISSION, fields), desk.send(SUBMISSION, fields))
    third = await desk.send(SUBMISSION, fields)

    adopt(busy_office, [first.headers["location"].rpartition("/")[2]])
    assert [answer.status_code for answer in (first, second, third)] == [303, 303, 303]
    assert first.headers["location"] == second.headers["location"] == third.headers["location"]
    assert len((await busy_office.get(JOURNEYS))["journeys"]) == 1
    assert busy_office.plannr.writes.count("save_plan") == 1
    assert len(busy_office.platform.accounts) == 1


@pytest.mark.rule("P40")
async def test_a4_the_confirmation_names_reference_dates_and_journey(busy_office: Office, desk: Desk) -> None:
    """The reference can be copied, what happens next has its days, and the journey is one link away."""
    pages = NewJourney(desk)
    (journey,) = adopt(busy_office, await pages.whole(busy_office.client(), external_reference="HW-4"))
    done = await desk.see(f"{NEW}/done/{journey}")

    assert 'data-copy="HW-4"' in done
    assert "<strong>HW-4</strong>" in done
    assert f'href="/workbench/journeys/{journey}"' in done
    assert len(re.findall(r'onward-next__when">[0-9]{1,2} [A-Z][a-z]+ 20[0-9]{2}<', done)) == 4
    assert "first reminder" in done
    assert await desk.see(f"{NEW}/done/{journey}") == done


async def test_a4_the_confirmation_of_another_firm_is_not_there(busy_office: Office, desk: Desk) -> None:
    """Another firm's adviser gets 404 for the confirmation."""
    (journey,) = adopt(busy_office, await NewJourney(desk).whole(busy_office.client()))
    async with desk_of(busy_office, STRANGER) as stranger:
        await stranger.see(f"{NEW}/done/{journey}", 404)


@pytest.mark.rule("P13")
async def test_a_draft_is_kept_and_gone_on_with(busy_office: Office, desk: Desk) -> None:
    """Not sent to the platform: no account, no e-mail, and the confirmation leads on to the account form."""
    (journey,) = adopt(busy_office, await NewJourney(desk).whole(busy_office.client(), send="no"))

    done = await desk.see(f"{NEW}/done/{journey}")
    assert f'href="/workbench/journeys/{journey}/application"' in done
    assert (await busy_office.get(f"{JOURNEYS}/{journey}"))["stage"] == Stage.APPLICATION_DRAFT
    assert busy_office.platform.accounts == {}


@pytest.mark.rule("P13")
async def test_whether_to_send_has_to_be_said(office: Office, desk: Desk) -> None:
    """Without an answer nothing is submitted, and the question is named."""
    pages = NewJourney(desk)
    await pages.choose(office.client())
    await pages.detail()
    answer = await pages.submit("")

    assert answer.status_code == 422
    assert re.findall(r'<a href="#([^"]+)">', answer.text)[1:] == ["send_to_platform"] or (
        '<a href="#send_to_platform">' in answer.text
    )
    assert office.writes == []


async def test_pages_without_a_form_lead_to_the_first(desk: Desk) -> None:
    """Opening a later page by its address begins anew."""
    for path in (ACCOUNT, CHECK, SUBMISSION):
        answer = await desk.http.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, NEW)


async def test_who_may_only_look_starts_nothing(office: Office) -> None:
    """Without the right to write there is no page to start from, and no form is taken."""
    async with desk_of(office, scope="journeys:read") as reader:
        await reader.see(NEW, 403)
        answer = await reader.send(SUBMISSION, fields_of(""))
    assert answer.status_code == 403


async def test_c17_answers_outlive_a_session_that_ended(office: Office, desk: Desk) -> None:
    """A page sent after the session ended asks to sign in and keeps every field for afterwards."""
    pages = NewJourney(desk)
    await pages.choose(office.client(email="ada@example.com"))
    sent = pages.fields
    desk.http.cookies.clear()
    answer = await desk.send(CHECK, sent)

    kept = fields_of(answer.text)
    assert answer.status_code == 401
    assert {name: kept[f"kept.{name}"] for name in sent} == sent
    assert kept["next"] == CHECK
