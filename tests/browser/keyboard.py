"""A person who has a keyboard and nothing else; every place the focus stops at has to be seen."""

from dataclasses import dataclass, field
from typing import Any, Final

from playwright.async_api import Locator, Page

_MOST_STOPS: Final = 80
# Reads what has the focus, once it has been painted there; half a second is given to scripts that show it.
_STOP: Final = """target => new Promise(done => {
  const read = () => {
    const e = document.activeElement, r = e.getBoundingClientRect();
    // A box or a radio is drawn by its label, which also shows the focus.
    const choice = e.matches("input[type=checkbox], input[type=radio]");
    const drawn = choice ? getComputedStyle(e.nextElementSibling, "::before") : getComputedStyle(e);
    const outline = drawn.outlineStyle !== "none" && parseFloat(drawn.outlineWidth) > 0;
    const x = Math.min(Math.max(r.left + r.width / 2, 0), innerWidth - 1);
    const top = Math.max(r.top, 0), bottom = Math.min(r.bottom, innerHeight);
    const there = document.elementFromPoint(x, (top + bottom) / 2);
    const its = there && (e.contains(there) || there.contains(e) || (choice && e.parentElement.contains(there)));
    return {
      words: (e.innerText || e.getAttribute("aria-label") || e.title || e.id || e.tagName).trim().slice(0, 50),
      element: e.tagName.toLowerCase() + (e.id ? "#" + e.id : ""),
      is_target: e === target, nowhere: e === document.body,
      shown: outline || drawn.boxShadow !== "none",
      inside: bottom - top > 0 && r.right > 0 && r.left < innerWidth,
      covered: !its,
    };
  };
  const look = frames => {
    const stop = read();
    if (stop.shown || stop.nowhere || frames === 0) done(stop);
    else requestAnimationFrame(() => look(frames - 1));
  };
  requestAnimationFrame(() => look(30));
})"""


@dataclass
class Keyboard:
    """Presses Tab, Enter, Space and letters; never clicks.

    Attributes:
        actions: how many keys, and groups of letters, that were not Tab.
        stops: everything that had the focus, in order.
        amiss: where the focus could not be seen, and how.
    """

    page: Page
    actions: int = 0
    stops: list[str] = field(default_factory=list)
    amiss: list[str] = field(default_factory=list)

    async def press(self, target: Locator) -> None:
        """Go to it and press Space where something is chosen, Enter otherwise."""
        await self._reach(target)
        choice = await target.evaluate("e => e.matches('input[type=checkbox], input[type=radio]')")
        await self._key("Space" if choice else "Enter")

    async def type(self, target: Locator, text: str) -> None:
        """Go to the field and type."""
        await self._reach(target)
        self.actions += 1
        await self.page.keyboard.type(text)

    async def _key(self, key: str) -> None:
        self.actions += 1
        await self.page.keyboard.press(key)

    async def _reach(self, target: Locator) -> None:
        element = await target.element_handle()
        passed = []
        for _ in range(_MOST_STOPS):
            await self.page.keyboard.press("Tab")
            stop: dict[str, Any] = await self.page.evaluate(_STOP, element)
            if not stop["nowhere"]:
                self._note(stop)
                passed.append(stop["element"])
            if stop["is_target"]:
                return
        told = f"the focus never got to {target} on {self.page.url}: {passed}"
        raise AssertionError(told)

    def _note(self, stop: dict[str, Any]) -> None:
        self.stops.append(stop["words"])
        wrong = {
            "is covered": stop["covered"],
            "has no visible focus": not stop["shown"],
            "is out of sight": not stop["inside"],
        }
        where = f"{self.page.url}: {stop['element']} ({stop['words']})"
        self.amiss += [f"{where} {words}" for words, holds in wrong.items() if holds]
