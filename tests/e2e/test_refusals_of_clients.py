"""Bad input of a client: each a problem of its own, and both systems stay as they were."""

import pytest

from cli.demonstration.actors import PASSWORD, eventually, portal_visitor
from cli.demonstration.surroundings import checked
from tests.e2e.world import GIA, PLATFORM, World, expect_problem

pytestmark = pytest.mark.timeout(180)


def token_of(link: str) -> str:
    """Return the secret part of an invitation's link."""
    return link.rsplit("/invitations/", 1)[1]


@pytest.mark.rule("P24")
def test_an_acceptance_before_every_document_was_opened(world: World) -> None:
    """The refusal names the titles that are still to be opened; opening them is all it takes."""
    case = world.waiting()
    with case.portal() as client:
        seen = client.journey(case.journey_id)
        documents = [document for document in seen["documents"] if document["kind"] == "platform_terms"]
        named = [{"document_id": one["document_id"], "version": one["version"]} for one in documents]
        with world.untouched():
            none = expect_problem(client.accept(case.journey_id, "platform_terms", named), "documents-not-opened")
            first = documents[0]
            opening = {"version": first["version"]}
            checked(client.http.post(f"{case.portal_path}/documents/{first['document_id']}/open", json=opening))
            some = expect_problem(client.accept(case.journey_id, "platform_terms", named), "documents-not-opened")
        assert [error["detail"] for error in none["errors"]] == [document["title"] for document in documents]
        assert [error["detail"] for error in some["errors"]] == [document["title"] for document in documents[1:]]
        terms = next(terms for terms in client.journey(case.journey_id)["terms"] if terms["kind"] == "platform_terms")
        assert terms["missing"] == [document["title"] for document in documents[1:]]

        client.open_documents(case.journey_id, "platform_terms")
        checked(client.accept(case.journey_id, "platform_terms", named))
    gates = {gate["kind"]: gate["met"] for gate in case.journey()["gates"]}
    assert gates["platform_terms"]
    assert not gates["product_terms"]


@pytest.mark.rule("P24", "P25", "P28")
def test_an_acceptance_of_a_version_that_is_not_in_force(world: World) -> None:
    """Terms that change while the client waits: only the version in force now counts, opened once more and accepted."""
    earlier = world.control(PLATFORM, "POST", "documents/gia-terms-and-key-features/publish")
    case = world.waiting(GIA)
    with case.portal() as client:
        (document,) = client.open_documents(case.journey_id, "product_terms")
        assert document["version"] == int(earlier["version"])
        newest = int(world.control(PLATFORM, "POST", "documents/gia-terms-and-key-features/publish")["version"])

        def in_force() -> bool:
            return any(shown["version"] == newest for shown in client.journey(case.journey_id)["documents"])

        eventually(in_force, "the newer terms")
        with world.untouched():
            for version in (document["version"] - 1, document["version"], newest + 1):
                accepted = client.accept(case.journey_id, "product_terms", [{**document, "version": version}])
                problem = expect_problem(accepted, "document-superseded")
                assert problem["version"] == newest
            unopened = client.accept(case.journey_id, "product_terms", [{**document, "version": newest}])
            expect_problem(unopened, "documents-not-opened")
            unknown = client.accept(case.journey_id, "product_terms", [{"document_id": "sipp-terms", "version": 1}])
            expect_problem(unknown, "document-unknown")
        client.do_everything(case.journey_id, lambda _: None)
    case.until_active()
    kinds = [row["kind"] for row in case.evidence()]
    assert kinds.count("product_terms_accepted") == 1


@pytest.mark.rule("P25")
def test_an_acceptance_without_the_declaration(world: World) -> None:
    """The box and the wrapper's declaration are both needed."""
    case = world.waiting()
    with case.portal() as client:
        documents = client.open_documents(case.journey_id, "product_terms")
        with world.untouched():
            for body in (
                {"documents": documents, "accepted": False, "declaration_accepted": True},
                {"documents": documents, "accepted": True, "declaration_accepted": False},
            ):
                refused = client.http.post(f"{case.portal_path}/product-terms", json=body)
                expect_problem(refused, "statement-not-accepted")
    assert {row["kind"] for row in case.evidence()} == {"document_opened"}


