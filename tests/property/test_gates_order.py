"""The order in which facts arrive, and how often, cannot change the gates (P46)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.gates import Gate
from domain.journey import CheckStatus, DocumentKind, MandateRoute, Party, Wrapper
from models.facts import CheckState, DirectDebitMandateAnswered, DocumentRef, DocumentView, TermsAccepted
from models.messages import Adviser, Holder, StartJourney
from models.people import AccountDetails, Contribution, DirectDebit, KnownDetails
from workflows.state import JourneyState

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DOCUMENTS = [
    DocumentView(document_id="terms", version=2, kind=DocumentKind.PLATFORM_TERMS, title="Terms", sha256="a" * 64),
    DocumentView(document_id="charges", version=1, kind=DocumentKind.PLATFORM_TERMS, title="Charges", sha256="b" * 64),
    DocumentView(document_id="isa", version=5, kind=DocumentKind.PRODUCT_TERMS, title="ISA", sha256="c" * 64),
]
Fact = Callable[[JourneyState], object]


def new_state() -> JourneyState:
    """Return a journey that waits for its client, with a mandate selected."""
    state = JourneyState(
        StartJourney(
            journey_id="j",
            firm="harbour",
            firm_name="Harbour Wealth",
            adviser=Adviser(id="a", plannr_account="e", email="a@example.com", first_name="P", display_name="P"),
            external_reference="CASE-1",
            wrapper=Wrapper.ISA,
            holders=[Holder(person_id="p", plannr_account="acc", known_details=KnownDetails())],
        ),
        "journey-j",
        NOW,
    )
    state.holders["p"].platform_client = "C1"
    state.documents = DOCUMENTS
    state.account = AccountDetails(
        name="ISA",
        investment_strategy="Balanced",
        contributions=[Contribution(amount_pence=100)],
        direct_debit=DirectDebit(amount_pence=100),
    )
    state.holders["p"].bank_details_given = True
    return state


def _fact(number: int) -> dict[str, object]:
    return {"person_id": "p", "evidence_id": f"e{number}", "occurred_at": NOW + timedelta(minutes=number)}


def _opened(document: DocumentView) -> Fact:
    return lambda state: state.holders["p"].facts.opened.setdefault((document.document_id, document.version), NOW)


def _accepted(kind: DocumentKind, number: int) -> Fact:
    documents = [DocumentRef(document_id=d.document_id, version=d.version) for d in DOCUMENTS if d.kind is kind]
    return lambda state: state.accept(kind, TermsAccepted(**_fact(number), documents=documents))


def _mandate(route: MandateRoute, number: int) -> Fact:
    return lambda state: state.answer_mandate(DirectDebitMandateAnswered(**_fact(number), route=route))


def _checks(status: CheckStatus, minutes: int) -> Fact:
    check = CheckState(status=status, updated_at=NOW + timedelta(minutes=minutes))
    return lambda state: state.holders["p"].observe_checks(identity=check, bank=check)


FACTS: list[Fact] = [
    *(_opened(document) for document in DOCUMENTS),
    _accepted(DocumentKind.PLATFORM_TERMS, 1),
    _accepted(DocumentKind.PRODUCT_TERMS, 2),
    _mandate(MandateRoute.PAPER_REQUESTED, 3),
    _mandate(MandateRoute.ONLINE, 4),
    _checks(CheckStatus.PENDING, 5),
    _checks(CheckStatus.REFERRED, 6),
    _checks(CheckStatus.PASSED, 7),
]


def gates_after(facts: list[Fact]) -> list[Gate]:
    """Return the gates after these facts in this order."""
    state = new_state()
    for fact in facts:
        fact(state)
    return state.gates()


@pytest.mark.rule("P46", "P15")
@given(st.permutations(FACTS), st.lists(st.sampled_from(FACTS), max_size=10))
def test_any_order_and_any_repetition_gives_the_same_gates(order: list[Fact], repeated: list[Fact]) -> None:
    """Every fact once, in any order, followed by any repetition, opens every gate."""
    found = gates_after([*order, *repeated])

    assert all(gate.met for gate in found)
    assert found == gates_after([*FACTS])


@pytest.mark.rule("P24", "P46")
@given(st.permutations(FACTS), st.sampled_from(DOCUMENTS))
def test_a_document_never_opened_keeps_its_gate_shut_in_every_order(order: list[Fact], unread: DocumentView) -> None:
    """Whatever else happens, in whatever order, terms with an unopened document do not count."""
    without = [fact for fact in order if fact is not FACTS[DOCUMENTS.index(unread)]]

    shut = [gate for gate in gates_after(without) if not gate.met]

    assert [gate.kind.value for gate in shut] == [unread.kind.value]
    assert shut[0].awaited_from is Party.CLIENT
