"""What the platform adapter sends and reads for the sync where only HTTP shows it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.errors import Conflict, ConnectorUnavailable
from connectors.platform import syncing
from connectors.platform.http_adapter import HttpPlatformGateway
from models.people import BankDetails, KnownDetails

BANK = {"account_holder": "Mrs E Marsh", "sort_code": "200000", "account_number": "55779911", "provided_at": "x"}
MOMENT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CLIENT: dict[str, Any] = {
    "id": "cl_1",
    "client_type": "individual",
    "status": "active",
    "first_name": "Eleanor",
    "last_name": "Marsh",
    "date_of_birth": "1978-04-12",
    "email": "eleanor.marsh@example.com",
    "nationalities": ["GB", "IE"],
    "bank_account": BANK,
    "adviser_reference": "adv-1",
    "version": 7,
    "updated_at": MOMENT.isoformat(),
    "something_new": {"of": "the platform"},
}


class Platform:
    """Answers in turn what it is given, and keeps what it was asked; tokens go by themselves."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "token", "token_type": "Bearer", "expires_in": 3600})
        self.asked.append(request)
        status, content = self.answers.pop(0)
        return httpx.Response(status, json=content)

    def gateway(self) -> HttpPlatformGateway:
        """Return an adapter on this platform."""
        return HttpPlatformGateway(
            base_url="http://platform.example",
            client_id="onward",
            client_secret="right",
            connect_timeout=timedelta(seconds=1),
            read_timeout=timedelta(seconds=1),
            transport=httpx.MockTransport(self),
        )


def one(**changes: Any) -> tuple[int, Any]:
    """Return the answer of one client."""
    return 200, {"data": {**CLIENT, **changes}, "meta": {}, "error": None}


def refused(code: str, status: int) -> tuple[int, Any]:
    """Return a refusal."""
    return status, {"data": None, "meta": {}, "error": {"type": code, "message": "Read it again."}}


def changed(page: int, *moments: datetime, count: int) -> tuple[int, Any]:
    """Return a page of changed clients."""
    records = [
        {"id": f"cl_{page}_{at}", "status": "active", "version": 1, "updated_at": moment.isoformat()}
        for at, moment in enumerate(moments)
    ]
    return 200, {"data": records, "meta": {"count": count, "page": page, "page_size": 2}, "error": None}


@pytest.mark.rule("P51")
async def test_a_change_names_its_version_and_only_what_is_given() -> None:
    """The request carries the version that was read and no detail that was not given."""
    platform = Platform(one(version=8), one(version=9), one(version=10))
    gateway = platform.gateway()
    bank = BankDetails(account_holder="Mrs E Marsh", sort_code="200000", account_number="55779911")
    await gateway.amend_client("cl_1", KnownDetails(mobile="+447400654321"), version=7)
    await gateway.refer_client("cl_1", "plannr-9", version=8)
    await gateway.amend_bank_details("cl_1", bank, version=9)

    assert [request.headers["If-Match"] for request in platform.asked] == ['"7"', '"8"', '"9"']
    assert [json.loads(request.content) for request in platform.asked] == [
        {"mobile": "+447400654321"},
        {"external_reference": "plannr-9"},
        {name: value for name, value in BANK.items() if name != "provided_at"},
    ]
    assert gateway.call_count == 4


async def test_amending_nothing_only_reads() -> None:
    """Without a detail there is no change to send."""
    platform = Platform(one())
    record = await platform.gateway().amend_client("cl_1", KnownDetails(), version=7)

    assert record.version == 7
    assert [request.method for request in platform.asked] == ["GET"]


@pytest.mark.rule("P42")
async def test_other_version_that_says_it_already_is_no_conflict() -> None:
    """Where an earlier attempt has written it, the record is returned as it is now; else the conflict stands."""
    stale = refused("precondition_failed", 412)
    done = Platform(stale, one(mobile="+447400654321", version=9))
    other = Platform(stale, one(mobile="+447400111222", version=9))
    changes = KnownDetails(mobile="+447400654321", nationality="GB")

    assert (await done.gateway().amend_client("cl_1", changes, version=7)).version == 9
    with pytest.raises(Conflict) as conflict:
        await other.gateway().amend_client("cl_1", changes, version=7)
    assert conflict.value.code == "precondition_failed"


@pytest.mark.rule("P34")
async def test_other_conflicts_are_not_looked_into() -> None:
    """An e-mail address in use is told at once."""
    platform = Platform(refused("email_in_use", 409))
    with pytest.raises(Conflict):
        await platform.gateway().amend_client("cl_1", KnownDetails(email="a@example.com"), version=7)

    assert len(platform.asked) == 1


@pytest.mark.rule("P7")
@pytest.mark.parametrize("wrong", [{"sort_code": "20000"}, {"account_number": "x"}, {"account_holder": "x" * 61}])
async def test_bank_account_that_does_not_parse_counts_as_none(wrong: dict[str, str]) -> None:
    """A bank account that we could not write ourselves is a gap; the client is read all the same."""
    platform = Platform(one(bank_account={**BANK, **wrong}), one(bank_account=None), one())
    gateway = platform.gateway()
    read = [(await gateway.client_record("cl_1")).bank_details for _ in range(3)]

    assert [bank is None for bank in read] == [True, True, False]


@pytest.mark.rule("P53")
async def test_many_changes_of_one_moment_are_read_to_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as a page ends at the very moment asked for, the next one is read: asking on would find the same."""
    monkeypatch.setattr(syncing, "RECORDS_PER_PAGE", 2)
    later = MOMENT + timedelta(seconds=1)
    platform = Platform(
        changed(1, MOMENT, MOMENT, count=6), changed(2, MOMENT, MOMENT, count=6), changed(3, MOMENT, later, count=6)
    )
    found = await platform.gateway().changed("client", MOMENT)

    assert ([change.changed_at for change in found.changes], found.more) == ([*[MOMENT] * 5, later], False)
    assert [request.url.params["page"] for request in platform.asked] == ["1", "2", "3"]
    assert platform.asked[0].url.params["updated_since"] == MOMENT.isoformat()


@pytest.mark.rule("P54")
async def test_page_in_another_shape_is_tried_again() -> None:
    """A list without its count is no list that ended: the platform is unavailable."""
    platform = Platform((200, {"data": [], "meta": {}, "error": None}))
    with pytest.raises(ConnectorUnavailable):
        await platform.gateway().client_records()
