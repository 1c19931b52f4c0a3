"""New journeys of every wrapper and kind of party, and what stands in their way, found before anything is submitted."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest

from api.dependencies import current_moment
from connectors.errors import ConnectorUnavailable, Invalid
from domain.journey import Stage
from models.people import EmploymentStatus, KnownDetails, MaritalStatus
from tests.api.new_journey import ACCOUNT, CHECK, NEW, SUBMISSION, NewJourney, adopt
from tests.api.office import FIRM, JOURNEYS, Office
from tests.api.test_adviser_start import link
from tests.api.workbench_desk import Desk, desk_of

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
CHILD_BORN = date(2019, 5, 1)


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    """Yield the browser of a signed-in adviser."""
    async with desk_of(office) as desk:
        yield desk


@pytest.fixture
def fixed_day(office: Office) -> None:
    """Let the rules of one day hold, whenever the tests are run."""
    office.app.dependency_overrides[current_moment] = lambda: NOW


def summary(page: str) -> dict[str, str]:
    """Return the error summary: sentences by the place they lead to."""
    return dict(re.findall(r'<a href="#([^"]+)">([^<]+)</a>', page))


@pytest.mark.rule("P7")
@pytest.mark.parametrize("text", ["ada quill", "ada.quill@example.com", "{account}"])
async def test_a_client_is_found_by_name_address_or_id(office: Office, desk: Desk, text: str) -> None:
    """Whatever the adviser has at hand finds the one record and leads on."""
    account = office.client(email="ada.quill@example.com", first_name="Ada", last_name="Quill")
    office.client(first_name="Bea", last_name="Stone")
    pages = NewJourney(desk)
    await pages.choose(text.format(account=account))

    assert pages.heading == "The details"
    assert pages.fields["client.account"] == account


@pytest.mark.rule("P7")
async def test_of_several_clients_one_is_chosen(office: Office, desk: Desk) -> None:
    """Two of a name are shown with what tells them apart, and going on asks which is meant."""
    first = office.client(email="ada1@example.com", last_name="Quill")
    office.client(email="ada2@example.com", last_name="Quill", date_of_birth=date(1990, 1, 2))
    pages = NewJourney(desk)
    answer = await pages.choose("quill")

    assert answer.status_code == 422
    assert list(summary(answer.text)) == ["client.account"]
    assert "born 12 April 1978" in answer.text
    assert "born 2 January 1990" in answer.text
    await pages.send(ACCOUNT, client__account=first)
    assert pages.heading == "The details"
    assert pages.fields["holders.0.details.email"] == "ada1@example.com"


async def test_the_find_button_shows_who_there_is(office: Office, desk: Desk) -> None:
    """Searching keeps everything else that was typed and says when there is nobody."""
    office.client(last_name="Quill")
    pages = NewJourney(desk)
    await pages.begin()
    await pages.send(NEW, client__find="quill", accounts="sipp", external_reference="HW-9")
    assert "Found in Plannr" in pages.page.text
    assert (pages.fields["accounts"], pages.fields["external_reference"]) == ("sipp", "HW-9")
    answer = await pages.send(NEW, client__find="nobody", client__account="")

    assert answer.status_code == 422
    assert "No client of your firm" in summary(answer.text)["client.find"]


@pytest.mark.rule("P7")
async def test_another_client_forgets_what_was_typed_about_the_first(office: Office, desk: Desk) -> None:
    """Changing the client on the first page shows the new one's details, never the old one's."""
    office.client(email="ada@example.com", first_name="Ada", last_name="Quill")
    other = office.client(email="bea@example.com", first_name="Bea", last_name="Stone")
    pages = NewJourney(desk)
    await pages.choose("quill")
    await pages.detail({"holders.0.details.email": "ada.secret@example.com"})
    await pages.send(NEW, change="client.find")
    await pages.send(ACCOUNT, client__find="stone", client__account="")

    assert pages.fields["client.account"] == other
    assert pages.fields["holders.0.details.email"] == "bea@example.com"
    assert pages.fields["accounts.isa.name"] == "Bea's ISA"
    assert not re.search(r"ada[.@]|Ada\b", pages.page.text)


@pytest.mark.rule("P2")
@pytest.mark.parametrize("code", ["tpsipp", "tpofb", "corporate", "trust"])
async def test_an_account_of_the_platform_is_sent_there(office: Office, desk: Desk, code: str) -> None:
    """The first page says where the other four accounts are opened, and refuses them with the same words."""
    pages = NewJourney(desk)
    await pages.begin()
    shown = pages.page.text
    answer = await pages.choose(office.client(), code)

    assert answer.status_code == 422
    assert "Create it in the platform" in summary(answer.text)["accounts"]
    assert summary(answer.text)["accounts"] in shown


@pytest.mark.rule("P5", "P6")
async def test_an_unlinked_client_starts_with_an_illustration(office: Office, desk: Desk) -> None:
    """Without the link a start at the application is refused with the reason; with the link there is none to record."""
    account = office.client()
    pages = NewJourney(desk)
    answer = await pages.choose(account, illustrated="no")
    assert answer.status_code == 422
    assert "not linked" in summary(answer.text)["illustrated"]

    link(office, account, "PC-404")
    await pages.choose(account, illustrated="no")
    assert pages.heading == "The details"
    assert "plan_length_years" not in pages.page.text
    answer = await pages.detail()
    assert answer.status_code == 409
    assert "does not know" in summary(answer.text)["client.find"]
    assert office.writes == []


@pytest.mark.rule("P30")
async def test_a_joint_account_asks_for_both_holders(busy_office: Office, desk: Desk) -> None:
    """A second holder is found and detailed like the first; both are holders of the journey."""
    one, two = busy_office.client(first_name="Ada"), busy_office.client(first_name="Ben")
    pages = NewJourney(desk)
    answer = await pages.choose(one, "joint-gia")
    assert list(summary(answer.text)) == ["second.find"]
    (journey,) = adopt(busy_office, await pages.whole(one, "joint-gia", second__find=two))

    seen = await busy_office.get(f"{JOURNEYS}/{journey}")
    assert [(holder["plannr_account"], holder["role"]) for holder in seen["holders"]] == [
        (one, "holder"),
        (two, "holder"),
    ]
    assert seen["stage"] == Stage.AWAITING_CLIENT


@pytest.mark.rule("P31")
async def test_a_junior_isa_has_a_child_and_a_contact(busy_office: Office, desk: Desk, fixed_day: None) -> None:
    """The child is asked for no contact or bank details; the contact acts; the three questions are the JISA's own."""
    child = busy_office.client(email=None, first_name="Zoe", date_of_birth=CHILD_BORN, national_insurance_number=None)
    contact = busy_office.client(first_name="Ada")
    pages = NewJourney(desk)
    await pages.choose(child, "jisa", contact__find=contact)
    assert 'name="holders.0.bank_details.sort_code"' not in pages.page.text
    assert 'name="holders.1.bank_details.sort_code"' in pages.page.text
    answer = await pages.detail({"accounts.jisa.already_holds_jisa": "yes"}, people=2)
    assert list(summary(answer.text)) == ["accounts.jisa.already_holds_jisa", "accounts.jisa.paid_in_this_tax_year"]
    await pages.send(ACCOUNT, change="accounts.jisa.already_holds_jisa")
    await pages.typing(
        CHECK,
        {
            "accounts.jisa.already_holds_jisa": "no",
            "accounts.jisa.child_trust_fund_held": "yes",
            "accounts.jisa.contributions.0.amount": "9000",
        },
    )
    assert pages.page.status_code == 200
    assert "Child Trust Fund" in pages.page.text.partition("govuk-warning-text")[2]
    answer = await pages.submit()

    (journey,) = adopt(busy_office, [answer.headers["location"].rpartition("/")[2]])
    seen = await busy_office.get(f"{JOURNEYS}/{journey}")
    assert [holder["role"] for holder in seen["holders"]] == ["child", "registered_contact"]
    assert [warning["code"] for warning in seen["warnings"]] == ["child_trust_fund_unlikely"]


