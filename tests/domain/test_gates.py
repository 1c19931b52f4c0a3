"""The gates of P15 as a pure function of facts."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.gates import Acceptance, Gate, HolderFacts, MandateFacts, RequiredDocument, gates
from domain.journey import CheckStatus, DocumentKind, GateKind, MandateRoute, Party, PartyRole

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TERMS = RequiredDocument("terms", 3, DocumentKind.PLATFORM_TERMS, "Terms of business")
KEY_FACTS = RequiredDocument("key-facts", 1, DocumentKind.PRODUCT_TERMS, "ISA key facts")
DOCUMENTS = [TERMS, KEY_FACTS]


def holder_with_everything() -> HolderFacts:
    """Return the facts of a person who has done all that is asked and whose checks have passed."""
    facts = HolderFacts("person-1")
    for document in DOCUMENTS:
        facts.opened[document.key] = NOW
        facts.acceptances[document.kind].append(Acceptance(NOW, frozenset({document.key}), document.document_id))
    facts.identity_check, facts.identity_checked_at = CheckStatus.PASSED, NOW
    facts.bank_verification, facts.bank_verified_at = CheckStatus.PASSED, NOW
    return facts


def gate(facts: HolderFacts, kind: GateKind, *, mandate: MandateFacts | None = None, bank: bool = True) -> Gate:
    """Return one gate of a single holder."""
    payer = facts.person_id if mandate else None
    given = [facts.person_id] if bank else []
    found = gates([facts], DOCUMENTS, mandate, payer=payer, bank_details_given=given, epoch=NOW)
    return next(candidate for candidate in found if candidate.kind is kind)


@pytest.mark.rule("P15")
def test_all_gates_are_met_once_everything_is_accepted_and_checked() -> None:
    """A holder who accepted all and passed the checks leaves no gate open."""
    met = gates([holder_with_everything()], DOCUMENTS, None, payer=None, bank_details_given=["person-1"], epoch=NOW)

    assert {found.kind for found in met} == set(GateKind) - {GateKind.DIRECT_DEBIT_MANDATE}
    assert all(found.met for found in met)


@pytest.mark.rule("P15")
def test_no_acceptance_counts_before_the_documents_are_known() -> None:
    """Without documents in force nothing can have been accepted."""
    found = gates([holder_with_everything()], [], None, payer=None, bank_details_given=[], epoch=NOW)

    assert not any(g.met for g in found if g.kind in {GateKind.PLATFORM_TERMS, GateKind.PRODUCT_TERMS})


@pytest.mark.rule("P24")
def test_an_acceptance_without_its_opening_does_not_count() -> None:
    """The gate stays shut and names what has not been opened."""
    facts = holder_with_everything()
    del facts.opened[TERMS.key]

    shut = gate(facts, GateKind.PLATFORM_TERMS)

    assert not shut.met
    assert shut.awaited_from is Party.CLIENT
    assert shut.detail == "to open: Terms of business"


@pytest.mark.rule("P24")
def test_an_acceptance_of_an_older_version_does_not_count() -> None:
    """Opening and accepting version 2 says nothing of version 3."""
    facts = HolderFacts("person-1")
    facts.opened["terms", 2] = NOW
    facts.acceptances[DocumentKind.PLATFORM_TERMS].append(Acceptance(NOW, frozenset({("terms", 2)}), "e"))

    assert not gate(facts, GateKind.PLATFORM_TERMS).met


@pytest.mark.rule("P15")
def test_terms_accepted_on_an_earlier_journey_are_not_asked_again() -> None:
    """Platform terms count once per person and version; product terms belong to each account."""
    facts = HolderFacts("person-1", platform_terms_accepted_before=True)

    assert gate(facts, GateKind.PLATFORM_TERMS).met
    assert not gate(facts, GateKind.PRODUCT_TERMS).met


@pytest.mark.rule("P15", "P22")
@pytest.mark.parametrize(("bank", "mandate", "expected"), [(True, False, 1), (False, True, 1), (False, False, 0)])
def test_the_bank_account_is_verified_only_if_given_or_needed(bank: bool, mandate: bool, expected: int) -> None:
    """Bank details that were given, or that a mandate needs, must be verified; otherwise there is no such gate."""
    found = gates(
        [HolderFacts("person-1")],
        DOCUMENTS,
        MandateFacts() if mandate else None,
        payer="person-1" if mandate else None,
        bank_details_given=["person-1"] if bank else [],
        epoch=NOW,
    )

    assert sum(g.kind is GateKind.BANK_VERIFICATION for g in found) == expected


@pytest.mark.rule("P22")
def test_missing_bank_details_are_awaited_from_the_client() -> None:
    """With a mandate selected and no bank details the client is asked, not the platform."""
    asked = gate(HolderFacts("person-1"), GateKind.BANK_VERIFICATION, mandate=MandateFacts(), bank=False)

    assert asked.awaited_from is Party.CLIENT


@pytest.mark.rule("P23")
@pytest.mark.parametrize(
    ("mandate", "met", "party"),
    [
        (MandateFacts(), False, Party.CLIENT),
        (MandateFacts(MandateRoute.PAPER_REQUESTED), False, Party.ADVISER),
        (MandateFacts(MandateRoute.ONLINE, NOW), True, Party.CLIENT),
        (MandateFacts(MandateRoute.PAPER_RECEIVED, NOW), True, Party.CLIENT),
    ],
)
def test_a_mandate_waits_for_the_client_or_for_the_signed_paper(mandate: MandateFacts, met: bool, party: Party) -> None:
    """Needing a second signature leads to the paper route, which the adviser sees as theirs to follow."""
    shown = gate(holder_with_everything(), GateKind.DIRECT_DEBIT_MANDATE, mandate=mandate)

    assert (shown.met, shown.awaited_from) == (met, party)


@pytest.mark.rule("P15")
@pytest.mark.parametrize("status", [status for status in CheckStatus if status is not CheckStatus.PASSED])
def test_only_a_passed_check_opens_its_gate(status: CheckStatus) -> None:
    """Every other outcome keeps the gates of the checks shut and says why in words."""
    facts = holder_with_everything()
    facts.identity_check = facts.bank_verification = status

    for kind in (GateKind.IDENTITY_CHECK, GateKind.BANK_VERIFICATION):
        assert not gate(facts, kind).met
        assert gate(facts, kind).detail


@pytest.mark.rule("P31")
def test_a_child_is_checked_but_accepts_nothing() -> None:
    """A child has no login: only the identity check is asked of them, the terms are the registered contact's."""
    child = HolderFacts("child", PartyRole.CHILD)
    contact = HolderFacts("contact", PartyRole.REGISTERED_CONTACT)

    found = gates([child, contact], DOCUMENTS, None, payer=None, bank_details_given=[], epoch=NOW)

    assert [g.kind for g in found if g.person_id == "child"] == [GateKind.IDENTITY_CHECK]
    assert {g.kind for g in found if g.person_id == "contact"} > {GateKind.PLATFORM_TERMS, GateKind.PRODUCT_TERMS}


