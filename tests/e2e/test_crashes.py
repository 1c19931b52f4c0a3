"""Processes ended by SIGKILL in the middle of journeys: time is lost, never a record, an e-mail or an act."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from cli.demonstration.actors import eventually, portal_visitor, signed_in_adviser
from cli.demonstration.surroundings import Surroundings, checked
from cli.local import API, ENGINE, WORKER
from cli.stack import Stack
from tests.e2e.test_refusals_of_clients import token_of
from tests.e2e.world import GIA, PLANNR, PLATFORM, Case, World, checks_passed, expect_problem

pytestmark = pytest.mark.timeout(240)

# An activity whose worker died is given to another once its own time is over: a minute.
AFTER_A_CRASH = timedelta(seconds=110)
# Shorter than an adapter's patience with an answer, so that nothing but the worker's end loses it.
HELD_SECONDS = 8.0
COMMITTED, NOT_YET = "commit_then_timeout", "latency"
POINTS = (
    (PLATFORM, COMMITTED, "POST /illustrations"),
    (PLATFORM, NOT_YET, "POST /clients/{id}/submission"),
    (PLANNR, COMMITTED, "POST /api/v1/applications"),
    (PLATFORM, COMMITTED, "POST /accounts"),
    (PLANNR, NOT_YET, "POST /api/v1/plans"),
    (PLATFORM, NOT_YET, "POST /accounts/{id}/activation"),
)
"""Where a worker is killed: after the system has written, or while it is about to and will, heard by nobody."""


@contextmanager
def held(world: World) -> Iterator[None]:
    """Hold the first answer to each of these writes long enough to end whoever waits for it."""
    with ExitStack() as faults:
        for system, kind, operation in POINTS:
            how = {"delay_seconds": HELD_SECONDS} if system == PLATFORM else {"seconds": HELD_SECONDS}
            hang = {"hang": True} if (system, kind) == (PLANNR, COMMITTED) else {}
            faults.enter_context(world.fault(system, kind, operation=operation, each=True, times=1, **how, **hang))
        yield


@dataclass
class Crashed:
    """Journeys that were in the middle of writing when their worker was killed, and what their adviser was told."""

    starting: Case
    setting_up: Case
    opening: Case
    activating: Case
    told: list[dict[str, object]]


@pytest.fixture(scope="module")
def crashed(fragile: World) -> Crashed:
    """Return journeys whose worker was killed; a new one runs. The minute they lose passes during other tests."""
    starting, setting_up, opening, activating = (fragile.case(GIA) for _ in range(4))
    for case in (setting_up, opening, activating):
        case.illustrate()
    for case in (opening, activating):
        case.submit_details()
    activating.send_application()
    activating.until("the checks", checks_passed)
    with activating.portal() as client, ThreadPoolExecutor() as threads:
        for task in ("details", "direct_debit_mandate", "platform_terms"):
            client.do(task, activating.journey_id)
        documents = client.open_documents(activating.journey_id, "product_terms")
        with held(fragile):
            forms = [
                threads.submit(setting_up.command, "client-details", setting_up.details()),
                threads.submit(opening.command, "application", opening.application()),
            ]
            starting.journey_id = starting.start().json()["journey_id"]
            checked(client.accept(activating.journey_id, "product_terms", documents))
            eventually(lambda: fragile.struck(PLATFORM) + fragile.struck(PLANNR) == len(POINTS), "every write is held")
            fragile.stack.kill(WORKER)
            told = [form.result().json() for form in forms]
    fragile.stack.start_process(WORKER)
    return Crashed(starting, setting_up, opening, activating, told)


def test_a_killed_worker_leaves_nobody_without_an_answer(crashed: Crashed) -> None:
    """The adviser hears that the command was taken and is still being carried out; the journey stands where it was."""
    assert [answer["completed"] for answer in crashed.told] == [False, False]
    assert crashed.setting_up.journey()["stage"] == "illustrated"
    assert crashed.opening.journey()["stage"] == "application_draft"


@pytest.mark.rule("P15", "P46")
def test_checks_whose_events_are_lost_are_read_again(fragile: World) -> None:
    """Every event about the checks is lost; reading them again after a while opens the account all the same."""
    fragile.control(PLATFORM, "PATCH", "settings", {"verification_delay_seconds": 3})
    case = fragile.case()
    with fragile.fault(PLATFORM, "drop_webhook", operation="client.verification_updated"):
        case.illustrate()
        case.submit_details()
        case.send_application()
        assert not checks_passed(case.journey())
        case.finish()
        assert fragile.struck(PLATFORM) >= 2
    case.assert_complete()
    fragile.control(PLATFORM, "PATCH", "settings", {"verification_delay_seconds": 0.5})


@pytest.mark.rule("P20")
def test_an_invitation_that_expired(fragile: World) -> None:
    """An old link says so; asking for a new one by it sends a new one, whoever asks gets the same words."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONWARD_INVITATION_VALID", "PT2S")
        fragile.stack.kill(API)
        fragile.stack.start_process(API)
        case = fragile.waiting()
    token, number = token_of(case.link()), fragile.email_number()
    with portal_visitor(fragile.around) as client:
        path = f"/portal/api/invitations/{token}"
        eventually(lambda: client.http.get(path).status_code == 410, "the end of the invitation")
        with fragile.untouched():
            expect_problem(client.http.get(path), "invitation-expired")
            choice = {"token": token, "password": "lantern orchid pebble quilt"}
            expect_problem(client.http.post("/portal/api/password", json=choice), "invitation-expired")
        renewed = client.http.post(f"{path}/renewal")
        guessed = client.http.post(f"/portal/api/invitations/{'A' * 43}/renewal")
        assert (renewed.status_code, guessed.status_code) == (202, 202)
        assert renewed.json() == guessed.json()
    assert token_of(case.link(since=number)) != token
    # Links of later tests live as long as usual again.
    fragile.stack.kill(API)
    fragile.stack.start_process(API)


