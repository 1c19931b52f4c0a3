"""What every implementation of the Plannr port must do."""

import pytest

from connectors.errors import ConnectorUnavailable, Invalid, NotFound
from models.people import KnownDetails
from tests.contract.plannr_scenes import (
    BANK_DETAILS,
    CLIENT,
    DETAILS,
    FIRM,
    JOURNEY,
    KNOWN,
    NOBODY,
    SPOUSE,
    STRANGER,
    WEBHOOK_URL,
    WRITES,
    Scene,
    application,
    illustration,
    plan,
)

REQUIRED = ("first_name", "email", "tax_residences", "us_person", "marital_status", "employment_status")

_MADE = {
    "link": {},
    "update_person": {},
    "save_bank_account": {"bank_account": 1},
    "record_illustration": {"illustration": 1},
    "save_application": {"application": 1},
    "create_task": {"task": 1},
    "save_plan": {"plan": 1},
    "ensure_webhook_subscription": {"webhook_subscription": 1},
}


@pytest.mark.rule("P7")
async def test_the_record_is_read_with_what_is_known(scene: Scene) -> None:
    """Details come in their normal form; what Plannr has no place for is a gap."""
    person = await scene.gateway.read_person(FIRM, CLIENT)

    assert person.known_details == KNOWN
    assert person.known_details.missing(REQUIRED) == ["tax_residences", "us_person"]
    assert (person.account, person.platform_client, person.link_tagged) == (CLIENT, None, False)


@pytest.mark.parametrize("account", [NOBODY, STRANGER])
async def test_a_record_that_is_not_the_firms_is_not_found(scene: Scene, account: str) -> None:
    """Neither an unknown record nor one of another firm can be read or written."""
    with pytest.raises(NotFound):
        await scene.gateway.read_person(FIRM, account)
    with pytest.raises(NotFound):
        await scene.gateway.link(FIRM, account, "PC-1")
    with pytest.raises(NotFound):
        await scene.gateway.update_person(FIRM, account, DETAILS)
    with pytest.raises(NotFound):
        await scene.gateway.record_illustration(FIRM, illustration(accounts=[account]))
    with pytest.raises(NotFound):
        await scene.gateway.save_plan(FIRM, plan(accounts=[account]))
    assert await scene.count() == {}


async def test_content_that_plannr_refuses_is_named_by_field_only(scene: Scene) -> None:
    """A refusal names the field and never repeats what was sent."""
    with pytest.raises(Invalid) as bank_account:
        await scene.gateway.save_bank_account(FIRM, NOBODY, BANK_DETAILS)
    with pytest.raises(Invalid) as draft:
        await scene.gateway.save_application(FIRM, application(accounts=[NOBODY]))

    for refusal in (bank_account.value, draft.value):
        assert [field.partition(".")[0] for field in refusal.fields] == ["account_uuids"]
        assert NOBODY not in str(refusal)
        assert BANK_DETAILS.account_number not in str(refusal)


@pytest.mark.rule("P5")
async def test_linking_sets_reference_and_tag_and_nothing_else(scene: Scene) -> None:
    """A linked record carries the platform client's id and the tag, and keeps its details."""
    await scene.gateway.link(FIRM, CLIENT, "PC-1")
    person = await scene.gateway.read_person(FIRM, CLIENT)

    assert (person.platform_client, person.link_tagged, person.known_details) == ("PC-1", True, KNOWN)
    assert (await scene.gateway.read_person(FIRM, SPOUSE)).platform_client is None


@pytest.mark.rule("P11")
async def test_the_details_form_is_written_back(scene: Scene) -> None:
    """Everything that Plannr has a place for is read again as it was written, over the link."""
    await scene.gateway.link(FIRM, CLIENT, "PC-1")
    await scene.gateway.update_person(FIRM, CLIENT, DETAILS)
    person = await scene.gateway.read_person(FIRM, CLIENT)

    assert person.known_details == KnownDetails(**DETAILS.model_dump(exclude={"tax_residences", "us_person"}))
    assert person.platform_client == "PC-1"


@pytest.mark.rule("P11")
async def test_another_bank_account_is_added_and_the_same_one_is_not(scene: Scene) -> None:
    """Sort code and account number tell bank accounts apart, not the holder's spelling."""
    other = BANK_DETAILS.model_copy(update={"account_number": "55779912"})
    for given in (BANK_DETAILS, BANK_DETAILS.model_copy(update={"account_holder": "E WHITFIELD"}), other, other):
        await scene.gateway.save_bank_account(FIRM, CLIENT, given)
    await scene.gateway.save_bank_account(FIRM, SPOUSE, BANK_DETAILS)

    assert await scene.count() == {"bank_account": 3}


