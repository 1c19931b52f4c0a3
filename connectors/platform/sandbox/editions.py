"""Which versions of the documents are in force, and whether an acceptance covers them."""

from collections.abc import Sequence

from sqlalchemy import func, select, tuple_

from connectors.platform.sandbox import library
from connectors.platform.sandbox.database import DocumentVersion
from connectors.platform.sandbox.envelope import FieldError, invalid
from connectors.platform.sandbox.forms import AcceptedDocument
from connectors.platform.sandbox.resources import Document
from connectors.platform.sandbox.store import Store


async def editions_in_force(store: Store, *, kind: str | None = None, wrapper: str | None = None) -> list[Document]:
    """Return the documents in force, of a kind, and for a wrapper (with the platform terms) if asked."""
    newest = select(DocumentVersion.document_id, func.max(DocumentVersion.version)).group_by(
        DocumentVersion.document_id
    )
    query = select(DocumentVersion).where(tuple_(DocumentVersion.document_id, DocumentVersion.version).in_(newest))
    found = {row.document_id: library.describe(row) for row in await store.session.scalars(query)}
    return [
        found[title.id]
        for title in library.TITLES
        if (kind is None or title.kind == kind) and (wrapper is None or title.wrapper in (None, wrapper))
    ]


def terms_version(editions: Sequence[Document]) -> str:
    """Return the version of the platform terms as a whole: it grows with each publication of any of them."""
    platform = [edition for edition in editions if edition.kind == "platform_terms"]
    return str(1 + sum(int(edition.version) - 1 for edition in platform))


def refuse_unless_accepted(accepted: Sequence[AcceptedDocument], editions: Sequence[Document]) -> None:
    """Refuse an acceptance that does not cover each document in force, as it is.

    Raises:
        PlatformError: 422 that names every document concerned.
    """
    in_force = {edition.id: edition for edition in editions}
    named = {document.document_id for document in accepted}
    problems = [
        _problem(document_id, "missing_document", "This document was not accepted.")
        for document_id in in_force
        if document_id not in named
    ]
    for document in accepted:
        edition = in_force.get(document.document_id)
        if edition is None:
            problems.append(_problem(document.document_id, "unknown_document", "Not one of the documents in force."))
        elif document.version != edition.version:
            problems.append(_problem(edition.id, "stale_version", "Another version is in force. Read it first."))
        elif document.sha256 != edition.sha256:
            problems.append(_problem(edition.id, "sha256_mismatch", "What was shown is not this document."))
    if problems:
        raise invalid(problems)


def _problem(document_id: str, kind: str, message: str) -> FieldError:
    return FieldError(field=f"documents.{document_id}", type=kind, message=message)