@pytest.mark.rule("P20")
def test_someone_elses_journey(world: World) -> None:
    """A signed-in client finds no journey but their own, and nobody finds one without signing in."""
    mine, theirs = world.waiting(), world.waiting()
    with mine.portal() as client, world.untouched():
        expect_problem(client.http.get(theirs.portal_path), "journey-not-found")
        expect_problem(client.http.post(f"{theirs.portal_path}/details", json={}), "journey-not-found")
        body = {"documents": [], "accepted": True}
        expect_problem(client.http.post(f"{theirs.portal_path}/platform-terms", json=body), "journey-not-found")
        listed = client.http.get("/portal/api/journeys").json()["journeys"]
        assert [journey["journey_id"] for journey in listed] == [mine.journey_id]
    with portal_visitor(world.around) as nobody:
        expect_problem(nobody.http.get(mine.portal_path), "sign-in-required")
    assert theirs.evidence() == []


@pytest.mark.rule("P20", "P26")
def test_invitations_that_do_not_work(world: World) -> None:
    """Guessed, replaced and used links each say what to do; whoever has a password signs in with it instead."""
    case = world.waiting()
    first = case.link()
    number = world.email_number()
    resent = case.command("invitations", {"person_id": case.person})
    assert resent.status_code == 200, resent.text
    second = case.link(since=number)

    with portal_visitor(world.around) as client, world.untouched():
        for guessed in ("A" * 43, token_of(second)[:-1]):
            expect_problem(client.http.get(f"/portal/api/invitations/{guessed}"), "invitation-unknown")
        choice = {"token": token_of(first), "password": PASSWORD}
        expect_problem(client.http.get(f"/portal/api/invitations/{token_of(first)}"), "invitation-revoked")
        expect_problem(client.http.post("/portal/api/password", json=choice), "invitation-revoked")
        weak = {"token": token_of(second), "password": "password12345678"}
        expect_problem(client.http.post("/portal/api/password", json=weak), "password-not-acceptable")

        client.enter(second, case.client.email)
        expect_problem(client.http.get(f"/portal/api/invitations/{token_of(second)}"), "invitation-used")
        again = {"token": token_of(second), "password": PASSWORD}
        expect_problem(client.http.post("/portal/api/password", json=again), "invitation-used")
    with portal_visitor(world.around) as elsewhere:
        wrong = {"email": case.client.email, "password": "four other plain words"}
        expect_problem(elsewhere.http.post("/portal/api/sessions", json=wrong), "credentials-wrong")
        elsewhere.enter("", case.client.email)
        assert elsewhere.journey(case.journey_id)["next_task"] == "details"


@pytest.mark.rule("P21")
def test_a_correction_that_cannot_be_true_and_a_second_check(world: World) -> None:
    """A mistyped postcode is refused at once; a real correction reaches the adviser; then the check is done."""
    case = world.waiting()
    with case.portal() as client:
        with world.untouched():
            wrong = {"corrections": [{"field": "address.postcode", "new": "CT5 1"}]}
            expect_problem(client.http.post(f"{case.portal_path}/details", json=wrong), "invalid-request")
        right = {"corrections": [{"field": "address.postcode", "new": "CT5 1AB"}]}
        checked(client.http.post(f"{case.portal_path}/details", json=right))
        with world.untouched():
            expect_problem(client.http.post(f"{case.portal_path}/details", json={}), "details-already-confirmed")
    asked = eventually(lambda: case.journey()["change_requests"], "the change request")
    assert asked[0]["corrections"] == [{"field": "address.postcode", "old": "CT5 1AQ", "new": "CT5 1AB"}]


@pytest.mark.rule("P22", "P23")
def test_payments_that_are_not_asked_for(world: World) -> None:
    """Without a direct debit there is no mandate to authorise, and the adviser has given the bank details."""
    case = world.waiting()
    bank = {"account_holder": case.client.name, "sort_code": "200000", "account_number": "55779911"}
    with case.portal() as client, world.untouched():
        answer = {"sole_signatory": True, "guarantee_version": "1"}
        mandate = client.http.post(f"{case.portal_path}/direct-debit-mandate", json=answer)
        expect_problem(mandate, "mandate-not-selected")
        expect_problem(client.http.post(f"{case.portal_path}/bank-details", json=bank), "bank-details-not-expected")


@pytest.mark.rule("P20")
def test_an_act_from_another_website(world: World) -> None:
    """A browser that another site sends here changes nothing, signed in or not."""
    case = world.waiting()
    with case.portal() as client, world.untouched():
        foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
        answer = client.http.post(f"{case.portal_path}/details", json={}, headers=foreign)
        expect_problem(answer, "cross-site-request")
    assert case.evidence() == []
