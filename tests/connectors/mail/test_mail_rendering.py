"""Every e-mail: what it says, how plainly, and that both parts say the same."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from jinja2 import UndefinedError
from pydantic import ValidationError

import connectors.mail
from connectors.mail.identity import EmailTemplate
from connectors.mail.rendering import Brand, EmailContext, render
from connectors.mail.wording import name_accounts
from domain.brand import contrast
from tests.connectors.mail.letters import (
    ACCOUNTS,
    BRAND,
    CASES,
    CONTEXT,
    URL,
    VARIANTS,
    WITHOUT_LINK,
    Page,
    reading_age,
    text_blocks,
    write,
)

EVERY_EMAIL = pytest.mark.parametrize(
    ("template", "facts"),
    [pytest.param(template, facts, id=f"{template}-{number}") for number, (template, facts) in enumerate(CASES)],
)
MARKETING = re.compile(
    r"!|\b(excit|delight|thrill|amazing|fantastic|congratulat|exclusive|best|free|special|offer|unlock|seamless|"
    r"hurry|act now|last chance|limited time|don't miss|click here|valued (client|customer)|dream|grow your|"
    r"urgent|immediately|welcome aboard|happy to|proud)",
    re.IGNORECASE,
)
PRESSURE = re.compile(
    r"\b(final|overdue|you (must|have to|failed)\b|as soon as possible|right away|only \d)", re.IGNORECASE
)


@EVERY_EMAIL
def test_e1_both_parts_state_the_same_facts(template: EmailTemplate, facts: dict[str, Any]) -> None:
    """Block by block, the text part says what the HTML part says, in the same order."""
    email = write(template, facts)

    assert text_blocks(email.text) == Page(email.html).blocks


@EVERY_EMAIL
@pytest.mark.rule("P11", "P12", "P15", "P49")
def test_e1_the_first_line_says_who_writes_and_why(template: EmailTemplate, facts: dict[str, Any]) -> None:
    """Under the greeting stand the firm and every account (P49), and for a client the adviser."""
    greeting, first_line = text_blocks(write(template, facts).text)[1:3]

    assert greeting == "Dear Zoë,"
    assert "Harbour & Sons" in first_line
    assert any(name_accounts(facts["wrappers"], whose) in first_line for whose in ("your", "the", "The"))
    assert ("Priya O'Shah" in first_line) != template.startswith("adviser_")


@EVERY_EMAIL
def test_e1_there_is_one_action_and_one_target(template: EmailTemplate, facts: dict[str, Any]) -> None:
    """One button with the plain link under it; an e-mail of a set-up or an ending asks for nothing."""
    email = write(template, facts)
    page = Page(email.html)
    expected = [] if template in WITHOUT_LINK else [URL]

    assert page.links == expected * 2
    assert re.findall(r"https?://\S+", email.text) == expected
    assert {urlsplit(link).netloc for link in page.links} <= {"portal.example"}
    if expected:
        button = page.blocks.index(URL) - 1
        assert len(page.blocks[button].split()) <= 5


@EVERY_EMAIL
def test_e1_nothing_personal_is_told_beyond_the_first_name(template: EmailTemplate, facts: dict[str, Any]) -> None:
    """The first name stands in the greeting alone; no address, no number of a person or an account is anywhere."""
    email = write(template, facts)
    ours = {BRAND.contact_line, BRAND.regulatory_footer, URL}
    told = "\n".join(block for block in text_blocks(email.text) if block not in ours)

    assert "Zoë" not in email.subject
    assert told.count("Zoë") == 1
    assert "@" not in told + email.subject
    assert set(re.findall(r"\d{3,}", told + email.subject)) <= {"2026"}


@EVERY_EMAIL
def test_e1_the_brand_stands_above_and_its_footer_below(template: EmailTemplate, facts: dict[str, Any]) -> None:
    """The firm's name comes first and signs; how to reach a person and the regulatory words close both parts."""
    email = write(template, facts)

    for blocks in (text_blocks(email.text), Page(email.html).blocks):
        assert blocks[0] == BRAND.name
        assert BRAND.contact_line in blocks
        assert blocks[-1] == BRAND.regulatory_footer


@EVERY_EMAIL
def test_e1_the_html_needs_nothing_from_elsewhere(template: EmailTemplate, facts: dict[str, Any]) -> None:
    """No image, script, style sheet, form or pixel: all style is inline."""
    email = write(template, facts)

    forbidden = {"img", "script", "style", "link", "form", "iframe", "object", "svg", "video", "h1"}
    assert not Page(email.html).tags & forbidden
    assert "url(" not in email.html
    assert 'lang="en-GB"' in email.html
    assert email.html.count("style=") > 10


@EVERY_EMAIL
def test_e1_the_tone_is_plain(template: EmailTemplate, facts: dict[str, Any]) -> None:
    """No marketing, no false urgency, short, British spelling."""
    email = write(template, facts)
    words = email.text.split("----")[0].split()

    assert MARKETING.search(f"{email.subject}\n{email.text}") is None
    assert PRESSURE.search(f"{email.subject}\n{email.text}") is None
    assert re.search(r"\b(color|center|authoriz|organiz|fulfill)", email.text) is None
    assert len(words) <= 125
    assert len(email.subject) <= 60


@EVERY_EMAIL
def test_e1_a_twelve_year_old_can_read_it(template: EmailTemplate, facts: dict[str, Any]) -> None:
    """The reading age of what we write, by Flesch-Kincaid, is at most twelve."""
    blocks = text_blocks(write(template, facts).text)
    ours = [block for block in blocks if block not in {BRAND.name, BRAND.regulatory_footer, URL}]

    assert reading_age(" ".join(ours)) <= 12


