"""What single e-mails tell and leave out, event by event."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.mail.identity import EmailTemplate
from connectors.mail.rendering import EmailContext, render
from tests.connectors.mail.letters import (
    BRAND,
    CLIENT_ENDINGS,
    CONTEXT,
    DOCUMENT,
    LADDER,
    TASKS,
    TOLD,
    URL,
    VARIANTS,
    WHY,
    text_blocks,
    write,
)

ISA_AND_GIA: dict[str, Any] = {"wrappers": ("stocks and shares ISA", "general investment account")}
JISA: dict[str, Any] = {"wrappers": ("Junior stocks and shares ISA",)}
EVERY_TEMPLATE = pytest.mark.parametrize("template", list(EmailTemplate))
ADVISER = [template for template in EmailTemplate if template.startswith("adviser_")]


@EVERY_TEMPLATE
@pytest.mark.rule("P49")
def test_one_email_names_all_accounts(template: EmailTemplate) -> None:
    """Two accounts are both named, in the plural, and the subject counts them."""
    email = write(template, VARIANTS[template][-1] | ISA_AND_GIA)

    assert re.search(r"stocks and shares ISA and (your|the) general investment account", email.text)
    assert "two accounts" in email.subject
    assert not re.search(r"\b(It will start|The account|this plan\b|The plan)\b", email.text)


@EVERY_TEMPLATE
@pytest.mark.rule("P31")
def test_a_junior_isa_is_never_called_the_contacts(template: EmailTemplate) -> None:
    """The registered contact reads of "the Junior ISA", and of nothing that was set up for them."""
    email = write(template, VARIANTS[template][-1] | JISA)
    both = f"{email.subject}\n{email.text}"

    assert "Junior ISA" in both
    assert "your Junior" not in both
    assert "set up for you" not in both
    assert "child" not in both


@pytest.mark.parametrize("template", ADVISER)
def test_e1_an_adviser_is_never_sent_a_clients_name(template: EmailTemplate) -> None:
    """Each e-mail to an adviser leads to the journey and says why it names nobody."""
    text = write(template, VARIANTS[template][-1]).text

    assert "Open the journey:" in text
    assert "This e-mail leaves out your client's name." in text
    assert "because you are the adviser on this plan." in text


@pytest.mark.rule("P40")
def test_a_reminder_says_what_is_left() -> None:
    """The open tasks, the last day and the way out are there; the tone stays kind."""
    text = write(EmailTemplate.REMINDER, LADDER | TASKS | {"reminder_number": 2}).text

    assert "This is our second reminder." in text
    assert "This is what is left:\n\n- check your details\n- accept the platform terms\n" in text
    assert "You have until the end of 22 December 2026 (16 days from today)." in text
    assert "Sign in and continue:" in text
    assert "do not want to go ahead, please tell Priya O'Shah" in text
    assert "choose a password" not in text


@pytest.mark.rule("P40", "P20")
def test_a_reminder_before_the_first_visit_leads_to_the_password() -> None:
    """Who never came is told that a password is chosen first; a list that is empty is not announced."""
    text = write(EmailTemplate.REMINDER, LADDER | {"first_visit": True}).text

    assert "Set your password and continue:" in text
    assert "You will choose a password first." in text
    assert "This is a reminder." in text
    assert "This is what is left" not in text


@pytest.mark.rule("P40")
def test_the_adviser_hears_of_a_quiet_client_and_what_to_do() -> None:
    """The adviser learns what is open, until when, and which ways there are."""
    text = write(EmailTemplate.ADVISER_CLIENT_QUIET, LADDER | TASKS).text

    assert "- accept the platform terms" in text
    assert "until the end of 22 December 2026 (16 days from today)" in text
    assert "on hold, or withdraw it" in text


@pytest.mark.parametrize("template", sorted(CLIENT_ENDINGS))
@pytest.mark.rule("P43")
def test_a_client_whose_journey_ended_has_nothing_left_to_do(template: EmailTemplate) -> None:
    """An ending says that nothing starts and nothing is collected, and leads nowhere even when a link is at hand."""
    email = write(template, {"url": URL})

    assert "The account will not start, and no payment will be taken." in email.text
    assert "You do not need to do anything." in email.text
    assert URL not in email.text + email.html
    assert email == write(template, {"url": None})


@pytest.mark.rule("P43")
@pytest.mark.parametrize(
    ("template", "cause"),
    [
        (EmailTemplate.JOURNEY_EXPIRED, "not finished in time"),
        (EmailTemplate.JOURNEY_WITHDRAWN, "has now withdrawn this request"),
        (EmailTemplate.JOURNEY_DECLINED, "You have told us that you do not want"),
        (EmailTemplate.JOURNEY_ENDED, "another holder did not go ahead"),
        (EmailTemplate.ADVISER_JOURNEY_EXPIRED, "not finished in time"),
        (EmailTemplate.ADVISER_JOURNEY_WITHDRAWN, "has been withdrawn"),
        (EmailTemplate.ADVISER_JOURNEY_DECLINED, "A client of Harbour & Sons has declined"),
    ],
)
def test_an_ending_says_how_it_came_about(template: EmailTemplate, cause: str) -> None:
    """The first line tells expiry, withdrawal and decline apart, to the client and to the adviser."""
    assert cause in text_blocks(write(template, {}).text)[2]


@pytest.mark.rule("P43")
def test_the_adviser_knows_whether_the_client_was_told_of_a_withdrawal() -> None:
    """A client who was never written to hears nothing, and the adviser learns which it was."""
    told = write(EmailTemplate.ADVISER_JOURNEY_WITHDRAWN, TOLD).text
    untold = write(EmailTemplate.ADVISER_JOURNEY_WITHDRAWN, {}).text

    assert "We have written to your client about this." in told
    assert "so we have not told them" in untold


@pytest.mark.rule("P30")
def test_the_other_holders_learn_that_it_ended_and_not_who_declined() -> None:
    """Another holder's decision is told without a name, with the rule behind it."""
    text = write(EmailTemplate.JOURNEY_ENDED, {"wrappers": ("joint general investment account",)}).text

    assert "your joint general investment account" in text
    assert "A joint account starts only when every holder has accepted." in text
    assert "declined" not in text


