"""The inbox's web side: pages for people, JSON for tests and the demo, and the switches for faults.

Only this machine can reach it, and it asks for no password: it must never run where real people's mail arrives.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict
from starlette.middleware.trustedhost import TrustedHostMiddleware

from connectors.mail.inbox.faults import Fault, Faults
from connectors.mail.inbox.reading import InboxMessage, OpenedMessage, open_message
from connectors.mail.inbox.smtp_server import SmtpAccess, smtp_server
from connectors.mail.inbox.store import MessageStore, open_store

_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
_STYLE = Path(__file__).with_name("pages") / "inbox.css"
_SHOWN = 200
_REFRESH_SECONDS = "2"


@dataclass(frozen=True)
class InboxConfig:
    """What an inbox needs to run; port 0 lets the system choose."""

    database: Path
    smtp_port: int
    access: SmtpAccess = field(default_factory=SmtpAccess)


class Liveness(BaseModel):
    """Says that the inbox runs, and where it takes mail."""

    model_config = ConfigDict(hide_input_in_errors=True)

    status: str
    smtp_port: int


@dataclass(frozen=True)
class _Inbox:
    store: MessageStore
    faults: Faults
    smtp_port: int
    pages: Environment

    def page(self, name: str, **facts: object) -> HTMLResponse:
        headers = {"Content-Security-Policy": _PAGE_POLICY, "Referrer-Policy": "no-referrer"}
        return HTMLResponse(self.pages.get_template(name).render(facts), headers=headers)


def _of(request: Request) -> _Inbox:
    inbox = request.app.state.inbox
    assert isinstance(inbox, _Inbox)
    return inbox


Inbox = Annotated[_Inbox, Depends(_of)]


async def _open(inbox: _Inbox, number: int) -> OpenedMessage:
    stored = await inbox.store.get(number)
    if stored is None:
        raise HTTPException(404, "There is no such message. It may have been deleted; go back to /dev/inbox.")
    return open_message(stored)


def create_app(config: InboxConfig) -> FastAPI:
    """Build the inbox; its lifespan opens the database and the SMTP port and closes both."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        faults = Faults()
        pages = Environment(
            loader=PackageLoader("connectors.mail.inbox", "pages"), autoescape=True, undefined=StrictUndefined
        )
        async with (
            open_store(config.database) as store,
            smtp_server(store, faults, config.access, config.smtp_port) as smtp_port,
        ):
            app.state.inbox = _Inbox(store, faults, smtp_port, pages)
            yield

    # The interactive documentation would load its scripts from a foreign origin.
    app = FastAPI(title="Onward development inbox", lifespan=lifespan, docs_url=None, redoc_url=None)
    # A page of another site that points its own name at this machine must not read invitations.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    _add_pages(app)
    _add_json(app)
    _add_controls(app)
    return app


def _add_json(app: FastAPI) -> None:
    @app.get("/dev/inbox/messages", operation_id="list_messages")
    async def messages(
        inbox: Inbox,
        to: str | None = None,
        template: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = _SHOWN,
    ) -> list[InboxMessage]:
        """Return messages newest first, of one recipient and one event if given."""
        opened = [open_message(stored) for stored in await inbox.store.newest(to_address=to, limit=limit)]
        return [message for message in opened if template in (None, message.template)]

    @app.delete("/dev/inbox/messages", operation_id="delete_messages", status_code=204)
    async def delete(inbox: Inbox) -> None:
        """Delete every message."""
        await inbox.store.clear()

    @app.get("/health/live", operation_id="live")
    async def live(inbox: Inbox) -> Liveness:
        """Answer as soon as mail can be taken."""
        return Liveness(status="live", smtp_port=inbox.smtp_port)


def _add_pages(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def start() -> RedirectResponse:
        return RedirectResponse("/dev/inbox")

    @app.get("/dev/inbox", response_class=HTMLResponse, operation_id="inbox_page")
    async def overview(inbox: Inbox, *, still: bool = False) -> HTMLResponse:
        """Show the newest messages; the page refreshes itself without a script, unless it is to stay `still`."""
        messages = [open_message(stored) for stored in await inbox.store.newest(limit=_SHOWN)]
        page = inbox.page("overview.html", messages=messages, shown=_SHOWN, still=still)
        if not still:
            page.headers["Refresh"] = _REFRESH_SECONDS
        return page

    @app.get("/dev/inbox/inbox.css", include_in_schema=False)
    async def style() -> FileResponse:
        return FileResponse(_STYLE, media_type="text/css")

    @app.get("/dev/inbox/{number:int}", response_class=HTMLResponse, operation_id="message_page")
    async def message(inbox: Inbox, number: int) -> HTMLResponse:
        """Show one message: its link, HTML, text and headers."""
        return inbox.page("message.html", message=await _open(inbox, number))

    @app.get("/dev/inbox/{number:int}/html", response_class=HTMLResponse, operation_id="message_html")
    async def html(inbox: Inbox, number: int) -> HTMLResponse:
        """Return the HTML part for the sandboxed frame: no script, nothing loaded, links open a new tab."""
        opened = await _open(inbox, number)
        if opened.html is None:
            raise HTTPException(404, "This message has no HTML part; read its text instead.")
        headers = {"Content-Security-Policy": _MAIL_POLICY, "Referrer-Policy": "no-referrer"}
        return HTMLResponse(opened.html.replace("<head>", '<head><base target="_blank">', 1), headers=headers)


def _add_controls(app: FastAPI) -> None:
    @app.post("/_sandbox/faults", operation_id="order_fault", status_code=201)
    async def order(inbox: Inbox, fault: Fault) -> Fault:
        """Order a fault."""
        inbox.faults.order(fault)
        return fault

    @app.get("/_sandbox/faults", operation_id="list_faults")
    async def pending(inbox: Inbox) -> list[Fault]:
        """Return the faults that can still strike."""
        return inbox.faults.pending()

    @app.delete("/_sandbox/faults", operation_id="clear_faults", status_code=204)
    async def clear(inbox: Inbox) -> Response:
        """Work properly again."""
        inbox.faults.clear()
        return Response(status_code=204)
