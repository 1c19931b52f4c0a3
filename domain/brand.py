"""A firm's palette, and whether people can read what is set in it; pure.

The pairs are those that the pages and the e-mails really use. The ratios are those of WCAG 2.2: 4.5 to 1 for text
(1.4.3), 3 to 1 for the outlines of what can be operated and of what has the focus (1.4.11).
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

TEXT_CONTRAST: Final = 4.5
OUTLINE_CONTRAST: Final = 3.0


@dataclass(frozen=True)
class Palette:
    """The twelve colours of a brand, each `#rrggbb`.

    Attributes:
        brand: headings' rules, the header band, buttons.
        on_brand: text on `brand`.
        brand_dark: a button under the pointer, links under the pointer.
        accent: fine lines and ornaments; carries no text.
        ink: text.
        muted: hints and dates.
        paper: the page.
        surround: panels, table heads, the footer.
        line: rules between rows.
        link: links, on `paper` and on `surround`.
        focus: the ring around what has the focus, on `paper`, with `ink` text on it.
        error: error messages and the outline of wrong fields.
    """

    brand: str = "#14343b"
    on_brand: str = "#ffffff"
    brand_dark: str = "#0b2227"
    accent: str = "#a9834f"
    ink: str = "#1d2528"
    muted: str = "#566166"
    paper: str = "#ffffff"
    surround: str = "#f6f3ed"
    line: str = "#d9d3c7"
    link: str = "#1b5562"
    focus: str = "#c08a2d"
    error: str = "#a3262a"


def contrast(one: str, other: str) -> float:
    """Return the WCAG 2.2 contrast ratio of two `#rrggbb` colours, 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]  # noqa: PLR2004 - sRGB
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def palette_problems(palette: Palette) -> list[str]:
    """Return each pair of colours that is too hard to tell apart, as a sentence; empty for a good palette."""
    values = {field.name: str(getattr(palette, field.name)) for field in fields(palette)}
    return [
        f"`{front}` ({values[front]}) on `{ground}` ({values[ground]}) has a contrast of "
        f"{contrast(values[front], values[ground]):.1f} to 1; {least:g} to 1 is needed."
        for front, ground, least in _pairs()
        if contrast(values[front], values[ground]) < least
    ]


def _pairs() -> Iterator[tuple[str, str, float]]:
    for ground in ("paper", "surround"):
        for text in ("ink", "muted", "link", "error", "brand"):
            yield text, ground, TEXT_CONTRAST
    yield "on_brand", "brand", TEXT_CONTRAST
    yield "on_brand", "brand_dark", TEXT_CONTRAST
    yield "brand_dark", "paper", TEXT_CONTRAST
    yield "ink", "focus", TEXT_CONTRAST
    yield "on_brand", "error", TEXT_CONTRAST
    # The ring lies between the page and what it surrounds; with the dark line beside it one of both always shows.
    yield "ink", "paper", OUTLINE_CONTRAST
    yield "accent", "paper", OUTLINE_CONTRAST