@pytest.mark.rule("P27")
def test_a_client_who_asks_for_help_is_not_held_up() -> None:
    """The adviser is asked to get in touch, and the client can still go on."""
    text = write(EmailTemplate.ADVISER_HELP_REQUESTED, {}).text

    assert "asked for your help" in text
    assert "the client can go on at any time" in text


@pytest.mark.rule("P21")
def test_a_correction_is_shown_in_the_journey_alone() -> None:
    """The e-mail says where old and new stand side by side, and repeats neither, whatever it is given."""
    plain = write(EmailTemplate.ADVISER_CORRECTION_REQUESTED, {})

    assert "the old and the new detail side by side" in plain.text
    assert plain == write(EmailTemplate.ADVISER_CORRECTION_REQUESTED, {"reason": "Moved to 1 High Street."})


@pytest.mark.rule("P28")
def test_only_the_changed_document_has_to_be_opened_again() -> None:
    """The document is named, escaped in HTML, with the reason if there is one, and the rest stays done."""
    email = write(EmailTemplate.TERMS_CHANGED, DOCUMENT | {"reason": "The fee has been dropped."})

    assert "“Terms & conditions of the platform”\n\nThe fee has been dropped.\n" in email.text
    assert "“Terms &amp; conditions of the platform”" in email.html
    assert "You only need to open this one document." in email.text
    assert "Everything else that you have done stays done." in email.text


