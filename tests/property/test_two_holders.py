"""Two holders act, and both systems report, in any order and any number of times: one outcome (P46, P30).

What happens in the world has its own moments and never changes; only its arrival at the journey does. The workflow's
own code is played (`tests.property.played`), so the gates, the stages and the e-mails are those of a real journey.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from domain.gates import Gate
from domain.journey import CheckStatus, DocumentKind, MandateRoute, Party, Stage, Wrapper
from models.commands import Amend, HolderDetails
from models.facts import (
    BankDetailsSubmitted,
    CheckState,
    ClientDetailsConfirmed,
    DirectDebitMandateAnswered,
    DocumentOpened,
    DocumentRef,
    DocumentView,
    FieldCorrection,
    HelpRequested,
    TermsAccepted,
    TermsSuperseded,
    VerificationUpdated,
)
from models.payloads import EmailOrder
from models.people import AccountDetails, Contribution, DirectDebit
from tests.journey_parties import ELEANOR, THOMAS
from tests.property.played import ACTOR, Played, platform_client, start_message
from tests.sample_client import BANK, ILLUSTRATION
from workflows import views
from workflows.onboarding import OnboardingJourney

BEGIN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOLDERS = [party.holder("j", Wrapper.GIA) for party in (ELEANOR, THOMAS)]
PAYER, OTHER = (holder.person_id for holder in HOLDERS)
PLATFORM, PRODUCT = DocumentKind.PLATFORM_TERMS, DocumentKind.PRODUCT_TERMS
DOCUMENTS = [
    DocumentView(document_id="terms", version=2, kind=PLATFORM, title="Terms", sha256="a" * 64),
    DocumentView(document_id="charges", version=1, kind=PLATFORM, title="Charges", sha256="b" * 64),
    DocumentView(document_id="gia", version=5, kind=PRODUCT, title="GIA", sha256="c" * 64),
]
ACCOUNT = AccountDetails(
    name="Ours",
    investment_strategy="Balanced",
    contributions=[Contribution(amount_pence=100_00)],
    direct_debit=DirectDebit(amount_pence=100_00),
)
REFERRED = "adviser_needs_attention"
AMENDED_AT = BEGIN + timedelta(hours=4)
AMENDMENTS = {
    "name": Amend(actor=ACTOR, account=ACCOUNT.model_copy(update={"name": "Our account"})),
    "contributions": Amend(
        actor=ACTOR, account=ACCOUNT.model_copy(update={"contributions": [Contribution(amount_pence=200_00)]})
    ),
    "bank_details": Amend(
        actor=ACTOR,
        holders=[HolderDetails(person_id=PAYER, bank_details=BANK.model_copy(update={"account_holder": "E Marsh"}))],
    ),
}
_steady = settings(derandomize=True, deadline=None, max_examples=500)


@dataclass(frozen=True)
class News:
    """Something that happened in the world, and how the journey is told of it."""

    name: str
    tell: Callable[[OnboardingJourney], None] = field(repr=False)
    referred: str | None = None
    cleared: str | None = None
    later: bool = False
    voided: bool = False


@dataclass(frozen=True)
class World:
    """What happens: who acts first, which document is published anew after that, and what the adviser then amends.

    The second holder acts only after the publication and the amendment, and the first acts again where they have to.
    """

    first: str
    published: DocumentView | None
    amendment: str | None
    correction: bool

    @property
    def second(self) -> str:
        """The holder who acts late."""
        return OTHER if self.first == PAYER else PAYER

    @property
    def final_documents(self) -> list[DocumentView]:
        """The documents in force in the end."""
        return [
            self.published if self.published and self.published.document_id == document.document_id else document
            for document in DOCUMENTS
        ]

    def news(self) -> list[News]:
        """Return everything that happens, in the order in which it happens."""
        first, last = self.first, self.final_documents
        found = [*_checks(PAYER), *_checks(OTHER), *_reading(first, DOCUMENTS, 10)]
        changed = self.amendment == "contributions"
        found += [_accepted(first, PLATFORM, DOCUMENTS, 20), _accepted(first, PRODUCT, DOCUMENTS, 21, voided=changed)]
        found += self._paying(first, 22, later=False)
        if self.published is not None:
            found.append(_published(self.published))
            found += _reading(first, [self.published], 300, later=True)
        again = {PRODUCT} if changed else set()
        again |= {self.published.kind} if self.published else set()
        found += [_accepted(first, kind, last, 310, later=True) for kind in DocumentKind if kind in again]
        if self.amendment == "bank_details" and first == PAYER:
            found.append(_mandate(PAYER, MandateRoute.ONLINE, 320, later=True))
        corrections = [FieldCorrection(field="mobile", old="1", new="2")] if self.correction else []
        found += [_confirmed(first, [], 12, later=False), _confirmed(self.second, corrections, 330, later=True)]
        found += _reading(self.second, last, 340, later=True)
        found += [_accepted(self.second, kind, last, 350, later=True) for kind in DocumentKind]
        return [*found, *self._paying(self.second, 360, later=True), _help(self.second, 370)]

    def _paying(self, person: str, minute: int, *, later: bool) -> list[News]:
        if person != PAYER:
            return []
        voided = self.amendment == "bank_details" and not later
        return [
            _bank_details(person, minute, later=later),
            _mandate(person, MandateRoute.PAPER_REQUESTED, minute + 1, later=later, voided=voided),
            _mandate(person, MandateRoute.ONLINE, minute + 2, later=later, voided=voided),
        ]


def _moment(minute: int) -> datetime:
    return BEGIN + timedelta(minutes=minute)


def _fact(person: str, minute: int, kind: str) -> dict[str, object]:
    return {"person_id": person, "evidence_id": f"{kind}-{person}-{minute}", "occurred_at": _moment(minute)}


def _ref(document: DocumentView) -> DocumentRef:
    return DocumentRef(document_id=document.document_id, version=document.version)


def _reading(person: str, documents: list[DocumentView], minute: int, *, later: bool = False) -> list[News]:
    def opened(document: DocumentView) -> News:
        fact = DocumentOpened.model_validate(_fact(person, minute, "opened") | {"document": _ref(document)})
        name = f"{person[:3]} opens {document.document_id} {document.version}"
        return News(name, lambda journey: journey.document_opened(fact), later=later)

    return [opened(document) for document in documents]


def _accepted(
    person: str,
    kind: DocumentKind,
    documents: list[DocumentView],
    minute: int,
    *,
    later: bool = False,
    voided: bool = False,
) -> News:
    covered = [_ref(document) for document in documents if document.kind is kind]
    fact = TermsAccepted.model_validate(_fact(person, minute, kind.value) | {"documents": covered})

    def tell(journey: OnboardingJourney) -> None:
        (journey.platform_terms_accepted if kind is PLATFORM else journey.product_terms_accepted)(fact)

    return News(f"{person[:3]} accepts {kind.value} at {minute}", tell, later=later, voided=voided)


def _mandate(person: str, route: MandateRoute, minute: int, *, later: bool, voided: bool = False) -> News:
    fact = DirectDebitMandateAnswered.model_validate(_fact(person, minute, "mandate") | {"route": route})
    name = f"{person[:3]} mandate {route.value} at {minute}"
    return News(name, lambda journey: journey.direct_debit_mandate_accepted(fact), later=later, voided=voided)


def _bank_details(person: str, minute: int, *, later: bool) -> News:
    fact = BankDetailsSubmitted.model_validate(_fact(person, minute, "bank") | {"bank_details": BANK})
    return News(f"{person[:3]} gives bank details", lambda journey: journey.bank_details_submitted(fact), later=later)


def _confirmed(person: str, corrections: list[FieldCorrection], minute: int, *, later: bool) -> News:
    fact = ClientDetailsConfirmed.model_validate(_fact(person, minute, "confirmed") | {"corrections": corrections})
    return News(f"{person[:3]} confirms", lambda journey: journey.client_details_confirmed(fact), later=later)


def _help(person: str, minute: int) -> News:
    fact = HelpRequested.model_validate(_fact(person, minute, "help"))
    return News(f"{person[:3]} asks for help", lambda journey: journey.help_requested(fact), later=True)


def _published(document: DocumentView) -> News:
    fact = TermsSuperseded(document=document, published_at=_moment(100))
    return News(f"{document.document_id} published anew", lambda journey: journey.terms_superseded(fact))


def _checks(person: str) -> list[News]:
    pending, referred, passed = CheckStatus.PENDING, CheckStatus.REFERRED, CheckStatus.PASSED

    def report(identity: CheckStatus, identity_at: int, bank: CheckStatus, bank_at: int) -> News:
        fact = VerificationUpdated(
            platform_client=platform_client(person),
            identity=CheckState(status=identity, updated_at=_moment(identity_at)),
            bank=CheckState(status=bank, updated_at=_moment(bank_at)),
        )
        return News(
            f"{person[:3]} identity {identity.value}, bank {bank.value}",
            lambda journey: journey.verification_updated(fact),
            referred=person if identity is referred else None,
            cleared=person if identity is passed else None,
        )

    return [
        report(pending, 1, pending, 1),
        report(referred, 2, pending, 1),
        report(passed, 3, pending, 1),
        report(passed, 3, passed, 4),
    ]


_publications = st.none() | st.sampled_from(DOCUMENTS).map(
    lambda document: document.model_copy(update={"version": document.version + 1, "sha256": "d" * 64})
)
_amendments = st.none() | st.sampled_from(sorted(AMENDMENTS))
_worlds = st.tuples(st.sampled_from([PAYER, OTHER]), _publications, _amendments, st.booleans()).map(
    # An amendment settles the corrections that were asked for until then, so those two are not mixed.
    lambda drawn: World(drawn[0], drawn[1], drawn[2], drawn[3] and drawn[2] is None)
)


@dataclass(frozen=True)
class Plot:
    """A world, what of it never happens, and the order in which the rest arrives; None stands for the amendment."""

    world: World
    happened: list[News | None]
    arrivals: list[News | None]


@st.composite
def _plots(draw: st.DrawFn, *, complete: bool) -> Plot:
    """Draw a world and an order: what a person does after the amendment can't arrive before it.

    Nor does what the amendment makes void arrive after it: that order is no matter of chance but has its own rule.
    """
    world = draw(_worlds)
    news = world.news()
    left_out = set() if complete else draw(st.sets(st.integers(0, len(news) - 1), min_size=1, max_size=4))
    news = [one for number, one in enumerate(news) if number not in left_out]
    repeated = draw(st.lists(st.sampled_from(news), max_size=8))
    order = draw(st.permutations([*news, *repeated]))
    if world.amendment is None:
        return Plot(world, [*news], [*order])
    place = draw(st.integers(0, len(order)))
    before = [one for number, one in enumerate(order) if one.voided or (number < place and not one.later)]
    after = [one for number, one in enumerate(order) if not one.voided and (number >= place or one.later)]
    return Plot(world, in_order(world, news), [*before, None, *after])


def in_order(world: World, news: list[News]) -> list[News | None]:
    """Return the news as they happen, with the amendment in its place."""
    if world.amendment is None:
        return [*news]
    return [*(one for one in news if not one.later), None, *(one for one in news if one.later)]


@dataclass(frozen=True)
class Outcome:
    """Everything that an order of arrival must not change."""

    stage: Stage
    gates: list[Gate]
    waiting_on: tuple[Party, str]
    awaited: list[str]
    attention: list[str]
    told_platform: list[str]
    emails: Counter[str]
    referrals: Counter[str]


def play(world: World, arrivals: list[News | None]) -> Outcome:
    """Play a journey to which news arrive in this order, each a minute after the one before."""
    played = Played(start_message(HOLDERS, illustration=ILLUSTRATION), BEGIN, DOCUMENTS)
    with played.playing():
        played.open_account(ACCOUNT)
        moment = _moment(120) if None in arrivals else _moment(500)
        for news in arrivals:
            moment += timedelta(minutes=1)
            if news is None:
                played.at(AMENDED_AT)
                played.command(OnboardingJourney.amend(played.journey, AMENDMENTS[world.amendment or ""]))
                moment = _moment(500)
            else:
                played.at(moment)
                news.tell(played.journey)
                played.settle()
        state = played.journey._state
        return Outcome(
            stage=state.stage,
            gates=state.gates(),
            waiting_on=views.awaited(state),
            awaited=[holder.person_id for holder in state.awaited_clients()],
            attention=state.attention(),
            told_platform=sorted(played.recorded),
            emails=Counter(order.model_dump_json() for _, order in played.sent if order.template != REFERRED),
            referrals=Counter(order.event for _, order in played.sent if order.template == REFERRED),
        )


def referrals(arrivals: list[News | None]) -> Counter[str]:
    """Return the notices of referred checks: none of one that is known to be cleared when it is heard of (P41)."""
    told: Counter[str] = Counter()
    cleared: set[str] = set()
    for news in arrivals:
        if news is not None and news.referred is not None and news.referred not in cleared:
            told[f"attention:{news.referred}:1"] = 1
        if news is not None and news.cleared is not None:
            cleared.add(news.cleared)
    return told


@pytest.mark.rule("P46", "P30", "P28", "P44", "P15")
@pytest.mark.timeout(240)
@_steady
@given(_plots(complete=True))
def test_everything_in_any_order_activates_with_the_same_emails(plot: Plot) -> None:
    """Two active clients, each gate met by the same act, each act recorded once, each e-mail sent once."""
    found = play(plot.world, plot.arrivals)

    assert found.stage is Stage.ACTIVE
    assert all(gate.met for gate in found.gates)
    assert len(found.told_platform) == len(set(found.told_platform)) == 5
    assert set(found.emails.values()) == {1}
    assert templates(found) == expected_templates(plot.world)
    assert found.referrals == referrals(plot.arrivals)
    expected = everything_in_order(plot.world)
    assert replace(found, referrals=expected.referrals) == expected


@pytest.mark.rule("P46", "P30")
@pytest.mark.timeout(240)
@settings(_steady, max_examples=250)
@given(_plots(complete=False))
def test_whatever_is_left_out_the_same_are_awaited(plot: Plot) -> None:
    """With something left undone the order decides neither whom the journey waits for, nor what it says."""
    found = play(plot.world, plot.arrivals)

    event(f"{found.stage.value}, waiting on {found.waiting_on[0].value}")
    assert found.referrals == referrals(plot.arrivals)
    expected = play(plot.world, plot.happened)
    assert replace(found, referrals=expected.referrals) == expected


@cache
def everything_in_order(world: World) -> Outcome:
    """Return the outcome when everything arrives once, as it happens."""
    return play(world, in_order(world, world.news()))


def templates(outcome: Outcome) -> Counter[str]:
    """Return how many e-mails of each template were sent."""
    return Counter(EmailOrder.model_validate_json(order).template for order in outcome.emails)


def expected_templates(world: World) -> Counter[str]:
    """Return the e-mails that the rules ask for in this world, once everything has happened."""
    voided = world.amendment == "contributions" or (world.amendment == "bank_details" and world.first == PAYER)
    wanted = {
        "client_setup_started": 2,
        "account_created": 2,
        "terms_changed": 2 if world.published else 0,
        "acceptance_void": 1 if voided else 0,
        "adviser_correction_requested": 1 if world.correction else 0,
        "adviser_help_requested": 1,
        "adviser_plan_active": 1,
        "new_documentation": 2,
    }
    return Counter({template: count for template, count in wanted.items() if count})
