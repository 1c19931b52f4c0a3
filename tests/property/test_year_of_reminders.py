"""Random journeys over two years, with random acts and holds: what quiet clients are sent, and when (P40).

The workflow's own code is played (`tests.property.played`); what it may send is worked out here once more, from the
words of the rule alone.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from connectors.bank_holidays import bank_holidays
from domain.journey import CheckStatus, DocumentKind, Stage, Wrapper
from models.commands import Hold, Resume
from models.facts import CheckState, DocumentRef, DocumentView, HelpRequested, TermsAccepted, VerificationUpdated
from models.people import AccountDetails, Contribution
from tests.journey_parties import ELEANOR, THOMAS
from tests.property.played import ACTOR, Played, platform_client, start_message
from tests.sample_client import ILLUSTRATION
from workflows.onboarding import OnboardingJourney

FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
LONDON = ZoneInfo("Europe/London")
ENGLAND = bank_holidays(FIRST, LAST + timedelta(days=800))
HOLDERS = [party.holder("j", Wrapper.GIA) for party in (ELEANOR, THOMAS)]
DOCUMENTS = [
    DocumentView(document_id=kind.value, version=1, kind=kind, title=kind.value, sha256="a" * 64)
    for kind in DocumentKind
]
ACCOUNT = AccountDetails(name="Ours", investment_strategy="Balanced", contributions=[Contribution(amount_pence=100_00)])
A_YEAR = timedelta(days=366)
MOST_REMINDERS, QUIET_DAYS, HOUR = 4, 30, 10
_steady = settings(derandomize=True, deadline=None, max_examples=500)


@dataclass(frozen=True)
class Happening:
    """Something that happens so many minutes after the journey began; `holder` is the number of who acts."""

    after: timedelta
    kind: str
    holder: int = 0


@dataclass
class Known:
    """What an onlooker notes of one holder: when the quiet began, and when the last act was done, if it was."""

    quiet_since: datetime
    finished_at: datetime | None = None


@dataclass
class Seen:
    """What an onlooker notes of a whole journey."""

    holders: list[Known]
    holds: list[tuple[datetime, datetime]] = field(default_factory=list)
    held_from: datetime | None = None

    def expiries(self, now: datetime) -> list[datetime]:
        """Return the moments at which each holder who is still awaited lets the journey expire, seen from now."""
        awaited = [known for known in self.holders if known.finished_at is None]
        return sorted(self._expiry(known, now) for known in awaited)

    def _expiry(self, known: Known, now: datetime) -> datetime:
        holds = [*self.holds, *([(self.held_from, now)] if self.held_from else [])]
        held = sum(
            (end - max(begin, known.quiet_since) for begin, end in holds if end > known.quiet_since), timedelta()
        )
        day = (known.quiet_since + held).astimezone(LONDON).date() + timedelta(days=QUIET_DAYS + 1)
        return datetime.combine(day, time(), tzinfo=LONDON).astimezone(UTC)


_happenings = st.lists(
    st.builds(
        Happening,
        after=st.integers(1, 150 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
        kind=st.sampled_from(["act", "act", "act", "hold", "resume", "resume", "finish"]),
        holder=st.integers(0, 1),
    ),
    max_size=14,
    unique_by=lambda happening: happening.after,
).map(lambda found: sorted(found, key=lambda happening: happening.after))
_starts = st.builds(
    lambda day, minute: datetime.combine(day, time(), tzinfo=UTC) + timedelta(minutes=minute),
    st.dates(FIRST, LAST),
    st.integers(0, 24 * 60 - 1),
)


def happen(played: Played, seen: Seen, happening: Happening) -> None:
    """Let it happen, in the journey and before the onlooker's eyes; what is no longer possible is left out."""
    journey, known, now = played.journey, seen.holders[happening.holder], played.now
    if happening.kind == "hold" and seen.held_from is None:
        seen.held_from = now
        played.command(OnboardingJourney.hold(journey, Hold(actor=ACTOR)))
    elif happening.kind == "resume" and seen.held_from is not None:
        seen.holds.append((seen.held_from, now))
        seen.held_from = None
        played.command(OnboardingJourney.resume(journey, Resume(actor=ACTOR)))
    elif happening.kind == "act":
        known.quiet_since = now
        _act(played, happening)
    elif happening.kind == "finish" and known.finished_at is None:
        known.quiet_since = known.finished_at = now
        _finish(played, happening)
    played.settle()


