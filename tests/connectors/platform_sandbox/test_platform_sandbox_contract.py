"""The server and the text of its contract name the same calls."""

import re
from importlib.resources import files

import pytest

from connectors.platform.sandbox.app import create_app
from connectors.platform.sandbox.config import SandboxConfig
from connectors.platform.sandbox.library import TITLES
from connectors.platform.sandbox.outbox import EVENT_TYPES
from tests.connectors.platform_sandbox.platform_calls import Platform, refusal

_OPEN = re.compile(r"(GET /|GET /health/live|POST /oauth/token|\w+ /_sandbox/.*)")


@pytest.fixture(scope="module")
def text() -> str:
    """Return the contract's text."""
    return (files("connectors.platform.sandbox") / "CONTRACT.md").read_text(encoding="utf-8")


def served(config: SandboxConfig) -> set[str]:
    """Return the calls that the application has."""
    paths = create_app(config).openapi()["paths"]
    return {
        f"{method.upper()} {re.sub(r'{[a-z]+_id}', '{id}', path)}" for path, calls in paths.items() for method in calls
    }


def test_contract_names_exactly_the_calls_that_are_served(config: SandboxConfig, text: str) -> None:
    """No call is served that the text does not name, none is named that is not served."""
    named = {match[0] for match in re.findall(r"`((GET|POST|PUT|PATCH|DELETE) /[^`?\s]*)", text)}

    assert named == served(config)


async def test_every_call_of_the_platform_needs_a_token(platform: Platform, config: SandboxConfig) -> None:
    """Whatever is no control, page or token call is refused without authentication."""
    platform.http.headers.pop("Authorization")
    calls = sorted(call for call in served(config) if not _OPEN.fullmatch(call))

    assert len(calls) > 30
    for call in calls:
        method, _, path = call.partition(" ")
        answer = await platform.http.request(method, re.sub(r"{\w+}", "x", path), json={})
        assert refusal(answer)[:2] == (401, "unauthorized"), call


def test_contract_names_every_event_and_document(text: str) -> None:
    """Events and documents of the text are those of the server."""
    named = set(re.findall(r"`((?:client|account|mandate|document)\.[a-z_]+)`", text))

    assert named == set(EVENT_TYPES)
    assert re.findall(r"^\| `([a-z-]+)` \| p\w+_terms \|", text, re.MULTILINE) == [title.id for title in TITLES]