@pytest.mark.rule("P49")
async def test_several_accounts_are_started_together(busy_office: Office, desk: Desk) -> None:
    """An ISA and a pension ticked together are two journeys of one group, each with its own figures."""
    account = busy_office.client(
        marital_status=MaritalStatus.MARRIED, employment_status=EmploymentStatus.EMPLOYED, retirement_age=67
    )
    pages = NewJourney(desk)
    journeys = adopt(busy_office, await pages.whole(account, "isa,sipp", external_reference="HW-7"))

    seen = [await busy_office.get(f"{JOURNEYS}/{journey}") for journey in journeys]
    assert [one["wrapper"] for one in seen] == ["isa", "sipp"]
    assert {one["external_reference"] for one in seen} == {"HW-7"}
    assert {one["stage"] for one in seen} == {Stage.AWAITING_CLIENT}
    assert set(seen[0]["together"]) == set(journeys)
    assert len(busy_office.platform.clients) == 1


@pytest.mark.rule("P30", "P31")
async def test_accounts_of_different_people_are_not_started_together(office: Office, desk: Desk) -> None:
    """A Junior ISA beside an ISA would belong to somebody else: it is asked to be a journey of its own."""
    pages = NewJourney(desk)
    answer = await pages.choose(office.client(), "isa,jisa", contact__find=office.client())

    assert answer.status_code == 422
    assert "journey of its own" in summary(answer.text)["accounts"]


