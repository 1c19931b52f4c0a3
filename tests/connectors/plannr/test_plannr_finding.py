"""How the adapter asks Plannr for clients."""

from connectors.plannr.sandbox.seed import HARBOUR_UUID
from tests.connectors.plannr.conftest import Watched
from tests.contract.plannr_scenes import CLIENT, FIRM


async def test_a_search_is_one_documented_request(watched: Watched) -> None:
    """One page of the published list of accounts, clients alone, filtered by name or by e-mail address."""
    await watched.gateway.find_clients(FIRM, "whitfield")
    by_name = dict(watched.sent.requests[-1].url.params)
    await watched.gateway.find_clients(FIRM, "eleanor.whitfield@example.com")
    by_address = dict(watched.sent.requests[-1].url.params)

    assert [request.url.path for request in watched.sent.requests] == ["/api/v1/account", "/api/v1/account"]
    assert (by_name["filter[name]"], by_name["filter[type]"], by_name["per_page"]) == ("whitfield", "client", "20")
    assert by_address["filter[primary_email]"] == "eleanor.whitfield@example.com"
    assert "filter[name]" not in by_address


async def test_twenty_of_many_are_found(watched: Watched) -> None:
    """Of more than twenty clients that fit, twenty are shown, and employees are never among them."""
    answer = await watched.sandbox.http.post("/_sandbox/seed", json={"firm": HARBOUR_UUID, "accounts": 60})
    assert answer.status_code < 300, answer.text

    assert len(await watched.gateway.find_clients(FIRM, "a")) == 20
    assert await watched.gateway.find_clients(FIRM, "Imogen Ashworth") == []
    assert [person.account for person in await watched.gateway.find_clients(FIRM, "Whitfield")] == [CLIENT]
