"""Reads a page as a browser does: its heading, its words, its links, and its forms with what stands in them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

import httpx

_VOID: Final = frozenset({"input", "img", "link", "meta", "br", "hr"})
_UNSEEN: Final = frozenset({"script", "style", "title"})


@dataclass
class Form:
    """A form: where it goes, and what it would send as it stands."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """One page."""

    def __init__(self, answer: httpx.Response) -> None:
        """Read an answer, which must be a page."""
        super().__init__()
        assert answer.headers["content-type"].startswith("text/html"), answer.text
        self.status = answer.status_code
        self.forms: list[Form] = []
        self.ids: set[str] = set()
        self.links: dict[str, str] = {}
        self.disabled: set[str] = set()
        self._said: list[str] = []
        self._h1: list[str] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self._form: Form | None = None
        self._select = ""
        self.feed(answer.text)

    @property
    def heading(self) -> str:
        """The one h1."""
        (found,) = self._h1
        return " ".join(found.split())

    @property
    def words(self) -> str:
        """Everything that can be read, on one line."""
        return " ".join("".join(self._said).split())

    def form(self, button: str) -> Form:
        """Return the form that has this button."""
        (found,) = [form for form in self.forms if button in form.buttons]
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what a tag says."""
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.add(given["id"])
        if tag not in _VOID:
            self._open.append((tag, given))
        if tag == "h1":
            self._h1.append("")
        if tag == "form":
            self._form = Form(given.get("action", ""))
            self.forms.append(self._form)
        if self._form is not None:
            self._take_field(self._form, tag, given)

    def _take_field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            form.fields[self._select] = given.get("value", "")
        elif tag == "input" and given.get("type") in {"radio", "checkbox"}:
            form.choices.setdefault(name, []).append(given["value"])
            if "checked" in given:
                form.fields[name] = given["value"]
        elif tag == "input":
            form.fields[name] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        """Take what can be read."""
        tags = [tag for tag, _ in self._open]
        if _UNSEEN & set(tags):
            return
        self._said.append(data)
        if "h1" in tags:
            self._h1[-1] += data
        if "button" in tags and self._form is not None and data.strip():
            self._form.buttons.append(" ".join(data.split()))
        links = [given["href"] for tag, given in self._open if tag == "a" and "href" in given]
        if links and data.strip():
            self.links[" ".join(data.split())] = links[-1]

    def handle_endtag(self, tag: str) -> None:
        """Close a tag and what was left open in it."""
        while self._open and self._open.pop()[0] != tag:
            pass
        if tag == "form":
            self._form = None
        self._said.append(" ")


async def visit(http: httpx.AsyncClient, address: str, status: int = 200) -> Page:
    """Look at a page, following where it leads."""
    answer = await http.get(address, follow_redirects=True)
    assert answer.status_code == status, answer.text
    return Page(answer)


async def press(http: httpx.AsyncClient, page: Page, button: str, **typed: str) -> httpx.Response:
    """Press a button of a page after typing over some of its fields, and return the answer as it is."""
    form = page.form(button)
    values = {name: value for name, value in (form.fields | typed).items() if name}
    return await http.post(form.action, data=values, follow_redirects=False)
