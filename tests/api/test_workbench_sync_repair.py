"""One difference on a page of the workbench: what its repair writes is said, then confirmed, then carried out once."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from temporalio.client import WorkflowHandle

from connectors.errors import ConnectorUnavailable
from domain.masking import EMPTY
from domain.ownership import Act, Owner, Subject
from models.tables import AuditRow
from tests.api.office import FIRM, Office, known
from tests.api.sync_scene import ACCOUNT, CLIENT, closed, finding, for_a_person, found
from tests.api.workbench_desk import Desk, desk_of, fields_of
from tests.api.workbench_reading import links, words
from workflows.deciding import settle_id
from workflows.syncing import platform_sync_id

LIST = "/workbench/discrepancies"


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    """Yield Priya's browser."""
    async with desk_of(office) as desk:
        yield desk


async def audited(office: Office) -> list[AuditRow]:
    """Return the repairs on record."""
    async with office.services.database.reading() as session:
        repairs = select(AuditRow).where(AuditRow.action == "repair_discrepancy")  # type: ignore[arg-type]
        return list(await session.scalars(repairs))


async def ended(handle: WorkflowHandle[Any, Any]) -> None:
    """End what a test began."""
    await handle.terminate("the test is over")


def undecided(office: Office, count: int = 2) -> tuple[str, list[str]]:
    """Put a client on the platform whom as many records in Plannr may be; return both."""
    client = office.platform.add_client(known("eleanor@example.com"))
    return client, [office.client(email=f"eleanor.{number}@example.com") for number in range(count)]


@pytest.mark.rule("P54")
@pytest.mark.parametrize(
    ("changes", "in_plannr", "on_the_platform"),
    [
        (
            {"field": "address", "plannr_value": "…CT5", "platform_value": "…BS1"},
            "Nothing is written there",
            "Plannr's address, …CT5, is written to the platform; the value there, …BS1, is replaced.",
        ),
        (
            {"field": "bank_details", "plannr_value": "…9911", "platform_value": EMPTY},
            "Nothing is written there",
            "Plannr's bank account, …9911, is written to the platform, where there is none yet.",
        ),
        (
            {
                "field": "status",
                "subject": Subject.ACCOUNT,
                "platform_id": ACCOUNT,
                "owner": Owner.PLATFORM,
                "proposal": Act.TO_PLANNR,
                "plannr_value": "active",
                "platform_value": "inactive",
            },
            "The platform's plan status, inactive, is written to Plannr; the value there, active, is replaced.",
            "Nothing is written there",
        ),
        (
            {"field": "link", "plannr_id": None, "proposal": Act.TO_PLANNR, "plannr_value": EMPTY},
            "If there is none, it is made.",
            "The client gets the id of that record as its reference.",
        ),
        (
            {
                "field": "plan",
                "subject": Subject.ACCOUNT,
                "platform_id": ACCOUNT,
                "proposal": Act.TO_PLANNR,
                "plannr_value": EMPTY,
            },
            "The plan in Plannr is looked for. If there is none, it is made once",
            "Nothing is written there.",
        ),
    ],
)
async def test_a_repair_says_first_what_it_writes_where(
    desk: Desk, office: Office, changes: dict[str, Any], in_plannr: str, on_the_platform: str
) -> None:
    """Both systems are named with what happens there, before anything does."""
    (difference,) = await found(office, finding(**changes))
    page = await desk.see(f"{LIST}/{difference}")
    said = words(await desk.see(links(page)["See what the repair writes"]))

    assert in_plannr in said.partition("In Plannr")[2].partition("On the platform")[0]
    assert on_the_platform in said.partition("On the platform")[2]
    assert office.writes == []


