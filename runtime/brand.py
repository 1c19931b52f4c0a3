"""A firm's brand, read from one file: its name, footer, twelve colours, two typefaces and its logo."""

import re
import tomllib
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from domain.brand import Palette, palette_problems

DEFAULT_BRAND: Final = Path(__file__).parent / "brands" / "default" / "brand.toml"

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\r\n<>]+$")]


class BrandError(Exception):
    """The brand file cannot be used; the text says what to change in it."""


class Typeface(BaseModel):
    """A variable typeface as a WOFF2 file beside the brand file, and what stands in until it has arrived."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    family: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ]{1,60}$")]
    file: Path
    fallback: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ,-]{1,120}$")] = "sans-serif"


class Brand(BaseModel):
    """Everything that makes the pages and e-mails a firm's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Line = Field(description="as it stands in the header and signs every e-mail")
    strapline: Line = Field(description="a few words beside the name")
    contact_line: Line = Field(description="how a reader reaches a person, without a link")
    support_email: Line
    support_phone: Line
    regulatory_footer: str = Field(min_length=1, max_length=1000)
    logo: Path = Field(description="an SVG file beside the brand file, without scripts")
    heading: Typeface
    text: Typeface
    palette: Palette = Palette()

    @model_validator(mode="after")
    def _readable(self) -> Self:
        problems = [
            f"`{name}` is {value!r}; write it as #rrggbb."
            for name, value in asdict(self.palette).items()
            if not re.fullmatch(r"#[0-9a-fA-F]{6}", value)
        ] or palette_problems(self.palette)
        if problems:
            raise ValueError(" ".join(problems))
        return self

    def asset(self, name: str) -> bytes:
        """Return one of `logo.svg`, `heading.woff2`, `text.woff2`; KeyError for any other name."""
        return {"logo.svg": self.logo, "heading.woff2": self.heading.file, "text.woff2": self.text.file}[
            name
        ].read_bytes()

    def style_sheet(self) -> str:
        """Return the brand as CSS: its typefaces and its colours as custom properties."""
        colours = "".join(f"--onward-{name.replace('_', '-')}:{value};" for name, value in asdict(self.palette).items())
        faces = "".join(
            f'@font-face{{font-family:"{face.family}";font-weight:100 900;font-display:swap;'
            f'src:url("{role}.woff2") format("woff2")}}'
            for role, face in (("heading", self.heading), ("text", self.text))
        )
        families = "".join(
            f'--onward-{role}-font:"{face.family}",{face.fallback};'
            for role, face in (("heading", self.heading), ("text", self.text))
        )
        return f"{faces}:root{{{families}{colours}}}"

    def digest(self) -> str:
        """Return what tells this brand's files from those of before, so that browsers may keep them for ever."""
        parts = [self.style_sheet().encode(), *map(self.asset, ("logo.svg", "heading.woff2", "text.woff2"))]
        return sha256(b"".join(parts)).hexdigest()[:16]


def load_brand(path: Path | None = None) -> Brand:
    """Read a brand file; the bundled brand when no path is given.

    Raises:
        BrandError: A file is missing, a field is wrong, or the palette is too hard to read.
    """
    source = path or DEFAULT_BRAND
    try:
        content = tomllib.loads(source.read_text(encoding="utf-8"))
        for owner, key in ((content, "logo"), (content.get("heading", {}), "file"), (content.get("text", {}), "file")):
            if key in owner:
                owner[key] = source.parent / str(owner[key])
        brand = Brand.model_validate(content)
        brand.digest()
    except ValidationError as invalid:
        said = " ".join(_sentence(dict(fault)) for fault in invalid.errors(include_input=False, include_url=False))
        raise BrandError(f"The brand file {source.name} cannot be used: {said}") from None
    except (OSError, tomllib.TOMLDecodeError, ValueError) as error:
        raise BrandError(f"The brand file {source.name} cannot be used: {error}") from error
    return brand


def _sentence(fault: dict[str, Any]) -> str:
    said = str(fault["msg"]).removeprefix("Value error, ")
    place = ".".join(str(part) for part in fault["loc"])
    return f"`{place}`: {said[:1].lower()}{said[1:]}." if place else said
