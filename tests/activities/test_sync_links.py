"""How a client of the platform and a record in Plannr find each other, and when a person is asked (P5, P50)."""

import asyncio

import pytest
from temporalio.exceptions import ApplicationError

from connectors.errors import Conflict, ConnectorUnavailable, Invalid
from domain.journey import Stage
from domain.ownership import Act, Owner, Subject
from models.syncing import FindSubjects, LinkState
from storage.discrepancies import DiscrepancyRepository, Finding
from storage.syncing import SyncRepository
from tests.activities.sync_scene import FIRM, Scene, away
from tests.sample_client import BANK, KNOWN

OTHER = KNOWN.model_copy(
    update={
        "first_name": "Amara",
        "last_name": "Okafor",
        "email": "amara@example.com",
        "national_insurance_number": "CE123456D",
    }
)


@pytest.mark.rule("P5", "P50")
async def test_a_client_whose_record_is_there_is_matched_and_linked_both_ways(scene: Scene) -> None:
    """Same number, address and birthday: the record gets reference and tag, the client its reference."""
    scene.plannr.add_person(FIRM, "person-1", KNOWN)
    client = scene.platform.add_client(KNOWN)
    outcome = await scene.client(client)

    assert (outcome.state, outcome.created, outcome.writes) == (LinkState.LINKED, False, 0)
    person = scene.person("person-1")
    assert (person.platform_client, person.link_tagged) == (client, True)
    assert (await scene.record(client)).external_reference == "person-1"
    assert len(scene.plannr.people) == 1
    assert await scene.kinds() == ["matched"]
    assert await scene.told() == ["client.linked.v1"]
    await scene.quiet(client)


@pytest.mark.rule("P5", "P50")
async def test_a_client_who_is_nowhere_in_plannr_is_made_there_once(scene: Scene) -> None:
    """The record has the client's details and bank account, belongs to the adviser's employee, and is linked."""
    client = scene.platform.add_client(KNOWN, bank_details=BANK)
    outcome = await scene.client(client)

    ((_, account),) = scene.plannr.people
    person = scene.person(account)
    assert (outcome.state, outcome.created) == (LinkState.LINKED, True)
    assert (person.platform_client, person.link_tagged, person.assigned_adviser) == (client, True, "employee-1")
    assert person.known_details.email == KNOWN.email
    assert scene.plannr.banks[account] == [BANK]
    assert (await scene.record(client)).external_reference == account
    assert await scene.timeline() == [("created", []), ("to_plannr", ["bank_details"])]
    await scene.quiet(client)


@pytest.mark.rule("P5", "P46")
async def test_syncs_at_once_make_one_record_and_one_plan(scene: Scene) -> None:
    """A client's and an account's events arrive together, several times: one record, one plan, one link told."""
    client = scene.platform.add_client(KNOWN)
    opened = scene.platform.open_staff_account([client], "gia")
    await asyncio.gather(*[scene.client(client) for _ in range(4)], *[scene.account(opened) for _ in range(4)])

    assert (len(scene.plannr.people), len(scene.plannr.every_plan)) == (1, 1)
    assert sorted(await scene.kinds()) == ["created", "plan_made"]
    assert sorted(await scene.told()) == ["client.linked.v1", "client.synced.v1"]


@pytest.mark.rule("P5")
async def test_two_clients_with_one_number_are_not_both_made(scene: Scene) -> None:
    """Both arrive at once and could be one person: the first is made, the second is asked about."""
    twin = KNOWN.model_copy(update={"email": "twin@example.com"})
    clients = [scene.platform.add_client(KNOWN), scene.platform.add_client(twin)]
    outcomes = await asyncio.gather(*[scene.client(client) for client in clients])

    assert sorted(outcome.state for outcome in outcomes) == [LinkState.AMBIGUOUS, LinkState.LINKED]
    assert len(scene.plannr.people) == 1