@pytest.mark.rule("P54")
async def test_a_repair_is_begun_once_and_put_on_record(desk: Desk, office: Office) -> None:
    """The button lets the record be synced; the same form twice is one repair by one person."""
    (difference,) = await found(office, finding())
    path = f"{LIST}/{difference}/repair"
    fields = await desk.fields(path)
    answers = [await desk.send(path, fields) for _ in range(2)]
    handle = office.services.temporal.get_workflow_handle(platform_sync_id(CLIENT))
    history = [event async for event in handle.fetch_history_events()]
    await ended(handle)
    page = await desk.see(answers[0].headers["location"])

    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {
        (303, f"{LIST}/{difference}?done=repair")
    }
    assert "The repair is under way" in page
    assert sum(event.HasField("workflow_execution_signaled_event_attributes") for event in history) == 1
    (audit,) = await audited(office)
    assert (audit.firm, audit.actor_id, audit.details["decision"]) == (FIRM, "harbour-priya", "repair")


@pytest.mark.rule("P54")
@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("plannr", "Plannr's last name, H…, is written to the platform; the value there, M…, is replaced."),
        ("platform", "The platform's last name, M…, is written to Plannr; the value there, H…, is replaced."),
    ],
)
async def test_a_person_decides_which_value_is_right(desk: Desk, office: Office, choice: str, said: str) -> None:
    """The choice leads to a page that says what it writes, and only its button lets it be written."""
    (difference,) = await found(office, for_a_person())
    asked = await desk.see(f"{LIST}/{difference}")
    confirm = await desk.see(f"{LIST}/{difference}/repair?choice={choice}")
    before = await audited(office)
    answer = await desk.send(f"{LIST}/{difference}/repair", fields_of(confirm))
    await ended(office.services.temporal.get_workflow_handle(settle_id(difference)))

    assert "Which value is right?" in asked
    assert "The identity check was made with it" in words(asked)
    assert said in words(confirm)
    assert before == []
    assert answer.status_code == 303
    assert [row.details["decision"] for row in await audited(office)] == [f"take_{choice}"]


@pytest.mark.rule("P5")
async def test_a_person_chooses_the_record_of_a_client(desk: Desk, office: Office) -> None:
    """Each record is shown masked beside the client, what is the same is said, and the chosen one is linked."""
    client, accounts = undecided(office)
    office.plannr.edit_person(FIRM, accounts[0], email="eleanor@example.com")
    office.plannr.edit_person(FIRM, accounts[1], last_name="Marshall")
    (difference,) = await found(
        office, for_a_person("link", platform_id=client, plannr_id=None, candidates=tuple(accounts))
    )
    page = await desk.see(f"{LIST}/{difference}")
    chosen = await desk.see(f"{LIST}/{difference}/repair?choice={accounts[1]}")
    answer = await desk.send(f"{LIST}/{difference}/repair", fields_of(chosen))
    await ended(office.services.temporal.get_workflow_handle(settle_id(difference)))
    table = words(page)

    assert "Which record in Plannr is this client?" in table
    assert "E-mail address e…@example.com e…@example.com the same as on the platform e…@example.com" in table
    assert "Last name M… M… the same as on the platform M… Date" in table
    assert f"The record {accounts[1]} is linked" in words(chosen)
    assert answer.status_code == 303
    assert [row.details["plannr_account"] for row in await audited(office)] == [accounts[1]]
    for secret in ("eleanor@example.com", "Marsh", "1978", "AB123456C"):
        assert secret not in page
        assert secret not in chosen


async def test_a_record_of_somebody_else_cannot_be_chosen(desk: Desk, office: Office) -> None:
    """A record that is linked with another client, or gone, is shown as such and not offered."""
    client, accounts = undecided(office, 3)
    await office.plannr.link(FIRM, accounts[0], "cl_another")
    office.plannr.delete_person(FIRM, accounts[2])
    (difference,) = await found(
        office, for_a_person("link", platform_id=client, plannr_id=None, candidates=tuple(accounts))
    )
    page = await desk.see(f"{LIST}/{difference}")

    assert "With another client" in words(page)
    assert "1 of the records that were found are no longer in Plannr" in words(page)
    assert page.count('type="radio"') == 3
    assert page.count(" disabled") == 2


