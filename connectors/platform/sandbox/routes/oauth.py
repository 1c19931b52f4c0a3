"""Access tokens, as RFC 6749 has them."""

import base64
import binascii
import hmac
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse

from connectors.platform.sandbox.faults import Operation
from connectors.platform.sandbox.gate import strike
from connectors.platform.sandbox.server import SandboxDep
from connectors.platform.sandbox.tokens import issue_token

router = APIRouter(tags=["oauth"])
_NO_STORE = {"Cache-Control": "no-store"}
_TOKEN_CALL = Operation("POST /oauth/token")


def _basic_credentials(request: Request) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, secret


def _error(status: int, code: str, description: str) -> JSONResponse:
    return JSONResponse({"error": code, "error_description": description}, status, _NO_STORE)


@router.post("/oauth/token")
async def token(
    request: Request,
    sandbox: SandboxDep,
    grant_type: Annotated[str, Form()] = "",
    client_id: Annotated[str, Form()] = "",
    client_secret: Annotated[str, Form()] = "",
) -> Response:
    """Exchange the client credentials for an access token."""
    await strike(sandbox, _TOKEN_CALL)
    if grant_type != "client_credentials":
        return _error(400, "unsupported_grant_type", "grant_type must be client_credentials.")
    name, secret = _basic_credentials(request) or (client_id, client_secret)
    config = sandbox.config
    is_known = hmac.compare_digest(name.encode(), config.client_id.encode())
    if not (hmac.compare_digest(secret.encode(), config.client_secret.encode()) and is_known):
        return _error(401, "invalid_client", "The client id or secret is wrong.")
    access_token = issue_token(config.client_secret, sandbox.now(), config.token_seconds)
    content = {"access_token": access_token, "token_type": "Bearer", "expires_in": config.token_seconds}
    return JSONResponse(content, headers=_NO_STORE)
