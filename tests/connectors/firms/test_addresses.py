"""Events go to public https addresses alone, and to the very address that was checked."""

import pytest

from connectors.errors import ConnectorUnavailable
from connectors.firms.addresses import Resolve, checked_address, is_public, look_up
from connectors.firms.port import AddressRefused

URL = "https://events.harbour.example.com/onward"


def leads_to(*addresses: str) -> Resolve:
    """Return a name service that gives every host these addresses."""

    async def resolve(_host: str, _port: int) -> list[str]:
        return list(addresses)

    return resolve


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12:3456::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "2001::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "100::1",
        "no address",
        "",
    ],
)
@pytest.mark.rule("P55")
async def test_an_address_inside_is_refused(address: str) -> None:
    """No loopback, private, link-local, shared, reserved or multicast address is reached, however it is written."""
    assert not is_public(address)
    with pytest.raises(AddressRefused, match="not on the public internet"):
        await checked_address(URL, private=False, resolve=leads_to(address))


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "172.32.0.1", "2606:2800:21f:cb07::1", "::ffff:8.8.8.8"]
)
async def test_a_public_address_is_allowed(address: str) -> None:
    """Any address of the public internet may take events."""
    assert await checked_address(URL, private=False, resolve=leads_to(address)) == address


async def test_one_inner_address_among_public_ones_is_enough_to_refuse() -> None:
    """A name that leads to both kinds is refused, whichever is used first."""
    with pytest.raises(AddressRefused):
        await checked_address(URL, private=False, resolve=leads_to("8.8.8.8", "10.0.0.1"))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://events.harbour.example.com/", "must begin with https"),
        ("ftp://events.harbour.example.com/", "must begin with https"),
        ("file:///etc/passwd", "must begin with https"),
        ("//events.harbour.example.com/", "must begin with https"),
        ("https:///path", "has no host"),
        ("https://user:secret@harbour.example.com/", "no name or password"),
        ("https://harbour.example.com@10.0.0.1/", "no name or password"),
        ("https://harbour.example.com/#part", "no part after a #"),
        ("https://harbour.example.com:99999/", "cannot be read"),
        ("https://harbour.example.com:0/", "no host"),
        ("https://[::1", "cannot be read"),
    ],
)
async def test_an_address_of_another_form_is_refused(url: str, reason: str) -> None:
    """Only plain https addresses are taken, before anything is looked up."""
    with pytest.raises(AddressRefused, match=reason):
        await checked_address(url, private=False, resolve=_never)


async def _never(_host: str, _port: int) -> list[str]:
    raise AssertionError("nothing is looked up for it")


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://[::1]/", "https://0x7f000001/", "https://2130706433/", "https://localhost/"]
)
async def test_an_address_of_this_machine_is_refused_however_it_is_spelt(url: str) -> None:
    """What the machine's own resolver makes of it counts, not how it looks."""
    with pytest.raises((AddressRefused, ConnectorUnavailable)):
        await checked_address(url, private=False, resolve=look_up)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8099/events", "http://localhost:1/"])
async def test_one_machine_may_allow_its_own_addresses(url: str) -> None:
    """Where private addresses are allowed, plain http to this machine works."""
    assert await checked_address(url, private=True) in {"127.0.0.1", "::1"}


@pytest.mark.parametrize("failure", [OSError(), UnicodeError()])
async def test_an_unknown_name_may_be_known_later(failure: Exception) -> None:
    """A host that is not known at the moment is no refusal."""

    async def resolve(_host: str, _port: int) -> list[str]:
        raise failure

    with pytest.raises(ConnectorUnavailable, match="name is not known"):
        await checked_address(URL, private=False, resolve=resolve)
    with pytest.raises(ConnectorUnavailable, match="name is not known"):
        await checked_address(URL, private=False, resolve=leads_to())


async def test_a_refusal_does_not_repeat_the_address() -> None:
    """What is wrong is said without the address, which may hold a token."""
    with pytest.raises(AddressRefused) as refused:
        await checked_address("http://harbour.example.com/token-1", private=False, resolve=_never)

    assert "token-1" not in str(refused.value)