@pytest.mark.rule("P5")
async def test_a_record_that_plannr_refuses_to_make_goes_to_a_person(scene: Scene) -> None:
    """Asked once instead of failing for ever; when Plannr takes it, it is made."""
    client = scene.platform.add_client(KNOWN)
    scene.plannr.fail_next("create_client", Invalid("plannr", "POST /account", "refused", fields=["last_name"]))
    assert (await scene.client(client)).state == LinkState.AMBIGUOUS
    assert (await scene.client(client)).created
    assert await scene.open() == {}


@pytest.mark.rule("P5")
async def test_two_records_that_fit_are_left_to_a_person(scene: Scene) -> None:
    """Nothing is linked or made; the discrepancy names both records, once; deleting one of them decides."""
    for account in ("person-1", "person-2"):
        scene.plannr.add_person(FIRM, account, KNOWN)
    client = scene.platform.add_client(KNOWN)
    for _ in range(2):
        outcome = await scene.client(client)
        assert (outcome.state, outcome.for_a_person) == (LinkState.AMBIGUOUS, ["link"])
    assert scene.writes == []
    asked = (await scene.open())["link"]
    assert (asked.candidates, asked.proposal, asked.firm) == (["person-1", "person-2"], Act.PERSON, FIRM)
    assert await scene.kinds() == ["ambiguous", "for_a_person"]

    scene.plannr.delete_person(FIRM, "person-2")
    found = await scene.sync.find_subjects(FindSubjects(firm=FIRM, kind="account", plannr_id="person-2"))
    assert found.clients == [client]
    assert (await scene.client(client)).state == LinkState.LINKED
    assert await scene.open() == {}
    assert (await scene.kinds())[2:] == ["matched", "closed"]
    assert sorted(await scene.told()) == ["client.linked.v1", "discrepancy.closed.v1", "discrepancy.opened.v1"]


@pytest.mark.rule("P5", "P52")
async def test_differences_at_the_first_meeting_go_to_a_person(scene: Scene) -> None:
    """Neither value is known to be the newer one: both stay, what one side lacks is filled from the other."""
    scene.plannr.add_person(FIRM, "person-1", KNOWN.model_copy(update={"mobile": "+447400999999", "nationality": None}))
    client = scene.platform.add_client(KNOWN)
    outcome = await scene.client(client)

    assert (outcome.to_plannr, outcome.for_a_person) == (["nationality"], ["mobile"])
    assert ((await scene.record(client)).details.mobile, scene.person("person-1").known_details.mobile) == (
        KNOWN.mobile,
        "+447400999999",
    )
    shown = (await scene.open())["mobile"]
    assert (shown.platform_value, shown.plannr_value) == ("…456", "…999")
    await scene.quiet(client)


@pytest.mark.rule("P5", "P52")
@pytest.mark.parametrize("operation", ["link", "refer_client", "amend_person"])
async def test_a_crash_at_the_first_meeting_overwrites_nobody(scene: Scene, operation: str) -> None:
    """Whichever answer is lost, the next attempt ends as the first would have: linked and told once."""
    scene.plannr.add_person(FIRM, "person-1", KNOWN.model_copy(update={"mobile": "+447400999999", "nationality": None}))
    client = scene.platform.add_client(KNOWN)
    if operation == "refer_client":
        scene.platform.fail_next(operation, away("platform"), after_write=True)
    else:
        scene.plannr.lose_answer(operation)
    with pytest.raises(ApplicationError):
        await scene.client(client)
    await scene.client(client)

    assert (await scene.record(client)).details.mobile == KNOWN.mobile
    assert sorted(await scene.open()) == ["mobile"]
    assert await scene.timeline() == [("matched", []), ("to_plannr", ["nationality"]), ("for_a_person", ["mobile"])]
    assert sorted(await scene.told()) == ["client.linked.v1", "client.synced.v1", "discrepancy.opened.v1"]
    await scene.quiet(client)


