"""The gates of P15 as a pure function of facts."""

from datetime import UTC, datetime

import pytest

from domain.gates import Acceptance, Gate, HolderFacts, MandateFacts, RequiredDocument, gates
from domain.journey import CheckStatus, DocumentKind, GateKind, MandateRoute, Party

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
    found = gates([facts], DOCUMENTS, mandate, bank_details_given=bank, epoch=NOW)
    return next(candidate for candidate in found if candidate.kind is kind)


@pytest.mark.rule("P15")
def test_all_gates_are_met_once_everything_is_accepted_and_checked() -> None:
    """A holder who accepted all and passed the checks leaves no gate open."""
    met = gates([holder_with_everything()], DOCUMENTS, None, bank_details_given=True, epoch=NOW)

    assert {found.kind for found in met} == set(GateKind) - {GateKind.DIRECT_DEBIT_MANDATE}
    assert all(found.met for found in met)


@pytest.mark.rule("P15")
def test_no_acceptance_counts_before_the_documents_are_known() -> None:
    """Without documents in force nothing can have been accepted."""
    found = gates([holder_with_everything()], [], None, bank_details_given=False, epoch=NOW)

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
        [HolderFacts("person-1")], DOCUMENTS, MandateFacts() if mandate else None, bank_details_given=bank, epoch=NOW
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
