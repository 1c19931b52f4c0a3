"""No page of the workbench shows or does anything for someone it should not; every route that is added is covered."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import _iter_routes_with_context
from sqlalchemy import select
from temporalio.client import Client

from api.workbench.access import SESSION
from api.workbench.router import build_router
from models.tables import AdviserSessionRow
from tests.api.office import FIRM, JOURNEYS, PRIYA, STRANGER, Office, open_office
from tests.api.sync_scene import CLIENT, SUBSCRIPTION, finding, found, linked, offered, reported, subscribed
from tests.api.test_imports import row, table
from tests.api.workbench_browser import COOKIE, IMPORTS, SIGN_IN, browser_of
from tests.api.workbench_desk import Desk, desk_of, waiting_for_client
from tests.conftest import Eventually

OPEN = frozenset({SIGN_IN, f"{SIGN_IN}/start", f"{SIGN_IN}/callback", "/workbench/sign-out", "/workbench/session"})
NEVER = dict.fromkeys(
    ("journey_id", "import_id", "discrepancy_id", "client_id", "event_id", "subscription_id"), "never"
)
ANY = dict.fromkeys((*NEVER, "key", "evidence_id", "name", "source"), "x") | {"seq": "1"}
FORM = {"key": "key-of-a-form", "reason": "Moving abroad", "version": "1"}
# What a journey without a correction does not have, and a stream that goes on for as long as someone looks.
NOT_TO_BE_SEEN = ("{evidence_id}", "/events")


def routes() -> list[tuple[str, str]]:
    """Return method and path of every route of the workbench."""
    app = FastAPI(openapi_url=None)
    app.include_router(build_router())
    found = [
        (method, context.path)
        for _, context in _iter_routes_with_context(app.routes)
        if context is not None and context.path is not None
        for method in context.methods or ()
    ]
    assert len(found) > 40
    return sorted(found)


ROUTES = routes()
POSTS = [path for method, path in ROUTES if method == "POST"]


class Scene:
    """A firm's journey that waits for its client, its checked file, and what its sync has on record."""

    def __init__(self, office: Office, ids: dict[str, str]) -> None:
        self.office = office
        self.ids = ids

    def address(self, path: str, **changes: str) -> str:
        """Return a route's path with the ids of what the firm has."""
        return path.format(**{**self.ids, **changes})


@pytest.fixture
async def scene(busy_office: Office, eventually: Eventually) -> Scene:
    """Return what another firm must not see."""
    case = await waiting_for_client(busy_office, eventually)
    async with desk_of(busy_office) as desk:
        page = await desk.see(f"/workbench/journeys/{case.journey}")
        files = {"file": ("a.csv", table(row(busy_office, 1, wrapper="nonsense")), "text/csv")}
        checked = await desk.http.post(IMPORTS, data={"key": FORM["key"]}, files=files)
    ids = {
        "journey_id": case.journey,
        "import_id": checked.headers["location"].rpartition("/")[2],
        "key": re.findall(r"/emails/([^\"/]+)\"", page)[0],
        "evidence_id": "e1",
        "name": "funnel",
    }
    await linked(busy_office)
    (ids["discrepancy_id"],) = await found(busy_office, finding())
    await reported(busy_office, "event-1")
    await subscribed(busy_office)
    ids |= {"client_id": CLIENT, "source": "platform", "event_id": "event-1", "subscription_id": SUBSCRIPTION}
    ids["seq"] = str(await offered(busy_office))
    return Scene(busy_office, ids)


async def ask(http: httpx.AsyncClient, method: str, path: str, **headers: str) -> httpx.Response:
    """Ask as a browser does."""
    return await http.request(method, path, data=FORM if method == "POST" else None, headers=headers)


async def test_a12_what_another_firm_has_does_not_exist(scene: Scene) -> None:
    """Page, form, stream and export answer 404 to another firm, in the words for what never was."""
    wrong: dict[str, object] = {}
    about_things = [(method, path) for method, path in ROUTES if "_id}" in path]
    async with desk_of(scene.office, STRANGER) as desk:
        for method, path in about_things:
            answer = await ask(desk.http, method, scene.address(path))
            never = await ask(desk.http, method, scene.address(path, journey_id="never", import_id="never"))
            words = [re.sub("[0-9a-f]{16}", "", each.text) for each in (answer, never)]
            if (answer.status_code, never.status_code) != (404, 404) or words[0] != words[1]:
                wrong[f"{method} {path}"] = (answer.status_code, never.status_code)

    assert wrong == {}
    assert len(about_things) > 25
    assert {"/workbench/journeys/{journey_id}/events", "/workbench/journeys/{journey_id}/evidence"} <= {
        path for _, path in about_things
    }


