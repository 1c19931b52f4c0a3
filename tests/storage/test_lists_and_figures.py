"""What lists and figures read of the journeys, in both databases."""

from collections.abc import Callable
from datetime import datetime, timedelta

from domain.journey import GateKind, Party, Stage
from models.messages import Progress, TimelineEntry
from models.tables import EvidenceKind
from storage.database import Database
from storage.emails import EmailRepository, NewEmail
from storage.evidence import EvidenceRepository, NewEvidence
from storage.figures import FiguresRepository
from storage.journeys import JourneyRepository
from storage.people import KnownPerson, PersonRepository


async def _project(database: Database, *reports: Progress) -> None:
    async with database.transaction() as session:
        for report in reports:
            await JourneyRepository(session).project(report)


async def _listed(database: Database, **filters: object) -> set[str]:
    async with database.reading() as session:
        rows = await JourneyRepository(session).page("firm-1", limit=10, **filters)  # type: ignore[arg-type] # the tests'
    return {row.journey_id for row in rows}


async def test_a_list_is_narrowed_by_what_is_waited_for_how_long_and_what_is_due(
    database: Database, make_progress: Callable[..., Progress], now: datetime
) -> None:
    """Each of the three narrows the list; what is over waits for nobody, however long ago it ended."""
    await _project(
        database,
        make_progress(journey_id="terms", waiting_for="platform terms (to be accepted)", firm="firm-1"),
        make_progress(journey_id="bank", waiting_for="bank verification (failed)", firm="firm-1"),
        make_progress(journey_id="old", waiting_since=now - timedelta(days=9), firm="firm-1"),
        make_progress(journey_id="over", waiting_since=now - timedelta(days=9), stage=Stage.EXPIRED, firm="firm-1"),
        make_progress(journey_id="due", next_action_at=now + timedelta(days=1), firm="firm-1"),
    )

    assert await _listed(database, waiting_for=GateKind.BANK_VERIFICATION) == {"bank"}
    assert await _listed(database, waiting_before=now - timedelta(days=7)) == {"old"}
    assert await _listed(database, due_before=now + timedelta(days=2)) == {"due"}


async def test_who_is_waited_for_is_counted(database: Database, make_progress: Callable[..., Progress]) -> None:
    """Every party has its number, with how many of those need attention; other firms and advisers are left out."""
    client = {"firm": "firm-1", "waiting_on": Party.CLIENT}
    await _project(
        database,
        make_progress(journey_id="one", **client),
        make_progress(journey_id="two", needs_attention=True, **client),
        make_progress(journey_id="draft", firm="firm-1", waiting_on=Party.ADVISER, adviser_id="another"),
        make_progress(journey_id="elsewhere", firm="firm-2", waiting_on=Party.CLIENT),
    )
    async with database.reading() as session:
        everybodys = await JourneyRepository(session).awaited("firm-1")
        anothers = await JourneyRepository(session).awaited("firm-1", adviser_id="another")

    assert everybodys == {Party.CLIENT: (2, 1), Party.ADVISER: (1, 0)}
    assert anothers == {Party.ADVISER: (1, 0)}


async def test_people_are_known_to_their_own_firm_alone(database: Database) -> None:
    """A firm sees the first names of those it has written to, and whether they can sign in."""
    async with database.transaction() as session:
        people = PersonRepository(session)
        await people.ensure("p-1", "firm-1", "a-1", "eleanor@example.com", "Eleanor")
        await people.ensure("p-2", "firm-1", "a-2", "hugh@example.com", "Hugh")
        await people.ensure("p-3", "firm-2", "a-3", "amara@example.com", "Amara")
        await people.set_password("p-2", "a hash")
    async with database.reading() as session:
        known = await PersonRepository(session).known("firm-1", ["p-1", "p-2", "p-3", "p-4"])

    assert known == {
        "p-1": KnownPerson("Eleanor", has_password=False),
        "p-2": KnownPerson("Hugh", has_password=True),
    }


async def test_what_is_counted_has_the_timeline_and_everybodys_first_acts(
    database: Database, make_progress: Callable[..., Progress], now: datetime
) -> None:
    """A counted journey has its beginning, its timeline and each person's first acts; older ones are left out."""
    entry = TimelineEntry(at=now, by="adviser", event="client details submitted")
    await _project(
        database,
        make_progress(journey_id="j-1", firm="firm-1", timeline=[entry], holders=("p-1", "p-2")),
        make_progress(journey_id="before", firm="firm-1", started_at=now - timedelta(days=40)),
        make_progress(journey_id="elsewhere", firm="firm-2"),
    )
    kind = EvidenceKind.HELP_REQUESTED
    async with database.transaction() as session:
        for person, hours in (("p-1", 5), ("p-1", 9), ("p-2", 7)):
            act = NewEvidence(
                journey_id="j-1",
                person_id=person,
                kind=kind,
                occurred_at=now + timedelta(hours=hours),
                payload={"hours": hours},
            )
            await EvidenceRepository(session).append(act)
    async with database.reading() as session:
        (found,) = await FiguresRepository(session).journeys("firm-1", since=now - timedelta(days=30))
        every = await FiguresRepository(session).journeys("firm-1")
        nobodys = await FiguresRepository(session).journeys("firm-1", adviser_id="nobody")

    assert found.acts == {("p-1", kind): now + timedelta(hours=5), ("p-2", kind): now + timedelta(hours=7)}
    assert [one["event"] for one in found.timeline] == ["client details submitted"]
    assert [holder["person_id"] for holder in found.holders] == ["p-1", "p-2"]
    assert (found.started_at, len(every), nobodys) == (now, 2, [])


async def test_what_an_e_mail_told_is_kept(database: Database, now: datetime) -> None:
    """The ledger keeps what an e-mail told as it was first written, and a retry changes nothing in it."""
    email = NewEmail(
        message_id="<one@onward.example>",
        journey_id="j-1",
        event="reminder:p-1:1",
        template="reminder",
        recipient_role="client",
        person_id="p-1",
        subject="A reminder",
        created_at=now,
        facts={"reminder_number": 1, "left_to_do": ["accept the platform terms"]},
    )
    async with database.transaction() as session:
        await EmailRepository(session).reserve(email)
    async with database.transaction() as session:
        again = await EmailRepository(session).reserve(email)

    assert again.facts == {"reminder_number": 1, "left_to_do": ["accept the platform terms"]}
