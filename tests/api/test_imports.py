"""Journeys from a file: every problem with its row and column, the good rows started, and each file only once."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlmodel import col
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import ActivityEnvironment

from activities.importing import ImportActivities
from api import import_files
from api.launching import build_starting
from api.middleware import MAX_FILE_BYTES
from connectors.errors import Conflict, ConnectorUnavailable
from domain.identity import workflow_id
from models.imports import ImportBatch
from models.messages import StartJourney
from models.tables import AuditRow, ImportedRow
from tests.api.office import FIRM, JOURNEYS, OMAR, PRIYA, STRANGER, Office, expect_problem
from tests.conftest import Eventually
from workflows.imports import ROWS_AT_ONCE, import_workflow_id

IMPORTS = f"{JOURNEYS}/imports"
# Illustration and link tag in Plannr, client and illustration on the platform.
WRITES_OF_A_START = 4


def row(office: Office, number: int, **changes: str) -> dict[str, str]:
    """Return a good row for a new client."""
    usual = {
        "external_reference": f"FILE-{number}",
        "wrapper": "isa",
        "plannr_account": changes.get("plannr_account") or office.client(),
        "illustration_name": "ISA illustration",
        "investment_strategy": "Balanced Growth",
        "contribution_pence": "2000000",
        "contribution_frequency": "once",
    }
    return {**usual, **changes}


def table(*rows: dict[str, str]) -> bytes:
    """Return rows as a file."""
    names = list(dict.fromkeys(name for each in rows for name in each))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


async def upload(office: Office, content: bytes, query: str = "", **headers: str) -> httpx.Response:
    """Upload a file as it is."""
    return await office.http.post(IMPORTS + query, content=content, headers={"Content-Type": "text/csv", **headers})


async def outcome(
    office: Office, eventually: Eventually, uploaded: httpx.Response, *, within: float = 40
) -> dict[str, Any]:
    """Wait until every row of an import is settled; its journeys end with the test."""
    assert uploaded.status_code == 202, uploaded.text

    async def settled() -> Any:
        seen = await office.get(uploaded.headers["Location"])
        return seen if seen["finished"] else None

    seen: dict[str, Any] = await eventually(settled, within=within)
    office.started += [each["journey_id"] for each in seen["rows"] if each["state"] == "started"]
    return seen


def problems(seen: dict[str, Any]) -> list[tuple[int, str | None, str]]:
    """Return row, column and code of every problem."""
    return [(each["row"], one["column"], one["code"]) for each in seen["rows"] for one in each["problems"]]


async def test_good_rows_are_started_and_bad_ones_named(busy_office: Office, eventually: Eventually) -> None:
    """A file of several batches: the bad rows are told by row and column, all others become journeys."""
    office = busy_office
    rows = [row(office, number) for number in range(2, ROWS_AT_ONCE + 12)]
    rows[3]["plannr_account"] = "unknown-client"
    rows[7]["contribution_pence"] = "a lot"
    rows[11]["wrapper"] = "tpsipp"
    rows[15] |= {"external_reference": rows[14]["external_reference"], "plannr_account": rows[14]["plannr_account"]}
    rows[19]["external_reference"] = ""
    uploaded = await upload(office, table(*rows))
    assert {each[0] for each in problems(uploaded.json())} == {9, 13, 17, 21}
    seen = await outcome(office, eventually, uploaded)

    assert problems(seen) == [
        (5, "plannr_account", "plannr-client-unknown"),
        (9, "contribution_pence", "invalid-cell"),
        (13, "wrapper", "account-type-elsewhere"),
        (17, "external_reference", "duplicate-row"),
        (21, "external_reference", "invalid-cell"),
    ]
    assert seen["counts"] == {
        "rows": len(rows), "waiting": 0, "ready": 0, "started": len(rows) - 5, "met": 0, "refused": 5,
    }  # fmt: skip
    first = seen["rows"][0]
    journey = await office.get(first["link"])
    assert (journey["external_reference"], journey["adviser_id"]) == (first["external_reference"], PRIYA.id)


async def test_the_same_file_again_starts_nothing(busy_office: Office, eventually: Eventually) -> None:
    """Whoever of the firm uploads the same bytes again gets the import that is there, with what became of it."""
    office = busy_office
    content = table(row(office, 1), row(office, 2, wrapper="nonsense"))
    seen = await outcome(office, eventually, await upload(office, content))
    # The journey goes on by itself after it was started.
    writes = await eventually(lambda: office.writes if len(office.writes) >= WRITES_OF_A_START else None)
    again = await upload(office, content, **office.as_user(OMAR))

    assert again.status_code == 200
    assert again.json() == seen
    assert office.writes == writes
    async with office.services.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(ImportedRow)) == 2
        actions = (await session.scalars(select(col(AuditRow.action)))).all()
    assert sorted(actions) == ["import_journeys", "start_journey"]


@pytest.mark.rule("P45")
async def test_a_journey_that_is_there_is_met(busy_office: Office, eventually: Eventually) -> None:
    """A row whose account has a journey already leads to that journey, which is not started twice."""
    office = busy_office
    account = office.client()
    journey = await office.start(office.form(account, external_reference="FILE-1"))
    seen = await outcome(office, eventually, await upload(office, table(row(office, 1, plannr_account=account))))

    assert [(each["state"], each["journey_id"]) for each in seen["rows"]] == [("met", journey)]


async def test_a_dry_run_looks_at_everything_and_starts_nothing(busy_office: Office, eventually: Eventually) -> None:
    """A dry run finds what Plannr and the rules say against a row; repeated, it sees what was mended meanwhile."""
    office = busy_office
    good, young = row(office, 1), row(office, 2)
    content = table(good, young)
    young_account = office.plannr.people.pop((FIRM, young["plannr_account"]))
    first = await outcome(office, eventually, await upload(office, content, "?dry_run=true"))
    office.plannr.people[FIRM, young["plannr_account"]] = young_account
    second = await outcome(office, eventually, await upload(office, content, "?dry_run=true"))

    assert problems(first) == [(3, "plannr_account", "plannr-client-unknown")]
    assert [each["state"] for each in second["rows"]] == ["ready", "ready"]
    assert second["dry_run"] is True
    assert second["import_id"] != first["import_id"]
    assert office.writes == []
    assert (await office.get(JOURNEYS))["journeys"] == []
    real = await outcome(office, eventually, await upload(office, content))
    assert real["counts"]["started"] == 2


@pytest.mark.rule("P30", "P31", "P33")
async def test_every_wrapper_and_party_has_its_columns(busy_office: Office, eventually: Eventually) -> None:
    """Joint holders, a registered contact and the answers of a wrapper come from their columns."""
    office = busy_office
    child = office.client(date_of_birth=datetime.now(UTC).date() - timedelta(days=5 * 365))
    content = table(
        row(office, 1, wrapper="gia", plannr_account_2=office.client()),
        row(office, 2, wrapper="jisa", plannr_account=child, registered_contact=office.client()),
        row(office, 3, wrapper="gia", plannr_account_3=office.client()),
        row(office, 4, wrapper="isa", paid_in_this_tax_year_pence="2000001"),
        row(
            office,
            5,
            wrapper="jisa",
            plannr_account=child,
            registered_contact=office.client(),
            already_holds_jisa="yes",
        ),
        row(office, 6, wrapper="sipp", flexibly_accessed_on="last summer"),
    )
    seen = await outcome(office, eventually, await upload(office, content))

    assert [each["state"] for each in seen["rows"]] == ["started", "started", *["refused"] * 4]
    assert problems(seen) == [
        (4, "plannr_account_2", "invalid-cell"),
        (5, "paid_in_this_tax_year_pence", "isa_allowance"),
        (6, "already_holds_jisa", "jisa_exists"),
        (7, "flexibly_accessed_on", "invalid-cell"),
    ]


async def test_an_outage_holds_up_and_loses_nothing(busy_office: Office, eventually: Eventually) -> None:
    """While Plannr is out the rows wait; what a system refuses for good is told on its row alone."""
    office = busy_office
    content = table(*(row(office, number) for number in range(3)))
    office.plannr.fail_next("read_person", *[ConnectorUnavailable("plannr", "GET", "down") for _ in range(2)])
    office.platform.fail_next("find_client", Conflict("platform", "GET /clients", "the register is closed"))
    seen = await outcome(office, eventually, await upload(office, content))

    assert seen["counts"]["started"] == 2
    assert problems(seen) == [(2, None, "rejected-by-system")]


async def test_a_file_can_be_a_part_of_a_form(busy_office: Office, eventually: Eventually) -> None:
    """A browser's upload is taken as well, with the mark that spreadsheets put before the text."""
    content = b"\xef\xbb\xbf" + table(row(busy_office, 1))
    answer = await busy_office.http.post(IMPORTS, files={"file": ("journeys.csv", content, "text/csv")})

    assert (await outcome(busy_office, eventually, answer))["counts"]["started"] == 1


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "wrapper"),
        (b"external_reference,wrapper,plannr_account\r\n", "no rows"),
        (b"external_reference,wrapper,plannr_account\r\n,,\r\n", "no rows"),
        (b"external_reference,wrapper\r\nA,isa\r\n", "plannr_account"),
        (b"external_reference,wrapper,plannr_account,colour\r\nA,isa,b,teal\r\n", "column 4"),
        (b"external_reference,wrapper,wrapper,plannr_account\r\nA,isa,isa,b\r\n", "twice"),
        (b'external_reference,wrapper,plannr_account\r\nA,"isa\r\n', "quotation mark"),
        ("external_reference,wrapper,plannr_account\r\nA,isa,é\r\n".encode("utf-16"), "UTF-8"),
        (b"external_reference,wrapper,plannr_account\r\nA,isa,\0\r\n", "UTF-8"),
    ],
)
async def test_a_file_that_is_no_table_is_refused(office: Office, content: bytes, named: str) -> None:
    """A file that cannot be read as a whole is refused, saying why, and nothing of it is kept or repeated."""
    answer = await upload(office, content)

    body = expect_problem(answer, "import-unusable", 422)
    assert named in str(body)
    assert "teal" not in str(body)
    assert "colour" not in str(body)
    async with office.services.database.reading() as session:
        assert (await session.scalars(select(ImportedRow))).all() == []


