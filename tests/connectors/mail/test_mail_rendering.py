"""Every e-mail: what it says, how plainly, and that both parts say the same."""

import re
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from jinja2 import UndefinedError
from pydantic import ValidationError

import connectors.mail
from connectors.mail.identity import EmailTemplate
from connectors.mail.rendering import Brand, EmailContext, Rendered, contrast, render

URL = "https://portal.example/portal/invitations/k3y?from=mail&step=1"
BRAND = Brand(
    name="Onward & Partners",
    contact_line="Questions? Reply to this e-mail or call 020 7946 0958.",
    regulatory_footer="Onward & Partners is a sample firm. It is not regulated by anybody.",
)
CONTEXT = EmailContext(
    recipient_first_name="Zoë",
    wrapper="stocks and shares ISA",
    adviser_name="Priya O'Shah",
    firm_name="Harbour & Sons",
    url=URL,
)
CASES = [
    *product([EmailTemplate.CLIENT_SETUP_STARTED, EmailTemplate.ADVISER_PLAN_ACTIVE], [{}]),
    *product([EmailTemplate.ACCOUNT_CREATED], [{"first_visit": True}, {"first_visit": False}]),
    *product(
        [EmailTemplate.NEW_DOCUMENTATION],
        [
            {"pension_statement": True},
            {"direct_debit_confirmation": True},
            {"pension_statement": True, "direct_debit_confirmation": True},
        ],
    ),
]
EVERY_EMAIL = pytest.mark.parametrize(("template", "flags"), CASES)
MARKETING = re.compile(
    r"!|\b(excit|delight|thrill|amazing|fantastic|congratulat|exclusive|best|free|special|offer|unlock|seamless|"
    r"hurry|act now|last chance|limited time|don't miss|click here|valued (client|customer)|dream|grow your|"
    r"urgent|immediately|welcome aboard|happy to|proud)",
    re.IGNORECASE,
)


