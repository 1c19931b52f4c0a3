"""The page on which a client gives their bank account (P22, P41, C12)."""

import json
from datetime import timedelta

import pytest

from connectors.errors import ConnectorUnavailable
from domain.journey import BankDetailsPolicy, CheckStatus
from domain.portal_tasks import AGAIN_WORDS, TaskKey
from models.people import DirectDebit
from tests.api.portal.conftest import NOW, Portal
from tests.api.portal.page_reading import Page, press, visit
from tests.api.portal.scenes import noted, show

CLIENT = BankDetailsPolicy.CLIENT_OR_ADVISER
GIVEN = {"account_holder": "Mrs E Marsh", "sort_code": "20-00-00", "account_number": "55779911"}
SAVE = "Save my bank account"


def _at(portal: Portal, page: str = "bank-details") -> str:
    return f"/portal/journeys/{portal.journey_id}/{page}"


async def _clients_turn(portal: Portal, **changes: object) -> None:
    progress = await portal.progress(policy=CLIENT, bank_details_given=False)
    await show(portal, progress, **changes)
    await portal.sign_in()


@pytest.mark.rule("P22")
async def test_c12_the_client_gives_a_bank_account_and_goes_on(portal: Portal) -> None:
    """The name is filled in, the rest is typed once, and the next page shows the last digits alone."""
    await _clients_turn(portal, direct_debit=DirectDebit(amount_pence=250_00))
    page = await visit(portal.http, _at(portal))
    typed = {"sort_code": "20 00 00", "account_number": "5577 9911"}
    answer = await press(portal.http, page, SAVE, **typed)
    double = await press(portal.http, page, SAVE, **typed)
    (heard,) = await portal.heard()
    after = await visit(portal.http, _at(portal))

    assert page.form(SAVE).fields == {"account_holder": "Eleanor Marsh", "sort_code": "", "account_number": ""}
    assert (answer.status_code, answer.headers["location"]) == (303, _at(portal, "details"))
    assert double.headers["location"] == answer.headers["location"]
    assert json.loads(heard.fact)["bank_details"] == {
        "account_holder": "Eleanor Marsh",
        "sort_code": "200000",
        "account_number": "55779911",
    }
    assert "••-••-00 •••• 9911" in after.words
    assert "55779911" not in after.words
    assert after.links["Continue"] == _at(portal, "details")


@pytest.mark.rule("P22")
@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"account_holder": ""}, "account_holder", "Enter the name on the account."),
        ({"account_holder": "E" * 61}, "account_holder", "Check the name on the account"),
        ({"sort_code": ""}, "sort_code", "Enter the sort code."),
        ({"sort_code": "20-00"}, "sort_code", "A sort code has six digits."),
        ({"account_number": "557"}, "account_number", "An account number has six to eight digits."),
        ({"account_number": "123456789"}, "account_number", "This number has nine digits, as Santander writes some."),
        ({"account_number": "55779912"}, "account_number", "This account number does not belong to this sort code."),
    ],
)
async def test_c12_without_a_script_the_server_says_the_same_kindly(
    portal: Portal, typed: dict[str, str], field: str, said: str
) -> None:
    """Beside the field and in the summary, with status 422, everything typed kept, and nothing recorded."""
    await _clients_turn(portal)
    page = await visit(portal.http, _at(portal))
    answer = await press(portal.http, page, SAVE, **(GIVEN | typed))
    again = Page(answer)

    assert answer.status_code == 422
    assert again.words.count(said) == 2
    assert next(href for words, href in again.links.items() if words.startswith(said)) == f"#{field}"
    assert again.form(SAVE).fields == GIVEN | typed
    assert await portal.evidence() == []


