"""Pictures of every page at desktop and phone width, taken while journeys of each kind are played."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cli.demonstration.actors import PASSWORD, AdviserActor, signed_in_adviser
from cli.demonstration.browser import browser
from cli.demonstration.journey import Play
from cli.demonstration.pages import DOOR, PORTAL, PORTAL_DONE, WORKBENCH, Site
from cli.demonstration.people import NewClient
from cli.demonstration.readback import newest_email
from cli.demonstration.scripts import SCRIPTS
from cli.demonstration.surroundings import DemonstrationFailed, Surroundings
from cli.demonstration.sync_pictures import make_differing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_SIZES: Final = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
_OPENING: Final = "#next button[value=page], #documents button[value=page] >> nth=0"
_GOING_ON: Final = "#accept-button, #details-right, #continue"
_MOST_PAGES: Final = 20
_SENDING: Final = "main form button[type=submit]:visible, main form button:not([type]):visible"
# What is sent empty or unchosen, to see what each page then says; only pages that take no such thing for an order.
_WRONG: Final = {
    "portal-sign-in": _SENDING,
    "workbench-sign-in": _SENDING,
    "portal-direct-debit": "#continue",
    "portal-decline": "#confirm-decline",
    "workbench-new": _SENDING,
    "workbench-imports": _SENDING,
    "workbench-change-email": _SENDING,
    "workbench-amend": _SENDING,
}


@dataclass
class Camera:
    """Takes pictures into a folder, and says so."""

    around: Surroundings
    started: "Browser"
    folder: Path
    narrate: Callable[[str, str], None]
    taken: list[Path] = field(default_factory=list)

    @contextmanager
    def window(self) -> Iterator["Page"]:
        """Open a window of somebody's own."""
        context = self.started.new_context(base_url=self.around.urls["api"], locale="en-GB")
        try:
            yield context.new_page()
        finally:
            context.close()

    def take(self, page: "Page", name: str) -> None:
        """Take the page that is open, at each width."""
        for width, size in _SIZES.items():
            page.set_viewport_size({"width": size["width"], "height": size["height"]})
            path = self.folder / f"{name}-{width}.png"
            page.screenshot(path=path, full_page=True)
            self.taken.append(path)
        self.narrate("system", f"picture {name}")

    def visit(self, page: "Page", pages: Mapping[str, str]) -> None:
        """Open each of these addresses and take it; where something can be sent wrongly, take the answer too."""
        for name, address in pages.items():
            page.goto(address)
            self.take(page, name)
            if name in _WRONG:
                self.send_wrongly(page, name)

    def send_wrongly(self, page: "Page", name: str) -> None:
        """Send the page's form as it is, without the browser's own checks, and take what the page says to it."""
        sending = page.locator(_WRONG[name]).last
        if sending.count() == 0 or sending.is_disabled():
            return
        with page.expect_navigation():
            sending.click()
        self.take(page, f"{name}-error")

    # --- people ---

    def sign_in(self, page: "Page", site: Site, email: str, password: str) -> None:
        """Sign in by the form."""
        page.goto(f"/{site.name}/sign-in")
        page.locator("#email").fill(email)
        page.locator("#password").fill(password)
        with page.expect_navigation():
            page.get_by_role("button", name="Sign in", exact=True).last.click()


def take_pictures(around: Surroundings, folder: Path, narrate: Callable[[str, str], None]) -> list[Path]:
    """Play a journey of each kind and take every page on the way; return the files.

    Raises:
        DemonstrationFailed: Playwright or Chromium is missing, or a journey did not go as it should.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with browser() as started, signed_in_adviser(around) as adviser:
        camera = Camera(around, started, folder, narrate)
        with camera.window() as page:
            camera.visit(page, DOOR.paths(""))
        plays = {name: _played(camera, adviser, name) for name in SCRIPTS}
        _workbench(camera, plays["gia"])
        _sync(camera, adviser)
        _inbox(camera, plays["gia"].cast.people[0])
    return camera.taken


def _played(camera: Camera, adviser: AdviserActor, name: str) -> Play:
    """Play a journey to its end with its client's pages taken: all of them of the first kind with a direct debit."""
    play = Play(camera.around, adviser, SCRIPTS[name], camera.narrate)
    play.up_to_the_client()
    play.until("the checks", _checked)
    person = play.cast.acting[0]
    if name == "gia":
        _invitation(camera, play, person)
        _waiting_workbench(camera, play)
    play.in_portal(person, lambda _: None)
    with camera.window() as page:
        camera.sign_in(page, PORTAL, person.email, PASSWORD)
        pages = PORTAL.paths(play.journey_id)
        camera.visit(page, pages if name == "gia" else _of(name, pages, "portal-hub", "portal-product-terms"))
        if name == "gia":
            _documents(camera, page, play.journey_id)
        if name == "isa":
            _check(camera, page)
        for acting in play.cast.acting:
            play.finish(acting)
        play.until_stage("active")
        camera.visit(page, _of(name, PORTAL_DONE.paths(play.journey_id), *PORTAL_DONE.addresses))
        if name == "sipp":
            statement = f"/portal/journeys/{play.journey_id}/statement"
            camera.visit(page, {"portal-statement": statement, "portal-statement-correct": f"{statement}/correct"})
    return play


def _checked(journey: dict[str, Any]) -> bool:
    return all(gate["met"] for gate in journey["gates"] if gate["awaited_from"] == "platform")


