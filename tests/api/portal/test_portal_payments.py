"""Bank details and the direct debit mandate."""

import asyncio
import json
from pathlib import Path

import pytest

from domain.declarations import MANDATE_PAPER_STATEMENT, MANDATE_STATEMENT
from domain.journey import BankDetailsPolicy, Wrapper
from models.people import BankDetails, DirectDebit
from models.tables import EvidenceKind
from tests.api.portal.conftest import Portal, expect_problem

CLIENT = BankDetailsPolicy.CLIENT_OR_ADVISER
GIVEN = {"account_holder": "Mrs E Marsh", "sort_code": "20-00-00", "account_number": "55779911"}
OTHER = {**GIVEN, "sort_code": "08-99-99", "account_number": "66374958"}
DEBIT = DirectDebit(amount_pence=250_00)


async def _clients_turn(portal: Portal, *, direct_debit: DirectDebit | None = None) -> None:
    progress = await portal.progress(policy=CLIENT, bank_details_given=False, direct_debit=direct_debit)
    await portal.show(progress)
    await portal.sign_in()


async def _mandate(portal: Portal) -> None:
    await portal.show(await portal.progress(wrapper=Wrapper.GIA, direct_debit=DEBIT))
    await portal.sign_in()


@pytest.mark.rule("P22")
async def test_the_client_gives_bank_details_once(portal: Portal) -> None:
    """The journey gets them, the evidence keeps the last digits alone, and the task is done."""
    await _clients_turn(portal)
    before = (await portal.http.get(portal.path)).json()
    answer = await portal.http.post(f"{portal.path}/bank-details", json=GIVEN)
    (row,) = await portal.evidence()
    (heard,) = await portal.heard()

    assert {"key": "bank_details", "state": "open", "reason": ""} in before["tasks"]
    assert answer.status_code == 200
    assert {"key": "bank_details", "state": "done", "reason": ""} in answer.json()["journey"]["tasks"]
    assert json.loads(heard.fact)["bank_details"] == {**GIVEN, "sort_code": "200000"}
    assert row.statement == "I confirm that this bank account is in my name. ••-••-00 •••• 9911"


@pytest.mark.rule("P22")
async def test_no_bank_details_stay_in_the_database(portal: Portal, tmp_path: Path) -> None:
    """Once the journey has heard of them the account number is in no table any more."""
    await _clients_turn(portal)
    await portal.http.post(f"{portal.path}/bank-details", json=GIVEN)
    (row,) = await portal.evidence()

    assert row.payload is None
    assert "55779911" not in row.model_dump_json()
    assert await portal.chain_holds()


@pytest.mark.rule("P22", "P46")
async def test_the_same_bank_details_twice_are_given_once(portal: Portal) -> None:
    """A double click, and the same account in another spelling, is no second act."""
    await _clients_turn(portal)
    first = await portal.http.post(f"{portal.path}/bank-details", json=GIVEN)
    second = await portal.http.post(f"{portal.path}/bank-details", json={**GIVEN, "sort_code": "200000"})

    assert first.json() == second.json()
    assert len(await portal.evidence()) == 1


@pytest.mark.rule("P22")
async def test_other_bank_details_afterwards_are_refused(portal: Portal) -> None:
    """Nobody who finds a session open redirects the money."""
    await _clients_turn(portal)
    await portal.http.post(f"{portal.path}/bank-details", json=GIVEN)
    answer = await portal.http.post(f"{portal.path}/bank-details", json=OTHER)

    expect_problem(answer, "bank-details-already-given", 409)
    assert len(await portal.heard()) == 1


@pytest.mark.rule("P22")
async def test_two_different_answers_at_once_are_one_answer(portal: Portal) -> None:
    """Of two tabs that send different accounts at the same moment one wins and the other is told."""
    await _clients_turn(portal)
    answers = await asyncio.gather(
        *(portal.http.post(f"{portal.path}/bank-details", json=body) for body in (GIVEN, OTHER))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await portal.evidence()) == 1