@pytest.mark.rule("P46")
def test_the_engine_is_away_while_the_client_acts(fragile: World) -> None:
    """The acceptance is on record at once; the journey hears of it when the engine is back, without the client."""
    case = fragile.waiting()
    with case.portal() as client:
        for task in ("details", "platform_terms"):
            client.do(task, case.journey_id)
        documents = client.open_documents(case.journey_id, "product_terms")
        fragile.stack.kill(ENGINE)
        accepted = client.accept(case.journey_id, "product_terms", documents)
        assert accepted.status_code == 200, accepted.text
        assert accepted.json()["journey"]["next_task"] is None
        unheard = [row["kind"] for row in case.evidence() if row["signalled_at"] is None]
        assert unheard == ["product_terms_accepted"]
        assert case.journey()["stage"] == "awaiting_client"
    fragile.stack.start_process(ENGINE)

    case.until_active()
    assert all(row["signalled_at"] for row in case.evidence())
    case.assert_complete()


@pytest.mark.rule("P42", "P45", "P46")
def test_journeys_whose_worker_was_killed_end_as_if_nothing_had_happened(crashed: Crashed) -> None:
    """Each was in another write when its worker died; in the end there is one record of each kind, each e-mail once."""
    crashed.activating.until("the open account", lambda seen: seen["stage"] == "active", AFTER_A_CRASH)
    crashed.starting.until("the illustration", lambda seen: seen["waiting_on"] == "adviser", AFTER_A_CRASH)
    crashed.setting_up.until("the details", lambda seen: seen["stage"] == "application_draft", AFTER_A_CRASH)
    crashed.opening.until("the account", lambda seen: seen["stage"] == "awaiting_client", AFTER_A_CRASH)
    crashed.starting.submit_details()
    for case in (crashed.starting, crashed.setting_up):
        case.send_application()
    for case in (crashed.starting, crashed.setting_up, crashed.opening):
        case.finish()
    for case in (crashed.starting, crashed.setting_up, crashed.opening, crashed.activating):
        case.assert_complete()
        assert len(set(case.message_ids())) == len(case.message_ids())


@pytest.mark.rule("P26", "P42", "P46")
def test_everything_is_killed_while_the_client_is_awaited(fragile: World) -> None:
    """After a power cut the same home goes on: same links, same session, and the client finishes what they began."""
    case = fragile.waiting(GIA)
    with case.portal() as client:
        client.do("details", case.journey_id)
        before = client.journey(case.journey_id)
        fragile.stack.kill_all()
        again = Stack(fragile.stack.home.path, prefer_ports=False)
        try:
            around = Surroundings.of(again.home.path, again.start())
            assert around.urls == fragile.around.urls
            assert client.journey(case.journey_id) == before
            assert client.journey(case.journey_id)["next_task"] == "direct_debit_mandate"
            with signed_in_adviser(around) as adviser:
                revived = Case(World(again, around, adviser), case.script, case.client, case.journey_id)
                client.do_everything(case.journey_id, lambda _: None)
                revived.until_active()
                revived.assert_complete()
        finally:
            again.kill_all()
