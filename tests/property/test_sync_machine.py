"""Any order of edits, lost, doubled and shuffled events, syncs and deaths of the process: the two systems meet (P52).

The activities are the real ones, on a real database file; the systems are those of `tests.fakes`, which
`tests.contract` holds to the sandboxes.
"""

import shutil
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.ownership import Subject
from domain.sync_events import SyncEvent
from storage.database import migrate
from tests.property.sync_checks import check_rest, check_step
from tests.property.sync_people import BANKS, VALUES, adults, child
from tests.property.sync_world import FIRMS, News, World

_ANY = st.integers(0, 60)
_CHOICE = st.integers(0, 4)
_FIELDS = st.sampled_from([*VALUES, "bank_details"])
_ADVISERS = st.sampled_from(["adv-1", "adv-1", "adv-1", "adv-2", "adv-nobody"])
_WRAPPERS = st.sampled_from(["isa", "jisa", "sipp", "gia", "tpsipp", "tpsipp", "tpofb", "corporate", "trust"])
_STATUSES = st.sampled_from(["pending", "active", "suspended", "closed", "cancelled"])
_PLAN_EDITS = st.sampled_from(
    [
        {"status": "proposed"},
        {"status": "active"},
        {"status": "inactive"},
        {"policy_number": "A-1"},
        {"policy_number": None},
        {"name": "Renamed"},
        {"type": "other"},
        {"accounts": []},
    ]
)
# Which one, counted from the newest; whether it comes again; after how many writes the process dies.
_EVENT = st.tuples(st.integers(0, 10), st.booleans(), st.sampled_from([None, None, 1, 1, 2, 3]))
# Each edit leads to a few writes at most: a record with its link, reference, gaps to fill on either side.
_WRITES_PER_ACT = 6
# A test that never gets there proves nothing of it.
_SITUATIONS = {
    "died",
    SyncEvent.MATCHED,
    SyncEvent.CREATED,
    SyncEvent.AMBIGUOUS,
    SyncEvent.NO_FIRM,
    SyncEvent.FOR_A_PERSON,
    SyncEvent.TO_PLATFORM,
    SyncEvent.PLAN_MADE,
    SyncEvent.AMENDED_BY_A_PERSON,
    SyncEvent.OUT_OF_SCOPE,
    SyncEvent.GONE,
}