def _fact(played: Played, happening: Happening, kind: str) -> dict[str, object]:
    person = HOLDERS[happening.holder].person_id
    return {"person_id": person, "evidence_id": f"{kind}-{person}-{happening.after}", "occurred_at": played.now}


def _act(played: Played, happening: Happening) -> None:
    played.journey.help_requested(HelpRequested.model_validate(_fact(played, happening, "help")))


def _finish(played: Played, happening: Happening) -> None:
    opened = played.journey._state.holders[HOLDERS[happening.holder].person_id].facts.opened
    for document, accept in zip(
        DOCUMENTS, (played.journey.platform_terms_accepted, played.journey.product_terms_accepted), strict=True
    ):
        ref = DocumentRef(document_id=document.document_id, version=document.version)
        opened[(ref.document_id, ref.version)] = played.now
        accept(TermsAccepted.model_validate(_fact(played, happening, document.kind.value) | {"documents": [ref]}))


@pytest.mark.rule("P40", "P30")
@pytest.mark.timeout(240)
@_steady
@given(begun=_starts, happenings=_happenings, invented=st.dates(FIRST, LAST), from_day_3=st.none() | st.integers(3, 30))
def test_a_year_of_random_journeys(
    begun: datetime, happenings: list[Happening], invented: date, from_day_3: int | None
) -> None:
    """Working days at ten alone, never after the end or on hold, at most four, one a day, expiry to the minute."""
    # Half of the one-off holidays fall on a day on which something may be due at once.
    day_off = invented if from_day_3 is None else begun.date() + timedelta(days=from_day_3)
    holidays = {*ENGLAND, day_off}
    start = start_message(HOLDERS, illustration=ILLUSTRATION, bank_holidays=sorted(holidays))
    played = Played(start, begun, DOCUMENTS)
    seen = Seen([Known(begun), Known(begun)])
    with played.playing():
        played.open_account(ACCOUNT)
        pass_checks(played)
        for happening in happenings:
            go_on(played, seen, begun + happening.after)
            if played.over:
                break
            happen(played, seen, happening)
        go_on(played, seen, begun + A_YEAR)
        event(played.journey._state.stage.value)

    check_times(played, seen, holidays)
    check_counts(played)


def pass_checks(played: Played) -> None:
    """Let the platform report both identity checks as passed, so that only the clients are waited for."""
    passed = CheckState(status=CheckStatus.PASSED, updated_at=played.now)
    for holder in HOLDERS:
        client = platform_client(holder.person_id)
        fact = VerificationUpdated(platform_client=client, identity=passed, bank=passed)
        played.journey.verification_updated(fact)
    played.settle()


def go_on(played: Played, seen: Seen, until: datetime) -> None:
    """Let time pass, and hold the expiry against the onlooker's reckoning, to the minute."""
    if played.over:
        return
    expiry = next(iter(seen.expiries(played.now)), None) if seen.held_from is None else None
    if expiry is None or expiry > until:
        played.at(until)
        assert not played.over
        return
    played.at(expiry - timedelta(minutes=1))
    assert not played.over
    played.at(expiry)
    assert played.over
    assert played.journey._state.stage is Stage.EXPIRED


def check_times(played: Played, seen: Seen, holidays: set[date]) -> None:
    """Hold the moment of each reminder and notice against the rule."""
    holds = [*seen.holds, *([(seen.held_from, played.now)] if seen.held_from else [])]
    finished = {holder.person_id: known.finished_at for holder, known in zip(HOLDERS, seen.holders, strict=True)}
    for at, order in played.sent:
        if order.template not in {"reminder", "adviser_client_quiet"}:
            continue
        in_london = at.astimezone(LONDON)
        assert in_london.weekday() < 5
        assert in_london.date() not in holidays
        # What fell due on hold, and is not too late for its day, goes out as the journey is resumed.
        assert in_london.time() == time(HOUR) or (in_london.time() > time(HOUR) and at in {end for _, end in holds})
        assert not any(begin <= at < end for begin, end in holds)
        person = order.person_id or order.event.split(":")[1]
        end = finished[person]
        assert end is None or at < end


def check_counts(played: Played) -> None:
    """Hold the number of reminders of each person against the cap, one a day, and each e-mail against its twin."""
    days = Counter(
        (order.person_id, at.astimezone(LONDON).date()) for at, order in played.sent if order.template == "reminder"
    )
    assert all(count == 1 for count in days.values())
    assert all(count <= MOST_REMINDERS for count in Counter(person for person, _ in days).values())
    sent = Counter((order.event, order.recipient_role, order.person_id) for _, order in played.sent)
    assert all(count == 1 for count in sent.values())