@pytest.mark.rule("P5", "P42")
async def test_a_record_whose_making_was_cut_off_is_made_once(scene: Scene) -> None:
    """Plannr made the record and did not answer: the next attempt finds it, and it counts as made, not as matched."""
    client = scene.platform.add_client(KNOWN)
    scene.plannr.lose_answer("create_client")
    with pytest.raises(ApplicationError):
        await scene.client(client)
    outcome = await scene.client(client)

    assert (outcome.created, len(scene.plannr.people)) == (True, 1)
    assert await scene.kinds() == ["created"]
    assert await scene.told() == ["client.linked.v1"]


@pytest.mark.rule("P5")
@pytest.mark.parametrize("taken_off", ["both", "tag", "reference"])
async def test_a_link_that_was_taken_off_is_put_back(scene: Scene, taken_off: str) -> None:
    """Tag or reference removed in Plannr by hand: both are there again, without a new link being told."""
    client, account = await scene.linked()
    if taken_off in {"both", "reference"}:
        scene.plannr.unlink(FIRM, account)
    if taken_off == "tag":
        scene.plannr.edit_person(FIRM, account, link_tagged=False)
    await scene.client(client)

    assert (scene.person(account).platform_client, scene.person(account).link_tagged) == (client, True)
    assert scene.writes == ["link"]
    assert (await scene.kinds())[-1] == "linked"
    await scene.quiet(client)


@pytest.mark.rule("P5")
async def test_a_record_of_another_client_is_never_taken(scene: Scene) -> None:
    """The record's reference names somebody else: a person is asked, nothing is written on either side."""
    scene.plannr.add_person(FIRM, "person-1", KNOWN)
    await scene.plannr.link(FIRM, "person-1", "somebody-else")
    client = scene.platform.add_client(OTHER, external_reference="person-1")
    scene.forget_writes()
    outcome = await scene.client(client)

    assert (outcome.state, outcome.for_a_person, scene.writes) == (LinkState.AMBIGUOUS, ["link"], [])
    assert (await scene.open())["link"].plannr_value == "somebody-else"
    assert scene.person("person-1").platform_client == "somebody-else"


@pytest.mark.rule("P5")
@pytest.mark.parametrize("referred", [True, False])
async def test_a_second_client_of_the_same_record_goes_to_a_person(scene: Scene, *, referred: bool) -> None:
    """Both fit one record whose link was taken off, on one side or on both: the first keeps it, the second asks."""
    first, account = await scene.linked()
    scene.plannr.unlink(FIRM, account)
    if not referred:
        scene.platform.edit_client(first, external_reference=None)
    second = scene.platform.add_client(KNOWN.model_copy(update={"email": "second@example.com"}))
    outcome = await scene.client(second)

    assert (outcome.state, scene.writes) == (LinkState.AMBIGUOUS, [])
    assert (await scene.open())["link"].plannr_value == first
    assert (await scene.row(second)).plannr_account is None


@pytest.mark.rule("P5")
async def test_a_reference_that_is_in_use_on_the_platform_goes_to_a_person(scene: Scene) -> None:
    """The platform knows another client by that record: neither side is written."""
    scene.plannr.add_person(FIRM, "person-1", KNOWN)
    other = scene.platform.add_client(OTHER, external_reference="person-1", adviser="of-nobody")
    client = scene.platform.add_client(KNOWN)
    outcome = await scene.client(client)

    assert (outcome.state, scene.writes) == (LinkState.AMBIGUOUS, [])
    assert (await scene.open())["link"].plannr_value == other
    assert scene.person("person-1").platform_client is None


@pytest.mark.rule("P5")
async def test_a_reference_that_leads_nowhere_goes_to_a_person(scene: Scene) -> None:
    """The platform names a record that is not there: nobody is made or matched in its place."""
    client = scene.platform.add_client(KNOWN, external_reference="long-gone")
    scene.plannr.add_person(FIRM, "person-1", KNOWN)

    assert (await scene.client(client)).state == LinkState.AMBIGUOUS
    assert scene.writes == []


