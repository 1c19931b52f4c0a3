"""The pages on which a client checks their details (P21, C6)."""

import json

import pytest

from connectors.errors import ConnectorUnavailable
from domain.journey import PartyRole, Stage, Wrapper
from models.facts import FieldCorrection
from models.messages import ChangeRequest
from models.tables import EvidenceKind
from tests.api.portal.conftest import DETAILS, NOW, PERSON, STRANGER, Portal
from tests.api.portal.page_reading import Page, press, visit
from tests.api.portal.scenes import party, show
from tests.journey_parties import CHILD


def _at(portal: Portal, page: str = "details") -> str:
    return f"/portal/journeys/{portal.journey_id}/{page}"


@pytest.mark.rule("P21")
async def test_c6_details_are_shown_as_they_are_held_and_confirmed_in_one_click(portal: Portal) -> None:
    """Everything that was given is on the page, nothing is to be typed, and one button leads to the next task."""
    await portal.sign_in()
    page = await visit(portal.http, _at(portal))
    answer = await press(portal.http, page, "These are right")
    (row,) = await portal.evidence()

    assert page.heading == "Check your details"
    for shown in ("Eleanor", "Marsh", "12 April 1978", "AB 12 34 56 C", "United Kingdom", "07400 123456", "CT5 1AQ"):
        assert shown in page.words
    assert page.form("These are right").fields == {}
    assert (answer.status_code, answer.headers["location"]) == (303, _at(portal, "platform-terms"))
    assert (row.kind, row.statement) == (
        EvidenceKind.DETAILS_CONFIRMED,
        "I have checked my personal details and they are right.",
    )


@pytest.mark.rule("P21")
async def test_c6_a_correction_is_shown_old_and_new_before_it_goes_to_the_adviser(portal: Portal) -> None:
    """The form is filled in; the second page shows what changes; nothing is recorded before it is sent from there."""
    await portal.sign_in()
    form = await visit(portal.http, _at(portal, "details/correct"))
    typed = {"last_name": "Marsh-Hill", "address.postcode": "me4 4ux", "date_of_birth.year": "1979"}
    check = Page(await press(portal.http, form, "Look over my changes", **typed))
    unsent = await portal.evidence()
    answer = await press(portal.http, check, "Send to my adviser")
    (heard,) = await portal.heard()

    assert form.form("Look over my changes").fields["first_name"] == "Eleanor"
    assert form.form("Look over my changes").fields["national_insurance_number"] == "AB 12 34 56 C"
    assert unsent == []
    assert "Last name Marsh Marsh-Hill" in check.words
    assert "Postcode CT5 1AQ ME4 4UX" in check.words
    assert "Date of birth 12 April 1978 12 April 1979" in check.words
    assert (answer.status_code, answer.headers["location"]) == (303, _at(portal, "platform-terms"))
    assert json.loads(heard.fact)["corrections"] == [
        {"field": "address.postcode", "old": "CT5 1AQ", "new": "ME4 4UX"},
        {"field": "date_of_birth", "old": "1978-04-12", "new": "1979-04-12"},
        {"field": "last_name", "old": "Marsh", "new": "Marsh-Hill"},
    ]


@pytest.mark.rule("P21")
async def test_c6_a_correction_can_be_changed_again_before_it_is_sent(portal: Portal) -> None:
    """The form comes back with what was typed, beside what is held."""
    await portal.sign_in()
    form = await visit(portal.http, _at(portal, "details/correct"))
    typed = {"mobile": "07400 123457", "date_of_birth.day": "13"}
    check = Page(await press(portal.http, form, "Look over my changes", **typed))
    again = Page(await press(portal.http, check, "Change something"))
    fields = again.form("Look over my changes").fields

    assert again.heading == "What needs correcting?"
    assert (fields["mobile"], fields["date_of_birth.day"], fields["first_name"]) == ("07400 123457", "13", "Eleanor")
    assert await portal.evidence() == []


