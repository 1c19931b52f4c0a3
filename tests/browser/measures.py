"""What can be measured on a page: how large its targets are, and whether it fits narrow, enlarged or magnified."""

from typing import Any, Final
from urllib.parse import urlsplit

from playwright.async_api import Page

from tests.browser.axe import violations
from tests.browser.visits import DESKTOP, NARROW

# 1280 px at 200 % zoom leave 640 px to lay out.
_ZOOMED: Final = {"width": 640, "height": 450}
_LEAST, _TASK_LEAST = 24, 44
_TARGETS: Final = """() => {
  const task = ".govuk-button, button, input, select, textarea, summary, .onward-action, .govuk-back-link,"
    + " .govuk-task-list__link, .onward-nav a";
  const inText = e => e.matches("a") && getComputedStyle(e).display === "inline"
    && e.closest("p, li, dd, td, caption") && !e.matches(task);
  const area = e => {
    const whole = e.closest(".govuk-task-list__item--with-link, .govuk-checkboxes__item, .govuk-radios__item") ?? e;
    return whole.getBoundingClientRect();
  };
  return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
    .filter(e => e.checkVisibility({visibilityProperty: true}) && !inText(e) && !e.matches(".govuk-skip-link"))
    .filter(e => !e.closest("[aria-hidden=true]"))
    .map(e => [e, area(e), e.matches(task)])
    .filter(([e, r]) => r.width && r.height)
    .map(([e, r, t]) => ({words: (e.innerText || e.id || e.name).trim().slice(0, 40), task: t,
      width: Math.round(r.width * 10) / 10, height: Math.round(r.height * 10) / 10}));
}"""
_WIDTHS: Final = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
_MAGNIFIED: Final = "size => { document.documentElement.style.fontSize = size }"


async def small_targets(page: Page) -> list[str]:
    """Return each target under 24 px, or under 44 px in height where a task is done by it; links in text are free."""
    found: list[dict[str, Any]] = await page.evaluate(_TARGETS)
    return [
        f"{one['words']!r} is {one['width']} x {one['height']} px"
        for one in found
        if min(one["width"], one["height"]) < _LEAST or (one["task"] and one["height"] < _TASK_LEAST)
    ]


async def overflowing(page: Page) -> list[str]:
    """Return in which of the ways to look at it the page needs to be scrolled sideways; leaves it as it was."""
    before: Any = page.viewport_size
    found = []
    for words, size, letters in (
        ("320 px wide", NARROW, ""),
        ("200 % zoom", _ZOOMED, ""),
        ("letters of 200 %", DESKTOP, "200%"),
    ):
        await page.set_viewport_size({**size})  # type: ignore[typeddict-item]
        await page.evaluate(_MAGNIFIED, letters)
        needed, there = await page.evaluate(_WIDTHS)
        if needed > there:
            found.append(f"{words}: {needed} px in {there}")
    await page.evaluate(_MAGNIFIED, "")
    await page.set_viewport_size(before)
    return found


async def assert_fit(page: Page, state: str) -> None:
    """Fail unless axe finds nothing, every target is large enough, and nothing is scrolled sideways (C16)."""
    broken = {
        "axe": await violations(page),
        "targets": await small_targets(page),
        "sideways": await overflowing(page),
    }
    amiss = {name: found for name, found in broken.items() if found}
    assert amiss == {}, f"{urlsplit(page.url).path} {state}: {amiss}"