@pytest.mark.rule("P5")
async def test_a_client_of_no_firm_is_only_noted(scene: Scene) -> None:
    """The adviser is nobody's: visible in our record, once, and written nowhere; a firm that comes later links."""
    client = scene.platform.add_client(KNOWN, adviser="of-nobody")
    for _ in range(2):
        assert (await scene.client(client)).state == LinkState.NO_FIRM
    assert (scene.writes, scene.plannr.call_count, await scene.kinds()) == ([], 0, ["no_firm"])

    scene.platform.edit_client(client, adviser="adv-1")
    assert (await scene.client(client)).created


@pytest.mark.rule("P50")
async def test_a_record_that_is_gone_goes_to_a_person(scene: Scene) -> None:
    """The linked record was deleted in Plannr: no new one is made; restored, it is as before."""
    client, account = await scene.linked()
    kept = scene.person(account)
    scene.plannr.delete_person(FIRM, account)
    for _ in range(2):
        outcome = await scene.client(client)
        assert (outcome.state, outcome.for_a_person) == (LinkState.GONE, ["record"])
    assert (scene.writes, await scene.kinds()) == ([], ["gone", "for_a_person"])

    scene.plannr.people[FIRM, account] = kept
    assert (await scene.client(client)).state == LinkState.LINKED
    assert await scene.open() == {}


@pytest.mark.rule("P5", "P52")
async def test_another_record_in_the_place_of_one_that_is_gone_is_a_first_meeting(scene: Scene) -> None:
    """The platform's staff point the client at a new record: linked, and what differs is asked, not overwritten."""
    client, account = await scene.linked()
    scene.plannr.delete_person(FIRM, account)
    await scene.client(client)
    scene.plannr.add_person(FIRM, "person-new", KNOWN.model_copy(update={"mobile": "+447400999999"}))
    scene.platform.edit_client(client, external_reference="person-new")
    outcome = await scene.client(client)

    assert (outcome.state, outcome.for_a_person) == (LinkState.LINKED, ["mobile"])
    assert (await scene.row(client)).plannr_account == "person-new"
    assert (await scene.record(client)).details.mobile == KNOWN.mobile


@pytest.mark.rule("P50")
async def test_a_client_who_is_gone_from_the_platform_leaves_plannr_alone(scene: Scene) -> None:
    """Noted once; one who was never known is not even noted."""
    client, _ = await scene.linked()
    del scene.platform.clients[client]
    for _ in range(2):
        assert (await scene.client(client)).state == LinkState.GONE
    assert (await scene.client("never-known")).state == LinkState.GONE
    assert (scene.writes, await scene.kinds()) == ([], ["gone"])


@pytest.mark.rule("P50", "P52")
async def test_a_journey_that_writes_is_left_alone(scene: Scene) -> None:
    """In every stage but waiting for the client the journey writes both records itself; noted once."""
    client, account = await scene.linked()
    await scene.journey(client, account, Stage.APPLICATION_DRAFT)
    scene.plannr.edit_person(FIRM, account, mobile="+447400999999")
    for _ in range(3):
        assert (await scene.client(client)).left_to_journey
    assert (scene.writes, await scene.kinds()) == ([], ["left_to_journey"])

    await scene.journey(client, account, Stage.ACTIVE)
    assert (await scene.client(client)).to_platform == ["mobile"]