@pytest.mark.rule("P21")
@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("last_name", "", "Enter your last name, or ask your adviser"),
        ("national_insurance_number", "AB12", "A National Insurance number has two letters"),
        ("mobile", "12", "This is not a phone number in use"),
        ("email", "nobody", "This is not an e-mail address"),
        ("address.postcode", "CT5", "This is not a full UK postcode"),
        ("date_of_birth.day", "31", "Enter your date of birth as a real date"),
        ("date_of_birth.year", "2078", "Check the year"),
        ("first_name", "<b>", "Check your first name"),
        ("address.line_1", "x" * 201, "Shorten the first line of your address"),
    ],
)
async def test_what_cannot_be_right_is_said_beside_its_field(portal: Portal, field: str, typed: str, said: str) -> None:
    """The summary links to the field, everything typed is kept, and nothing is recorded."""
    await portal.sign_in()
    form = await visit(portal.http, _at(portal, "details/correct"))
    answer = await press(portal.http, form, "Look over my changes", **{"title": "Dr", field: typed})
    page = Page(answer)
    kept = page.form("Look over my changes").fields

    assert answer.status_code == 422
    assert page.words.count(said) == 2
    linked = next(href for words, href in page.links.items() if words.startswith(said))
    assert linked.removeprefix("#") in page.ids
    assert (kept["title"], kept[field]) == ("Dr", typed)
    assert await portal.evidence() == []


