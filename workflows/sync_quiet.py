"""Waiting until it has been quiet for a while, so that a burst of events leads to one sync."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.syncing import Cause, Changed, StartPlannrSync, StartPlatformSync

# A record that never comes to rest is compared all the same, after so many waits.
MOST_WAITS = 10


class Quiet:
    """Knows when something last changed, and whether a sync has looked since."""

    def __init__(self) -> None:
        """Begin with one change: the one that started the sync."""
        self.cause = Cause.POLL
        self._waiting = True
        self._last = workflow.now()

    def changed(self, news: Changed) -> None:
        """Note that something changed now."""
        self.cause = news.cause
        self._waiting = True
        self._last = workflow.now()

    async def look_until_still(
        self, start: StartPlatformSync | StartPlannrSync, look: Callable[[], Awaitable[None]]
    ) -> None:
        """Look once it is quiet, and again for what changed meanwhile, in a new run when this history is long."""
        while self._waiting:
            await self._come_to_rest(start.settle)
            await look()
            if self._waiting and workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(start)

    async def _come_to_rest(self, settle: timedelta) -> None:
        """Wait until nothing has changed for this long; what changes after it is waiting again."""
        for _ in range(MOST_WAITS):
            left = self._last + settle - workflow.now()
            if left <= timedelta(0):
                break
            await workflow.sleep(left, summary="Wait until nothing changes any more")
        self._waiting = False
