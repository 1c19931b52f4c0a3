"""Documents as PDFs: every word of the real texts, and none rather than gaps."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from api.portal.pdf import NoPdf, make_pdf
from api.portal.reading import length_of
from tests.api.portal.terms_pages import pdf_text

ORIGIN = "Made from a sample, version 1."
MADE_AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TEXTS = sorted(Path("connectors/platform/sandbox/texts").glob("*.html"))


class _Reader(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag == "head"

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag == "head"

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words += data.split()


def _made(html: str) -> bytes:
    return make_pdf(html.encode(), title="A sample", origin=ORIGIN, made_at=MADE_AT)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_c7_a_pdf_has_every_word_of_its_document(path: Path) -> None:
    """Nothing is lost on the way: lists, tables with their captions, quotation marks, dashes and pound signs."""
    source = path.read_text(encoding="utf-8")
    words = _Reader(source).words
    shown = set(pdf_text(_made(source)).split())

    assert len(words) > 100
    assert [word for word in words if word not in shown] == []


def test_a_table_keeps_its_caption_before_it() -> None:
    """The caption stands above the cells, which follow row by row."""
    rows = "<tr><th>Fee</th><td>0.30 %</td></tr><tr><th>Cost</th><td>£5</td></tr>"
    text = pdf_text(_made(f"<table><caption>Charges</caption>{rows}</table>"))

    assert "Charges Fee 0.30 % Cost £5" in text


def test_every_page_names_its_origin() -> None:
    """However long the document, each page can be told from any other copy."""
    text = pdf_text(_made("<h1>Long</h1>" + "<p>One more paragraph of this document.</p>" * 120))

    assert text.count(ORIGIN) == text.count("Page ") > 2


def test_the_same_document_makes_the_same_file() -> None:
    """A copy can be compared byte by byte."""
    assert _made("<p>The same</p>") == _made("<p>The same</p>")


def test_a_character_without_a_place_makes_no_pdf() -> None:
    """No PDF rather than one with gaps."""
    with pytest.raises(NoPdf, match=r"U\+2264"):
        _made("<p>Up to ≤ 5</p>")


@pytest.mark.parametrize(("words", "minutes"), [(1, 1), (200, 1), (201, 2), (1000, 5)])
def test_c7_reading_time_is_counted_from_the_words(words: int, minutes: int) -> None:
    """200 words a minute, rounded up; what is not read does not count."""
    page = f"<html><head><title>Not read</title><style>{'x ' * 500}</style></head><p>{'word ' * words}</p></html>"

    assert length_of(page.encode()).minutes == minutes