@pytest.mark.rule("P10")
async def test_an_illustration_is_recorded_once_per_journey_and_makes_no_plan(scene: Scene) -> None:
    """The same journey gets the same illustration, another journey of the same joint holders another one."""
    first = await scene.gateway.record_illustration(FIRM, illustration(accounts=[CLIENT, SPOUSE]))
    again = await scene.gateway.record_illustration(FIRM, illustration(accounts=[CLIENT, SPOUSE]))
    other = await scene.gateway.record_illustration(FIRM, illustration(journey_id="journey-2"))

    assert first == again != other
    assert await scene.count() == {"illustration": 2}


@pytest.mark.rule("P11", "P12", "P15")
async def test_an_application_goes_forward_and_keeps_what_is_not_named(scene: Scene) -> None:
    """Draft, pending, complete: one application, whose plan a later save does not erase and which never goes back."""
    recorded = await scene.gateway.record_illustration(FIRM, illustration())
    proposed = await scene.gateway.save_plan(FIRM, plan())
    draft = await scene.gateway.save_application(FIRM, application(illustration=recorded))
    pending = await scene.gateway.save_application(FIRM, application(status="pending", plan=proposed.plan))
    complete = await scene.gateway.save_application(FIRM, application(status="complete"))
    late = await scene.gateway.save_application(FIRM, application(status="pending"))

    assert [saved.status for saved in (draft, pending, complete, late)] == ["draft", "pending", "complete", "complete"]
    assert {saved.application for saved in (pending, complete, late)} == {draft.application}
    assert (draft.plan, pending.plan, late.plan) == (None, proposed.plan, proposed.plan)
    assert await scene.gateway.find_application(FIRM, JOURNEY) == late


async def test_an_application_is_found_by_its_journey_only(scene: Scene) -> None:
    """Before there is one, and for another journey, nothing is found."""
    assert await scene.gateway.find_application(FIRM, JOURNEY) is None
    saved = await scene.gateway.save_application(FIRM, application())

    assert await scene.gateway.find_application(FIRM, JOURNEY) == saved
    assert await scene.gateway.find_application(FIRM, "journey-2") is None


@pytest.mark.rule("P12", "P15")
async def test_a_plan_goes_forward_only(scene: Scene) -> None:
    """Proposed, then active; proposing it late changes nothing."""
    proposed = await scene.gateway.save_plan(FIRM, plan())
    active = await scene.gateway.save_plan(FIRM, plan(status="active", policy_number="SP-1"))
    late = await scene.gateway.save_plan(FIRM, plan())

    assert [saved.status for saved in (proposed, active, late)] == ["proposed", "active", "active"]
    assert {saved.plan for saved in (proposed, active, late)} == {proposed.plan}
    assert await scene.count() == {"plan": 1}


async def test_a_webhook_subscription_keeps_its_secret(scene: Scene) -> None:
    """Asked again, also for more events, the same subscription answers with the same secret."""
    secrets = [
        await scene.gateway.ensure_webhook_subscription(FIRM, WEBHOOK_URL, events)
        for events in (["plan.updated"], ["plan.updated"], ["plan.updated", "account.updated"])
    ]

    assert len(set(secrets)) == 1
    assert len(secrets[0]) == 60
    assert await scene.count() == {"webhook_subscription": 1}


@pytest.mark.rule("P42")
@pytest.mark.parametrize("operation", WRITES)
async def test_a_write_said_twice_is_done_once(scene: Scene, operation: str) -> None:
    """Every write can be repeated: same answer, same records."""
    answers = [await WRITES[operation](scene.gateway) for _ in range(2)]

    assert answers[0] == answers[1]
    assert await scene.count() == _MADE[operation]


@pytest.mark.rule("P42")
@pytest.mark.parametrize("operation", WRITES)
async def test_a_write_whose_answer_is_lost_is_done_once(scene: Scene, operation: str) -> None:
    """Though each of its requests commits without an answer, repeating the write ends with exactly one record."""
    await scene.lose_answers(operation)
    lost = 0
    for _ in range(4):
        try:
            answer = await WRITES[operation](scene.gateway)
            break
        except ConnectorUnavailable:
            lost += 1
    else:
        pytest.fail("the write never got through")

    assert lost >= 1
    assert answer == await WRITES[operation](scene.gateway)
    assert await scene.count() == _MADE[operation]
    if operation == "link":
        assert (await scene.gateway.read_person(FIRM, CLIENT)).link_tagged


@pytest.mark.rule("P42")
@pytest.mark.parametrize("kind", ["outage", "rate_limit"])
@pytest.mark.parametrize("operation", WRITES)
async def test_a_write_that_fails_can_be_repeated(scene: Scene, operation: str, kind: str) -> None:
    """An outage or a full rate limit says "later", with Plannr's wait if it names one, and leaves nothing behind."""
    await scene.fail_next(operation, "outage" if kind == "outage" else "rate_limit")
    with pytest.raises(ConnectorUnavailable) as failure:
        await WRITES[operation](scene.gateway)

    assert failure.value.retry_after == (1.0 if kind == "rate_limit" else None)
    assert await scene.count() == {}
    await WRITES[operation](scene.gateway)
    assert await scene.count() == _MADE[operation]