@pytest.mark.rule("P44")
def test_an_acceptance_from_before_an_amendment_does_not_count_however_late_it_is_reported() -> None:
    """Voiding goes by when the client accepted; accepting again afterwards counts."""
    facts = holder_with_everything()
    facts.void(DocumentKind.PRODUCT_TERMS, NOW)
    assert not gate(facts, GateKind.PRODUCT_TERMS).met

    later = Acceptance(NOW + timedelta(minutes=1), frozenset({KEY_FACTS.key}), "again")
    facts.acceptances[DocumentKind.PRODUCT_TERMS].append(later)

    assert gate(facts, GateKind.PRODUCT_TERMS).met
    assert gate(facts, GateKind.PLATFORM_TERMS).met


@pytest.mark.rule("P28")
def test_terms_that_change_void_only_an_acceptance_that_is_not_complete() -> None:
    """Once the platform holds an acceptance, a later version leaves it standing; before, it has to be given again."""
    newer = RequiredDocument("terms", 4, DocumentKind.PLATFORM_TERMS, "Terms of business")
    incomplete, complete = holder_with_everything(), holder_with_everything()
    complete.recorded[DocumentKind.PLATFORM_TERMS] = "terms"

    def met(facts: HolderFacts) -> bool:
        found = gates([facts], [newer, KEY_FACTS], None, payer=None, bank_details_given=[], epoch=NOW)
        return next(g.met for g in found if g.kind is GateKind.PLATFORM_TERMS)

    assert (met(incomplete), met(complete)) == (False, True)
