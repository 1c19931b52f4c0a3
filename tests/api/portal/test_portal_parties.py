"""Joint holders, a child's registered contact, and the member of a pension."""

import pytest

from domain.journey import DocumentKind, PartyRole, Wrapper
from models.messages import Progress
from models.people import DirectDebit
from tests.api.portal.conftest import PERSON, STRANGER, Portal, expect_problem
from tests.api.portal.scenes import accept, party, show, tasks

PRODUCT = DocumentKind.PRODUCT_TERMS
CHILD = "person-robin"


async def _joint(portal: Portal, *, debit: DirectDebit | None = None) -> Progress:
    progress = await portal.progress(wrapper=Wrapper.GIA, direct_debit=debit)
    joint = progress.model_copy(update={"holders": [*progress.holders, party(STRANGER)]})
    await portal.show(joint)
    return joint


async def _junior(portal: Portal) -> None:
    progress = await portal.progress(wrapper=Wrapper.JISA)
    contact = progress.holders[0].model_copy(update={"role": PartyRole.REGISTERED_CONTACT})
    await show(portal, progress, holders=[party(CHILD, PartyRole.CHILD), contact])


@pytest.mark.rule("P30")
async def test_each_joint_holder_has_their_own_tasks(portal: Portal) -> None:
    """What one does is not done for the other, and neither sees what the other opened or accepted."""
    await _joint(portal)
    await portal.sign_in(STRANGER)
    await portal.http.post(f"{portal.path}/details", json={})
    await accept(portal, PRODUCT)
    await portal.sign_in(PERSON)
    detail = (await portal.http.get(portal.path)).json()

    assert [task["state"] for task in detail["tasks"]] == ["done", "open", "open", "open"]
    assert {document["opened_at"] for document in detail["documents"]} == {None}
    assert {terms["accepted_at"] for terms in detail["terms"]} == {None}
    assert STRANGER not in str(detail)


@pytest.mark.rule("P30")
async def test_evidence_says_that_a_holder_acted_as_one_of_several(portal: Portal) -> None:
    """Each act is that person's, as a joint holder."""
    await _joint(portal)
    await portal.sign_in(STRANGER)
    await portal.http.post(f"{portal.path}/details", json={})
    await portal.sign_in(PERSON)
    await portal.http.post(f"{portal.path}/details", json={})

    assert [(row.person_id, row.capacity) for row in await portal.evidence()] == [
        (STRANGER, "joint"),
        (PERSON, "joint"),
    ]
    assert [heard.person_id for heard in await portal.heard()] == [STRANGER, PERSON]
    assert await portal.chain_holds()


@pytest.mark.rule("P23", "P30")
async def test_the_mandate_is_for_the_holder_whose_account_pays(portal: Portal) -> None:
    """The first holder answers; the other one is neither asked nor heard."""
    await _joint(portal, debit=DirectDebit(amount_pence=250_00))
    await portal.sign_in(STRANGER)
    theirs = await tasks(portal)
    refused = await portal.http.post(f"{portal.path}/direct-debit-mandate", json={"sole_signatory": False})
    await portal.sign_in(PERSON)
    answered = await portal.http.post(f"{portal.path}/direct-debit-mandate", json={"sole_signatory": False})

    assert "direct_debit_mandate" not in theirs
    expect_problem(refused, "mandate-not-selected", 409)
    assert answered.json()["route"] == "paper_requested"
    assert [row.person_id for row in await portal.evidence()] == [PERSON]


@pytest.mark.rule("P31")
async def test_the_registered_contact_declares_for_the_child(portal: Portal) -> None:
    """Responsibility for the child is part of what is accepted, and the evidence says in which capacity."""
    await _junior(portal)
    await portal.sign_in()
    shown = (await portal.http.get(portal.path)).json()["terms"][1]
    answer = await accept(portal, PRODUCT)
    row = (await portal.evidence())[-1]

    assert answer.status_code == 200
    assert shown["declaration_version"] == "jisa-1"
    assert any("parental responsibility" in sentence for sentence in shown["declaration"])
    assert str(row.statement).splitlines() == [shown["statement"], *shown["declaration"]]
    assert {one.capacity for one in await portal.evidence()} == {"registered_contact"}


@pytest.mark.rule("P31")
async def test_a_child_has_nothing_in_the_portal(portal: Portal) -> None:
    """Whoever got hold of a session in a child's name sees no journey and changes nothing."""
    progress = await portal.progress(wrapper=Wrapper.JISA)
    child = progress.holders[0].model_copy(update={"role": PartyRole.CHILD})
    await show(portal, progress, holders=[child, party(STRANGER, PartyRole.REGISTERED_CONTACT)])
    await portal.sign_in(PERSON)
    answers = [
        await portal.http.get(portal.path),
        await portal.http.post(f"{portal.path}/details", json={}),
        await portal.http.post(f"{portal.path}/decline", json={"confirm": True}),
        await portal.http.post(f"{portal.path}/help"),
        await portal.http.get(f"{portal.path}/statement"),
    ]

    for answer in answers:
        expect_problem(answer, "journey-not-found", 404)
    assert (await portal.http.get("/portal/api/journeys")).json() == {"journeys": [], "next": None}
    assert await portal.evidence() == []


@pytest.mark.rule("P25", "P32")
async def test_a_pension_has_two_documents_and_its_own_declaration(portal: Portal) -> None:
    """Both have to be opened; what is declared about tax relief is stored word for word."""
    await show(portal, await portal.progress(wrapper=Wrapper.SIPP))
    await portal.sign_in()
    await portal.open("sipp-terms")
    early = await accept(portal, PRODUCT, opening=False)
    shown = (await portal.http.get(portal.path)).json()["terms"][1]
    answer = await accept(portal, PRODUCT)
    row = (await portal.evidence())[-1]

    errors = expect_problem(early, "documents-not-opened", 409)["errors"]
    assert [error["detail"] for error in errors] == ["Self-invested personal pension: key features"]
    assert answer.status_code == 200
    assert shown["declaration_version"] == "sipp-1"
    assert str(row.statement).splitlines()[1:] == shown["declaration"]
    assert [document["document_id"] for document in row.documents] == ["sipp-key-features", "sipp-terms"]
    assert row.capacity == "self"
