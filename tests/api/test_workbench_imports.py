"""Journeys from a file on the workbench's pages: checked first, every problem named, each good row started once."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator

import httpx
import pytest

from activities.import_columns import COLUMNS
from api import import_files
from api.middleware import MAX_FILE_BYTES
from tests.api.office import FIRM, OMAR, Office, known
from tests.api.test_imports import row, table, upload
from tests.api.workbench_browser import IMPORTS
from tests.api.workbench_desk import Desk, desk_of, fields_of
from tests.conftest import Eventually


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    """Yield Priya's browser, at an office whose journeys nobody serves."""
    async with desk_of(office) as desk:
        yield desk


async def check(desk: Desk, content: bytes, name: str = "clients.csv") -> httpx.Response:
    """Upload a file as the page does."""
    fields = await desk.fields(IMPORTS)
    return await desk.http.post(IMPORTS, data={"key": fields["key"]}, files={"file": (name, content, "text/csv")})


async def finished(desk: Desk, eventually: Eventually, answer: httpx.Response) -> str:
    """Follow an answer to its page, until every row is settled, and return the page."""
    assert answer.status_code == 303, answer.text

    async def done() -> str | None:
        page = await desk.see(answer.headers["location"])
        return page if "data-finished" in page else None

    return str(await eventually(done, within=40))


async def references(office: Office) -> list[str]:
    """Return the references of all journeys of the office; they end with the test."""
    found = (await office.get("/api/v1/journeys"))["journeys"]
    office.started = [journey["journey_id"] for journey in found]
    return sorted(journey["external_reference"] for journey in found)


async def has_started(office: Office, eventually: Eventually, *expected: str) -> None:
    """Wait until the office has the journeys of these references, and no other."""

    async def there() -> bool:
        return await references(office) == list(expected)

    await eventually(there, within=20)


async def test_a_file_is_checked_first_and_its_good_rows_started(busy_office: Office, eventually: Eventually) -> None:
    """The check starts nothing and names row and column of each problem; the button starts the good rows alone."""
    office = busy_office
    rows = [row(office, number) for number in range(1, 5)]
    rows[1]["wrapper"] = "tpsipp"
    rows[2]["plannr_account"] = "unknown-client"
    async with desk_of(office) as desk:
        checked = await check(desk, table(*rows))
        page = await finished(desk, eventually, checked)
        assert await references(office) == []
        assert office.writes == []
        answer = await desk.send(f"{checked.headers['location']}/start", fields_of(page))
        done = await finished(desk, eventually, answer)

        assert "2 can be started, 2 cannot be started (of 4 rows)" in page
        assert "Start the 2 good rows" in page
        assert '<th scope="row" role="rowheader">3</th><td role="cell"><code>wrapper</code></td>' in page
        assert '<th scope="row" role="rowheader">4</th><td role="cell"><code>plannr_account</code></td>' in page
        assert "2 started (of 2 rows)" in done
        await has_started(office, eventually, "FILE-1", "FILE-4")
        assert all(f"/workbench/journeys/{journey}" in done for journey in office.started)
        assert answer.headers["location"] in await desk.see(checked.headers["location"])


async def test_a4_two_clicks_start_the_rows_once(busy_office: Office, eventually: Eventually) -> None:
    """Sending the button's form twice at the same time, and once more later, is one import and one journey a row."""
    office = busy_office
    async with desk_of(office) as desk:
        checked = await check(desk, table(row(office, 1), row(office, 2)))
        fields = fields_of(await finished(desk, eventually, checked))
        path = f"{checked.headers['location']}/start"
        answers = await asyncio.gather(*(desk.send(path, fields) for _ in range(3)))
        await finished(desk, eventually, answers[0])
        answers.append(await desk.send(path, fields))

    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    await has_started(office, eventually, "FILE-1", "FILE-2")


async def test_the_same_file_again_starts_nothing(busy_office: Office, eventually: Eventually) -> None:
    """Checked again after its rows were started, by a colleague too, a file has nothing left to start."""
    office = busy_office
    content = table(row(office, 1), row(office, 2))
    async with desk_of(office) as desk:
        first = await check(desk, content)
        early = await check(desk, content)
        late_fields = fields_of(await finished(desk, eventually, early))
        page = await finished(desk, eventually, first)
        await finished(desk, eventually, await desk.send(f"{first.headers['location']}/start", fields_of(page)))
        late = await finished(desk, eventually, await desk.send(f"{early.headers['location']}/start", late_fields))
    async with desk_of(office, OMAR) as colleague:
        again = await finished(colleague, eventually, await check(colleague, content))

    assert "2 had a journey already (of 2 rows)" in late
    assert "Every row of this file has a journey already" in again
    assert "good row" not in again
    await has_started(office, eventually, "FILE-1", "FILE-2")
    assert (await upload(office, content)).json()["counts"]["rows"] == 2