@pytest.mark.rule("P41", "P44", "P47", "P48")
@pytest.mark.parametrize(
    ("template", "consequence"),
    [
        (EmailTemplate.ADVISER_NEEDS_ATTENTION, "Nothing is lost, and what is done stays done."),
        (EmailTemplate.ACCEPTANCE_VOID, "your earlier acceptance no longer counts"),
        (EmailTemplate.MANDATE_FAILED, "agree a new direct debit"),
        (EmailTemplate.ADVISER_MANDATE_FAILED, "The plan stays active"),
        (EmailTemplate.ADVISER_EMAIL_REFUSED, "right e-mail address"),
    ],
)
def test_trouble_is_told_with_its_reason_and_what_it_means(template: EmailTemplate, consequence: str) -> None:
    """The reason stands in a paragraph of its own, in both parts, followed by what it means."""
    email = write(template, {"reason": "The bank's answer was no & nothing more"})
    blocks = text_blocks(email.text)

    reason = blocks.index("The bank's answer was no & nothing more.")
    assert any(consequence in block for block in blocks[reason + 1 :])
    assert "no &amp; nothing more." in email.html


@pytest.mark.rule("P47")
def test_a_failed_mandate_leaves_the_account_open() -> None:
    """The client keeps the account; the adviser learns whether the client was asked for a new mandate."""
    client = write(EmailTemplate.MANDATE_FAILED, {}).text
    told = write(EmailTemplate.ADVISER_MANDATE_FAILED, WHY | TOLD).text
    untold = write(EmailTemplate.ADVISER_MANDATE_FAILED, WHY).text

    assert "The account stays open." in client
    assert "Sign in and set up:" in client
    assert "asked your client to agree a new one" in told
    assert "We have not written to your client." in untold


@pytest.mark.parametrize(
    ("template", "facts", "sentence"),
    [
        (EmailTemplate.ACCOUNT_CREATED, {"url": None}, "needs its link"),
        (EmailTemplate.ADVISER_HELP_REQUESTED, {"url": None}, "needs its link"),
        (EmailTemplate.NEW_DOCUMENTATION, {}, "names at least one"),
        (EmailTemplate.REMINDER, {"days_left": 3}, "without `expires_on`"),
        (EmailTemplate.REMINDER, LADDER | {"days_left": None}, "without `days_left`"),
        (EmailTemplate.ADVISER_CLIENT_QUIET, {}, "without `expires_on`"),
        (EmailTemplate.ADVISER_NEEDS_ATTENTION, {}, "without `reason`"),
        (EmailTemplate.TERMS_CHANGED, {}, "without `document_title`"),
        (EmailTemplate.ACCEPTANCE_VOID, {}, "without `reason`"),
        (EmailTemplate.ADVISER_MANDATE_FAILED, {}, "without `reason`"),
    ],
)
def test_an_email_without_its_facts_is_not_rendered(
    template: EmailTemplate, facts: dict[str, Any], sentence: str
) -> None:
    """An e-mail that would say nothing or lead nowhere is refused."""
    with pytest.raises(ValueError, match=sentence):
        render(template, CONTEXT.model_copy(update=facts), BRAND)


@pytest.mark.rule("P48")
@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("the account is closed", "The account is closed."),
        ("The account is closed.", "The account is closed."),
        ("See https://evil.example <b>now</b>", "See https evil.example b now /b."),
        ("Is it closed?", "Is it closed?"),
        ("It is closed!", "It is closed!"),
        ("long " * 100, f"L{('long ' * 59)[1:]}…"),
    ],
)
def test_a_reason_becomes_one_plain_sentence(reason: str, shown: str) -> None:
    """A reason is defused, begun with a capital and ended with a stop; one that is too long is cut, never refused."""
    context = EmailContext.model_validate(CONTEXT.model_dump() | {"reason": reason})

    assert context.reason == shown
    assert len(shown) <= 301


@pytest.mark.parametrize(
    "facts",
    [
        {"wrappers": ()},
        {"wrappers": ("",)},
        {"reason": "<>"},
        {"document_title": " "},
        {"days_left": -1},
        {"reminder_number": 0},
    ],
)
def test_facts_that_say_nothing_are_refused(facts: dict[str, Any]) -> None:
    """An e-mail about no account, with an empty reason or a reminder before the first is a mistake of the caller."""
    with pytest.raises(ValidationError):
        EmailContext.model_validate(CONTEXT.model_dump() | facts)