@pytest.mark.rule("P21")
async def test_changing_nothing_is_no_correction(portal: Portal) -> None:
    """The client is asked to change something or to say that all is right; another spelling is no change."""
    await portal.sign_in()
    form = await visit(portal.http, _at(portal, "details/correct"))
    same = {"mobile": "+44 7400 123456", "address.postcode": "ct51aq"}
    answers = [
        await press(portal.http, form, "Look over my changes"),
        await press(portal.http, form, "Look over my changes", **same),
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert all("Nothing has been changed yet" in Page(answer).words for answer in answers)


@pytest.mark.rule("P21", "P32")
async def test_only_a_pension_asks_for_what_a_pension_needs(portal: Portal) -> None:
    """Marital status, employment and retirement age are in the form of a pension alone."""
    await portal.sign_in()
    isa = await visit(portal.http, _at(portal, "details/correct"))
    await portal.show(await portal.progress(wrapper=Wrapper.SIPP))
    pension = await visit(portal.http, _at(portal, "details/correct"))
    own = {"marital_status", "employment_status", "retirement_age"}

    assert not own & isa.ids
    assert own <= pension.ids


@pytest.mark.rule("P21", "P46")
async def test_details_are_confirmed_once(portal: Portal) -> None:
    """A double click does the work once; another answer is refused on the page, which says what was recorded."""
    await portal.sign_in()
    page = await visit(portal.http, _at(portal))
    form = await visit(portal.http, _at(portal, "details/correct"))
    check = Page(await press(portal.http, form, "Look over my changes", title="Dr"))
    first, double = [await press(portal.http, page, "These are right") for _ in range(2)]
    late = await press(portal.http, check, "Send to my adviser")
    after = await visit(portal.http, _at(portal, "details/correct"))

    assert first.headers["location"] == double.headers["location"]
    assert late.status_code == 409
    assert "You have confirmed your details already" in Page(late).words
    assert after.heading == "Your details"
    assert "You checked these details on 23 November 2026 at 9:30 am" in after.words
    assert len(await portal.evidence()) == 1


@pytest.mark.rule("P21")
async def test_c6_what_the_adviser_is_putting_right_stays_in_sight(portal: Portal) -> None:
    """Open corrections are shown old and new, the client's own alone."""
    progress = await portal.progress()
    asked = [
        ChangeRequest(
            person_id=person,
            requested_at=NOW,
            corrections=[FieldCorrection(field="last_name", old="Marsh", new=new)],
        )
        for person, new in ((PERSON, "Marsh-Hill"), (STRANGER, "Somebody-Else"))
    ]
    confirmed = progress.holders[0].model_copy(update={"details_confirmed_at": NOW})
    await show(portal, progress, holders=[confirmed], change_requests=asked)
    await portal.sign_in()
    page = await visit(portal.http, _at(portal))

    assert "Last name Marsh Marsh-Hill" in page.words
    assert "Somebody-Else" not in page.words
    assert page.links["Continue"] == _at(portal, "platform-terms")


async def test_with_the_platform_away_the_other_tasks_remain(portal: Portal) -> None:
    """A kind page says so, offers another try and the tasks; nobody confirms what they can't see."""
    await portal.sign_in()
    for page in ("details", "details/correct"):
        portal.platform.fail_next("read_client", ConnectorUnavailable("platform", "GET /clients/{id}", "down"))
        away = await visit(portal.http, _at(portal, page), 503)
        assert "Nothing is lost" in away.words
        assert away.links["Go to my tasks"] == "/portal"
        assert away.links["Try again"] == _at(portal)
        assert not [form for form in away.forms if "These are right" in form.buttons]

    assert (await visit(portal.http, _at(portal))).heading == "Check your details"


@pytest.mark.rule("P31")
async def test_a_registered_contact_sees_for_whom_they_act(portal: Portal) -> None:
    """The child's name and age stand above the contact's own details; the form corrects the contact's alone."""
    child = await portal.platform.register_client("account-child", CHILD, "adv-1", guardian=portal.platform_client)
    progress = await portal.progress(wrapper=Wrapper.JISA)
    contact = progress.holders[0].model_copy(update={"role": PartyRole.REGISTERED_CONTACT})
    held = party("person-robin", PartyRole.CHILD).model_copy(update={"platform_client": child.client})
    await show(portal, progress, holders=[held, contact])
    await portal.sign_in()
    page = await visit(portal.http, _at(portal))
    form = await visit(portal.http, _at(portal, "details/correct"))

    assert "act for the child" in page.words
    assert "Robin Marsh" in page.words
    assert "29 February 2016" in page.words
    assert form.form("Look over my changes").fields["first_name"] == DETAILS.first_name


@pytest.mark.rule("P30")
async def test_a_joint_holder_checks_their_own_details(portal: Portal) -> None:
    """Each holder sees and confirms their own part alone."""
    other = await portal.platform.register_client(
        "account-2", DETAILS.model_copy(update={"first_name": "Robert", "email": "robert.hill@example.com"}), "adv-1"
    )
    progress = await portal.progress(wrapper=Wrapper.GIA)
    second = party(STRANGER).model_copy(update={"platform_client": other.client})
    await show(portal, progress, holders=[*progress.holders, second])
    await portal.sign_in(STRANGER)
    page = await visit(portal.http, _at(portal))
    await press(portal.http, page, "These are right")
    (row,) = await portal.evidence()

    assert "This page is about your own part" in page.words
    assert "Robert" in page.words
    assert "Eleanor" not in page.words
    assert (row.person_id, row.capacity) == (STRANGER, "joint")


@pytest.mark.parametrize("page", ["details", "details/correct", "bank-details", "direct-debit", "decline", "help"])
async def test_nobody_elses_journey_has_a_page(portal: Portal, page: str) -> None:
    """Another client gets the same 404 as for a journey that does not exist; nobody signed in is asked to."""
    await portal.sign_in(STRANGER)
    stranger = await portal.http.get(_at(portal, page))
    portal.http.cookies.clear()
    nobody = await portal.http.get(_at(portal, page))

    assert stranger.status_code == 404
    assert Page(stranger).heading
    assert nobody.status_code == 303
    assert nobody.headers["location"].startswith("/portal/sign-in?next=")


@pytest.mark.parametrize("stage", [Stage.APPLICATION_DRAFT, Stage.EXPIRED])
async def test_out_of_turn_a_page_says_why(portal: Portal, stage: Stage) -> None:
    """Before the client's turn and after an end the page has words for them, and leads back."""
    await portal.show(await portal.progress(stage=stage))
    await portal.sign_in()
    page = await visit(portal.http, _at(portal), 409)

    assert "adviser" in page.words
    assert "/portal" in page.links.values()
