"""What needs attention, in plain words with the adviser's next step."""

from datetime import UTC, datetime

import pytest

from domain.advice import CORRECTION_ASKED, EMAIL_REFUSED, Remedy, advice
from domain.gates import HolderFacts, gates
from domain.journey import CheckStatus, GateKind

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
CODE_WORDS = ("failed:", "referred:", "_", "Exception", "Error")


def reason_of(kind: GateKind, status: CheckStatus, reason: str = "") -> str:
    """Return why a journey needs attention when a check has come out like this, as the journey itself says it."""
    facts = HolderFacts("person-1", identity_check=CheckStatus.PASSED, bank_verification=CheckStatus.PASSED)
    facts.identity_checked_at = facts.bank_verified_at = NOW
    if kind is GateKind.IDENTITY_CHECK:
        facts.identity_check, facts.identity_reason = status, reason
    else:
        facts.bank_verification, facts.bank_reason = status, reason
    found = gates([facts], [], None, payer=None, bank_details_given={"person-1"}, epoch=NOW)
    (gate,) = (gate for gate in found if gate.kind is kind)
    return f"The {gate.kind.value.replace('_', ' ')} {gate.detail}"


@pytest.mark.rule("P41")
@pytest.mark.parametrize("kind", [GateKind.IDENTITY_CHECK, GateKind.BANK_VERIFICATION])
@pytest.mark.parametrize("status", [CheckStatus.REFERRED, CheckStatus.FAILED])
def test_a10_failed_check_reads_as_plain_english_with_the_next_step(kind: GateKind, status: CheckStatus) -> None:
    """Whatever a check comes out as, the adviser reads what happened and what to do, and no word of a program."""
    (found,) = advice([reason_of(kind, status)])

    assert found.what.endswith(".")
    assert len(found.step.split()) > 10
    assert not [word for word in CODE_WORDS if word in found.what + found.step]


@pytest.mark.rule("P41")
def test_a10_words_of_the_platform_stand_first() -> None:
    """Where the platform says why, those are the words; the next step stays ours."""
    said = "The bank says that the account belongs to somebody else (a joint one)."
    (found,) = advice([reason_of(GateKind.BANK_VERIFICATION, CheckStatus.FAILED, said)])

    assert found.what == said
    assert (found.remedy, "bank statement" in found.step) == (Remedy.CORRECT_DETAILS, True)


def test_a10_name_that_does_not_match_is_said() -> None:
    """A bank account in another name says so when the platform says nothing."""
    (found,) = advice([reason_of(GateKind.BANK_VERIFICATION, CheckStatus.FAILED)])

    assert found.what == "The name on the bank account did not match the client's."


@pytest.mark.rule("P48", "P21")
def test_refused_address_and_correction_lead_to_their_pages() -> None:
    """An address that does not work and a correction that was asked for each have a page of their own."""
    assert [found.remedy for found in advice([EMAIL_REFUSED, CORRECTION_ASKED])] == [
        Remedy.CHANGE_EMAIL,
        Remedy.SETTLE_CORRECTION,
    ]


@pytest.mark.rule("P41")
def test_what_a_system_refused_can_be_tried_again() -> None:
    """Any other reason is shown as a sentence, with the cause to be mended before another try."""
    (found,) = advice(["plannr refused the content of address"])

    assert found.what == "Plannr refused the content of address."
    assert found.remedy is Remedy.TRY_AGAIN


@pytest.mark.rule("P47")
def test_failed_mandate_says_itself_what_to_do() -> None:
    """The sentence on a failed mandate stands alone, after everything else."""
    mandate = "The payer's bank cancelled the instruction. The client is asked to authorise a new mandate."
    refused, failed = advice(["plannr refused it", mandate], mandate_failed=True)

    assert refused.remedy is Remedy.TRY_AGAIN
    assert (failed.what, failed.step, failed.remedy) == (mandate, "", Remedy.NONE)