def test_the_formula_tells_plain_from_hard() -> None:
    """The reading age used here is low for a child's sentence and high for a lawyer's."""
    assert reading_age("The cat sat on the mat. It was warm.") < 7
    assert reading_age("Notwithstanding the aforementioned obligations, beneficiaries shall indemnify us.") > 18


def test_every_event_has_exactly_its_three_files() -> None:
    """An event without a template, or a template without an event, is noticed."""
    folder = Path(connectors.mail.__file__).parent / "templates"
    expected = {f"{name}{end}" for name in EmailTemplate for end in (".subject.txt", ".txt", ".html")}

    assert {path.name for path in folder.iterdir()} == expected | {
        f"{layout}.{end}" for layout in ("layout", "adviser_layout") for end in ("txt", "html")
    }
    assert set(VARIANTS) == set(EmailTemplate)
    assert len(CASES) == sum(map(len, VARIANTS.values())) * len(ACCOUNTS)


@pytest.mark.rule("P12", "P20")
def test_a_first_visit_sets_a_password_and_a_known_client_signs_in() -> None:
    """The two kinds of reader are told what awaits them."""
    first = write(EmailTemplate.ACCOUNT_CREATED, {"first_visit": True}).text
    known = write(EmailTemplate.ACCOUNT_CREATED, {"first_visit": False}).text

    assert "Set your password and review:" in first
    assert "Sign in and review:" in known
    assert "first visit" not in known


@pytest.mark.rule("P15", "P32")
def test_the_new_documents_are_the_ones_that_exist() -> None:
    """A pension statement and a mandate confirmation are named only if there is one."""
    pension = write(EmailTemplate.NEW_DOCUMENTATION, {"pension_statement": True}).text
    mandate = write(EmailTemplate.NEW_DOCUMENTATION, {"direct_debit_confirmation": True}).text

    assert "pension statement" in pension
    assert "direct debit" not in pension
    assert "confirmation of your direct debit mandate" in mandate
    assert "pension" not in mandate


def test_markup_in_a_name_stays_text() -> None:
    """Names are escaped in HTML and left alone in the text."""
    email = write(EmailTemplate.CLIENT_SETUP_STARTED, {})

    assert "Harbour &amp; Sons" in email.html
    assert "Harbour & Sons" in email.text
    assert "&amp;" not in email.text + email.subject


def test_markup_in_the_footer_stays_text() -> None:
    """What a firm writes into its footer is shown as it is written, never taken as HTML."""
    footer = 'Fees < 1% & <a href="https://elsewhere.example">more</a>.'
    brand = Brand.model_validate(BRAND.model_dump() | {"regulatory_footer": footer})

    email = render(EmailTemplate.ACCOUNT_CREATED, CONTEXT, brand)

    assert Page(email.html).blocks[-1] == footer
    assert Page(email.html).links == [URL, URL]
    assert footer in email.text


@pytest.mark.rule("P48")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<b>Zoë</b>", "b Zoë /b"),
        ("Zoë\r\nBcc: x", "Zoë Bcc: x"),
        ("https://evil.example", "https evil.example"),
        ("zoe@example.com", "zoe example.com"),
        ("  Anne  Marie ", "Anne Marie"),
        ("Jo/Joanna", "Jo/Joanna"),
    ],
)
def test_an_odd_name_becomes_plain_words(name: str, shown: str) -> None:
    """Markup, line breaks, links and addresses in a name are defused, and the e-mail still goes out."""
    context = EmailContext.model_validate(CONTEXT.model_dump() | {"recipient_first_name": name})

    email = render(EmailTemplate.ACCOUNT_CREATED, context, BRAND)

    assert f"Dear {shown},\n" in email.text
    assert Page(email.html).links == [URL, URL]


@pytest.mark.parametrize("name", ["", " \t", "Z" * 81])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    """No name and an endless name are refused; the error does not repeat them."""
    with pytest.raises(ValidationError) as caught:
        EmailContext.model_validate(CONTEXT.model_dump() | {"recipient_first_name": name})

    assert "Z" * 81 not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "//portal.example",
        "https://me:pw@portal.example",
        "https://portal.example/a b",
        "ftp://x/",
    ],
)
def test_only_a_plain_web_address_becomes_the_link(url: str) -> None:
    """Anything but an http(s) address is refused."""
    with pytest.raises(ValidationError, match="http"):
        EmailContext.model_validate(CONTEXT.model_dump() | {"url": url})


def test_a_template_that_names_an_unknown_fact_fails() -> None:
    """A misspelt field is an error, never an empty place in a letter."""
    incomplete = CONTEXT.model_copy()
    del incomplete.__dict__["adviser_name"]

    with pytest.raises(UndefinedError):
        render(EmailTemplate.CLIENT_SETUP_STARTED, incomplete, BRAND)


@pytest.mark.parametrize("colours", [{"accent": "#ffd700"}, {"on_accent": "#1f3a4e"}, {"muted": "#cccccc"}])
def test_an_unreadable_palette_is_refused(colours: dict[str, str]) -> None:
    """A brand whose button or text is too pale is refused with the reason."""
    with pytest.raises(ValidationError, match="hard to read"):
        Brand.model_validate(BRAND.model_dump() | colours)


def test_the_contrast_is_that_of_wcag() -> None:
    """Black on white is 21 to 1, and WCAG's own grey example #767676 just passes."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