@pytest.mark.rule("P50", "P51")
async def test_a_client_left_to_a_journey_is_known_until_looked_at_again(scene: Scene) -> None:
    """Once the journey writes no more the client is due for a look, and only until one was taken."""
    client, account = await scene.linked()

    async def left_behind() -> list[str]:
        async with scene.database.reading() as session:
            return await SyncRepository(session).left_behind(10)

    await scene.journey(client, account, Stage.APPLICATION_DRAFT)
    scene.plannr.edit_person(FIRM, account, mobile="+447400999999")
    assert (await scene.client(client)).left_to_journey
    assert await left_behind() == []

    await scene.journey(client, account, Stage.AWAITING_CLIENT)
    assert await left_behind() == [client]
    assert (await scene.client(client)).to_platform == ["mobile"]
    assert await left_behind() == []

    await scene.journey(client, account, Stage.ACTIVATING)
    assert (await scene.client(client)).left_to_journey
    await scene.journey(client, account, Stage.ACTIVE)
    assert await left_behind() == [client]
    assert (await scene.client(client)).writes == 0
    assert await left_behind() == []


def finding(client: str, name: str, proposal: Act) -> Finding:
    """Return a difference that a reconciliation found."""
    return Finding(
        subject=Subject.CLIENT,
        platform_id=client,
        plannr_id=None,
        firm=FIRM,
        field=name,
        owner=Owner.PLANNR,
        proposal=proposal,
        platform_value="…",
        plannr_value="…",
    )


@pytest.mark.rule("P51", "P52")
async def test_a_journey_that_waits_for_the_client_lets_contact_details_pass(scene: Scene) -> None:
    """What Plannr owns reaches the platform; what a person must decide is raised when the journey is over."""
    client, account = await scene.linked()
    await scene.journey(client, account, Stage.AWAITING_CLIENT)
    scene.plannr.edit_person(FIRM, account, mobile="+447400999999", last_name="Marsh-Jones")
    outcome = await scene.client(client)
    assert (outcome.to_platform, outcome.for_a_person, await scene.open()) == (["mobile"], [], {})
    open_before = [finding(client, name, Act.TO_PLATFORM) for name in ("mobile", "last_name")]
    async with scene.database.transaction() as session:
        await DiscrepancyRepository(session).record(open_before, now=scene.now(), run_id="run-1")
    await scene.client(client)
    assert list(await scene.open()) == ["last_name"]

    await scene.journey(client, account, Stage.ACTIVE)
    assert (await scene.client(client)).for_a_person == ["last_name"]


@pytest.mark.rule("P5")
async def test_a_client_whom_a_journey_linked_is_taken_over_quietly(scene: Scene) -> None:
    """Linked both ways without a row of ours: no link is told again, and Plannr's newer value reaches the platform."""
    scene.plannr.add_person(FIRM, "person-1", KNOWN.model_copy(update={"email": "new@example.com"}))
    client = scene.platform.add_client(KNOWN, external_reference="person-1", adviser="of-nobody")
    await scene.plannr.link(FIRM, "person-1", client)
    await scene.journey(client, "person-1", Stage.ACTIVE)
    outcome = await scene.client(client)

    assert (outcome.to_platform, (await scene.row(client)).firm) == (["email"], FIRM)
    assert await scene.kinds() == ["to_platform"]
    assert await scene.told() == ["client.synced.v1"]


@pytest.mark.rule("P42")
async def test_a_system_that_is_away_is_tried_again_and_a_refusal_is_not(scene: Scene) -> None:
    """An outage is retried when the system says, an unknown conflict fails for good; neither text names the client."""
    client = scene.platform.add_client(KNOWN)
    scene.platform.fail_next(
        "client_record", ConnectorUnavailable("platform", "GET /clients/{id}", "busy", retry_after=7)
    )
    with pytest.raises(ApplicationError) as busy:
        await scene.client(client)
    assert (busy.value.non_retryable, busy.value.next_retry_delay is not None) == (False, True)
    scene.platform.fail_next("refer_client", Conflict("platform", "PATCH /clients/{id}", "odd", code="odd"))
    with pytest.raises(ApplicationError) as odd:
        await scene.client(client)
    assert (odd.value.non_retryable, "Marsh" in str(odd.value)) == (True, False)