@pytest.mark.rule("P22")
async def test_c12_the_page_asks_for_a_check_while_it_is_typed(portal: Portal) -> None:
    """The page names the address that checks, a polite place for what it says, and loads the script that asks."""
    await _clients_turn(portal)
    answer = await portal.http.get(_at(portal))
    page = Page(answer)
    checked = await portal.http.post(
        f"{portal.path}/bank-details/check", json={"sort_code": "20-00-00", "account_number": "55779912"}
    )

    assert f'data-check="{portal.path}/bank-details/check"' in answer.text
    assert "bank-details-said" in page.ids
    assert 'role="status"' in answer.text
    assert "/static/onward/bank-details.js" in answer.text
    assert "does not belong to this sort code" in checked.json()["message"]


@pytest.mark.rule("P22", "P41")
async def test_an_account_that_the_bank_did_not_confirm_is_asked_for_again(portal: Portal) -> None:
    """The page says why at its top; another account is taken and the client goes on."""
    await _clients_turn(portal)
    await press(portal.http, await visit(portal.http, _at(portal)), SAVE, **GIVEN)
    progress = await portal.progress(policy=CLIENT)
    failed = progress.holders[0].model_copy(update={"bank_verification": CheckStatus.FAILED})
    await show(portal, progress, holders=[failed], timeline=noted(NOW + timedelta(hours=1)))
    portal.now = NOW + timedelta(hours=2)
    await portal.sign_in()
    page = await visit(portal.http, _at(portal))
    other = {"sort_code": "08-99-99", "account_number": "66374958"}
    answer = await press(portal.http, page, SAVE, **other)

    assert AGAIN_WORDS[TaskKey.BANK_DETAILS] in page.words
    assert answer.status_code == 303
    assert [json.loads(one.fact)["bank_details"]["account_number"] for one in await portal.heard()] == [
        "55779911",
        "66374958",
    ]


@pytest.mark.rule("P22")
async def test_another_account_is_not_taken_in_place_of_a_good_one(portal: Portal) -> None:
    """A second tab with other numbers is told on the page that an account is held."""
    await _clients_turn(portal)
    first, second = [await visit(portal.http, _at(portal)) for _ in range(2)]
    await press(portal.http, first, SAVE, **GIVEN)
    late = await press(portal.http, second, SAVE, **(GIVEN | {"sort_code": "089999", "account_number": "66374958"}))

    assert late.status_code == 409
    assert "Bank details have been given already" in Page(late).words
    assert len(await portal.evidence()) == 1


@pytest.mark.rule("P22")
async def test_where_the_adviser_gives_the_account_there_is_no_form(portal: Portal) -> None:
    """With the default setting the page says whose turn it is; what the adviser gave is not asked again."""
    await portal.sign_in()
    theirs = await visit(portal.http, _at(portal), 409)
    await portal.show(await portal.progress(policy=CLIENT, bank_details_given=True))
    held = await visit(portal.http, _at(portal))

    assert "Your adviser gives the bank details" in theirs.words
    assert "Your adviser has given your bank account already" in held.words
    assert not [form for page in (theirs, held) for form in page.forms if SAVE in form.buttons]


async def test_the_form_stands_without_the_platform(portal: Portal) -> None:
    """Only the name is not filled in then."""
    await _clients_turn(portal)
    portal.platform.fail_next("read_client", ConnectorUnavailable("platform", "GET /clients/{id}", "down"))
    page = await visit(portal.http, _at(portal))

    assert page.form(SAVE).fields["account_holder"] == ""


async def test_c17_an_account_typed_into_an_ended_session_is_kept_for_after_signing_in(portal: Portal) -> None:
    """The sign-in page holds what was typed, and where it belongs."""
    await _clients_turn(portal)
    page = await visit(portal.http, _at(portal))
    portal.http.cookies.clear()
    answer = await press(portal.http, page, SAVE, **GIVEN)
    kept = next(form.fields for form in Page(answer).forms if "kept.sort_code" in form.fields)

    assert answer.status_code == 401
    assert (kept["kept.sort_code"], kept["kept.account_number"]) == ("20-00-00", "55779911")
    assert kept["next"] == _at(portal)
    assert await portal.evidence() == []
