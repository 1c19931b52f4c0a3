"""The check of a webhook's signature."""

import pytest

from connectors.plannr.signature import verify

# printf '{"event":"plan.updated"}' | openssl dgst -sha256 -hmac 0123…(60 characters)
SECRET = "0123456789" * 6
BODY = b'{"event":"plan.updated"}'
SIGNATURE = "c7beb78eea10b001e59cc9dd83846f7311f5dfaca1ba0e0406933df05c041fd4"


def test_a_signature_made_by_another_tool_verifies() -> None:
    """OpenSSL's signature of the same body and secret is accepted, in either case."""
    assert verify(BODY, SIGNATURE, SECRET)
    assert verify(BODY, f" {SIGNATURE.upper()} ", SECRET)


@pytest.mark.parametrize(
    ("body", "signature", "secret"),
    [
        (BODY + b" ", SIGNATURE, SECRET),
        (BODY, SIGNATURE, SECRET[::-1]),
        (BODY, SIGNATURE[:-1], SECRET),
        (BODY, "", SECRET),
        (BODY, "sígnature", SECRET),
        (BODY, "0" * 64, SECRET),
    ],
    ids=["changed body", "other secret", "cut", "empty", "not ASCII", "wrong"],
)
def test_anything_else_does_not_verify(body: bytes, signature: str, secret: str) -> None:
    """A changed body, another secret, and whatever else stands in the header are refused without an error."""
    assert not verify(body, signature, secret)


def test_without_a_secret_nothing_verifies() -> None:
    """A missing secret refuses even the signature that an empty key would make."""
    assert not verify(b"", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad", "")
