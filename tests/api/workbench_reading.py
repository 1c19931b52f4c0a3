"""Reading a page of the workbench as somebody who looks at it: its words, its parts, its links."""

import re
from html.parser import HTMLParser

_VOID = frozenset({"input", "meta", "link", "img", "br", "hr"})
_UNREAD = frozenset({"script", "style"})


class _Words(HTMLParser):
    def __init__(self, part: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[tuple[str, str]] = []
        self._part = part
        self._depth = 0
        self._unread = 0
        self._link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if self._depth or not self._part or found.get("id") == self._part:
            self._depth += tag not in _VOID
        self._unread += tag in _UNREAD
        if tag == "a" and self._depth:
            self._link = found.get("href", "")
            self.links.append((self._link, ""))

    def handle_endtag(self, tag: str) -> None:
        if self._depth and tag not in _VOID:
            self._depth -= 1
        self._unread -= tag in _UNREAD
        if tag == "a":
            self._link = ""

    def handle_data(self, data: str) -> None:
        if self._depth and not self._unread:
            self.words.append(data)
            if self._link:
                href, words = self.links[-1]
                self.links[-1] = (href, " ".join(f"{words} {data}".split()))


def words(page: str, part: str = "") -> str:
    """Return what a page, or its part with this id, says, the blanks between words made one."""
    reader = _Words(part)
    reader.feed(page)
    return re.sub(r"\s+", " ", " ".join(reader.words)).strip()


def links(page: str, part: str = "") -> dict[str, str]:
    """Return where the links of a page, or of its part with this id, lead, by their words."""
    reader = _Words(part)
    reader.feed(page)
    return {said: href for href, said in reader.links}
