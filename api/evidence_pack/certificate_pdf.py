"""The certificate as a PDF of A4 pages, in bundled typefaces that know every Latin, Greek and Cyrillic name."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from api.evidence_pack.certificate import Certificate, Entry
from domain.brand import Palette
from runtime.brand import Brand

_FONTS: Final = Path(__file__).parent / "vendor" / "fonts"
_HEADING, _TEXT, _HASH = "heading", "text", "courier"
_FACES: Final = (
    (_HEADING, "", "SourceSerif4_400Regular.ttf"),
    (_TEXT, "", "Inter_400Regular.ttf"),
    (_TEXT, "B", "Inter_600SemiBold.ttf"),
)
_SIDE, _TOP, _FOOT, _WIDTH = 22.0, 20.0, 24.0, 166.0
_LABEL: Final = 38.0
# A heading never stands alone at the foot of a sheet.
_SECTION: Final = 62.0
_HASH_LENGTH: Final = 64


def render_pdf(certificate: Certificate, brand: Brand, made: datetime) -> bytes:
    """Return the file."""
    sheets = _Sheets(certificate, brand.palette, made)
    _Writer(sheets, certificate).write()
    return bytes(sheets.output())


class _Sheets(FPDF):
    """A4 sheets with a rule and the page's number at their foot."""

    def __init__(self, certificate: Certificate, palette: Palette, made: datetime) -> None:
        super().__init__(format="A4")
        self._foot = f"{certificate.issuer}  ·  {certificate.title}  ·  {dict(certificate.facts)['Journey']}"
        self._colours = palette
        for family, style, file in _FACES:
            self.add_font(family, style, _FONTS / file)
        self.set_margins(_SIDE, _TOP)
        self.c_margin = 0.0
        self.set_auto_page_break(auto=True, margin=_FOOT)
        self.set_lang("en-GB")
        self.set_title(f"{certificate.title}, journey {dict(certificate.facts)['Journey']}")
        self.set_author(certificate.issuer)
        self.set_creation_date(made)
        self.add_page()

    def ink(self, name: str) -> None:
        """Write in a colour of the palette from here on."""
        self.set_text_color(getattr(self._colours, name))

    def rule(self, name: str, *, width: float = 0.2, length: float = _WIDTH) -> None:
        """Draw a line in a colour of the palette where the pen is."""
        self.set_draw_color(getattr(self._colours, name))
        self.set_line_width(width)
        self.line(_SIDE, self.get_y(), _SIDE + length, self.get_y())

    def band(self, height: float) -> None:
        """Fill the top of the sheet with the brand's colour."""
        self.set_fill_color(self._colours.brand)
        self.rect(0, 0, self.w, height, style="F")

    def footer(self) -> None:
        """Write the foot of a sheet."""
        self.set_y(-16)
        self.rule("line")
        self.set_xy(_SIDE, -13)
        self.set_font(_TEXT, "", 7.5)
        self.ink("muted")
        self.cell(_WIDTH / 2, 4, self._foot)
        self.cell(_WIDTH / 2, 4, f"Page {self.page_no()} of {{nb}}", align="R")


