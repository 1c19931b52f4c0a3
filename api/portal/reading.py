"""How long a document is to read: measured from the very bytes that are opened, and remembered by their hash."""

import asyncio
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from api.portal import acts
from api.problems import Problem
from connectors.errors import ConnectorError
from connectors.platform.port import PlatformGateway
from models.facts import DocumentView

WORDS_A_MINUTE: Final = 200
_KILOBYTE: Final = 1024
_NOT_READ: Final = re.compile(r"<(head|style|script)\b.*?</\1>|<[^>]+>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Length:
    """How long a document is: whole minutes at 200 words a minute, and the size of its page in kilobytes."""

    minutes: int
    kilobytes: int


def length_of(content: bytes) -> Length:
    """Measure an HTML document; nothing is ever shorter than one minute or one kilobyte."""
    words = len(_NOT_READ.sub(" ", content.decode(errors="replace")).split())
    return Length(max(1, math.ceil(words / WORDS_A_MINUTE)), max(1, math.ceil(len(content) / _KILOBYTE)))


class Shelf:
    """Remembers the length of each document that was ever listed; a document in one version never changes."""

    def __init__(self) -> None:
        self._known: dict[str, Length] = {}

    async def lengths(self, platform: PlatformGateway, documents: Sequence[DocumentView]) -> dict[str, Length]:
        """Return the length of each document by its hash; one that can't be had at the moment is left out."""
        unknown = [document for document in documents if document.sha256 not in self._known]
        await asyncio.gather(*(self._measure(platform, document) for document in unknown))
        return {one.sha256: self._known[one.sha256] for one in documents if one.sha256 in self._known}

    async def _measure(self, platform: PlatformGateway, document: DocumentView) -> None:
        # The list of documents must not disappear because one of them can't be measured now.
        try:
            content = await acts.content(platform, document.document_id, document.version, document.sha256)
        except (ConnectorError, Problem):
            return
        self._known[document.sha256] = length_of(content)


def _shelf(request: Request) -> Shelf:
    state = request.app.state
    shelf = getattr(state, "shelf", None)
    if not isinstance(shelf, Shelf):
        shelf = state.shelf = Shelf()
    return shelf


ShelfDep = Annotated[Shelf, Depends(_shelf)]
"""The lengths of documents that this application knows."""
