"""The documents of the in-memory platform, with real bytes."""

import hashlib

from connectors.platform.port import AcceptedDocument, PlatformDocument
from domain.journey import DocumentKind, Wrapper

_TITLES = {
    "platform-terms-of-business": ("Platform terms of business", None),
    "key-facts-charges-privacy": ("Key facts, charges and privacy notice", None),
    "isa-terms-and-key-features": ("Stocks and shares ISA: terms and key features", Wrapper.ISA),
    "gia-terms-and-key-features": ("General investment account: terms and key features", Wrapper.GIA),
    "jisa-terms-and-key-features": ("Junior ISA: terms and key features", Wrapper.JISA),
    "sipp-terms": ("Self-invested personal pension: terms", Wrapper.SIPP),
    "sipp-key-features": ("Self-invested personal pension: key features", Wrapper.SIPP),
}


class FakeLibrary:
    """Every version of every document; the newest is in force."""

    def __init__(self) -> None:
        self._versions = dict.fromkeys(_TITLES, 1)

    @property
    def terms_version(self) -> str:
        """The version of the platform terms as a whole; it grows with each publication of any of them."""
        return str(1 + sum(document.version - 1 for document in self.in_force(None)))

    def publish(self, document_id: str) -> PlatformDocument:
        """Put the next version of a document in force."""
        self._versions[document_id] += 1
        return self._document(document_id)

    def in_force(self, wrapper: Wrapper | None) -> list[PlatformDocument]:
        """Return the product terms of a wrapper, or with None the platform terms."""
        return [self._document(document_id) for document_id, (_, of) in _TITLES.items() if of is wrapper]

    def content(self, document_id: str, version: int) -> bytes | None:
        """Return the bytes of a version, if there is one."""
        return _content(document_id, version) if 1 <= version <= self._versions.get(document_id, 0) else None

    def not_covered(self, accepted: list[AcceptedDocument], wrapper: Wrapper | None) -> list[str]:
        """Return the fields in which an acceptance differs from the documents in force."""
        given = {document.document_id: (document.version, document.sha256) for document in accepted}
        wanted = {document.document_id: (document.version, document.sha256) for document in self.in_force(wrapper)}
        return [f"documents.{name}" for name in {**wanted, **given} if given.get(name) != wanted.get(name)]

    def _document(self, document_id: str) -> PlatformDocument:
        title, wrapper = _TITLES[document_id]
        content = _content(document_id, self._versions[document_id])
        return PlatformDocument(
            document_id=document_id,
            version=self._versions[document_id],
            kind=DocumentKind.PLATFORM_TERMS if wrapper is None else DocumentKind.PRODUCT_TERMS,
            title=title,
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            media_type="text/html; charset=utf-8",
            reading_minutes=1,
        )


def _content(document_id: str, version: int) -> bytes:
    title = _TITLES[document_id][0]
    page = (
        f'<!doctype html><html lang="en-GB"><title>{title}</title><h1>{title}</h1><p>Version {version}, a sample.</p>'
    )
    return f"{page}</html>".encode()
