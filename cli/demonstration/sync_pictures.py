"""The pages of the sync with something on them: a client who differs, and one who may be either of two records."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cli.demonstration.actors import AdviserActor
from cli.demonstration.surroundings import PATIENCE, DemonstrationFailed, Surroundings, patiently
from cli.demonstration.sync_people import Somebody, somebody

if TYPE_CHECKING:
    import httpx

_PAUSE: Final = 0.5
LIST: Final = "/workbench/discrepancies"


@dataclass(frozen=True)
class Differing:
    """What is there to be seen.

    Attributes:
        client: The client of the platform whose last name is another one in Plannr.
        name: The difference in it, which waits for a person.
        undecided: The client of the platform who may be either of two records.
        link: The difference that asks which one.
    """

    client: str
    name: str
    undecided: str
    link: str

    def addresses(self) -> dict[str, str]:
        """Return every page of the sync by its name."""
        return {
            "workbench-differences": LIST,
            "workbench-differences-none-fits": f"{LIST}?field=policy_number",
            "workbench-difference": f"{LIST}/{self.name}",
            "workbench-difference-unchosen": f"{LIST}/{self.name}/repair",
            "workbench-difference-confirm": f"{LIST}/{self.name}/repair?choice=platform",
            "workbench-difference-candidates": f"{LIST}/{self.link}",
            "workbench-compare-all": f"{LIST}/compare",
            "workbench-sync-of-client": f"/workbench/clients/{self.client}/sync",
            "workbench-sync-compare": f"/workbench/clients/{self.client}/sync/compare",
            "workbench-news": "/workbench/deliveries",
            "workbench-news-none-fits": "/workbench/deliveries?state=dead",
            "workbench-outgoing": "/workbench/deliveries/outgoing",
        }


def make_differing(around: Surroundings, adviser: AdviserActor) -> Differing:
    """Let both systems' own people key in what differs, and wait until the sync has found it.

    Raises:
        DemonstrationFailed: It was not found in time.
    """
    known, unknown = somebody(0), somebody(2)
    with around.plannr() as plannr, around.platform() as platform:
        record = _key_in(plannr, known)
        client = _register(platform, known)
        _until(lambda: _is_referred(platform, client), "the link of the client")
        _in_plannr(plannr, f"/api/v1/account/{record}", {"last_name": f"{known.last_name}-Vane"}, change=True)
        for _ in range(2):
            _key_in(plannr, unknown)
        undecided = _register(platform, unknown)
    return Differing(
        client=client,
        name=_found(adviser, client, "last_name"),
        undecided=undecided,
        link=_found(adviser, undecided, "link"),
    )


def _key_in(plannr: "httpx.Client", who: Somebody) -> str:
    record = str(_in_plannr(plannr, "/api/v1/account", who.record())["uuid"])
    _in_plannr(plannr, "/api/v2/addresses", who.home(record))
    return record


def _in_plannr(plannr: "httpx.Client", path: str, body: dict[str, Any], *, change: bool = False) -> dict[str, Any]:
    send = plannr.put if change else plannr.post
    answer: Any = patiently(lambda: send(path, json=body))
    found: dict[str, Any] = answer.get("data") or answer
    return found


def _register(platform: "httpx.Client", who: Somebody) -> str:
    answer: Any = patiently(lambda: platform.post("/clients", json=who.registration()))
    return str(answer["data"]["id"])


def _is_referred(platform: "httpx.Client", client: str) -> bool:
    answer: Any = patiently(lambda: platform.get(f"/clients/{client}"))
    return answer["data"]["external_reference"] is not None


def _found(adviser: AdviserActor, client: str, field: str) -> str:
    def look() -> str | None:
        query = {"client": client, "field": field}
        answer: Any = patiently(lambda: adviser.http.get("/api/v1/discrepancies", params=query))
        return next((str(one["discrepancy_id"]) for one in answer["discrepancies"]), None)

    return str(_until(look, f"the difference in {field}"))


def _until(look: Callable[[], object], what: str) -> object:
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while True:
        if seen := look():
            return seen
        if time.monotonic() > deadline:
            raise DemonstrationFailed(f"waited {PATIENCE.seconds} s in vain for {what}")
        time.sleep(_PAUSE)
