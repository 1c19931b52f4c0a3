"""What happens on the platform without the adviser or the client: its staff decide, banks report, terms change."""

from typing import Any

import httpx

from cli.demonstration.surroundings import Surroundings, checked


def clear_identity(around: Surroundings, platform_client: str) -> None:
    """The platform's staff look at a referred identity check and clear it."""
    _do(around, f"clients/{platform_client}/aml", {"status": "cleared"})


def report_failed_mandate(around: Surroundings, platform_mandate: str, reason_code: str) -> None:
    """A bank reports that a mandate is no longer good, with its Bacs reason code."""
    _do(around, f"mandates/{platform_mandate}/fail", {"reason_code": reason_code})


def publish_again(around: Surroundings, document_id: str) -> int:
    """The platform puts the next version of a document in force; returns its number."""
    published: Any = _do(around, f"documents/{document_id}/publish", {"note": "Charges are set out more clearly."})
    return int(published["version"])


def _do(around: Surroundings, path: str, body: dict[str, object]) -> dict[str, object]:
    with httpx.Client(base_url=around.urls["platform"], timeout=20) as sandbox:
        return checked(sandbox.post(f"/_sandbox/{path}", json=body))