@dataclass
class _Writer:
    """Writes the sections one under the other."""

    pdf: _Sheets
    certificate: Certificate

    def write(self) -> None:
        """Write everything."""
        shown = self.certificate
        self._letterhead()
        self._facts((*shown.facts, ("Made", shown.made)))
        self._people()
        self._section("What was accepted")
        if not shown.counting:
            self._paragraph("Nothing that counts had been accepted when this was made.")
        for entry in shown.counting:
            self._entry(entry)
        if shown.others:
            self._section("What was accepted and does not count")
        for entry in shown.others:
            self._entry(entry)
        if shown.open_points:
            self._section("What this evidence does not show")
        for point in shown.open_points:
            self._paragraph(point)
        self._checking()

    # --- the parts ---

    def _letterhead(self) -> None:
        pdf, shown = self.pdf, self.certificate
        pdf.band(24)
        pdf.set_y(8)
        pdf.ink("on_brand")
        pdf.set_font(_HEADING, "", 16)
        pdf.cell(_WIDTH / 2, 8, shown.issuer)
        pdf.set_font(_TEXT, "", 9)
        pdf.cell(_WIDTH / 2, 8, shown.firm, align="R")
        pdf.set_y(38)
        self._text(shown.title, _HEADING, 25, "brand", line=11)
        pdf.ln(3)
        pdf.rule("accent", width=0.6, length=18)
        pdf.ln(5)
        self._text(shown.lead, _TEXT, 10, "ink", line=5.4)

    def _people(self) -> None:
        self._section("The people")
        for person in self.certificate.people:
            self._keep_together(16)
            self._text(person.name, _HEADING, 12.5, "brand", line=6)
            self._text(f"{person.capacity[0].upper()}{person.capacity[1:]}", _TEXT, 9, "ink")
            self._text("  ·  ".join(f"{label}: {value}" for label, value in person.facts), _TEXT, 8, "muted")
            self.pdf.ln(2.5)

    def _entry(self, entry: Entry) -> None:
        pdf = self.pdf
        self._keep_together(40)
        pdf.rule("brand" if entry.counts else "muted", width=0.5)
        pdf.ln(3)
        pdf.set_font(_HEADING, "", 13)
        pdf.ink("brand")
        pdf.cell(_WIDTH - 45, 6, entry.what)
        pdf.set_font(_TEXT, "B", 8.5)
        pdf.ink("brand" if entry.counts else "error")
        pdf.cell(45, 6, entry.standing, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        pdf.ln(1)
        self._text(f"{entry.name}, {entry.capacity}, on {entry.at}", _TEXT, 9.5, "ink", style="B")
        if entry.reason:
            pdf.ln(1)
            self._text(entry.reason, _TEXT, 9, "error")
        pdf.ln(1.5)
        for paragraph in entry.statement:
            self._quote(paragraph)
        self._text(f"Identity: {entry.proven}", _TEXT, 8, "muted")
        for document in entry.documents:
            self._keep_together(17)
            pdf.ln(1.5)
            self._text(f"{document.title}, version {document.version}", _TEXT, 9, "ink", style="B")
            self._text(document.opened[0].upper() + document.opened[1:], _TEXT, 8.5, "ink")
            self._text(f"SHA-256 {document.sha256}", _HASH, 7.5, "muted", line=4)
        self._keep_together(12)
        pdf.ln(1.5)
        self._text(entry.act, _TEXT, 8, "muted")
        self._text(entry.record_hash, _HASH, 7.5, "muted", line=4)
        pdf.ln(5)

    def _quote(self, paragraph: str) -> None:
        """Write a paragraph that was agreed to, with a fine line along its side."""
        pdf = self.pdf
        self._keep_together(16)
        page, top = pdf.page_no(), pdf.get_y()
        pdf.set_left_margin(_SIDE + 5)
        pdf.set_x(_SIDE + 5)
        self._text(paragraph, _HEADING, 10, "ink", line=5.1)
        pdf.set_left_margin(_SIDE)
        if pdf.page_no() == page:
            pdf.set_draw_color(self.pdf._colours.accent)  # noqa: SLF001 - one class in two halves
            pdf.set_line_width(0.5)
            pdf.line(_SIDE + 1, top + 0.6, _SIDE + 1, pdf.get_y() - 0.6)
        pdf.set_x(_SIDE)
        pdf.ln(1.2)

    def _checking(self) -> None:
        self._section("How to check it")
        self._paragraph(
            "Every document named above is in the folder “documents” of this pack, byte for byte as it was shown. The "
            "program verify.py checks the whole pack without a connection, with nothing but Python: "
            "python3 verify.py PACK.zip. It must say INTACT and name the sealing key below, which "
            f"{self.certificate.issuer} confirms on request."
        )
        self._facts(self.certificate.seals)
        self.pdf.ln(4)
        self._text(self.certificate.footer, _TEXT, 8, "muted")

    # --- the means ---

    def _section(self, title: str) -> None:
        self._keep_together(_SECTION)
        self.pdf.ln(7)
        self._text(title, _HEADING, 16, "brand", line=7)
        self.pdf.ln(2)

    def _paragraph(self, text: str) -> None:
        self._text(text, _TEXT, 9.5, "ink", line=5.2)
        self.pdf.ln(1.5)

    def _facts(self, facts: tuple[tuple[str, str], ...]) -> None:
        pdf = self.pdf
        pdf.ln(3)
        pdf.rule("line")
        for label, value in facts:
            self._keep_together(10)
            pdf.ln(1.6)
            pdf.set_font(_TEXT, "", 9)
            pdf.ink("muted")
            pdf.cell(_LABEL, 4.8, label)
            pdf.ink("ink")
            if len(value) == _HASH_LENGTH:
                pdf.set_font(_HASH, "", 8.5)
            pdf.multi_cell(_WIDTH - _LABEL, 4.8, value, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
            pdf.ln(1.6)
            pdf.rule("line")

    def _text(self, text: str, family: str, size: float, colour: str, *, style: str = "", line: float = 4.8) -> None:
        self.pdf.set_font(family, style, size)
        self.pdf.ink(colour)
        self.pdf.multi_cell(0, line, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")

    def _keep_together(self, height: float) -> None:
        """Begin a new sheet unless so much fits on this one."""
        if self.pdf.will_page_break(height):
            self.pdf.add_page()
