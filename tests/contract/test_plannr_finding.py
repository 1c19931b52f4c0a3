"""How every implementation of the Plannr port finds clients for an adviser."""

import pytest

from connectors.errors import ConnectorUnavailable
from tests.contract.plannr_scenes import CHILD, CLIENT, FIRM, KNOWN, OTHER_FIRM, STRANGER, Scene


@pytest.mark.rule("P7")
@pytest.mark.parametrize("text", ["whitfield", "Eleanor Whitfield", "ELEANOR", KNOWN.email, str(KNOWN.email).upper()])
async def test_a_client_is_found_by_name_or_address(scene: Scene, text: str) -> None:
    """A part of the name or the whole e-mail address, in any case, finds the record as it is read by its id."""
    found = await scene.gateway.find_clients(FIRM, text)

    assert await scene.gateway.read_person(FIRM, CLIENT) in found
    assert CHILD not in {person.account for person in found}


@pytest.mark.rule("P31")
async def test_a_child_is_found_too(scene: Scene) -> None:
    """A child has a record of their own, without an e-mail address."""
    (found,) = await scene.gateway.find_clients(FIRM, "Anya")

    assert (found.account, found.known_details.email) == (CHILD, None)


@pytest.mark.parametrize("text", ["Nobody Of That Name", "nobody@example.com", "eleanor@"])
async def test_nobody_is_an_empty_list(scene: Scene, text: str) -> None:
    """Whom Plannr does not know is no error."""
    assert await scene.gateway.find_clients(FIRM, text) == []


async def test_the_clients_of_another_firm_are_never_found(scene: Scene) -> None:
    """Each firm finds its own clients, whatever is looked for."""
    of_firm = {
        person.account for text in ("a", "e", "i", "o") for person in await scene.gateway.find_clients(FIRM, text)
    }
    of_other = await scene.gateway.find_clients(OTHER_FIRM, "e")

    assert STRANGER not in of_firm
    assert of_firm.isdisjoint({person.account for person in of_other})
    assert of_other


async def test_no_more_than_twenty_are_found(scene: Scene) -> None:
    """What fits many clients gives a list that can be looked through; more is asked for by a longer name."""
    assert len(await scene.gateway.find_clients(FIRM, "e")) <= 20


@pytest.mark.rule("P42")
async def test_plannr_away_is_said(scene: Scene) -> None:
    """A search that Plannr does not answer is no empty list."""
    await scene.fail_next("find_clients", "outage")
    with pytest.raises(ConnectorUnavailable):
        await scene.gateway.find_clients(FIRM, "whitfield")
