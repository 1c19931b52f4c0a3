"""Which e-mail a message is: the event it tells of, and an identifier that a retry reuses.

Standard library alone and free of effects, so a workflow may import it.
"""

import re
from enum import StrEnum
from uuid import UUID, uuid5

_NAMESPACE = UUID("5b0e0f64-6d0b-5b8e-9d4e-2f0d8f6f7a11")
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


class EmailTemplate(StrEnum):
    """The events that are told by e-mail; a value names the files in `templates/` and is stored in the ledger."""

    CLIENT_SETUP_STARTED = "client_setup_started"
    ACCOUNT_CREATED = "account_created"
    NEW_DOCUMENTATION = "new_documentation"
    ADVISER_PLAN_ACTIVE = "adviser_plan_active"
    REMINDER = "reminder"
    ADVISER_CLIENT_QUIET = "adviser_client_quiet"
    JOURNEY_EXPIRED = "journey_expired"
    ADVISER_JOURNEY_EXPIRED = "adviser_journey_expired"
    JOURNEY_WITHDRAWN = "journey_withdrawn"
    ADVISER_JOURNEY_WITHDRAWN = "adviser_journey_withdrawn"
    JOURNEY_DECLINED = "journey_declined"
    ADVISER_JOURNEY_DECLINED = "adviser_journey_declined"
    JOURNEY_ENDED = "journey_ended"
    ADVISER_HELP_REQUESTED = "adviser_help_requested"
    ADVISER_NEEDS_ATTENTION = "adviser_needs_attention"
    ADVISER_CORRECTION_REQUESTED = "adviser_correction_requested"
    TERMS_CHANGED = "terms_changed"
    ACCEPTANCE_VOID = "acceptance_void"
    MANDATE_FAILED = "mandate_failed"
    ADVISER_MANDATE_FAILED = "adviser_mandate_failed"
    ADVISER_EMAIL_REFUSED = "adviser_email_refused"


def message_id(workflow_id: str, template: EmailTemplate, recipient: str, sequence: int, domain: str) -> str:
    """Derive the Message-ID of one e-mail, so that a retried send carries the same one (P46).

    Args:
        workflow_id: the journey's workflow.
        template: the event.
        recipient: who is told; an id that stays the same when the address is corrected.
        sequence: 1 for the first e-mail of this event to this recipient, higher when it is deliberately sent again.
        domain: the sending domain.

    Returns:
        `<uuid@domain>`, with the angle brackets of the header.

    Raises:
        ValueError: the domain is no host name, or the workflow id holds the separator `|`.
    """
    if not _DOMAIN.fullmatch(domain):
        raise ValueError("the domain of a Message-ID is a host name, such as mail.example.com")
    if "|" in workflow_id:
        raise ValueError("a workflow id holds no '|': two different e-mails could share one Message-ID")
    return f"<{uuid5(_NAMESPACE, f'{workflow_id}|{template}|{recipient}|{sequence}')}@{domain}>"