@pytest.mark.rule("P33")
async def test_a5_what_the_rules_forbid_is_said_before_submission(office: Office, desk: Desk, fixed_day: None) -> None:
    """Somebody too young for an ISA: the check page names the birth date, offers no button, and writes nothing."""
    pages = NewJourney(desk)
    await pages.choose(office.client(date_of_birth=CHILD_BORN))
    answer = await pages.detail()

    assert answer.status_code == 422
    assert pages.heading == "Check and submit"
    assert list(summary(answer.text)) == ["holders.0.details.date_of_birth"]
    assert 'name="send_to_platform"' not in answer.text
    assert office.writes == []
    assert (await office.get(JOURNEYS))["journeys"] == []


@pytest.mark.rule("P33")
async def test_a5_an_answer_given_here_counts_before_submission(office: Office, desk: Desk, fixed_day: None) -> None:
    """Tax residence, which Plannr does not hold, is looked at as it is keyed."""
    pages = NewJourney(desk)
    await pages.choose(office.client())
    answer = await pages.detail({"holders.0.details.tax_residences.0.country": "JE"})

    assert answer.status_code == 422
    assert "holders.0.details.tax_residences.0.country" in summary(answer.text)


@pytest.mark.rule("P34")
async def test_a5_an_address_in_use_leads_to_the_journey_that_has_it(busy_office: Office, desk: Desk) -> None:
    """A typed address of another client is refused on the check page, with a link to that client's journey."""
    first = busy_office.client(email="ada@example.com")
    (journey,) = adopt(busy_office, await NewJourney(desk).whole(first, external_reference="HW-11"))
    before = busy_office.writes
    pages = NewJourney(desk)
    await pages.choose(busy_office.client(email="bea@example.com"))
    answer = await pages.detail({"holders.0.details.email": "ADA@example.com"})

    assert answer.status_code == 409
    assert list(summary(answer.text)) == ["holders.0.details.email"]
    assert f'href="/workbench/journeys/{journey}"' in answer.text
    assert "HW-11" in answer.text
    assert 'name="send_to_platform"' not in answer.text
    assert busy_office.writes == before