class _Page(HTMLParser):
    """The blocks of visible text, the links and the tags of an HTML part."""

    BLOCKS = frozenset({"p", "li", "td"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self._hidden = False
        self._open = ""
        self.feed(html)
        self._flush()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._hidden = self._hidden or tag == "title"
        self.links.extend(value or "" for name, value in attrs if name in {"href", "src", "background"})
        if tag in self.BLOCKS:
            self._flush()
        if tag == "br":
            self._open += " "

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._hidden = False
        if tag in self.BLOCKS:
            self._flush()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._open += data

    def _flush(self) -> None:
        if block := " ".join(self._open.split()):
            self.blocks.append(block)
        self._open = ""


def _email(template: EmailTemplate, flags: dict[str, bool]) -> Rendered:
    return render(template, CONTEXT.model_copy(update=flags), BRAND)


def _text_blocks(text: str) -> list[str]:
    """Split a text part into the blocks its HTML twin has; its own typography (`- `, `----`, `:`) goes."""
    blocks: list[str] = []
    for paragraph in text.split("\n\n"):
        lines = paragraph.strip().splitlines()
        apart = any(line.startswith(("- ", "----", "http")) for line in lines)
        blocks += lines if apart else [" ".join(lines)]
    cleaned = [block.removeprefix("- ") for block in blocks if block != "----"]
    return [
        block.removesuffix(":") if following.startswith("http") else block
        for block, following in zip(cleaned, [*cleaned[1:], ""], strict=True)
    ]


def _syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = (word.endswith("e") and not word.endswith(("le", "ee"))) or re.search(r"[^aeiouytd]ed$", word)
    return max(1, groups - bool(silent))


def _reading_age(prose: str) -> float:
    """Return the Flesch-Kincaid grade of US schools plus five, the age at which a grade begins."""
    sentences = [s for s in re.split(r"[.:?]\s", prose + " ") if s.strip()]
    words = re.findall(r"[a-z']+", prose.lower())
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(_syllables, words)) / len(words) - 15.59 + 5


@EVERY_EMAIL
def test_both_parts_state_the_same_facts(template: EmailTemplate, flags: dict[str, bool]) -> None:
    """Block by block, the text part says what the HTML part says, in the same order."""
    email = _email(template, flags)

    assert _text_blocks(email.text) == _Page(email.html).blocks


@EVERY_EMAIL
@pytest.mark.rule("P11", "P12", "P15")
def test_the_first_line_says_who_writes_and_why(template: EmailTemplate, flags: dict[str, bool]) -> None:
    """Under the greeting stand the firm and the wrapper, and for a client the adviser."""
    greeting, first_line = _text_blocks(_email(template, flags).text)[1:3]

    assert greeting == "Dear Zoë,"
    assert "Harbour & Sons" in first_line
    assert "stocks and shares ISA" in first_line
    assert ("Priya O'Shah" in first_line) == (template is not EmailTemplate.ADVISER_PLAN_ACTIVE)


@EVERY_EMAIL
def test_there_is_one_action_and_one_target(template: EmailTemplate, flags: dict[str, bool]) -> None:
    """One button with the plain link under it, both to the link that was given; setting up asks for nothing yet."""
    email = _email(template, flags)
    page = _Page(email.html)
    expected = [] if template is EmailTemplate.CLIENT_SETUP_STARTED else [URL]

    assert page.links == expected * 2
    assert re.findall(r"https?://\S+", email.text) == expected
    assert {urlsplit(link).netloc for link in page.links} <= {"portal.example"}
    if expected:
        button = page.blocks.index(URL) - 1
        assert len(page.blocks[button].split()) <= 5


@EVERY_EMAIL
def test_the_html_needs_nothing_from_elsewhere(template: EmailTemplate, flags: dict[str, bool]) -> None:
    """No image, script, style sheet, form or pixel: all style is inline."""
    email = _email(template, flags)

    forbidden = {"img", "script", "style", "link", "form", "iframe", "object", "svg", "video", "h1"}
    assert not _Page(email.html).tags & forbidden
    assert "url(" not in email.html
    assert 'lang="en-GB"' in email.html
    assert email.html.count("style=") > 10


@EVERY_EMAIL
def test_the_tone_is_plain(template: EmailTemplate, flags: dict[str, bool]) -> None:
    """No marketing, no false urgency, short, British spelling."""
    email = _email(template, flags)
    words = email.text.split("----")[0].split()

    assert MARKETING.search(f"{email.subject}\n{email.text}") is None
    assert re.search(r"\b(color|center|authoriz|organiz|fulfill)", email.text) is None
    assert len(words) <= 125
    assert len(email.subject) <= 60


@EVERY_EMAIL
def test_a_twelve_year_old_can_read_it(template: EmailTemplate, flags: dict[str, bool]) -> None:
    """The reading age of what we write, by Flesch-Kincaid, is at most twelve."""
    blocks = _text_blocks(_email(template, flags).text)
    ours = [block for block in blocks if block not in {BRAND.name, BRAND.regulatory_footer, URL}]

    assert _reading_age(" ".join(ours)) <= 12


def test_the_formula_tells_plain_from_hard() -> None:
    """The reading age used here is low for a child's sentence and high for a lawyer's."""
    assert _reading_age("The cat sat on the mat. It was warm.") < 7
    assert _reading_age("Notwithstanding the aforementioned obligations, beneficiaries shall indemnify us.") > 18


def test_every_event_has_exactly_its_three_files() -> None:
    """An event without a template, or a template without an event, is noticed."""
    folder = Path(connectors.mail.__file__).parent / "templates"
    expected = {f"{name}{end}" for name in EmailTemplate for end in (".subject.txt", ".txt", ".html")}

    assert {path.name for path in folder.iterdir()} == expected | {"layout.txt", "layout.html"}
    assert {template for template, _ in CASES} == set(EmailTemplate)


@pytest.mark.rule("P12", "P20")
def test_a_first_visit_sets_a_password_and_a_known_client_signs_in() -> None:
    """The two kinds of reader are told what awaits them."""
    first = _email(EmailTemplate.ACCOUNT_CREATED, {"first_visit": True}).text
    known = _email(EmailTemplate.ACCOUNT_CREATED, {"first_visit": False}).text

    assert "Set your password and review:" in first
    assert "Sign in and review:" in known
    assert "first visit" not in known


@pytest.mark.rule("P15", "P32")
def test_the_new_documents_are_the_ones_that_exist() -> None:
    """A pension statement and a mandate confirmation are named only if there is one."""
    pension = _email(EmailTemplate.NEW_DOCUMENTATION, {"pension_statement": True}).text
    mandate = _email(EmailTemplate.NEW_DOCUMENTATION, {"direct_debit_confirmation": True}).text

    assert "pension statement" in pension
    assert "direct debit" not in pension
    assert "confirmation of your direct debit mandate" in mandate
    assert "pension" not in mandate


@pytest.mark.parametrize(
    ("template", "changes", "sentence"),
    [
        (EmailTemplate.ACCOUNT_CREATED, {"url": None}, "needs its link"),
        (EmailTemplate.NEW_DOCUMENTATION, {}, "names at least one"),
    ],
)
def test_an_email_without_its_facts_is_not_rendered(
    template: EmailTemplate, changes: dict[str, str | None], sentence: str
) -> None:
    """An e-mail that would say nothing or lead nowhere is refused."""
    with pytest.raises(ValueError, match=sentence):
        render(template, CONTEXT.model_copy(update=changes), BRAND)


def test_markup_in_a_name_stays_text() -> None:
    """Names are escaped in HTML and left alone in the text."""
    email = _email(EmailTemplate.CLIENT_SETUP_STARTED, {})

    assert "Harbour &amp; Sons" in email.html
    assert "Harbour & Sons" in email.text
    assert "&amp;" not in email.text + email.subject


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
    assert _Page(email.html).links == [URL, URL]


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
    del incomplete.__dict__["wrapper"]

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
