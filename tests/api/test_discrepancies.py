"""Discrepancies over HTTP: what an adviser sees of their firm's, and what becomes of a decision (P54)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.client import Client

from models.tables import AuditRow
from runtime.settings import Firm
from tests.api.office import FIRM, OTHER_FIRM, STRANGER, Office, expect_problem, known, open_office
from tests.api.sync_scene import closed, finding, for_a_person, found

pytestmark = pytest.mark.rule("P54")
PATH = "/api/v1/discrepancies"
NOW = datetime.now(UTC)
FIRMS = [
    Firm(id=FIRM, name="Harbour Wealth", plannr_account_uuid="tenant-1", platform_advisers={"adv-1": "emp-1"}),
    Firm(id=OTHER_FIRM, name="Kestrel Financial Planning", plannr_account_uuid="tenant-2"),
]


@dataclass
class Scene:
    """An office with a client who is linked in both systems, and a worker."""

    office: Office
    account: str
    client: str
    eventually: Callable[..., Awaitable[Any]]

    async def sync(self) -> None:
        """Let the sync compare the client, for instance because somebody asked for it."""
        run = (await self.office.post("/api/v1/reconciliations", {})).json()
        await self.eventually(lambda: self._finished(run["link"]), within=30, what="the comparison")

    async def _finished(self, link: str) -> bool:
        return bool((await self.office.get(link))["finished"])

    async def listed(self, **filters: str) -> list[dict[str, Any]]:
        """Return the discrepancies of the client."""
        answer = await self.office.http.get(PATH, params={"client": self.client, **filters})
        listed: list[dict[str, Any]] = answer.json()["discrepancies"]
        return listed

    async def until(self, state: str, link: str) -> dict[str, Any]:
        """Wait until a discrepancy is in this state."""

        async def look() -> Any:
            seen = await self.office.get(link)
            return seen if seen["state"] == state else None

        seen: dict[str, Any] = await self.eventually(look, within=30, what=f"the discrepancy to be {state}")
        return seen


@pytest.fixture
async def scene(
    adviser_temporal: Client,
    migrated_database: Path,
    tmp_path: Path,
    eventually: Callable[..., Awaitable[Any]],
) -> AsyncIterator[Scene]:
    """Yield an office whose adviser has one client in both systems, alike."""
    changes = {"firms": FIRMS, "sync_settle": timedelta(milliseconds=50)}
    async with open_office(adviser_temporal, migrated_database, tmp_path, **changes) as office:
        details = known()
        account = office.client(email=details.email)
        office.plannr.add_person(FIRM, account, details, adviser="emp-1")
        client = office.platform.add_client(details, adviser="adv-1", external_reference=account)
        await office.plannr.link(FIRM, account, client)
        async with office.worker():
            yield Scene(office, account, client, eventually)


async def test_a_list_can_be_narrowed_and_leafed_through(office: Office) -> None:
    """Newest first, by page; each filter keeps what it names; counts are of all that is open in the firm."""
    for days in range(3):
        await found(office, finding(platform_id=f"cl_{days}"), at=NOW - timedelta(days=days))
    await found(office, for_a_person(platform_id="cl_9"), at=NOW - timedelta(days=9))
    await found(office, finding(platform_id="cl_8"), at=NOW - timedelta(days=8))
    await closed(office, "cl_8")

    page = await office.get(f"{PATH}?limit=2")
    rest = await office.get(page["next"])

    both = [*page["discrepancies"], *rest["discrepancies"]]
    assert [one["platform_id"] for one in both] == ["cl_0", "cl_1", "cl_2", "cl_9"]
    assert [one["age_days"] for one in both] == [0, 1, 2, 9]
    assert rest["next"] is None
    assert page["open"] == {"total": 4, "repairable": 3, "for_a_person": 1}
    for query, ids in (
        ("field=last_name", ["cl_9"]),
        ("owner=person", ["cl_9"]),
        ("proposal=to_platform&client=cl_1", ["cl_1"]),
        ("state=closed", ["cl_8"]),
        ("state=all&client=cl_8", ["cl_8"]),
    ):
        listed = (await office.get(f"{PATH}?{query}"))["discrepancies"]
        assert [one["platform_id"] for one in listed] == ids, query


async def test_those_of_another_firm_do_not_exist(office: Office) -> None:
    """Another firm's adviser neither lists nor reads nor repairs it, and a cursor of one list opens no other."""
    (number,) = await found(office, finding())
    await found(office, finding(platform_id="cl_2"))
    cursor = (await office.get(f"{PATH}?limit=1"))["next"].partition("cursor=")[2]
    stranger = office.as_user(STRANGER)

    assert (await office.http.get(PATH, headers=stranger)).json()["discrepancies"] == []
    expect_problem(await office.http.get(f"{PATH}/{number}", headers=stranger), "discrepancy-not-found", 404)
    repaired = await office.post(f"{PATH}/{number}/repair", {}, **office.as_user(STRANGER))
    expect_problem(repaired, "discrepancy-not-found", 404)
    expect_problem(await office.http.get(f"{PATH}?limit=1&cursor={cursor}", headers=stranger), "invalid-request", 422)


