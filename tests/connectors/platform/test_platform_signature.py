"""Webhook signatures, against signatures computed here from the contract's text."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from connectors.platform.signature import verify

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
BODY = b'{"event_id": "ev_1", "event_type": "client.created"}'
KEYS = [bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))]
SECRETS = [base64.b64encode(key).decode() for key in KEYS]


def header(*keys: bytes, at: datetime = NOW, body: bytes = BODY) -> str:
    """Sign as the contract says: `t=<unix>,v1=<hex>[,v1=<hex>]`, HMAC-SHA256 over `<t>.<body>`."""
    moment = str(int(at.timestamp()))
    digests = [hmac.digest(key, moment.encode() + b"." + body, hashlib.sha256).hex() for key in keys]
    return ",".join([f"t={moment}", *(f"v1={digest}" for digest in digests)])


def test_known_vector() -> None:
    """A signature worked out with another tool verifies: `printf '1.x' | openssl dgst -sha256 -hmac key`."""
    signature = "t=1,v1=fc4913c41a7bf793267e2a384f3261c9436ec2cd097bd745e7b0d99113f510ec"

    assert verify(b"x", signature, [base64.b64encode(b"key").decode()], datetime.fromtimestamp(1, UTC))


def test_signed_webhook_verifies() -> None:
    """A body signed with the live secret verifies."""
    assert verify(BODY, header(KEYS[0]), [SECRETS[0]], NOW)


@pytest.mark.parametrize(
    ("signed_with", "live"),
    [([0, 1], [0]), ([0, 1], [1]), ([0], [0, 1]), ([1], [0, 1]), ([1, 0], [2, 0])],
)
def test_either_of_two_live_secrets_serves(signed_with: list[int], live: list[int]) -> None:
    """While a secret is replaced, any pair of a live secret and a signature that fits is enough."""
    assert verify(BODY, header(*(KEYS[at] for at in signed_with)), [SECRETS[at] for at in live], NOW)


def test_ended_secret_is_refused() -> None:
    """A signature under a secret that is no longer live does not verify."""
    assert not verify(BODY, header(KEYS[2]), SECRETS[:2], NOW)


@pytest.mark.parametrize("body", [BODY + b" ", BODY[:-1], b"", BODY.replace(b"ev_1", b"ev_2")])
def test_other_body_is_refused(body: bytes) -> None:
    """A body changed in a single byte does not verify."""
    assert not verify(body, header(KEYS[0]), SECRETS, NOW)


@pytest.mark.parametrize(
    ("age", "is_recent"),
    [
        (timedelta(minutes=5), True),
        (timedelta(minutes=5, seconds=1), False),
        (timedelta(minutes=-5), True),
        (timedelta(minutes=-5, seconds=-1), False),
    ],
)
def test_window_of_five_minutes(age: timedelta, is_recent: bool) -> None:
    """A signature counts for five minutes, and a clock that is ahead as much."""
    assert verify(BODY, header(KEYS[0], at=NOW - age), SECRETS, NOW) is is_recent


def test_moment_is_part_of_what_is_signed() -> None:
    """An old signature with a new moment written in front does not verify."""
    old = header(KEYS[0], at=NOW - timedelta(hours=1))
    forged = header(KEYS[0]).split(",")[0] + "," + old.split(",")[1]

    assert not verify(BODY, forged, SECRETS, NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "t=,v1=",
        "v1=00",
        f"t={int(NOW.timestamp())}",
        f"t={int(NOW.timestamp())},v1=",
        f"t={int(NOW.timestamp())},v1=é",
        f"t={'9' * 5000},v1=00",
        f"t=-1,t={int(NOW.timestamp())},v1=00",
        "t=²,v1=00",
        "nonsense",
    ],
)
def test_unreadable_header_is_refused(wrong: str) -> None:
    """A header that cannot be read is refused without an error."""
    assert not verify(BODY, wrong, SECRETS, NOW)


@pytest.mark.parametrize("secrets", [[], [""], ["no base64!"]])
def test_without_a_usable_secret_nothing_verifies(secrets: list[str]) -> None:
    """No secret, an empty one or one that is no base64 verifies nothing, not even what an empty key signed."""
    assert not verify(BODY, header(b""), secrets, NOW)
    assert not verify(BODY, header(KEYS[0]), secrets, NOW)