def _of(script: str, pages: Mapping[str, str], *names: str) -> dict[str, str]:
    return {f"{name}-{script}": pages[name] for name in names}


def _invitation(camera: Camera, play: Play, person: NewClient) -> None:
    link = play.email(person, "account_created")["links"][0]
    with camera.window() as page:
        page.goto(link)
        camera.take(page, "portal-invitation")
        page.locator("#password").fill("lantern")
        with page.expect_navigation():
            page.get_by_role("button", name="Save and go on").click()
        camera.take(page, "portal-invitation-error")


def _documents(camera: Camera, page: "Page", journey_id: str) -> None:
    """Open every document of the platform terms, as the page leads from one to the next."""
    page.goto(f"/portal/journeys/{journey_id}/platform-terms")
    shown = 0
    while (opening := page.locator(_OPENING).first).count():
        with page.expect_navigation():
            opening.click()
        shown += 1
        if shown == 1:
            camera.take(page, "portal-document")
    camera.take(page, "portal-document-last")
    page.goto(f"/portal/journeys/{journey_id}/platform-terms")
    camera.take(page, "portal-platform-terms-opened")


def _check(camera: Camera, page: "Page") -> None:
    """Do every task by clicking, up to the page where all of it is looked over (C13)."""
    page.goto("/portal")
    for _ in range(_MOST_PAGES):
        if page.locator("#finish-button").count():
            camera.take(page, "portal-check")
            return
        going_on = page.locator(_OPENING).first
        if going_on.count() == 0:
            for box in page.locator("#accept-form input[type=checkbox]").all():
                box.check()
            going_on = page.locator(_GOING_ON).first
        with page.expect_navigation():
            going_on.click()
    raise DemonstrationFailed("the page that looks over all answers was not reached")


def _waiting_workbench(camera: Camera, play: Play) -> None:
    around = camera.around
    with camera.window() as page:
        camera.sign_in(page, WORKBENCH, around.adviser_email, around.adviser_password)
        camera.visit(page, WORKBENCH.paths(play.journey_id))
        play.command("hold", {"reason": ""})
        camera.visit(page, {"workbench-resume": f"/workbench/journeys/{play.journey_id}/resume"})
        play.command("resume", {"reason": ""})


def _workbench(camera: Camera, ended: Play) -> None:
    """Take what only an ended journey and a new one show, and the pages of a new journey by filling them in."""
    around = camera.around
    with camera.window() as page:
        camera.sign_in(page, WORKBENCH, around.adviser_email, around.adviser_password)
        camera.visit(
            page,
            {
                "workbench-journeys-ended": "/workbench",
                "workbench-journey-active": f"/workbench/journeys/{ended.journey_id}",
                "workbench-nothing-here": "/workbench/journeys/no-such-journey",
                "workbench-figures-full": "/workbench/figures",
            },
        )
        page.goto(f"/workbench/journeys/{ended.journey_id}")
        page.locator("a[href*='/emails/']").first.click()
        page.wait_for_url("**/emails/**")
        camera.take(page, "workbench-email")
        _new_journey(camera, page, ended)
        _import(camera, page)


def _sync(camera: Camera, adviser: AdviserActor) -> None:
    """Take the pages of the sync, with a client who differs and one who may be either of two records."""
    around = camera.around
    differing = make_differing(around, adviser)
    with camera.window() as page:
        camera.sign_in(page, WORKBENCH, around.adviser_email, around.adviser_password)
        camera.visit(page, differing.addresses())


def _new_journey(camera: Camera, page: "Page", known: Play) -> None:
    page.goto("/workbench/new")
    page.locator('main [name="client.find"]').fill(known.cast.people[0].plannr_account)
    page.locator('input[name=accounts][value="isa"]').check()
    with page.expect_navigation():
        page.get_by_role("button", name="Continue", exact=True).last.click()
    camera.take(page, "workbench-new-account")
    with page.expect_navigation():
        page.get_by_role("button", name="Continue", exact=True).last.click()
    camera.take(page, "workbench-new-account-error")


def _import(camera: Camera, page: "Page") -> None:
    """Check a file whose one row cannot be read."""
    page.goto("/workbench/imports")
    row = b"external_reference,wrapper,plannr_account,contribution_pence\nCASE-1,tpsipp,unknown,a lot\n"
    page.locator("#file").set_input_files({"name": "journeys.csv", "mimeType": "text/csv", "buffer": row})
    with page.expect_navigation():
        page.get_by_role("button", name="Check the file").click()
    page.locator("[data-finished]").wait_for()
    camera.take(page, "workbench-import-checked")


def _inbox(camera: Camera, person: NewClient) -> None:
    around = camera.around
    with camera.window() as page:
        page.goto(around.urls["inbox"])
        camera.take(page, "inbox")
        for template in ("client_setup_started", "account_created", "new_documentation"):
            message = newest_email(around, person.email, template)
            if message is not None:
                page.goto(f"{around.urls['inbox']}/{message['id']}")
                camera.take(page, f"inbox-{template.replace('_', '-')}")
        adviser = newest_email(around, around.adviser_email, "adviser_plan_active")
        if adviser is not None:
            page.goto(f"{around.urls['inbox']}/{adviser['id']}")
            camera.take(page, "inbox-adviser-plan-active")