class Sync(RuleBasedStateMachine):
    """People act in both systems, events arrive or do not, and the process dies after some of its writes."""

    def __init__(self, database: Path, reached: set[str]) -> None:
        super().__init__()
        self.world = World(database)
        self.reached = reached
        self.acts = 0
        self.amended: set[tuple[str, str]] = set()
        self.sound = True

    def _acted(self) -> None:
        self.acts += 1
        self.world.notice()

    def _sync(self, number: int, *, dies_after: int | None = None, keep: bool = False) -> None:
        news = self.world.news[-1 - number % len(self.world.news)]
        before, rows = self.world.snapshot(), self.world.rows()
        self.sound = False
        lived = self.world.sync(news, dies_after=dies_after)
        check_step(self.world, before, self.world.snapshot(), rows)
        self.sound = True
        if lived and not keep:
            self.world.news.remove(news)
        self.acts += not lived
        self.reached |= set() if lived else {"died"}
        self.world.notice()

    def _client(self, number: int) -> str:
        return list(self.world.platform.clients)[number % len(self.world.platform.clients)]

    def _value(self, field: str, choice: int) -> Any:
        values = BANKS if field == "bank_details" else VALUES[field]
        return values[choice] if choice < len(values) else None

    def _is_taken(self, email: str | None, client: str) -> bool:
        others = (record for name, record in self.world.platform.clients.items() if name != client)
        return email is not None and any(record.details.email == email for record in others)

    @initialize(number=_ANY, wrapper=st.sampled_from(["tpsipp", "tpofb", "gia"]), synced=st.booleans())
    def begin(self, number: int, wrapper: str, synced: bool) -> None:
        """Somebody is in both systems at first, known to each other or not yet."""
        self.add_record(number, "firm-a")
        self.add_client(number, "adv-1")
        self.open_account(0, wrapper, together=False, status="active")
        if synced:
            self.sync_everything()

    @rule(number=_ANY, firm=st.sampled_from([*FIRMS, FIRMS[0]]))
    def add_record(self, number: int, firm: str) -> None:
        """An adviser keys somebody in."""
        known = [*adults(), child()][number % 5]
        self.world.plannr.add_person(firm, f"record-{len(self.world.plannr._places)}", known)
        self._acted()

    @rule(number=_ANY, adviser=_ADVISERS)
    def add_client(self, number: int, adviser: str) -> None:
        """The platform's staff key somebody in; no two clients have one e-mail address there."""
        known = adults()[number % 4]
        if self._is_taken(known.email, ""):
            free = (email for email in VALUES["email"] if not self._is_taken(email, ""))
            known = known.model_copy(update={"email": next(free, None)})
        self.world.platform.add_client(known, adviser=adviser)
        self._acted()

    @rule(number=_ANY)
    def add_child(self, number: int) -> None:
        """The platform's staff key a child in, whose guardian is a client."""
        guardian = self.world.platform.clients[self._client(number)]
        if guardian.guardian is None:
            self.world.platform.add_client(child(), adviser=guardian.adviser, guardian=guardian.client)
            self._acted()

    @rule(number=_ANY, field=_FIELDS, choice=_CHOICE)
    def edit_client(self, number: int, field: str, choice: int) -> None:
        """The platform's staff change or empty a detail."""
        self._edit_client(number, field, choice)
        self._acted()

    @precondition(lambda self: self.world.plannr.people)
    @rule(number=_ANY, field=_FIELDS, choice=_CHOICE)
    def edit_record(self, number: int, field: str, choice: int) -> None:
        """An adviser changes or empties a detail."""
        self._edit_record(number, field, choice)
        self._acted()

    def _edit_client(self, number: int, field: str, choice: int) -> None:
        client, value = self._client(number), self._value(field, choice)
        if field != "email" or not self._is_taken(value, client):
            self.world.platform.edit_client(client, **{field: value})

    def _edit_record(self, number: int, field: str, choice: int) -> None:
        if not self.world.plannr.people:
            return
        firm, account = list(self.world.plannr.people)[number % len(self.world.plannr.people)]
        value = self._value(field, choice)
        if field != "bank_details":
            self.world.plannr.edit_person(firm, account, **{field: value})
        elif value is None:
            self.world.plannr.banks.pop(account, None)
        else:
            self.world.plannr.give_bank_account(firm, account, value)

    @rule(number=_ANY, wrapper=_WRAPPERS, together=st.booleans(), status=_STATUSES)
    def open_account(self, number: int, wrapper: str, together: bool, status: str) -> None:
        """The platform's staff open an account, for one or two clients of one adviser."""
        client = self.world.platform.clients[self._client(number)]
        same = [each.client for each in self.world.platform.clients.values() if each.adviser == client.adviser]
        other = [each for each in same if each != client.client][:1] if together else []
        self.world.platform.open_staff_account(
            [client.client, *other],
            wrapper,
            adviser=client.adviser,
            status=status,  # type: ignore[arg-type]
        )
        self._acted()

    @precondition(lambda self: self.world.platform.accounts)
    @rule(number=_ANY, status=_STATUSES)
    def set_account_status(self, number: int, status: str) -> None:
        """An account moves on."""
        account = list(self.world.platform.accounts)[number % len(self.world.platform.accounts)]
        self.world.platform.set_account_status(account, status)  # type: ignore[arg-type]
        self._acted()

    @precondition(lambda self: self.world.plannr.every_plan)
    @rule(number=_ANY, fields=_PLAN_EDITS)
    def edit_plan(self, number: int, fields: dict[str, Any]) -> None:
        """An adviser changes a plan."""
        place = list(self.world.plannr.every_plan)[number % len(self.world.plannr.every_plan)]
        self.world.plannr.edit_plan(*place, **fields)
        self.amended |= {(place[1], name) for name in fields}
        self._acted()

    @precondition(lambda self: self.world.plannr.every_plan)
    @rule(number=_ANY, status=st.sampled_from(["proposed", "active", "inactive"]))
    def amend_plan(self, number: int, status: str) -> None:
        """An adviser gives a plan a status of their own."""
        self.edit_plan(number, {"status": status})

    @precondition(lambda self: self.world.plannr.people)
    @rule(number=_ANY, what=st.sampled_from(["record", "link", "plan"]))
    def remove(self, number: int, what: str) -> None:
        """An adviser deletes a record or a plan, or takes a link off a record that the sync knows."""
        plannr, rows = self.world.plannr, self.world.rows()
        known = {row.plannr_account for row in rows.clients.values()}
        places = list(plannr.every_plan if what == "plan" else plannr.people)
        if not places:
            return
        firm, record = places[number % len(places)]
        if what == "plan":
            plannr.delete_plan(firm, record)
        elif what == "record":
            plannr.delete_person(firm, record)
        elif record in known:
            plannr.unlink(firm, record)
        self._acted()

    @precondition(lambda self: self.world.news)
    @rule(events=st.lists(_EVENT, min_size=1, max_size=5))
    def deliver(self, events: list[tuple[int, bool, int | None]]) -> None:
        """Events arrive in any order, some once more later; the process may die after some of the writes they cause."""
        for number, twice, dies_after in events:
            if self.world.news:
                self._sync(number, dies_after=dies_after, keep=twice)

    @precondition(lambda self: self.world.news)
    @rule(number=_ANY, at=_ANY, field=_FIELDS, choice=_CHOICE, on_platform=st.booleans())
    def deliver_while_somebody_edits(self, number: int, at: int, field: str, choice: int, on_platform: bool) -> None:
        """A detail is changed between what a sync read and what it writes."""
        edit = self._edit_client if on_platform else self._edit_record
        self.sound = False
        assert self.world.sync(
            self.world.news.pop(number % len(self.world.news)), meanwhile=lambda: edit(at, field, choice)
        )
        self.sound = True
        self._acted()

    @precondition(lambda self: self.world.news)
    @rule(number=_ANY)
    def lose(self, number: int) -> None:
        """An event never arrives."""
        self.world.news.pop(number % len(self.world.news))

    @rule()
    def sync_everything(self) -> None:
        """Whatever happened, a look at every record brings both systems to rest."""
        self.sound = False
        rounds = len(self.world.platform.clients) + 3
        for _ in range(rounds):
            written = self.world.writes
            for news in self.world.everything():
                before, rows = self.world.snapshot(), self.world.rows()
                assert self.world.sync(news)
                check_step(self.world, before, self.world.snapshot(), rows)
            if self.world.writes == written:
                break
        else:
            pytest.fail("the writes do not stop")
        self.world.notice()
        check_rest(self.world, self.amended)
        assert self.world.writes <= _WRITES_PER_ACT * self.acts
        self.sound = True

    def teardown(self) -> None:
        """End at rest, unless a fault was found before."""
        try:
            if self.sound:
                self.sync_everything()
                self.reached |= self.world.timeline()
        finally:
            self.world.close()