@pytest.mark.rule("P22")
async def test_where_the_adviser_gives_bank_details_the_client_does_not(portal: Portal) -> None:
    """The default setting: the portal does not ask and does not take them."""
    await portal.sign_in()
    tasks = (await portal.http.get(portal.path)).json()["tasks"]
    answer = await portal.http.post(f"{portal.path}/bank-details", json=GIVEN)

    assert "bank_details" not in {task["key"] for task in tasks}
    expect_problem(answer, "bank-details-not-expected", 409)


@pytest.mark.rule("P22")
async def test_bank_details_the_adviser_gave_are_not_asked_again(portal: Portal) -> None:
    """Either may give them; whoever is first, gives them."""
    await portal.show(await portal.progress(policy=CLIENT, bank_details_given=True))
    await portal.sign_in()
    answer = await portal.http.post(f"{portal.path}/bank-details", json=GIVEN)

    expect_problem(answer, "bank-details-already-given", 409)


@pytest.mark.rule("P22")
async def test_an_account_that_cannot_exist_is_refused(portal: Portal) -> None:
    """The modulus check fails: a kind sentence, no number, nothing recorded."""
    await _clients_turn(portal)
    answer = await portal.http.post(f"{portal.path}/bank-details", json={**GIVEN, "account_number": "55779912"})

    expect_problem(answer, "bank-details-invalid", 422)
    assert "55779912" not in answer.text
    assert await portal.evidence() == []


@pytest.mark.rule("P22")
@pytest.mark.parametrize(
    ("sort_code", "account_number", "result", "pointed_at"),
    [
        ("20-00-00", "55779911", "valid", set()),
        ("20-00-00", "55779912", "invalid", set()),
        ("00-00-01", "12345678", "unchecked", set()),
        ("20-00", "55779911", "incomplete", {"sort_code"}),
        ("20-00-00", "557799", "invalid", set()),
        ("20-00-00", "5577", "incomplete", {"account_number"}),
        ("", "", "incomplete", {"sort_code", "account_number"}),
        ("20-00-00", "123456789", "incomplete", {"account_number"}),
    ],
)
async def test_bank_details_are_checked_as_they_are_typed(
    portal: Portal, sort_code: str, account_number: str, result: str, pointed_at: set[str]
) -> None:
    """Kind feedback on each field; nothing is stored, whatever is typed."""
    await _clients_turn(portal)
    answer = await portal.http.post(
        f"{portal.path}/bank-details/check", json={"sort_code": sort_code, "account_number": account_number}
    )
    body = answer.json()

    assert body["result"] == result
    assert {field for field in ("sort_code", "account_number") if body[field] is not None} == pointed_at
    assert body["message"].endswith(".")
    assert await portal.evidence() == []


@pytest.mark.rule("P23")
async def test_the_client_sees_what_they_authorise(portal: Portal) -> None:
    """Payee, amount, frequency, the account's last digits, and the Guarantee in full."""
    await portal.platform.save_bank_details(portal.platform_client, BankDetails.model_validate(GIVEN))
    await _mandate(portal)
    shown = (await portal.http.get(f"{portal.path}/direct-debit-mandate")).json()
    guarantee = await portal.platform.guarantee()

    assert shown["payee"] == guarantee.service_user_name
    assert (shown["amount_pence"], shown["frequency"]) == (25_000, "monthly")
    assert shown["bank_account"] == "•••• 9911"
    assert shown["guarantee"] == {"version": guarantee.version, "text": guarantee.text}
    assert shown["statement"] == MANDATE_STATEMENT
    assert shown["answer"] is None
    assert "55779911" not in json.dumps(shown)


