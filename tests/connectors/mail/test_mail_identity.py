"""The Message-ID of an e-mail."""

import pytest

from connectors.mail.identity import EmailTemplate, message_id
from connectors.mail.port import OutgoingEmail

CREATED = EmailTemplate.ACCOUNT_CREATED


@pytest.mark.rule("P46")
def test_e2_a_retry_reuses_the_message_id() -> None:
    """The same e-mail has the same Message-ID in every process and at every time."""
    first = message_id("journey-abc", CREATED, "person-1", 1, "onward.example")

    assert first == message_id("journey-abc", CREATED, "person-1", 1, "onward.example")
    assert first == "<10729c04-a772-50cc-9940-3c18922086ea@onward.example>"


def test_different_emails_have_different_message_ids() -> None:
    """Another journey, event, recipient or sequence is another e-mail."""
    made = {
        message_id(journey, template, recipient, sequence, "onward.example")
        for journey in ("journey-a", "journey-b")
        for template in EmailTemplate
        for recipient in ("person-1", "person-2", "person|1")
        for sequence in (1, 2, 11)
    }

    assert len(made) == 2 * len(EmailTemplate) * 3 * 3


@pytest.mark.parametrize("domain", ["", "a b", "example.com>\r\nBcc: x@example.com", "-example.com", "a@b"])
def test_a_message_id_takes_only_a_host_name_as_its_domain(domain: str) -> None:
    """A domain that is no host name is refused before it can write a header of its own."""
    with pytest.raises(ValueError, match="host name"):
        message_id("journey-abc", CREATED, "person-1", 1, domain)


def test_a_workflow_id_with_the_separator_is_refused() -> None:
    """Two different e-mails can never be made to share one Message-ID."""
    with pytest.raises(ValueError, match="share one Message-ID"):
        message_id("journey|account_created", CREATED, "person-1", 1, "onward.example")


def test_the_port_takes_the_message_ids_that_are_made_here() -> None:
    """A Message-ID with a long domain passes the port's own check unchanged."""
    made = message_id("journey-abc", CREATED, "person-1", 1, f"{'mail.' * 12}onward.example")

    email = OutgoingEmail(
        message_id=made, template=CREATED, to_address="a@example.com", subject="s", text="t", html="<p>t</p>"
    )

    assert email.message_id == made
