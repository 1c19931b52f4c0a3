"""A document of the portal as a PDF to keep: the same words in the same order; the HTML is the accessible original.

The standard typefaces are used, which no file has to carry; they know the characters of Windows-1252. A document with
any other character has no PDF rather than one with gaps.
"""

from collections.abc import Mapping
from datetime import datetime
from html import escape
from html.parser import HTMLParser
from typing import Final

from fpdf import FPDF, FontFace, TextStyle
from fpdf.enums import Align

_CHARACTERS: Final = "cp1252"
_SANS: Final = "Helvetica"
_SERIF: Final = "Times"
_INK: Final = (29, 37, 40)
_BRAND: Final = (20, 52, 59)
_MUTED: Final = (86, 97, 102)
_MARGIN_MM: Final = 22
_UNSEEN: Final = frozenset({"head", "script", "style", "template"})
_KEPT: Final = frozenset(
    {"a", "b", "br", "em", "h1", "h2", "h3", "h4", "i", "li", "ol", "p", "strong", "table", "tbody", "td", "th"}
    | {"thead", "tr", "ul"}
)
_BLOCKS: Final = frozenset({"blockquote", "dd", "div", "dt", "pre"})
_AIRY: Final = ' line-height="1.35"'
_LAYOUT: Final[Mapping[str, str]] = {
    "p": _AIRY,
    "ul": _AIRY,
    "ol": _AIRY,
    "th": ' align="left"',
    "td": ' align="left"',
    "table": ' cellpadding="1.5"',
}
_STYLES: Final[Mapping[str, FontFace]] = {
    "h1": TextStyle(_SERIF, font_size_pt=23, color=_BRAND, t_margin=2, b_margin=0.5),
    "h2": TextStyle(_SERIF, font_size_pt=15, color=_BRAND, t_margin=6, b_margin=0.4),
    "h3": TextStyle(_SANS, "B", font_size_pt=10.5, color=_INK, t_margin=4, b_margin=0.3),
    "h4": TextStyle(_SANS, "B", font_size_pt=10, color=_INK, t_margin=3, b_margin=0.3),
    "p": TextStyle(_SANS, font_size_pt=10, color=_INK, t_margin=1.4, b_margin=0.6),
    "li": TextStyle(_SANS, font_size_pt=10, color=_INK, l_margin=5, t_margin=0.9),
    "a": FontFace(color=_BRAND),
}


class NoPdf(Exception):  # noqa: N818 - reads as what it is where it is raised
    """The document has characters that a PDF with the standard typefaces can't show."""


def make_pdf(html: bytes, *, title: str, origin: str, made_at: datetime) -> bytes:
    """Return an HTML document as a PDF on A4.

    Args:
        html: The document, UTF-8.
        title: Stands in the head of each page and in the file's own properties.
        origin: Stands at the foot of each page: what exactly this was made from.
        made_at: The file's date; the same arguments give the same bytes.

    Raises:
        NoPdf: The document can't be shown in full.
    """
    simplified = _Simplified(html.decode())
    for text in (simplified.html, title, origin):
        _refuse_unknown_characters(text)
    sheet = _Sheet(title, origin)
    sheet.set_creation_date(made_at)
    sheet.add_page()
    sheet.set_line_width(0.1)
    sheet.set_draw_color(*_MUTED)
    sheet.write_html(
        simplified.html,
        tag_styles=_STYLES,
        font_family=_SANS,
        ul_bullet_char="\N{BULLET}",
        li_prefix_color=_MUTED,
        table_line_separators=True,
    )
    return bytes(sheet.output())


def _refuse_unknown_characters(text: str) -> None:
    try:
        text.encode(_CHARACTERS)
    except UnicodeEncodeError as error:
        raise NoPdf(f"The character U+{ord(text[error.start]):04X} has no place in this PDF.") from None


class _Sheet(FPDF):
    """A4 pages with the document's title above and its origin below."""

    def __init__(self, title: str, origin: str) -> None:
        super().__init__(format="A4")
        self.core_fonts_encoding = _CHARACTERS
        self.set_margins(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=_MARGIN_MM + 6)
        self.set_title(title)
        self.set_lang("en-GB")
        self.set_font(_SANS, size=10)
        self._head, self._origin = title, origin

    def header(self) -> None:
        """Print the title on every page but the first, where the document begins with it."""
        if self.page_no() == 1:
            return
        self.set_font(_SANS, size=8)
        self.set_text_color(*_MUTED)
        self.cell(0, 4, self._head, new_x="LMARGIN", new_y="NEXT")
        self.ln(5)

    def footer(self) -> None:
        """Print what the PDF was made from, and the page."""
        self.set_y(-_MARGIN_MM)
        self.set_draw_color(*_MUTED)
        self.set_line_width(0.1)
        self.line(self.l_margin, self.y - 2, self.w - self.r_margin, self.y - 2)
        self.set_font(_SANS, size=7)
        self.set_text_color(*_MUTED)
        self.multi_cell(0, 3.4, self._origin, new_x="LMARGIN", new_y="NEXT")
        self.cell(0, 3.4, f"Page {self.page_no()} of {{nb}}", align=Align.L)


class _Simplified(HTMLParser):
    """The part of a document that people read, in the elements that the PDF knows."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._unseen = 0
        self._table_at = 0
        self._aside: list[str] | None = None
        self.feed(source)
        self.close()

    @property
    def html(self) -> str:
        """The simplified document."""
        return "".join(self._parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what has a place in the PDF."""
        if tag in _UNSEEN:
            self._unseen += 1
        elif self._unseen or tag == "html":
            return
        elif tag == "a":
            self._parts.append(f'<a href="{escape(dict(attrs).get("href") or "")}">')
        elif tag == "caption":
            self._aside = []
        elif tag in _KEPT:
            self._table_at = len(self._parts) if tag == "table" else self._table_at
            self._parts.append(f"<{tag}{_LAYOUT.get(tag, '')}>")
        elif tag in _BLOCKS:
            self._parts.append(f"<p{_LAYOUT['p']}>")

    def handle_endtag(self, tag: str) -> None:
        """Close what was kept."""
        if tag in _UNSEEN:
            self._unseen -= 1
        elif self._unseen:
            return
        elif tag == "caption" and self._aside is not None:
            self._parts.insert(self._table_at, f"<h3>{''.join(self._aside)}</h3>")
            self._aside = None
        elif tag in _KEPT and tag != "br":
            self._parts.append(f"</{tag}>")
        elif tag in _BLOCKS:
            self._parts.append("</p>")

    def handle_data(self, data: str) -> None:
        """Keep every word; a table's caption goes before the table."""
        if not self._unseen:
            (self._parts if self._aside is None else self._aside).append(escape(data))