@pytest.mark.rule("P23")
async def test_authorising_the_mandate(portal: Portal) -> None:
    """A yes, with the Guarantee that was shown, sets the mandate up."""
    await _mandate(portal)
    version = (await portal.platform.guarantee()).version
    body = {"sole_signatory": True, "guarantee_version": version}
    first = await portal.http.post(f"{portal.path}/direct-debit-mandate", json=body)
    second = await portal.http.post(f"{portal.path}/direct-debit-mandate", json=body)
    (row,) = await portal.evidence()
    (heard,) = await portal.heard()

    assert first.json()["route"] == "online"
    assert first.json() == second.json()
    assert row.statement == f"{MANDATE_STATEMENT} (Direct Debit Guarantee, version {version}.)"
    assert (heard.signal, json.loads(heard.fact)["route"]) == ("direct_debit_mandate_accepted", "online")


@pytest.mark.rule("P23")
async def test_a_client_who_cannot_authorise_alone_takes_the_paper_route(portal: Portal) -> None:
    """A no is no dead end: the client is told what happens, and goes on with the next task."""
    await _mandate(portal)
    answer = await portal.http.post(f"{portal.path}/direct-debit-mandate", json={"sole_signatory": False})
    (row,) = await portal.evidence()
    shown = (await portal.http.get(f"{portal.path}/direct-debit-mandate")).json()

    assert answer.json()["route"] == "paper_requested"
    assert "paper mandate" in answer.json()["what_happens_next"]
    assert {"key": "direct_debit_mandate", "state": "done", "reason": ""} in answer.json()["journey"]["tasks"]
    assert row.statement == MANDATE_PAPER_STATEMENT
    assert shown["answer"] == "paper_requested"


@pytest.mark.rule("P23")
async def test_the_answer_to_the_mandate_is_not_changed_afterwards(portal: Portal) -> None:
    """The adviser has been told; a change goes through them."""
    await _mandate(portal)
    await portal.http.post(f"{portal.path}/direct-debit-mandate", json={"sole_signatory": False})
    version = (await portal.platform.guarantee()).version
    body = {"sole_signatory": True, "guarantee_version": version}
    answer = await portal.http.post(f"{portal.path}/direct-debit-mandate", json=body)

    expect_problem(answer, "mandate-already-answered", 409)
    assert len(await portal.evidence()) == 1


@pytest.mark.rule("P23")
@pytest.mark.parametrize("version", [None, "an older one"])
async def test_a_yes_needs_the_guarantee_in_force(portal: Portal, version: str | None) -> None:
    """What the client did not see they did not agree to."""
    await _mandate(portal)
    body = {"sole_signatory": True, "guarantee_version": version}
    answer = await portal.http.post(f"{portal.path}/direct-debit-mandate", json=body)

    expect_problem(answer, "document-superseded", 409)
    assert await portal.evidence() == []


@pytest.mark.rule("P23")
async def test_there_is_no_mandate_unless_one_was_selected(portal: Portal) -> None:
    """Neither shown nor answered."""
    await portal.sign_in()

    expect_problem(await portal.http.get(f"{portal.path}/direct-debit-mandate"), "mandate-not-selected", 409)
    answer = await portal.http.post(f"{portal.path}/direct-debit-mandate", json={"sole_signatory": False})
    expect_problem(answer, "mandate-not-selected", 409)


@pytest.mark.rule("P22", "P23")
async def test_a_mandate_comes_after_the_bank_details(portal: Portal) -> None:
    """There must be an account to debit; then the mandate opens."""
    await _clients_turn(portal, direct_debit=DEBIT)
    early = await portal.http.post(f"{portal.path}/direct-debit-mandate", json={"sole_signatory": False})
    given = await portal.http.post(f"{portal.path}/bank-details", json=GIVEN)
    after = await portal.http.post(f"{portal.path}/direct-debit-mandate", json={"sole_signatory": False})

    expect_problem(early, "bank-details-required", 409)
    assert given.status_code == 200
    assert after.status_code == 200
    assert [row.kind for row in await portal.evidence()] == [
        EvidenceKind.BANK_DETAILS_SUBMITTED,
        EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED,
    ]
