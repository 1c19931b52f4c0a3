"""The bank's reports on a mandate, and references."""

import pytest

from domain.direct_debit import (
    MandateEffect,
    MandateStatus,
    Source,
    UnknownReason,
    effect,
    is_valid_reference,
    known_reasons,
)

U: Source = "AUDDIS"
D: Source = "ADDACS"
R: Source = "ARUDD"
# The table as the banks publish it: code, sources, status; in this order.
PUBLISHED: list[tuple[str, list[Source], MandateStatus]] = [
    ("0", [D, R], MandateStatus.CANCELLED),
    ("1", [U, D, R], MandateStatus.CANCELLED),
    ("2", [U, D, R], MandateStatus.CANCELLED),
    ("3", [U, D, R], MandateStatus.SUSPENDED),
    *((code, [U, R], MandateStatus.FAILED) for code in "56"),
    *((code, [R], MandateStatus.ACTIVE) for code in "4789A"),
    ("B", [U, D, R], MandateStatus.CANCELLED),
    ("C", [U, D], MandateStatus.ACTIVE),
    ("D", [D], MandateStatus.SUSPENDED),
    *((code, [D], MandateStatus.ACTIVE) for code in "ER"),
    *((code, [U], MandateStatus.REJECTED) for code in "FGHIKLMNOPQ"),
]
EVERY = sorted(known_reasons())


@pytest.mark.rule("P47")
@pytest.mark.parametrize(
    ("source", "code", "status"),
    [(source, code, status) for code, sources, status in PUBLISHED for source in sources],
)
def test_what_a_report_makes_of_a_mandate(source: Source, code: str, status: MandateStatus) -> None:
    """Each code of each source has its status."""
    assert effect(source, code).status is status
    assert effect(source, code.lower()).status is status


@pytest.mark.rule("P47")
def test_there_is_no_code_beside_the_published_ones() -> None:
    """Nothing was invented, nothing forgotten."""
    assert known_reasons() == {(source, code) for code, sources, _ in PUBLISHED for source in sources}


@pytest.mark.rule("P47")
@pytest.mark.parametrize(("source", "code"), EVERY)
def test_what_a_report_asks_of_people(source: Source, code: str) -> None:
    """A mandate that is not good any more is replaced, unless the payer died or a dispute has to be settled first."""
    found = effect(source, code)

    assert found.needs_new_mandate == (
        found.status is not MandateStatus.ACTIVE and (source, code) != (D, "D") and code != "2"
    )
    assert found.open_case == (code in {"2", "4", "7", "8", "9", "A", "D"})
    assert ("authorise a new Direct Debit in the portal" in found.sentence_client) == found.needs_new_mandate


@pytest.mark.rule("P47")
@pytest.mark.parametrize("source", [U, D, R])
def test_nothing_is_written_to_somebody_who_died(source: Source) -> None:
    """There is no sentence that could be sent; the adviser is told."""
    found = effect(source, "2")

    assert [known for known in EVERY if effect(*known).stop_mail] == [(one, "2") for one in sorted((U, D, R))]
    assert found.sentence_client == ""
    assert "executors" in found.sentence_adviser


@pytest.mark.rule("P47")
@pytest.mark.parametrize(("source", "code"), EVERY)
def test_everyone_else_is_told_in_whole_sentences(source: Source, code: str) -> None:
    """What happened and what to do, without codes and jargon for the client."""
    found = effect(source, code)

    if not found.stop_mail:
        assert found.sentence_client.endswith(".")
        assert found.sentence_client.count(".") >= 2
        for word in ("AUDDIS", "ADDACS", "ARUDD", "payer", "service user", "mandate"):
            assert word not in found.sentence_client
    assert found.sentence_adviser.endswith(".")


@pytest.mark.rule("P47")
def test_an_account_that_moved_with_its_details_takes_the_mandate_along() -> None:
    """Only if the report names the new account."""
    moved = effect(D, "3", new_bank_details=True)

    assert (moved.status, moved.needs_new_mandate) == (MandateStatus.ACTIVE, False)
    assert effect(D, "3").needs_new_mandate
    assert effect(D, "B", new_bank_details=True) == effect(D, "B")


@pytest.mark.rule("P47")
@pytest.mark.parametrize(("source", "code"), [(U, "0"), (D, "5"), (R, "C"), (U, "J"), (R, ""), (R, "01")])
def test_a_code_that_a_source_does_not_use_is_told(source: Source, code: str) -> None:
    """It is never taken for another one."""
    with pytest.raises(UnknownReason, match="ask the platform"):
        effect(source, code)


@pytest.mark.rule("P47")
def test_an_effect_can_be_compared() -> None:
    """It is a plain value, safe to store."""
    assert effect(R, "B") == MandateEffect(**vars(effect(R, "B")))


@pytest.mark.rule("P23")
@pytest.mark.parametrize("reference", ["AB12CD", "A" * 17 + "B", "123456", "ONWARD00000042", "XDDIC1"])
def test_a_reference_that_bacs_takes(reference: str) -> None:
    """Six to eighteen capitals and digits."""
    assert is_valid_reference(reference)


@pytest.mark.rule("P23")
@pytest.mark.parametrize(
    "reference",
    [
        "",
        "AB12C",
        "A" * 18 + "B",
        "AAAAAA",
        "000000000",
        "DDIC12345",
        "ab12cd",
        "AB 12CD",
        "AB-12CD",
        "ÄB12CD",
        "AB12CD\n",
        "١٢٣٤٥٦",
    ],
)
def test_a_reference_that_bacs_does_not_take(reference: str) -> None:
    """Too short, too long, one character alone, reserved, or with other characters."""
    assert not is_valid_reference(reference)
