"""`onward evidence JOURNEY`: everything that shows who was shown and accepted what, as one ZIP file."""

import hashlib
import json
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import quote

import httpx
import typer
from rich.console import Console

from api.evidence_pack import verify
from cli.demonstration.actors import signed_in_adviser
from cli.demonstration.surroundings import Surroundings, answered
from cli.home import default_home, read_state

_FILENAME: Final = 'filename="'


class NoEvidence(Exception):  # noqa: N818 - reads as what it tells of
    """There is no pack to be had; the text says why and what to do."""


def evidence(
    journey: Annotated[str, typer.Argument(help="The journey's id.")],
    out: Annotated[Path | None, typer.Option(help="Where to put the pack; by default its own name, here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """Export a journey's evidence pack and check it."""
    try:
        answer = fetch(default_home(), journey.removeprefix("journey-"))
        found = dict(verify.check_archive(answer.content))
        path = _place(out, answer.headers["Content-Disposition"].partition(_FILENAME)[2].rstrip('"'))
        path.write_bytes(answer.content)
    except (NoEvidence, verify.BrokenPack, OSError) as error:
        Console(stderr=True, highlight=False).print(f"No evidence pack: {error}", style="red", markup=False)
        raise typer.Exit(1) from None
    digest = hashlib.sha256(answer.content).hexdigest()
    if as_json:
        key = found["sealed by key"]
        said = {"file": str(path), "bytes": len(answer.content), "sha256": digest, "key_sha256": key, "intact": True}
        print(json.dumps({"journey_id": found["journey"], **said}, indent=2))
        return
    console = Console(highlight=False)
    console.print(f"[bold]{path}[/], {len(answer.content):,} bytes, intact", soft_wrap=True)
    for name, value in found.items():
        console.print(f"[bold]{name:>16}[/]  {value}", soft_wrap=True)
    console.print(f"To check it anywhere: python3 verify.py {path.name}  (docs/evidence.md)", soft_wrap=True)


def fetch(home: Path, journey_id: str) -> httpx.Response:
    """Return the pack as the API answers it to an adviser of the journey's firm.

    Only advisers of the journey's own firm are told of it, so one of each firm asks.

    Raises:
        NoEvidence: Nothing runs from this home, or the problem that the API answered, in its words.
    """
    state = read_state(home)
    if state is None or not state.running:
        raise NoEvidence("Onward does not run from here. Type ./onward up, then ask again.")
    problem: dict[str, str] = {}
    for firm in dict.fromkeys(person.firm for person in state.people):
        email = next(person.email for person in state.people if person.firm == firm)
        with signed_in_adviser(Surroundings.of(home, state), email) as adviser:
            answer = answered(partial(adviser.http.get, f"/api/v1/journeys/{quote(journey_id, safe='')}/evidence/pack"))
        if answer.is_success:
            return answer
        problem = answer.json()
        if answer.status_code != HTTPStatus.NOT_FOUND:
            break
    raise NoEvidence(" ".join(filter(None, (problem.get("detail"), problem.get("what_to_do")))))


def _place(out: Path | None, name: str) -> Path:
    """Return where the pack goes: under its own name, unless another is asked for."""
    if out is None:
        return Path(name)
    return out / name if out.is_dir() else out