@pytest.mark.rule("P45")
async def test_a5_a_client_with_such_a_journey_is_shown_it(busy_office: Office, desk: Desk) -> None:
    """The same client and wrapper again: the journey that is there is linked, and the adviser decides."""
    account = busy_office.client()
    (journey,) = adopt(busy_office, await NewJourney(desk).whole(account, external_reference="HW-12"))
    pages = NewJourney(desk)
    await pages.choose(account)
    answer = await pages.detail()
    assert answer.status_code == 200
    assert "already" in answer.text
    assert f'href="/workbench/journeys/{journey}"' in answer.text
    assert 'name="send_to_platform"' in answer.text

    await pages.choose(account, external_reference="HW-12")
    answer = await pages.detail()
    assert "goes on with the journey that is there" in answer.text
    assert (await pages.submit()).headers["location"] == f"{NEW}/done/{journey}"
    assert len((await busy_office.get(JOURNEYS))["journeys"]) == 1


@pytest.mark.rule("P5", "P7", "P34")
async def test_what_plannr_lacks_is_keyed_once(busy_office: Office, desk: Desk) -> None:
    """A record without an e-mail address is no dead end: the address is asked here and both systems get it."""
    account = busy_office.client()
    known = busy_office.plannr.people[FIRM, account].known_details
    busy_office.plannr.add_person(FIRM, account, KnownDetails.model_validate(known.model_dump() | {"email": None}))
    pages = NewJourney(desk)
    await pages.choose(account)
    await pages.detail({"holders.0.details.email": "new@example.com"})
    answer = await pages.submit()

    adopt(busy_office, [answer.headers["location"].rpartition("/")[2]])
    assert busy_office.plannr.people[FIRM, account].known_details.email == "new@example.com"
    assert [client.details.email for client in busy_office.platform.clients.values()] == ["new@example.com"]


@pytest.mark.rule("P42")
@pytest.mark.parametrize("at", ["who", "check"])
async def test_plannr_away_keeps_every_answer(office: Office, desk: Desk, at: str) -> None:
    """While Plannr does not answer, the page comes back with a sentence and everything that was typed."""
    account = office.client()
    pages = NewJourney(desk)
    await pages.begin()
    if at == "check":
        await pages.choose(account, external_reference="HW-13")
    office.plannr.fail_next("read_person", *[ConnectorUnavailable("plannr", "GET", "down")] * 3)
    if at == "check":
        answer = await pages.detail()
    else:
        answer = await pages.send(ACCOUNT, client__find=account, accounts="isa", external_reference="HW-13")

    assert answer.status_code == 503
    assert "Plannr does not answer" in answer.text
    assert pages.fields["external_reference"] == "HW-13"
    assert pages.fields["client.find"] == account
    if at == "check":
        assert pages.fields["accounts.isa.investment_strategy"] == "Balanced Growth"


@pytest.mark.rule("P42")
async def test_a4_a_step_that_fails_is_gone_on_from(busy_office: Office, desk: Desk) -> None:
    """The platform refuses the account: the page says so with everything kept, and submitting again goes on."""
    refusal = Invalid("platform", "POST /accounts", "refused the content of name", fields=["name"])
    busy_office.platform.fail_next("open_account", refusal)
    pages = NewJourney(desk)
    await pages.choose(busy_office.client(), external_reference="HW-14")
    await pages.detail()
    answer = await pages.submit()
    assert answer.status_code == 409
    assert "Not everything was carried out" in answer.text
    assert pages.fields["send_to_platform"] == "yes"
    journeys = (await busy_office.get(JOURNEYS))["journeys"]
    adopt(busy_office, [journey["journey_id"] for journey in journeys])
    assert len(journeys) == 1
    answer = await pages.send(SUBMISSION)

    assert answer.status_code == 303
    seen = await busy_office.get(f"{JOURNEYS}/{journeys[0]['journey_id']}")
    assert seen["stage"] == Stage.AWAITING_CLIENT
    assert len((await busy_office.get(JOURNEYS))["journeys"]) == 1
    assert len(busy_office.platform.accounts) == 1
