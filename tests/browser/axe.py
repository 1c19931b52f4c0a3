"""axe-core on a page: the rules of WCAG 2.0 to 2.2, levels A and AA, and its best practices."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page

_SOURCE: Final = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]


@cache
def _source() -> str:
    return _SOURCE.read_text(encoding="utf-8")


async def violations(page: Page) -> list[str]:
    """Return each rule that the page breaks and where, as a line; empty when it breaks none."""
    await page.evaluate(_source())
    found: dict[str, Any] = await page.evaluate("tags => axe.run(document, {runOnly: tags})", _TAGS)
    return [f"{broken['id']} ({broken['impact']}): {_places(broken)}" for broken in found["violations"]]


def _places(broken: dict[str, Any]) -> str:
    return ", ".join(" ".join(map(str, node["target"])) for node in broken["nodes"])
