"""Which value of a client is carried where, and what is left to a person (P51, P52)."""

from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from connectors.errors import Conflict, Invalid, NotFound
from connectors.platform.port import ClientRecord
from models.people import Address, EmploymentStatus, MaritalStatus
from models.syncing import FindSubjects, LinkState
from tests.activities.sync_scene import FIRM, Scene, away
from tests.sample_client import BANK, KNOWN

MOVED = Address(line_1="3 Quay Lane", town_city="Bristol", postcode="BS1 4AB")
OTHER_BANK = BANK.model_copy(update={"account_number": "12345678"})
MEANWHILE = Conflict("platform", "PATCH /clients/{id}", "changed meanwhile", code="precondition_failed")


@pytest.mark.rule("P51", "P52")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "eleanor@new.example.com"),
        ("mobile", "+447400999999"),
        ("address", MOVED),
        ("marital_status", MaritalStatus.MARRIED),
        ("employment_status", EmploymentStatus.RETIRED),
        ("retirement_age", 67),
    ],
)
async def test_what_plannr_owns_reaches_the_platform(scene: Scene, field: str, value: Any) -> None:
    """One write, one event, and the echo of it goes no further; our own record speaks of the platform's new version."""
    client, account = await scene.linked(marital_status=MaritalStatus.SINGLE, retirement_age=65)
    scene.plannr.edit_person(FIRM, account, **{field: value})
    outcome = await scene.client(client)

    assert (outcome.to_platform, scene.writes) == ([field], ["amend_client"])
    record = await scene.record(client)
    assert getattr(record.details, field) == value
    assert (await scene.row(client)).platform_version == record.version
    assert (await scene.timeline(), await scene.told()) == ([("to_platform", [field])], ["client.synced.v1"])
    await scene.quiet(client)


@pytest.mark.rule("P51")
async def test_a_new_bank_account_reaches_the_platform_with_the_rest(scene: Scene) -> None:
    """Details and bank account changed together: two writes, each to the version that the one before left."""
    client, account = await scene.linked()
    scene.plannr.edit_person(FIRM, account, address=MOVED, mobile="+447400999999")
    scene.plannr.give_bank_account(FIRM, account, OTHER_BANK)
    outcome = await scene.client(client)

    assert outcome.to_platform == ["address", "bank_details", "mobile"]
    assert scene.writes == ["amend_client", "amend_bank_details"]
    assert (await scene.record(client)).bank_details == OTHER_BANK
    await scene.quiet(client)


@pytest.mark.rule("P52")
async def test_a_change_on_the_platform_of_what_plannr_owns_is_written_back(scene: Scene) -> None:
    """The platform's staff change the mobile number: Plannr's stands on both sides."""
    client, account = await scene.linked()
    scene.platform.edit_client(client, mobile="+447400999999")

    assert (await scene.client(client)).to_platform == ["mobile"]
    assert (await scene.record(client)).details.mobile == scene.person(account).known_details.mobile == KNOWN.mobile


@pytest.mark.rule("P52")
async def test_spelling_alone_is_no_difference(scene: Scene) -> None:
    """Letter case, spaces and a title's full stop are how people type, not what they mean."""
    client, account = await scene.linked()
    shouted = Address(line_1="12  HARBOUR street", town_city="WHITSTABLE", postcode="CT5 1AQ")
    scene.plannr.edit_person(
        FIRM, account, title="MRS.", last_name="MARSH", address=shouted, email="Eleanor.Marsh@example.com"
    )

    await scene.quiet(client)
    assert await scene.open() == {}