async def test_a_row_that_was_mended_can_be_started_later(busy_office: Office, eventually: Eventually) -> None:
    """The same file again, once its problem is put right elsewhere, starts the row that was left out."""
    office = busy_office
    rows = [row(office, 1), row(office, 2, plannr_account="account-to-come")]
    async with desk_of(office) as desk:
        for expected in (["FILE-1"], ["FILE-1", "FILE-2"]):
            checked = await check(desk, table(*rows))
            page = await finished(desk, eventually, checked)
            assert "Start the 1 good row" in page
            await finished(desk, eventually, await desk.send(f"{checked.headers['location']}/start", fields_of(page)))
            await has_started(office, eventually, *expected)
            office.plannr.add_person(FIRM, "account-to-come", known())


async def test_while_rows_wait_nothing_can_be_started(desk: Desk, office: Office) -> None:
    """Nobody serves the check here: the page says how far it is, offers no button, and the server refuses."""
    checked = await check(desk, table(row(office, 1)))
    page = await desk.see(checked.headers["location"])
    part = await desk.see(f"{checked.headers['location']}/progress")
    refused = await desk.send(f"{checked.headers['location']}/start", {"key": "key-of-a-form"})

    assert "0 of 1 rows checked" in page
    assert "0 of 1 rows checked" in part
    assert "<html" not in part
    assert "data-finished" not in page
    assert "good row" not in page
    assert refused.status_code == 422
    assert "still being checked" in refused.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Choose a file"),
        (b"external_reference,wrapper\r\nA,isa\r\n", "Row 1, column “plannr_account”: This column is missing."),
        (
            b"external_reference,wrapper,plannr_account,colour\r\nA,isa,b,teal\r\n",
            "Row 1, column 4: There is no column",
        ),
        (b"external_reference,wrapper,plannr_account\r\n", "no rows below its header"),
        (b"x" * (MAX_FILE_BYTES + 1), "larger than 2 MiB"),
    ],
)
async def test_a2_a_file_that_is_no_table_is_refused_beside_its_field(desk: Desk, content: bytes, said: str) -> None:
    """What is wrong with the file as a whole stands on top, linked to the field, and beside it."""
    answer = await check(desk, content)

    assert answer.status_code == 422
    assert 'href="#file"' in answer.text
    assert said in answer.text
    assert "teal" not in answer.text


async def test_a_file_that_is_much_too_large_is_refused_on_a_page(desk: Desk) -> None:
    """What is refused before it is read is refused as a page as well."""
    answer = await check(desk, b"x" * (2 * MAX_FILE_BYTES))

    assert answer.status_code == 413
    assert "<h1" in answer.text


async def test_no_file_at_all_is_asked_for_again(desk: Desk) -> None:
    """A form that comes without a file, as after signing in again, asks for it."""
    answer = await desk.send(IMPORTS, {"key": "key-of-a-form"})

    assert answer.status_code == 422
    assert "Choose the file again" in answer.text


async def test_the_empty_file_has_every_column(desk: Desk, office: Office) -> None:
    """The file to download is read back as one without rows, so that each of its columns is known."""
    answer = await desk.http.get(f"{IMPORTS}/template.csv")
    (names,) = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    again = await check(desk, answer.content)

    assert names == [column.name for column in COLUMNS]
    assert "attachment" in answer.headers["content-disposition"]
    assert "no rows below its header" in again.text


async def test_results_can_be_taken_away(desk: Desk, office: Office) -> None:
    """Every problem is a line of the file of results, and no cell is taken for a formula."""
    rows = [row(office, 1, external_reference="-1", wrapper="tpsipp"), row(office, 2, contribution_pence="much")]
    checked = await check(desk, table(*rows))
    answer = await desk.http.get(f"{checked.headers['location']}/results.csv")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert [(line["row"], line["column"], line["state"]) for line in lines] == [
        ("2", "wrapper", "Cannot be started"),
        ("3", "contribution_pence", "Cannot be started"),
    ]
    assert all(not value.startswith(("-", "=", "+", "@")) for line in lines for value in line.values())


async def test_a_long_list_is_cut_and_said_to_be(desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of thousands of wrong rows still makes a page that can be read."""
    monkeypatch.setattr("api.workbench.imports._SHOWN", 2)
    checked = await check(desk, table(*(row(office, number, wrapper="nonsense") for number in range(5))))
    page = await desk.see(checked.headers["location"])

    assert page.count("<code>wrapper</code>") == 2
    assert "3 more problems" in page


async def test_the_files_of_a_firm_are_listed(desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest files stand on the page, with who uploaded them; a file with too many rows is not among them."""
    monkeypatch.setattr(import_files, "MAX_ROWS", 2)
    refused = await check(desk, table(*(row(office, number) for number in range(3))))
    checked = await check(desk, table(row(office, 1), row(office, 2)))
    page = await desk.see(IMPORTS)

    assert "The file has 3 rows" in refused.text
    assert page.count(f'href="{IMPORTS}/') == 2
    assert checked.headers["location"] in page
    assert "Priya Shah" in page