async def test_a_cell_is_never_repeated(office: Office) -> None:
    """What stands in a bad cell may be personal, so that neither answer nor database has it."""
    answer = await upload(office, table(row(office, 1, external_reference="Eleanor Marsh", plannr_account="Mrs Marsh")))

    assert answer.status_code == 202
    assert problems(answer.json()) == [(2, "external_reference", "invalid-cell"), (2, "plannr_account", "invalid-cell")]
    assert answer.json()["finished"] is True
    assert "Marsh" not in answer.text
    async with office.services.database.reading() as session:
        (kept,) = (await session.scalars(select(ImportedRow))).all()
    assert (kept.external_reference, kept.form) == ("", None)


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("contribution_pence", "a lot", "Write a whole number"),
        ("contribution_pence", "-5", "Write a number above 0."),
        ("contribution_frequency", "weekly", "Write one of these: 'once', 'monthly', 'quarterly' or 'annually'."),
        ("child_trust_fund_held", "maybe", "Write yes or no."),
        ("flexibly_accessed_on", "1.2.2026", "Write a day that exists"),
        ("external_reference", "E Marsh", "cannot stand here, such as a blank"),
        ("external_reference", "x" * 200, "Write at most 80 characters."),
        ("plannr_account", " ", "has to be filled in"),
    ],
)
async def test_a_cell_that_is_wrong_is_told_how_to_be_put_right(
    office: Office, column: str, cell: str, said: str
) -> None:
    """The sentence says what to write, in words of a spreadsheet's user."""
    answer = await upload(office, table(row(office, 1) | {column: cell}))

    (problem,) = answer.json()["rows"][0]["problems"]
    assert problem["column"] == column
    assert said in problem["detail"]


