"""How a form of the workbench is carried out: at the same desk as a command of the API, and once however often sent."""

import hashlib
import json
import re
import secrets
from datetime import datetime
from typing import Final

from fastapi import Request

from api.commanding import CommandDesk
from api.idempotency import Once
from api.problem_types import IDEMPOTENCY_KEY_MISSING
from api.problems import Problem
from api.web.forms import Typed
from api.workbench.access import WorkbenchVisit
from runtime.services import Services

KEY: Final = "key"
"""The hidden field that tells one showing of a form from another."""

_KEY: Final = re.compile(r"[\x21-\x7e]{8,120}")
# A second click waits for what the first one leads to, and shows it.
_PATIENCE_SECONDS: Final = 15.0


def form_key() -> str:
    """Return a fresh key for the hidden field `key` of a form; the same form sent twice is carried out once (A4)."""
    return secrets.token_urlsafe(18)


def once_for(services: Services, visit: WorkbenchVisit, request: Request, typed: Typed) -> Once:
    """Return the one time that this form is carried out.

    A form that is sent again with other answers, after going back to it, is another command.

    Raises:
        Problem: `not-permitted` for who may only look, or `idempotency-key-missing`.
    """
    visit.require_writing()
    if not _KEY.fullmatch(typed[KEY]):
        detail = "The form was sent without the key that it was shown with. Nothing has been changed."
        raise Problem(IDEMPOTENCY_KEY_MISSING, detail)
    answers = json.dumps({name: value for name, value in typed.items() if name != KEY}, sort_keys=True)
    about = f"{request.method}\0{request.url.path}\0{answers}"
    fingerprint = hashlib.sha256(about.encode()).hexdigest()
    return Once(
        services,
        visit.adviser.caller,
        f"{typed[KEY]}.{fingerprint[:32]}",
        fingerprint,
        patience_seconds=_PATIENCE_SECONDS,
    )


def desk_for(
    services: Services,
    visit: WorkbenchVisit,
    request: Request,
    typed: Typed,
    now: datetime,
    *,
    expected_version: int | None = None,
) -> CommandDesk:
    """Return the desk that this form's command is given at; raises as `once_for`.

    Args:
        services: The application's services.
        visit: Who sent the form.
        request: What they sent it with.
        typed: Its fields.
        now: The moment.
        expected_version: The version of the journey that the form was shown for; the command is refused if the
            journey has changed since.
    """
    return CommandDesk(services, visit.adviser, once_for(services, visit, request, typed), now, expected_version)
