"""Renders the e-mails: one event, one action, plain British English, the same facts as text and as HTML.

An event is three files in `templates/`: `<name>.subject.txt`, `<name>.txt` and `<name>.html`. The shared layout adds
the greeting, the one link and the footer; `adviser_layout` the action and the footer of an adviser.
"""

import re
import textwrap
from datetime import date
from functools import cache
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, StringConstraints, model_validator

from connectors.mail.identity import EmailTemplate
from connectors.mail.port import HeaderLine
from connectors.mail.wording import (
    day_in_words,
    days_from_today,
    name_accounts,
    name_accounts_briefly,
    which_reminder,
)
from domain.brand import TEXT_CONTRAST, contrast
from models.base import Message

LINK_LEFT_OUT: Final = "https://link-left-out.invalid/"
"""Stands for the recipient's own link where an e-mail is shown to somebody else."""

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]

_NO_NAME = re.compile(r"[\x00-\x1f\x7f<>@\\]|://")
_LONGEST_SENTENCE = 300
_LONGEST_TITLE = 120
# Nothing is asked of these readers: the portal has no task for them, or not yet.
_WITHOUT_LINK = {
    EmailTemplate.CLIENT_SETUP_STARTED,
    EmailTemplate.JOURNEY_EXPIRED,
    EmailTemplate.JOURNEY_WITHDRAWN,
    EmailTemplate.JOURNEY_DECLINED,
    EmailTemplate.JOURNEY_ENDED,
}
_NEEDS = {
    EmailTemplate.REMINDER: ("expires_on", "days_left"),
    EmailTemplate.ADVISER_CLIENT_QUIET: ("expires_on", "days_left"),
    EmailTemplate.ADVISER_NEEDS_ATTENTION: ("reason",),
    EmailTemplate.TERMS_CHANGED: ("document_title",),
    EmailTemplate.ACCEPTANCE_VOID: ("reason",),
    EmailTemplate.ADVISER_MANDATE_FAILED: ("reason",),
}


def _plain_words(name: object) -> object:
    # Mail programs turn whatever looks like an address into a link. An odd name must not stop a journey either (P48).
    return " ".join(_NO_NAME.sub(" ", name).split()) if isinstance(name, str) else name


def _plain_title(title: object) -> object:
    words = _plain_words(title)
    return textwrap.shorten(words, _LONGEST_TITLE, placeholder=" …") if isinstance(words, str) else words


def _plain_sentence(sentence: object) -> object:
    words = _plain_words(sentence)
    if not isinstance(words, str) or not words:
        return words
    words = textwrap.shorten(words[0].upper() + words[1:], _LONGEST_SENTENCE, placeholder=" …")
    return words if words.endswith((".", "?", "!", "…")) else f"{words}."


