"""The documents people accept: who they are for, their first edition and how a next one is made."""

import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Literal

from connectors.platform.sandbox.database import DocumentVersion, timestamp
from connectors.platform.sandbox.resources import Document

FIRST_PUBLISHED = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_WORDS_A_MINUTE = 200
_EDITION = re.compile(r'<p class="edition">.*?</p>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Title:
    """A document of the library, whatever its version."""

    id: str
    kind: Literal["platform_terms", "product_terms"]
    wrapper: str | None
    title: str


TITLES = (
    Title("platform-terms-of-business", "platform_terms", None, "Platform terms of business"),
    Title("key-facts-charges-privacy", "platform_terms", None, "Key facts, charges and privacy notice"),
    Title("isa-terms-and-key-features", "product_terms", "isa", "Stocks and shares ISA: terms and key features"),
    Title("gia-terms-and-key-features", "product_terms", "gia", "General investment account: terms and key features"),
    Title("jisa-terms-and-key-features", "product_terms", "jisa", "Junior ISA: terms and key features"),
    Title("sipp-terms", "product_terms", "sipp", "Self-invested personal pension: terms"),
    Title("sipp-key-features", "product_terms", "sipp", "Self-invested personal pension: key features"),
)


def has_terms(wrapper: str) -> bool:
    """Tell whether an account of this wrapper has product terms that its signatories accept."""
    return any(title.wrapper == wrapper for title in TITLES)


def first_editions() -> Iterator[DocumentVersion]:
    """Give version 1 of every document, from the files of this package."""
    folder = files("connectors.platform.sandbox") / "texts"
    for title in TITLES:
        text = (folder / f"{title.id}.html").read_text(encoding="utf-8")
        yield _edition(title.id, 1, text, FIRST_PUBLISHED, "")


def next_edition(current: DocumentVersion, note: str, now: datetime) -> DocumentVersion:
    """Make the version after `current`: its edition line names version, date and what changed."""
    return _edition(current.document_id, current.version + 1, current.content.decode(), now, note)


def describe(edition: DocumentVersion) -> Document:
    """Describe a version as the platform answers it."""
    title = next(title for title in TITLES if title.id == edition.document_id)
    return Document(
        id=title.id,
        kind=title.kind,
        wrapper=title.wrapper,
        title=title.title,
        version=str(edition.version),
        sha256=edition.sha256,
        bytes=edition.size,
        reading_minutes=edition.reading_minutes,
        published_at=datetime.fromisoformat(edition.published_at),
    )


def _edition(document_id: str, version: int, text: str, now: datetime, note: str) -> DocumentVersion:
    line = f"Version {version}, in force from {now.day} {now:%B %Y}."
    if note:
        line += f" What changed: {html.escape(note)}"
    content = _EDITION.sub(lambda _: f'<p class="edition">{line}</p>', text, count=1).encode()
    words = len(re.sub(r"<style>.*?</style>|<[^>]+>", " ", content.decode(), flags=re.DOTALL).split())
    return DocumentVersion(
        document_id=document_id,
        version=version,
        sha256=hashlib.sha256(content).hexdigest(),
        published_at=timestamp(now),
        content=content,
        size=len(content),
        reading_minutes=max(1, round(words / _WORDS_A_MINUTE)),
    )