async def test_when_a_system_is_down_the_page_says_so_and_offers_no_guess(desk: Desk, office: Office) -> None:
    """Without the facts no record can be chosen; the page still opens."""
    client, accounts = undecided(office)
    (difference,) = await found(
        office, for_a_person("link", platform_id=client, plannr_id=None, candidates=tuple(accounts))
    )

    office.plannr.fail_next("read_people", ConnectorUnavailable("plannr", "read_people", "down"))
    page = await desk.see(f"{LIST}/{difference}")

    assert "could not be asked just now" in words(page)
    assert page.count(" disabled") == 2


@pytest.mark.parametrize("query", ["", "?choice=", "?choice=neither", "?choice=account-999"])
async def test_a_decision_without_a_choice_is_asked_for_again(desk: Desk, office: Office, query: str) -> None:
    """Nothing is taken for granted where a person has to say something."""
    (difference,) = await found(office, for_a_person())
    page = await desk.see(f"{LIST}/{difference}/repair{query}", 422)

    assert "Choose which one is right." in page
    assert 'href="#choice"' in page


async def test_an_empty_side_is_no_choice(desk: Desk, office: Office) -> None:
    """Nothing is ever erased: where one side is empty only the other one can be taken."""
    (difference,) = await found(office, for_a_person("mobile", owner=Owner.PLANNR, plannr_value=EMPTY))
    page = await desk.see(f"{LIST}/{difference}")
    await desk.see(f"{LIST}/{difference}/repair?choice=plannr", 422)

    assert page.count('type="radio"') == 1
    assert "The platform's: M…" in words(page)


async def test_what_nothing_here_can_repair_says_what_to_do(desk: Desk, office: Office) -> None:
    """Where only the systems themselves can be corrected there is no button, but the next step."""
    gone, crossed = await found(
        office,
        for_a_person("record", platform_value=CLIENT, plannr_value=EMPTY),
        for_a_person("link", platform_id="cl_2", platform_value="record-1", plannr_value="cl_3"),
    )
    pages = [words(await desk.see(f"{LIST}/{each}")) for each in (gone, crossed)]

    assert "is gone from Plannr" in pages[0]
    assert "restore it there" in pages[0]
    assert "do not name each other" in pages[1]
    assert "Names client cl_3" in pages[1]
    assert all("Continue" not in page for page in pages)
    assert (await desk.http.get(f"{LIST}/{gone}/repair")).status_code == 303


async def test_values_that_look_alike_are_said_to_differ_elsewhere(desk: Desk, office: Office) -> None:
    """Two masked values that read the same do not look like an error of the page."""
    (difference,) = await found(office, for_a_person(platform_value="M…", plannr_value="M…"))

    assert "differ in a part that is not shown" in words(await desk.see(f"{LIST}/{difference}"))


async def test_what_is_settled_meanwhile_is_not_repaired_again(desk: Desk, office: Office) -> None:
    """A form that was open while the difference closed does nothing, and the page shows how it is now."""
    (difference,) = await found(office, finding())
    path = f"{LIST}/{difference}/repair"
    fields = await desk.fields(path)
    await closed(office)
    sent: httpx.Response = await desk.send(path, fields)
    page = words(await desk.see(sent.headers["location"]))

    assert (sent.status_code, sent.headers["location"]) == (303, f"{LIST}/{difference}")
    assert "Repaired" in page
    assert "See what the repair writes" not in page
    assert await audited(office) == []


async def test_a_decision_that_the_difference_no_longer_takes_is_refused(desk: Desk, office: Office) -> None:
    """What a person decided when one of the values was still there is not carried out on an empty one."""
    (difference,) = await found(office, for_a_person())
    fields = fields_of(await desk.see(f"{LIST}/{difference}/repair?choice=plannr"))
    await found(office, for_a_person(plannr_value=EMPTY))
    answer = await desk.send(f"{LIST}/{difference}/repair", fields)

    assert answer.status_code == 409
    assert "has changed since you opened the page" in answer.text
    assert await audited(office) == []