def _plain_link(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or re.search(r'[\s<>"]', url):
        raise ValueError("an e-mail links to an http(s) address without spaces or a user name")
    return url


Name = Annotated[str, BeforeValidator(_plain_words), StringConstraints(min_length=1, max_length=80)]
# What is too long is cut rather than refused: an e-mail never stops a journey (P48).
Title = Annotated[str, BeforeValidator(_plain_title), StringConstraints(min_length=1)]
Sentence = Annotated[str, BeforeValidator(_plain_sentence), StringConstraints(min_length=1)]


class EmailContext(Message):
    """All that an e-mail may tell: the first name, the wrappers, and who is acting for whom. No other personal data.

    `reason`, `document_title` and `left_to_do` come from tables of ours, never from what a person typed.
    """

    recipient_first_name: Name
    wrappers: tuple[Name, ...] = Field(
        min_length=1,
        description="every account the e-mail tells of (P49), in words, to follow 'your'",
        examples=[("stocks and shares ISA", "general investment account")],
    )
    adviser_name: Name
    firm_name: Name
    url: Annotated[str, AfterValidator(_plain_link)] | None = Field(default=None, description="the one link, if any")
    first_visit: bool = Field(default=False, description="the client has no password yet")
    pension_statement: bool = Field(default=False, description="a pension statement is among the new documents")
    direct_debit_confirmation: bool = Field(default=False, description="a mandate confirmation is among them")
    reminder_number: int = Field(default=1, ge=1, description="which one of the reminder ladder this is (P40)")
    left_to_do: tuple[Title, ...] = Field(
        default=(),
        description="the client's open tasks, in a few words each",
        examples=[("accept the platform terms",)],
    )
    expires_on: date | None = Field(default=None, description="the last day, in London, on which the client can act")
    days_left: int | None = Field(default=None, ge=0, description="from the day of sending to `expires_on`")
    document_title: Title | None = Field(default=None, description="the document that has changed (P28)")
    reason: Sentence | None = Field(default=None, description="what happened, in plain words without personal data")
    client_told: bool = Field(default=False, description="the client gets an e-mail about this event as well")


class Brand(Message):
    """How the sender presents itself in every e-mail."""

    name: Name
    contact_line: HeaderLine = Field(description="how a reader reaches a person, without a link")
    regulatory_footer: str = Field(min_length=1, max_length=1000)
    accent: Colour = "#1f3a4d"
    on_accent: Colour = "#ffffff"
    ink: Colour = "#22282c"
    muted: Colour = "#5b646a"
    paper: Colour = "#ffffff"
    surround: Colour = "#f3f1ec"

    @model_validator(mode="after")
    def _readable(self) -> Self:
        for text, ground in (
            (self.on_accent, self.accent),
            (self.accent, self.paper),
            (self.ink, self.paper),
            (self.muted, self.paper),
        ):
            if contrast(text, ground) < TEXT_CONTRAST:
                raise ValueError(f"{text} on {ground} is hard to read: WCAG asks for a contrast of 4.5 to 1")
        return self


class Rendered(Message):
    """The three parts of an e-mail."""

    subject: str
    text: str
    html: str


def render(template: EmailTemplate, context: EmailContext, brand: Brand) -> Rendered:
    """Render one e-mail; the same arguments always give the same bytes.

    Raises:
        ValueError: the context lacks what this event tells: its link, its day, its reason, or which documents are new.
    """
    _require(template, context)
    facts = {
        **context.model_dump(),
        "url": None if template in _WITHOUT_LINK else context.url,
        "several": len(context.wrappers) > 1,
        "brand": brand,
    }
    environment = _environment()
    subject = " ".join(environment.get_template(f"{template}.subject.txt").render(facts).split())
    text = environment.get_template(f"{template}.txt").render(facts)
    html = environment.get_template(f"{template}.html").render(facts, subject=subject)
    return Rendered(
        subject=subject,
        text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        html=CSSInliner(load_remote_stylesheets=False).inline(html),
    )


def kept_facts(context: EmailContext) -> dict[str, JsonValue]:
    """Return what an e-mail told, to be kept: all but the recipient's name and their own link."""
    return context.model_dump(mode="json", exclude={"recipient_first_name", "url"})


def told_again(facts: dict[str, JsonValue], first_name: str) -> EmailContext:
    """Return what an e-mail told from what was kept of it; in place of its link stands one that leads nowhere."""
    return EmailContext.model_validate({**facts, "recipient_first_name": first_name, "url": LINK_LEFT_OUT})


def _require(template: EmailTemplate, context: EmailContext) -> None:
    if template not in _WITHOUT_LINK and context.url is None:
        raise ValueError(f"the e-mail {template} needs its link: set `url`")
    for field in _NEEDS.get(template, ()):
        if getattr(context, field) is None:
            raise ValueError(f"the e-mail {template} cannot be written without `{field}`")
    documents = context.pension_statement or context.direct_debit_confirmation
    if template is EmailTemplate.NEW_DOCUMENTATION and not documents:
        raise ValueError("an e-mail about new documents names at least one: a pension statement or a mandate")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("connectors.mail"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "accounts": name_accounts,
        "accounts_briefly": name_accounts_briefly,
        "day": day_in_words,
        "from_today": days_from_today,
        "which_reminder": which_reminder,
    }
    return environment