@pytest.mark.rule("P52")
@pytest.mark.parametrize("side", ["plannr", "platform"])
async def test_who_somebody_is_goes_to_a_person(scene: Scene, side: str) -> None:
    """The identity check was made with it: nothing is written, shown masked, noted and told once, closed when equal."""
    client, account = await scene.linked()
    if side == "plannr":
        scene.plannr.edit_person(FIRM, account, last_name="Marsh-Jones")
    else:
        scene.platform.edit_client(client, last_name="Marsh-Jones")
    for _ in range(3):
        assert (await scene.client(client)).for_a_person == ["last_name"]
    shown = (await scene.open())["last_name"]
    assert (scene.writes, shown.platform_value, shown.plannr_value) == ([], "M…", "M…")
    assert await scene.timeline() == [("for_a_person", ["last_name"])]

    scene.plannr.edit_person(FIRM, account, last_name="Marsh-Jones")
    scene.platform.edit_client(client, last_name="Marsh-Jones")
    await scene.client(client)
    assert (await scene.open(), (await scene.row(client)).held) == ({}, [])
    assert await scene.told() == ["discrepancy.opened.v1", "discrepancy.closed.v1"]


@pytest.mark.rule("P52")
async def test_a_value_emptied_in_plannr_goes_to_a_person(scene: Scene) -> None:
    """Emptying is no answer: the platform keeps its value, and so it stays until a person gives one in Plannr."""
    client, account = await scene.linked()
    scene.plannr.edit_person(FIRM, account, mobile=None)
    assert (await scene.client(client)).for_a_person == ["mobile"]
    assert (await scene.row(client)).held == ["mobile"]
    await scene.quiet(client)

    scene.plannr.edit_person(FIRM, account, mobile=KNOWN.mobile)
    await scene.client(client)
    assert (await scene.open(), (await scene.row(client)).held) == ({}, [])


@pytest.mark.rule("P34", "P51")
async def test_an_address_in_use_goes_to_a_person_and_the_rest_is_written(scene: Scene) -> None:
    """The clash is asked about once and not tried again; another address in Plannr is tried at once."""
    client, account = await scene.linked()
    scene.platform.add_client(KNOWN.model_copy(update={"email": "taken@example.com"}))
    scene.plannr.edit_person(FIRM, account, email="taken@example.com", mobile="+447400999999")
    outcome = await scene.client(client)
    assert (outcome.to_platform, outcome.for_a_person) == (["mobile"], ["email"])
    await scene.quiet(client)
    assert list(await scene.open()) == ["email"]

    scene.plannr.edit_person(FIRM, account, email="free@example.com")
    assert (await scene.client(client)).to_platform == ["email"]
    assert await scene.open() == {}


@pytest.mark.rule("P51")
@pytest.mark.parametrize(
    ("named", "left"), [(["mobile"], ["mobile"]), (["address.postcode"], ["address"]), (["?"], ["address", "mobile"])]
)
async def test_a_value_that_is_refused_goes_to_a_person(scene: Scene, named: list[str], left: list[str]) -> None:
    """The field that the platform names is left, or all where it names none; the others are written."""
    client, account = await scene.linked()
    scene.plannr.edit_person(FIRM, account, address=MOVED, mobile="+447400999999")
    scene.platform.fail_next("amend_client", Invalid("platform", "PATCH /clients/{id}", "refused", fields=named))
    outcome = await scene.client(client)

    assert outcome.for_a_person == left
    assert outcome.to_platform == sorted({"address", "mobile"} - set(left))
    await scene.quiet(client)