async def test_only_what_can_be_decided_is_taken(office: Office) -> None:
    """A closed one, a side that is empty, a record that is no candidate, or two decisions at once are refused."""
    emptied, ambiguous, gone = await found(
        office,
        for_a_person("email", plannr_value="(empty)"),
        for_a_person("link", candidates=("one", "two")),
        for_a_person("record", platform_id="cl_gone"),
    )
    for number, decision in (
        (emptied, {"take": "plannr"}),
        (emptied, {}),
        (ambiguous, {"plannr_account": "three"}),
        (ambiguous, {"take": "platform"}),
        (gone, {"take": "platform"}),
    ):
        answer = await office.post(f"{PATH}/{number}/repair", decision)
        expect_problem(answer, "decision-not-possible", 409)
    both = await office.post(f"{PATH}/{ambiguous}/repair", {"take": "plannr", "plannr_account": "one"})
    expect_problem(both, "invalid-request", 422)
    assert (await office.get(f"{PATH}/{emptied}"))["decisions"] == ["take_platform"]
    await closed(office)
    expect_problem(await office.post(f"{PATH}/{emptied}/repair", {"take": "platform"}), "discrepancy-closed", 409)
    assert office.writes == []


async def test_a_proposed_repair_is_carried_out_on_request(scene: Scene) -> None:
    """The sync writes the owner's value, the discrepancy closes as repaired, and the audit names who asked, and why."""
    await scene.sync()
    office = scene.office
    office.platform.edit_client(scene.client, mobile="+447400999999")
    (number,) = await found(
        office, finding("mobile", platform_id=scene.client, plannr_id=scene.account), at=datetime.now(UTC)
    )

    answer = await office.post(f"{PATH}/{number}/repair", {"reason": "seen on the phone"})

    assert answer.status_code == 202
    seen = await scene.until("closed", answer.headers["Location"])
    assert seen["closed_as"] == "repaired"
    assert office.platform.clients[scene.client].details.mobile != "+447400999999"
    async with office.services.database.reading() as session:
        (row,) = await session.scalars(select(AuditRow).where(AuditRow.action == "repair_discrepancy"))  # type: ignore[arg-type]
    assert (row.actor_id, row.reason, row.details["field"]) == (f"{FIRM}-priya", "seen on the phone", "mobile")


@pytest.mark.rule("P52")
@pytest.mark.parametrize(("side", "right"), [("plannr", "Marshall"), ("platform", "Marsh")])
async def test_a_person_decides_whose_value_is_right(scene: Scene, side: str, right: str) -> None:
    """The chosen value replaces the other one, whichever system it is in; then both agree and it closes."""
    await scene.sync()
    office = scene.office
    office.plannr.edit_person(FIRM, scene.account, last_name="Marshall")
    await scene.sync()
    (listed,) = await scene.listed()

    answer = await office.post(f"{listed['link']}/repair", {"take": side})

    assert answer.status_code == 202
    await scene.until("closed", listed["link"])
    assert office.plannr.people[FIRM, scene.account].known_details.last_name == right
    assert office.platform.clients[scene.client].details.last_name == right


async def test_nothing_is_written_when_the_systems_say_something_else_by_now(scene: Scene) -> None:
    """What the adviser was shown has changed: their decision writes nothing, and what is there now is shown."""
    await scene.sync()
    office = scene.office
    office.plannr.edit_person(FIRM, scene.account, last_name="Marshall")
    await scene.sync()
    (listed,) = await scene.listed()
    office.plannr.edit_person(FIRM, scene.account, last_name="Ashford")
    written = list(office.platform.writes)

    await office.post(f"{listed['link']}/repair", {"take": "plannr"})

    async def shown() -> bool:
        return bool((await office.get(listed["link"]))["plannr_value"] == "A…")

    await scene.eventually(shown, within=30)
    assert office.platform.clients[scene.client].details.last_name == "Marsh"
    assert office.platform.writes == written


@pytest.mark.rule("P5")
async def test_an_ambiguous_client_is_linked_with_the_record_that_a_person_chooses(scene: Scene) -> None:
    """Of two records with the same number the chosen one is linked and tagged; the other one stays as it is."""
    office = scene.office
    details = known(national_insurance_number="AB999999C")
    first, second = (office.client(email=details.email, national_insurance_number="AB999999C") for _ in range(2))
    client = office.platform.add_client(details, adviser="adv-1")
    await scene.sync()
    (listed,) = (await office.get(f"{PATH}?client={client}"))["discrepancies"]
    assert sorted(listed["candidates"]) == sorted([first, second])

    answer = await office.post(f"{listed['link']}/repair", {"plannr_account": second})

    assert answer.status_code == 202
    await scene.until("closed", listed["link"])
    assert office.platform.clients[client].external_reference == second
    assert office.plannr.people[FIRM, second].link_tagged
    assert office.plannr.people[FIRM, first].platform_client is None