async def test_a12_the_firm_itself_sees_each_of_these_pages(scene: Scene) -> None:
    """None of the pages is missing for everybody, so that their absence for others means something."""
    wrong: dict[str, int] = {}
    async with desk_of(scene.office) as desk:
        for method, path in ROUTES:
            if method == "GET" and path not in OPEN and not any(part in path for part in NOT_TO_BE_SEEN):
                answer = await ask(desk.http, method, scene.address(path))
                if answer.status_code not in {200, 303, 409}:
                    wrong[path] = answer.status_code

    assert wrong == {}


async def test_a12_lists_and_exports_of_another_firm_are_empty(scene: Scene) -> None:
    """Nothing of the firm's journey stands on any page that another firm may open."""
    shown: list[str] = []
    journey = await scene.office.get(f"{JOURNEYS}/{scene.ids['journey_id']}")
    async with desk_of(scene.office, STRANGER) as desk:
        for method, path in ROUTES:
            if method == "GET" and "_id}" not in path and path not in OPEN:
                answer = await ask(desk.http, method, scene.address(path))
                told = (scene.ids["journey_id"], scene.ids["import_id"], journey["external_reference"], "Marsh", CLIENT)
                shown += [path for secret in told if secret in answer.text]

    assert shown == []


async def test_nobody_sees_or_does_anything_without_signing_in(office: Office) -> None:
    """Every page leads to sign in and every form asks to, keeping what was typed; a forged cookie helps nobody."""
    wrong: dict[str, int] = {}
    async with browser_of(office) as browser:
        browser.plant("forged")
        for method, path in ROUTES:
            if path in OPEN:
                continue
            answer = await ask(browser.http, method, path.format(**ANY))
            # A page may also lead to the first one of its kind, which then leads to sign in; neither shows anything.
            led = answer.headers.get("location", "").startswith("/workbench/") and not answer.content
            kept = answer.status_code == 401 and 'name="kept.reason" value="Moving abroad"' in answer.text
            if not (led if method == "GET" else kept):
                wrong[f"{method} {path}"] = answer.status_code

    assert wrong == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
    ],
)
async def test_no_other_website_acts_for_an_adviser(office: Office, headers: dict[str, str]) -> None:
    """A form that another website sends is refused on every route, before anything of it is looked at."""
    async with desk_of(office) as desk:
        answers = {path: await ask(desk.http, "POST", path.format(**ANY), **headers) for path in POSTS}
        still = await desk.http.get(IMPORTS)

    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(POSTS, 403)
    assert all("another website" in answer.text for answer in answers.values())
    assert still.status_code == 200


async def test_who_may_only_look_is_refused_by_every_form(scene: Scene) -> None:
    """An adviser without the writing scope gets a page that says so, whatever form they send."""
    journey = scene.ids["journey_id"]
    audit = len(await scene.office.audit(journey))
    acting = [path for path in POSTS if path not in OPEN]
    async with desk_of(scene.office, scope="journeys:read") as desk:
        answers = {path: (await ask(desk.http, "POST", scene.address(path))).status_code for path in acting}

    assert answers == dict.fromkeys(acting, 403)
    assert len(await scene.office.audit(journey)) == audit


@pytest.fixture
async def looking(scene: Scene) -> AsyncIterator[Desk]:
    """Yield the browser of the journey's adviser."""
    async with desk_of(scene.office) as desk:
        yield desk