@pytest.fixture(scope="session")
async def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated, empty database file to be copied."""
    path = tmp_path_factory.mktemp("sync") / "empty.db"
    await migrate(f"sqlite:///{path}")
    return path


@pytest.mark.rule("P3", "P4", "P5", "P50", "P51", "P52")
@pytest.mark.timeout(240)
def test_two_systems_meet_whatever_happens(empty: Path, tmp_path: Path) -> None:
    """They agree or a person is asked, nothing is written twice, and nothing that is somebody's own is written over."""
    numbers, reached = count(), set[str]()

    def machine() -> Sync:
        path = tmp_path / f"{next(numbers)}.db"
        shutil.copy(empty, path)
        return Sync(path, reached)

    run_state_machine_as_test(
        machine,  # type: ignore[arg-type]
        settings=settings(
            derandomize=True,
            deadline=None,
            max_examples=60,
            stateful_step_count=25,
            suppress_health_check=list(HealthCheck),
        ),
    )

    assert reached >= _SITUATIONS, "the acts do not lead everywhere any more"


@pytest.mark.rule("P3", "P52")
def test_a_death_right_after_a_write_is_taken_for_nobodys_amendment(empty: Path, tmp_path: Path) -> None:
    """The account has moved on before the sync is repeated: its plan holds our own unrecorded value, and follows."""
    path = tmp_path / "one.db"
    shutil.copy(empty, path)
    world = World(path)
    try:
        client = world.platform.add_client(adults()[0])
        account = world.platform.open_staff_account([client], "tpsipp", status="pending")
        news = News(Subject.ACCOUNT, account)
        assert world.sync(news)
        world.platform.set_account_status(account, "active")
        assert not world.sync(news, dies_after=1)
        world.platform.set_account_status(account, "closed")
        assert world.sync(news)

        assert [plan.status for plan in world.plannr.every_plan.values()] == ["inactive"]
        assert world.rows().accounts[account].stopped == []
    finally:
        world.close()
