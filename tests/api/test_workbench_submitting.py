"""A form of the workbench is carried out once, however often and however quickly it is sent (A4)."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

import pytest
from fastapi import Request, Response
from pydantic import BaseModel

from api.dependencies import ServicesDep
from api.idempotency import Answer
from api.problem_types import WRONG_STAGE
from api.problems import Problem
from api.web.forms import read_form
from api.workbench.access import WorkbenchVisitDep
from api.workbench.submitting import form_key, once_for
from tests.api.office import OMAR, Office
from tests.api.workbench_desk import Desk, desk_of

FORM = "/workbench/form-of-this-test"
TYPED = {"key": "key-of-a-form", "reason": "Moving abroad"}


class Done(BaseModel):
    """What the work is answered with."""

    number: int


class Work:
    """Work that is counted, and can be held up or made to fail."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.fails = False

    async def __call__(self) -> Answer:
        """Do it."""
        self.begun += 1
        number = self.begun
        await self.may_end.wait()
        if self.fails:
            raise Problem(WRONG_STAGE)
        return Answer(HTTPStatus.OK, Done(number=number))


@pytest.fixture
def work(office: Office) -> Work:
    """Return the work behind a form that was added to the workbench."""
    work = Work()

    async def act(request: Request, services: ServicesDep, visit: WorkbenchVisitDep) -> Response:
        return await once_for(services, visit, request, await read_form(request)).run(work)

    office.app.add_api_route(FORM, act, methods=["POST"], response_model=None)
    return work


@pytest.fixture
async def desk(office: Office, work: Work) -> AsyncIterator[Desk]:
    """Yield the adviser's browser."""
    async with desk_of(office) as desk:
        yield desk


async def test_a4_a_second_click_waits_for_what_the_first_leads_to(desk: Desk, work: Work) -> None:
    """Both clicks get the same answer, though the second came while the work was still being done."""
    work.may_end.clear()
    clicks = [asyncio.create_task(desk.send(FORM, TYPED)) for _ in range(2)]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(asyncio.gather(*clicks)), timeout=0.5)
    work.may_end.set()
    answers = await asyncio.gather(*clicks)

    assert [answer.json() for answer in answers] == [{"number": 1}] * 2
    assert work.begun == 1


async def test_a4_a_refresh_repeats_the_answer(desk: Desk, work: Work) -> None:
    """The same form again, later, does nothing anew."""
    answers = [await desk.send(FORM, TYPED) for _ in range(3)]

    assert [answer.json() for answer in answers] == [{"number": 1}] * 3


@pytest.mark.parametrize("changes", [{"key": "key-of-another"}, {"reason": "Another reason"}])
async def test_another_form_is_another_command(desk: Desk, work: Work, changes: dict[str, str]) -> None:
    """A form shown anew, or gone back to and changed, is carried out as well."""
    await desk.send(FORM, TYPED)
    answer = await desk.send(FORM, {**TYPED, **changes})

    assert answer.json() == {"number": 2}


async def test_what_was_refused_can_be_sent_again(desk: Desk, work: Work) -> None:
    """Nothing was done, so the same form may be tried again."""
    work.fails = True
    refused = await desk.send(FORM, TYPED)
    work.fails = False
    answer = await desk.send(FORM, TYPED)

    assert refused.status_code == 409
    assert answer.json() == {"number": 2}


async def test_the_key_of_one_adviser_is_not_another_ones(desk: Desk, work: Work, office: Office) -> None:
    """The same key in a colleague's browser is theirs."""
    await desk.send(FORM, TYPED)
    async with desk_of(office, OMAR) as colleague:
        answer = await colleague.send(FORM, TYPED)

    assert answer.json() == {"number": 2}


@pytest.mark.parametrize("key", ["", "short", "with blanks in it", "x" * 200])
async def test_a_form_without_its_key_is_refused(desk: Desk, work: Work, key: str) -> None:
    """What could not be told from a repetition is not carried out."""
    answer = await desk.send(FORM, {**TYPED, "key": key})

    assert answer.status_code == 400
    assert "Nothing has been changed" in answer.text
    assert work.begun == 0


async def test_who_may_only_look_carries_out_nothing(office: Office, work: Work) -> None:
    """Even a page that forgot to ask is stopped here."""
    async with desk_of(office, scope="journeys:read") as desk:
        answer = await desk.send(FORM, TYPED)

    assert answer.status_code == 403
    assert work.begun == 0


def test_keys_are_never_the_same() -> None:
    """Every showing of a form has a key of its own."""
    assert len({form_key() for _ in range(100)}) == 100
