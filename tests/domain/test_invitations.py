"""Invitation tokens and what an invitation is still good for."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.invitations import InvitationState, invitation_link, invitation_state, invitation_token, token_hash

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = b"a secret of at least thirty-two bytes"


@pytest.mark.rule("P20")
def test_the_same_invitation_always_has_the_same_token() -> None:
    """An e-mail that is sent again carries the link it carried before."""
    assert invitation_token(SECRET, "person", "journey", 1) == invitation_token(SECRET, "person", "journey", 1)


@pytest.mark.rule("P20")
def test_every_person_journey_sequence_and_secret_has_a_token_of_its_own() -> None:
    """No two invitations share a token, and knowing the ids is not enough to derive one."""
    tokens = {
        invitation_token(SECRET, "person", "journey", 1),
        invitation_token(SECRET, "person", "journey", 2),
        invitation_token(SECRET, "person", "another", 1),
        invitation_token(SECRET, "another", "journey", 1),
        invitation_token(b"another secret of thirty-two bytes or more", "person", "journey", 1),
    }

    assert len(tokens) == 5


def test_a_token_fits_a_url_and_its_hash_hides_it() -> None:
    """The token needs no escaping and has 256 bits; the hash does not contain it."""
    token = invitation_token(SECRET, "person", "journey", 1)

    assert len(token) == 43
    assert token.replace("-", "").replace("_", "").isalnum()
    assert invitation_link("https://example.com/", token) == f"https://example.com/portal/invitations/{token}"
    assert token not in token_hash(token)


@pytest.mark.rule("P20")
@pytest.mark.parametrize(
    ("age", "used", "revoked", "state"),
    [
        (timedelta(0), False, False, InvitationState.OPEN),
        (timedelta(days=30), False, False, InvitationState.EXPIRED),
        (timedelta(0), True, False, InvitationState.USED),
        (timedelta(days=30), True, True, InvitationState.USED),
        (timedelta(days=30), False, True, InvitationState.REVOKED),
    ],
)
def test_an_invitation_says_why_it_no_longer_works(
    age: timedelta, used: bool, revoked: bool, state: InvitationState
) -> None:
    """Used before revoked before expired: the person is told what helps them on."""
    found = invitation_state(
        now=NOW + age,
        expires_at=NOW + timedelta(days=30),
        used_at=NOW if used else None,
        revoked_at=NOW if revoked else None,
    )

    assert found is state
