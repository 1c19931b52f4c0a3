"""What every implementation of the Plannr port does when a journey ends early or a person has to act."""

from collections.abc import Awaitable, Callable

import pytest

from connectors.errors import ConnectorUnavailable, Invalid
from connectors.plannr.port import ClosingReason, PlannrGateway
from models.people import KnownDetails, PersonDetails
from tests.contract.plannr_scenes import (
    CHILD,
    CHILD_KNOWN,
    CLIENT,
    CLOSINGS,
    FIRM,
    JOURNEY,
    NOBODY,
    SPOUSE,
    Scene,
    application,
    plan,
    task,
)


async def propose(gateway: PlannrGateway) -> None:
    """Bring the journey as far as P12."""
    proposed = await gateway.save_plan(FIRM, plan())
    await gateway.save_application(FIRM, application(status="pending", plan=proposed.plan))


@pytest.mark.rule("P43")
@pytest.mark.parametrize("reason", ["withdrawn", "declined", "expired"])
async def test_application_and_plan_are_closed_and_never_reopened(scene: Scene, reason: ClosingReason) -> None:
    """Both keep their records; a late save of the journey changes nothing in them."""
    gateway = scene.gateway
    await propose(gateway)
    closed = await gateway.close_application(FIRM, JOURNEY, reason)
    inactive = await gateway.close_plan(FIRM, JOURNEY, reason)
    late_application = await gateway.save_application(FIRM, application(status="complete"))
    late_plan = await gateway.save_plan(FIRM, plan(status="active", policy_number="SP-1"))

    assert closed is not None
    assert inactive is not None
    assert (closed.status, inactive.status) == ("closed", "inactive")
    assert closed.plan == inactive.plan
    assert late_application == closed == await gateway.find_application(FIRM, JOURNEY)
    assert late_plan == inactive
    assert await scene.count() == {"application": 1, "plan": 1}


@pytest.mark.rule("P43")
async def test_draft_is_closed_though_there_is_no_plan(scene: Scene) -> None:
    """A journey that ended at the draft has an application to close and no plan."""
    draft = await scene.gateway.save_application(FIRM, application())
    closed = await scene.gateway.close_application(FIRM, JOURNEY, "withdrawn")

    assert closed is not None
    assert (closed.application, closed.status, closed.plan) == (draft.application, "closed", None)
    assert await scene.gateway.close_plan(FIRM, JOURNEY, "withdrawn") is None


@pytest.mark.rule("P43")
@pytest.mark.parametrize("operation", CLOSINGS)
async def test_nothing_is_closed_where_nothing_is(scene: Scene, operation: str) -> None:
    """A journey that ended before it wrote anything has nothing to close, and gets nothing made."""
    assert await CLOSINGS[operation](scene.gateway) is None
    assert await scene.count() == {}


@pytest.mark.rule("P43")
async def test_what_is_finished_is_not_closed(scene: Scene) -> None:
    """A complete application and an active plan stay what they are, and say so."""
    active = await scene.gateway.save_plan(FIRM, plan(status="active", policy_number="SP-1"))
    complete = await scene.gateway.save_application(FIRM, application(status="complete"))

    assert await scene.gateway.close_application(FIRM, JOURNEY, "expired") == complete
    assert await scene.gateway.close_plan(FIRM, JOURNEY, "expired") == active
    assert (complete.status, active.status) == ("complete", "active")


@pytest.mark.rule("P42", "P43")
@pytest.mark.parametrize("operation", CLOSINGS)
async def test_closing_whose_answer_is_lost_is_done_once(scene: Scene, operation: str) -> None:
    """The closing commits without an answer; said again, also for another reason, it meets what was closed."""
    await propose(scene.gateway)
    await scene.lose_answers(operation)
    with pytest.raises(ConnectorUnavailable):
        await CLOSINGS[operation](scene.gateway)
    once = await CLOSINGS[operation](scene.gateway)
    other: Callable[..., Awaitable[object]] = getattr(scene.gateway, operation)

    assert once == await CLOSINGS[operation](scene.gateway) == await other(FIRM, JOURNEY, "expired")
    assert await scene.count() == {"application": 1, "plan": 1}


@pytest.mark.rule("P42", "P43")
@pytest.mark.parametrize("kind", ["outage", "rate_limit"])
@pytest.mark.parametrize("operation", CLOSINGS)
async def test_closing_that_fails_can_be_repeated(scene: Scene, operation: str, kind: str) -> None:
    """An outage or a full rate limit says "later"; the record is closed the next time."""
    await propose(scene.gateway)
    before = await scene.gateway.find_application(FIRM, JOURNEY)
    await scene.fail_next(operation, "outage" if kind == "outage" else "rate_limit")
    with pytest.raises(ConnectorUnavailable) as failure:
        await CLOSINGS[operation](scene.gateway)

    assert failure.value.retry_after == (1.0 if kind == "rate_limit" else None)
    assert await scene.gateway.find_application(FIRM, JOURNEY) == before
    assert await CLOSINGS[operation](scene.gateway) is not None


@pytest.mark.rule("P47")
async def test_task_is_raised_once_per_journey_and_key(scene: Scene) -> None:
    """The same key again is the same task, whatever its texts; another key or another journey is another task."""
    gateway = scene.gateway
    first = await gateway.create_task(FIRM, task())
    again = await gateway.create_task(FIRM, task(name="Mandate failed", description="Anew", due_at=None))
    others = {
        await gateway.create_task(FIRM, task(key="mandate-failed-11")),
        await gateway.create_task(FIRM, task(key="mandate-failed")),
        await gateway.create_task(FIRM, task(journey_id="journey-2")),
        await gateway.create_task(FIRM, task(journey_id="journey-3", account=SPOUSE, assignee=None)),
    }

    assert first == again
    assert len(others | {first}) == 5
    assert await scene.count() == {"task": 5}


async def test_task_about_nobody_is_refused(scene: Scene) -> None:
    """A task is about a record of the firm."""
    with pytest.raises(Invalid) as refused:
        await scene.gateway.create_task(FIRM, task(account=NOBODY))

    assert refused.value.fields == ["taskable_uuid"]
    assert await scene.count() == {}


@pytest.mark.rule("P11", "P31")
async def test_child_without_contact_details_is_read_and_written(scene: Scene) -> None:
    """A child has neither e-mail address nor phone; what is not given is not written, and nothing is erased."""
    read = (await scene.gateway.read_person(FIRM, CHILD)).known_details
    renamed = PersonDetails.model_validate(CHILD_KNOWN.model_dump() | {"first_name": "Anja"})
    await scene.gateway.update_person(FIRM, CHILD, renamed)
    after = (await scene.gateway.read_person(FIRM, CHILD)).known_details

    assert read == CHILD_KNOWN
    assert after == KnownDetails.model_validate(renamed.model_dump())


@pytest.mark.rule("P11")
async def test_details_that_are_not_given_stay(scene: Scene) -> None:
    """An ISA does not ask for marital status or a phone number: those on the record survive the details form."""
    before = (await scene.gateway.read_person(FIRM, CLIENT)).known_details
    gaps = dict.fromkeys(("mobile", "email", "marital_status", "employment_status", "national_insurance_number"))
    await scene.gateway.update_person(FIRM, CLIENT, PersonDetails.model_validate(before.model_dump() | gaps))

    assert (await scene.gateway.read_person(FIRM, CLIENT)).known_details == before