@pytest.mark.rule("P52")
async def test_a_value_that_does_not_stay_is_not_written_for_ever(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A platform that takes a value and keeps its own: a person is asked instead of an endless echo."""
    client, account = await scene.linked()
    scene.plannr.edit_person(FIRM, account, mobile="+447400999999")

    async def keeps_its_own(name: str, *_: Any, **__: Any) -> ClientRecord:
        scene.platform.edit_client(name, adviser="adv-1")
        return await scene.record(name)

    monkeypatch.setattr(scene.platform, "amend_client", keeps_its_own)
    assert (await scene.client(client)).for_a_person == ["mobile"]
    await scene.quiet(client)


@pytest.mark.rule("P52", "P54")
async def test_a_client_changed_meanwhile_is_compared_again(scene: Scene) -> None:
    """Up to three readings; after that the sync is left for later rather than given up, and nothing is overwritten."""
    client, account = await scene.linked()
    scene.plannr.edit_person(FIRM, account, mobile="+447400999999")
    scene.platform.fail_next("amend_client", MEANWHILE, NotFound("platform", "PATCH /clients/{id}", "gone"))
    assert (await scene.client(client)).to_platform == ["mobile"]

    scene.plannr.edit_person(FIRM, account, mobile="+447400888888")
    scene.platform.fail_next("amend_client", MEANWHILE, MEANWHILE, MEANWHILE)
    with pytest.raises(ApplicationError) as later:
        await scene.client(client)
    assert (later.value.non_retryable, later.value.next_retry_delay is not None) == (False, True)
    assert (await scene.client(client)).to_platform == ["mobile"]


@pytest.mark.rule("P42", "P52")
@pytest.mark.parametrize("operation", ["amend_client", "amend_bank_details"])
async def test_a_write_whose_answer_was_lost_is_told_once(scene: Scene, operation: str) -> None:
    """The next attempt finds both sides equal, knows that it was our write, and notes and tells it."""
    client, account = await scene.linked()
    scene.plannr.edit_person(FIRM, account, mobile="+447400999999")
    scene.plannr.give_bank_account(FIRM, account, OTHER_BANK)
    scene.platform.fail_next(operation, away("platform"), after_write=True)
    with pytest.raises(ApplicationError):
        await scene.client(client)
    outcome = await scene.client(client)

    assert outcome.to_platform == ["bank_details", "mobile"]
    assert sorted(scene.writes) == ["amend_bank_details", "amend_client"]
    assert await scene.timeline() == [("to_platform", ["bank_details", "mobile"])]
    assert await scene.told() == ["client.synced.v1"]
    await scene.quiet(client)


@pytest.mark.rule("P51")
async def test_what_a_record_of_plannr_concerns_is_found(scene: Scene) -> None:
    """A person leads to the client, by our record or by the link; a bank account to its owner's; others nowhere."""
    client, account = await scene.linked()
    scene.plannr.give_bank_account(FIRM, account, OTHER_BANK)
    scene.plannr.add_person(FIRM, "person-x", KNOWN)
    scene.plannr.edit_person(FIRM, "person-x", platform_client="cl-x", link_tagged=True)
    scene.plannr.add_person(FIRM, "person-y", KNOWN)

    async def clients(kind: Any, plannr_id: str, firm: str = FIRM) -> list[str]:
        found = await scene.sync.find_subjects(FindSubjects(firm=firm, kind=kind, plannr_id=plannr_id))
        assert found.accounts == []
        return found.clients

    assert await clients("account", account) == [client]
    assert await clients("account", "person-x") == ["cl-x"]
    assert await clients("bank_account", f"bank-{account}-2") == [client]
    for kind, nobody in (("account", "person-y"), ("account", "none"), ("bank_account", "none"), ("plan", "none")):
        assert await clients(kind, nobody) == []
    assert await clients("account", account, "firm-b") == []
    assert scene.writes == []


@pytest.mark.rule("P52")
async def test_a_sync_that_finds_nothing_costs_few_calls(scene: Scene) -> None:
    """An echo reads the client, the record and its bank account, an account's the account and the plan; no more."""
    opened, _ = await scene.with_plan()
    client = next(iter(scene.platform.clients))
    for sync, calls in ((scene.client(client), 3), (scene.account(opened), 2)):
        before = scene.platform.call_count + scene.plannr.call_count
        assert (await sync).writes == 0
        assert scene.platform.call_count + scene.plannr.call_count - before == calls


@pytest.mark.rule("P52")
async def test_no_value_is_kept(scene: Scene) -> None:
    """Our own record has fingerprints under another key for each product, and never a value."""
    client, _ = await scene.linked()
    row = await scene.row(client)

    assert row.state is LinkState.LINKED
    assert set(row.bases) >= {"email", "mobile", "last_name", "bank_details"}
    assert all(len(value) == 32 for value in row.bases.values())
    assert "marsh" not in str(row.model_dump()).casefold()
