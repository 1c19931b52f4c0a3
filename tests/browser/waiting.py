"""Journeys that wait for their clients, those clients at their browsers, and the time that passes for them."""

import asyncio
import hashlib
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import datetime, timedelta

from playwright.async_api import Page

from cli.demonstration.journey import Play
from cli.demonstration.people import NewClient
from cli.demonstration.scripts import SCRIPTS
from tests.browser.client import Client
from tests.browser.measures import assert_fit
from tests.browser.visits import Visitors
from tests.e2e.world import World, checks_passed


async def awaiting(world: World, name: str) -> Play:
    """Return a journey that waits for its clients, every check passed."""
    play = Play(world.around, world.adviser, SCRIPTS[name], lambda _, __: None)
    await asyncio.to_thread(play.up_to_the_client)
    await asyncio.to_thread(play.until, "the checks", checks_passed)
    return play


async def link_of(play: Play, person: NewClient) -> str:
    """Return the link of a person's invitation."""
    email = await asyncio.to_thread(play.email, person, "account_created")
    return str(email["links"][0])


async def in_portal(
    visitors: Visitors, play: Play, person: NewClient, arrived: Callable[[Page, str], Awaitable[None]] = assert_fit
) -> Client:
    """Return a person who has chosen a password and stands on the hub; each page they see is measured."""
    client = Client(await visitors.window(bypass_csp=True), arrived=arrived)
    await client.sign_up(await link_of(play, person))
    client.visited.clear()
    return client


async def beyond_the_platform(page: Page, state: str) -> None:
    """Measure a page unless it is about the platform's own terms, which are the same with every wrapper."""
    if "/platform-terms" not in page.url and "/documents/key-facts" not in page.url:
        await assert_fit(page, state)


async def until(play: Play, stage: str) -> None:
    """Wait for a stage, without holding the browser up."""
    await asyncio.to_thread(play.until_stage, stage)


async def idle(world: World, page: Page, minutes: int) -> None:
    """Let the session of this browser be as if nothing had been done with it for so long."""
    cookies = {cookie["name"]: cookie["value"] for cookie in await page.context.cookies()}
    hashes = [hashlib.sha256(value.encode()).hexdigest() for value in cookies.values()]
    with closing(sqlite3.connect(world.stack.home.path / "onward.db", timeout=20)) as database, database:
        for known in hashes:
            query = "SELECT created_at, last_seen_at, expires_at FROM portal_session WHERE session_hash = ?"
            for times in database.execute(query, (known,)).fetchall():
                earlier = [str(datetime.fromisoformat(time) - timedelta(minutes=minutes)) for time in times]
                database.execute(
                    "UPDATE portal_session SET created_at = ?, last_seen_at = ?, expires_at = ? WHERE session_hash = ?",
                    (*earlier, known),
                )
                return
    told = "this browser has no session"
    raise AssertionError(told)