async def test_files_have_limits(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with too many rows or bytes is refused, as is a body that is no file."""
    monkeypatch.setattr(import_files, "MAX_ROWS", 2)
    too_many = await upload(office, table(*(row(office, number) for number in range(3))))
    too_large = await upload(office, b"x" * (MAX_FILE_BYTES + 1))
    much_too_large = await upload(office, b"x" * (2 * MAX_FILE_BYTES))

    assert "3 rows" in expect_problem(too_many, "import-unusable", 422)["detail"]
    assert "2 MiB" in expect_problem(too_large, "body-too-large", 413)["detail"]
    expect_problem(much_too_large, "body-too-large", 413)
    expect_problem(await office.http.post(IMPORTS, json={}), "media-type-not-taken", 415)
    expect_problem(await office.http.post(IMPORTS, files={"other": b""}), "import-unusable", 422)


async def test_a_row_longer_than_the_header_is_named(office: Office) -> None:
    """A comma too many shifts cells, so that the row is refused instead of guessed at."""
    answer = await upload(office, table(row(office, 1)).rstrip() + b",surplus\r\n")

    assert problems(answer.json()) == [(2, None, "invalid-cell")]


async def test_an_import_of_another_firm_does_not_exist(office: Office) -> None:
    """Another firm sees no import of this one; the same bytes are an import of their own there."""
    content = table(row(office, 1, wrapper="nonsense"))
    mine = await upload(office, content)
    theirs = await upload(office, content, **office.as_user(STRANGER))

    assert theirs.status_code == 202
    assert theirs.json()["import_id"] != mine.json()["import_id"]
    expect_problem(await office.http.get(theirs.headers["Location"]), "import-not-found", 404)
    expect_problem(await office.http.get(f"{IMPORTS}/nothing"), "import-not-found", 404)
    expect_problem(await office.http.post(IMPORTS, headers={"Authorization": ""}), "sign-in-required", 401)


async def test_firms_share_the_workers_fairly(busy_office: Office, eventually: Eventually) -> None:
    """Imports, their batches and every journey carry the firm as the key of its share."""
    office = busy_office
    seen = await outcome(office, eventually, await upload(office, table(row(office, 1))))
    journey = seen["rows"][0]["journey_id"]
    await office.services.temporal.get_workflow_handle(import_workflow_id(seen["import_id"])).result()
    for name in (workflow_id(journey), import_workflow_id(seen["import_id"])):
        handle: WorkflowHandle[Any, Any] = office.services.temporal.get_workflow_handle(name)
        events = (await handle.fetch_history()).events
        assert events[0].workflow_execution_started_event_attributes.priority.fairness_key == FIRM
    scheduled = [event for event in events if event.HasField("activity_task_scheduled_event_attributes")]
    assert [event.activity_task_scheduled_event_attributes.priority.fairness_key for event in scheduled] == [FIRM]


async def test_a_start_that_broke_off_is_known_again(office: Office) -> None:
    """The engine took the start and the line broke before it said so: the next attempt finds its own journey."""
    starting = build_starting(office.services)
    launch = starting._launch

    async def breaking_off(start: StartJourney) -> bool:
        await launch(start)
        raise RPCError("cut off", RPCStatusCode.UNAVAILABLE, b"")

    uploaded = await upload(office, table(row(office, 1)))
    batch = ImportBatch(import_id=uploaded.json()["import_id"], limit=ROWS_AT_ONCE)
    environment, activities = ActivityEnvironment(), ImportActivities(starting, office.services.database)
    starting._launch = breaking_off
    with pytest.raises(RPCError):
        await environment.run(activities.start_batch, batch)
    starting._launch = launch
    await environment.run(activities.start_batch, batch)

    seen = await office.get(uploaded.headers["Location"])
    assert [(each["state"], bool(each["link"])) for each in seen["rows"]] == [("started", True)]
