"""The e-mails the tests read: one of each kind and variant, and how to read their two parts."""

import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

from connectors.mail.identity import EmailTemplate
from connectors.mail.rendering import Brand, EmailContext, Rendered, render

URL = "https://portal.example/portal/invitations/k3y?from=mail&step=1"
BRAND = Brand(
    name="Onward & Partners",
    contact_line="Questions? Reply to this e-mail or call 020 7946 0958.",
    regulatory_footer="Onward & Partners is a sample firm. It is not regulated by anybody.",
)
CONTEXT = EmailContext(
    recipient_first_name="Zoë",
    wrappers=("stocks and shares ISA",),
    adviser_name="Priya O'Shah",
    firm_name="Harbour & Sons",
    url=URL,
)

LADDER: dict[str, Any] = {"expires_on": date(2026, 12, 22), "days_left": 16}
TASKS: dict[str, Any] = {"left_to_do": ("check your details", "accept the platform terms")}
DOCUMENT: dict[str, Any] = {"document_title": "Terms & conditions of the platform"}
WHY: dict[str, Any] = {"reason": "The monthly payment has changed."}
TOLD: dict[str, Any] = {"client_told": True}

# What each event is told with; several where an e-mail has variants.
VARIANTS: dict[EmailTemplate, tuple[dict[str, Any], ...]] = {
    EmailTemplate.CLIENT_SETUP_STARTED: ({},),
    EmailTemplate.ACCOUNT_CREATED: ({"first_visit": True}, {"first_visit": False}),
    EmailTemplate.NEW_DOCUMENTATION: (
        {"pension_statement": True},
        {"direct_debit_confirmation": True},
        {"pension_statement": True, "direct_debit_confirmation": True},
    ),
    EmailTemplate.ADVISER_PLAN_ACTIVE: ({},),
    EmailTemplate.REMINDER: (
        LADDER,
        LADDER | TASKS | {"reminder_number": 2},
        LADDER | TASKS | {"reminder_number": 4, "days_left": 1, "first_visit": True},
    ),
    EmailTemplate.ADVISER_CLIENT_QUIET: (LADDER, LADDER | TASKS),
    EmailTemplate.JOURNEY_EXPIRED: ({},),
    EmailTemplate.ADVISER_JOURNEY_EXPIRED: ({},),
    EmailTemplate.JOURNEY_WITHDRAWN: ({},),
    EmailTemplate.ADVISER_JOURNEY_WITHDRAWN: ({}, TOLD),
    EmailTemplate.JOURNEY_DECLINED: ({},),
    EmailTemplate.ADVISER_JOURNEY_DECLINED: ({},),
    EmailTemplate.JOURNEY_ENDED: ({},),
    EmailTemplate.ADVISER_HELP_REQUESTED: ({},),
    EmailTemplate.ADVISER_NEEDS_ATTENTION: ({"reason": "The name on the bank account is not the client's name."},),
    EmailTemplate.ADVISER_CORRECTION_REQUESTED: ({},),
    EmailTemplate.TERMS_CHANGED: (DOCUMENT, DOCUMENT | {"reason": "The fee for leaving has been dropped."}),
    EmailTemplate.ACCEPTANCE_VOID: (WHY,),
    EmailTemplate.MANDATE_FAILED: ({}, {"reason": "Your bank says that the account is closed."}),
    EmailTemplate.ADVISER_MANDATE_FAILED: (
        {"reason": "The bank says that the account is closed."},
        {"reason": "The bank says that the account is closed."} | TOLD,
    ),
    EmailTemplate.ADVISER_EMAIL_REFUSED: ({}, {"reason": "The mail service does not know this address."}),
}
ACCOUNTS: tuple[tuple[str, ...], ...] = (
    ("stocks and shares ISA",),
    ("self-invested personal pension",),
    ("Junior stocks and shares ISA",),
    ("stocks and shares ISA", "general investment account"),
    ("stocks and shares ISA", "general investment account", "general investment account"),
)
CASES = [
    (template, facts | {"wrappers": wrappers})
    for template, variants in VARIANTS.items()
    for facts in variants
    for wrappers in ACCOUNTS
]

CLIENT_ENDINGS = frozenset(
    {
        EmailTemplate.JOURNEY_EXPIRED,
        EmailTemplate.JOURNEY_WITHDRAWN,
        EmailTemplate.JOURNEY_DECLINED,
        EmailTemplate.JOURNEY_ENDED,
    }
)
WITHOUT_LINK = CLIENT_ENDINGS | {EmailTemplate.CLIENT_SETUP_STARTED}


class Page(HTMLParser):
    """The blocks of visible text, the links and the tags of an HTML part."""

    BLOCKS = frozenset({"p", "li", "td"})

    def __init__(self, html: str) -> None:
        """Read this document."""
        super().__init__()
        self.blocks: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self._hidden = False
        self._open = ""
        self.feed(html)
        self._flush()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag and where it leads."""
        self.tags.add(tag)
        self._hidden = self._hidden or tag == "title"
        self.links.extend(value or "" for name, value in attrs if name in {"href", "src", "background"})
        if tag in self.BLOCKS:
            self._flush()
        if tag == "br":
            self._open += " "

    def handle_endtag(self, tag: str) -> None:
        """End a block of text."""
        if tag == "title":
            self._hidden = False
        if tag in self.BLOCKS:
            self._flush()

    def handle_data(self, data: str) -> None:
        """Collect what a reader sees."""
        if not self._hidden:
            self._open += data

    def _flush(self) -> None:
        if block := " ".join(self._open.split()):
            self.blocks.append(block)
        self._open = ""


def write(template: EmailTemplate, facts: dict[str, Any]) -> Rendered:
    """Render the e-mail to Zoë with these facts, checked as every caller's are."""
    return render(template, EmailContext.model_validate(CONTEXT.model_dump() | facts), BRAND)


def text_blocks(text: str) -> list[str]:
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


def reading_age(prose: str) -> float:
    """Return the Flesch-Kincaid grade of US schools plus five, the age at which a grade begins."""
    sentences = [s for s in re.split(r"[.:?]\s", prose + " ") if s.strip()]
    words = re.findall(r"[a-z']+", prose.lower())
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(_syllables, words)) / len(words) - 15.59 + 5


def _syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = (word.endswith("e") and not word.endswith(("le", "ee"))) or re.search(r"[^aeiouytd]ed$", word)
    return max(1, groups - bool(silent))