async def test_every_page_is_strict_about_what_it_runs(scene: Scene, looking: Desk) -> None:
    """Pages carry the safe headers, and neither script nor style of their own, nor anything from elsewhere."""
    wrong: list[str] = []
    pages = 0
    for method, path in ROUTES:
        if method != "GET" or any(part in path for part in NOT_TO_BE_SEEN):
            continue
        answer = await ask(looking.http, method, scene.address(path))
        policy = answer.headers["Content-Security-Policy"]
        safe = (
            is_strict(policy)
            and answer.headers["X-Content-Type-Options"] == "nosniff"
            and answer.headers["Referrer-Policy"] == "no-referrer"
            and answer.headers["Cache-Control"] == "no-store"
        )
        wrong += [] if safe else [f"headers of {path}"]
        is_page = answer.headers.get("content-type", "").startswith("text/html") and not path.endswith("/content")
        if is_page:
            pages += 1
            wrong += [f"{found} on {path}" for found in of_its_own(answer.text)]

    assert wrong == []
    assert pages > 12


def is_strict(policy: str) -> bool:
    """Return whether a page runs nothing but files of this origin, or, being somebody's letter, nothing at all."""
    page = "default-src 'self'" in policy and "unsafe" not in policy
    letter = "default-src 'none'" in policy and "sandbox" in policy and "script-src" not in policy
    return page or letter


def of_its_own(page: str) -> list[str]:
    """Return what a strict policy would refuse: scripts and styles within the page, and addresses elsewhere."""
    return re.findall(r"<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=|(?:src|action)=\"https?:[^\"]*", page)


@pytest.mark.parametrize(
    "page",
    [
        "<script>go()</script>",
        '<p style="color: red">',
        '<button type="button" onclick="go()">',
        '<img src="https://elsewhere.example.com/a.png">',
        "<style>p { color: red }</style>",
    ],
)
def test_what_a_strict_page_must_not_have_is_noticed(page: str) -> None:
    """Each of these would be found on a page."""
    assert of_its_own(page)


async def test_signing_in_changes_the_session_id(office: Office) -> None:
    """A session id planted in a browser, even a live one of the attacker's own, ends with the sign-in."""
    async with browser_of(office) as attacker, browser_of(office) as victim:
        await attacker.sign_in(STRANGER.email)
        planted = attacker.session
        victim.plant(planted)
        answer = await victim.sign_in()

        assert f"{COOKIE}=" in answer.headers["set-cookie"]
        assert planted not in answer.headers["set-cookie"]
        assert not await attacker.is_signed_in()
        assert await victim.is_signed_in()


@pytest.mark.parametrize(
    ("url", "name", "secure"),
    [("https://onward.example.com", f"__Host-{SESSION}", True), ("http://onward.example.com", SESSION, False)],
)
async def test_the_cookie_is_for_this_host_and_no_script(
    adviser_temporal: Client, migrated_database: Path, tmp_path: Path, *, url: str, name: str, secure: bool
) -> None:
    """Over https the cookie is bound to the host; it is never for scripts, nor sent with other websites' forms."""
    async with (
        open_office(adviser_temporal, migrated_database, tmp_path, public_url=url) as office,
        browser_of(office, url) as browser,
    ):
        given = (await browser.sign_in()).headers["set-cookie"]
        taken = (await browser.http.post("/workbench/sign-out")).headers["set-cookie"]

    for cookie in (given, taken):
        parts = {part.strip().lower() for part in cookie.split(";")}
        assert cookie.startswith(f"{name}=")
        assert {"httponly", "path=/", "samesite=lax"} <= parts
        assert ("secure" in parts) is secure
        assert not any(part.startswith("domain") for part in parts)
    assert "Max-Age=0" in taken


async def test_a_session_is_stored_without_what_opens_it(office: Office) -> None:
    """Whoever reads the database cannot take a session over."""
    async with browser_of(office) as browser:
        await browser.sign_in()
        async with office.services.database.reading() as database:
            (stored,) = (await database.scalars(select(AdviserSessionRow))).all()

    assert browser.session not in str(stored.model_dump())
    assert (stored.firm, stored.adviser_id) == (FIRM, PRIYA.id)


async def test_a_firm_that_left_is_signed_out(
    adviser_temporal: Client, migrated_database: Path, tmp_path: Path
) -> None:
    """A session of a firm that is no longer among ours opens nothing."""
    async with open_office(adviser_temporal, migrated_database, tmp_path) as office, desk_of(office) as desk:
        assert (await desk.http.get(IMPORTS)).status_code == 200
        office.services.settings.firms.clear()
        answer = await desk.http.get(IMPORTS)

    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, SIGN_IN)
