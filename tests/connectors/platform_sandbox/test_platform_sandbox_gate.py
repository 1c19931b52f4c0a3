"""What every call passes: authentication, envelope, rate limit, idempotency, versions."""

import asyncio
import base64
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from connectors.platform.sandbox.config import SandboxConfig, utc_now
from tests.connectors.platform_sandbox.platform_calls import CREDENTIAL, Platform, person, refusal, running


async def test_token_is_given_for_the_credential_in_the_form_or_as_basic(platform: Platform) -> None:
    """The client credentials are exchanged for a bearer token of an hour, by either way of RFC 6749."""
    basic = base64.b64encode(f"{CREDENTIAL['client_id']}:{CREDENTIAL['client_secret']}".encode()).decode()
    form = {"grant_type": "client_credentials"}

    by_form = await platform.http.post("/oauth/token", data={**form, **CREDENTIAL})
    by_basic = await platform.http.post("/oauth/token", data=form, headers={"Authorization": f"Basic {basic}"})

    for answer in (by_form, by_basic):
        assert answer.status_code == 200
        assert answer.json() | {"access_token": ""} == {"access_token": "", "token_type": "Bearer", "expires_in": 3600}


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({**CREDENTIAL, "client_secret": "wrong", "grant_type": "client_credentials"}, 401, "invalid_client"),
        ({**CREDENTIAL, "client_id": "wrong", "grant_type": "client_credentials"}, 401, "invalid_client"),
        ({**CREDENTIAL, "grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
async def test_token_is_refused(platform: Platform, form: dict[str, str], status: int, code: str) -> None:
    """A wrong credential or another grant gets RFC 6749's error and no token."""
    answer = await platform.http.post("/oauth/token", data=form)

    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert "access_token" not in answer.json()


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Bearer 99999999999.ab.cd", "Basic abc", "Bearer"])
async def test_call_without_a_good_token_is_refused(platform: Platform, header: str | None) -> None:
    """Everything else needs a token that this server signed."""
    platform.http.headers.pop("Authorization")
    answer = await platform.http.get("/clients", headers={"Authorization": header} if header else {})

    assert refusal(answer)[:2] == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_expired_token_is_refused(config: SandboxConfig) -> None:
    """A token is good for its hour and no longer, and survives a restart within it."""
    moment = utc_now()
    async with running(replace(config, now=lambda: moment)) as platform:
        header = platform.http.headers["Authorization"]
        await platform.get("/clients")
    async with running(replace(config, now=lambda: moment + timedelta(seconds=3599))) as platform:
        platform.http.headers["Authorization"] = header
        await platform.get("/clients")
    async with running(replace(config, now=lambda: moment + timedelta(seconds=3600))) as platform:
        answer = await platform.http.get("/clients", headers={"Authorization": header})

    assert answer.status_code == 401


async def test_refusals_have_the_envelope(platform: Platform) -> None:
    """Malformed JSON, unknown paths and wrong methods are told in the envelope too."""
    malformed = await platform.http.post("/clients", content=b"{", headers={"Content-Type": "application/json"})
    unknown = await platform.http.get("/nowhere")
    method = await platform.http.delete("/clients")

    assert refusal(malformed) == (400, "malformed_request", {})
    assert refusal(unknown)[:2] == (404, "not_found")
    assert refusal(method)[:2] == (405, "method_not_allowed")


async def test_refusal_never_repeats_what_was_sent(platform: Platform) -> None:
    """A 422 names fields and says what is wrong, without the values."""
    body = person(email="not an address", mobile="07400", national_insurance_number="QQ123456C", surprise="boo")
    body["address"]["postcode"] = "ZZ99 9ZZ"
    answer = await platform.post("/clients", body)

    assert refusal(answer) == (
        422,
        "validation_failed",
        {
            "email": "invalid",
            "mobile": "invalid",
            "national_insurance_number": "invalid",
            "address.postcode": "invalid",
            "surprise": "extra_forbidden",
        },
    )
    assert not [value for value in ("not an address", "07400", "QQ123456C", "ZZ99 9ZZ", "boo") if value in answer.text]


async def test_rate_limit_is_counted_and_told(config: SandboxConfig) -> None:
    """Each answer says what is left of the minute; beyond it comes 429 with Retry-After, then a new minute."""
    moment = utc_now().replace(second=15, microsecond=0)
    moments = [moment]
    async with running(replace(config, rate_limit_per_minute=2, now=lambda: moments[-1])) as platform:
        left = [(await platform.http.get("/clients")).headers["X-RateLimit-Remaining"] for _ in range(2)]
        refused = await platform.http.get("/clients")
        moments.append(moment + timedelta(seconds=int(refused.headers["Retry-After"])))
        again = await platform.http.get("/clients")

    assert left == ["1", "0"]
    assert refusal(refused)[:2] == (429, "rate_limited")
    assert (refused.headers["Retry-After"], refused.headers["X-RateLimit-Limit"]) == ("45", "2")
    assert again.status_code == 200


async def test_same_key_and_body_get_the_same_answer_again(platform: Platform) -> None:
    """A repeated POST is replayed, not repeated, whatever the spelling of its JSON."""
    body = person()
    first = await platform.post("/clients", body, key="k1")
    again = await platform.post("/clients", dict(reversed(body.items())), key="k1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["ETag"] == first.headers["ETag"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(await platform.get("/clients")) == 1


async def test_same_key_for_something_else_is_refused(platform: Platform) -> None:
    """A key belongs to one method, path and body."""
    await platform.post("/clients", person("a"), key="k1")

    for path, body in (("/clients", person("b")), ("/illustrations", person("a"))):
        assert refusal(await platform.post(path, body, key="k1"))[:2] == (422, "idempotency_key_reused")
    assert len(await platform.get("/clients")) == 1


async def test_refused_request_leaves_its_key_free(platform: Platform) -> None:
    """Nothing was done under the key, so a corrected body may use it."""
    refused = await platform.post("/clients", person(email=None), key="k1")
    corrected = await platform.post("/clients", person(), key="k1")

    assert (refused.status_code, corrected.status_code) == (422, 201)


async def test_two_requests_at_once_with_one_key_make_one_record(platform: Platform) -> None:
    """While a key is being worked on, its twin is told to come back."""
    answers = await asyncio.gather(*(platform.post("/clients", person(), key="k1") for _ in range(3)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert {refusal(answer)[1] for answer in answers if answer.status_code == 409} == {"idempotency_in_flight"}
    assert len(await platform.get("/clients")) == 1


async def test_key_is_kept_for_72_hours_also_over_a_restart(config: SandboxConfig) -> None:
    """Within 72 hours the answer is replayed, after them the request is a new one."""
    moment = utc_now()
    statuses = []
    for hours in (0, 71, 73):
        later = moment + timedelta(hours=hours)
        async with running(replace(config, now=lambda later=later: later)) as platform:  # type: ignore[misc]
            answer = await platform.post("/clients", person(), key="k1")
            statuses.append((answer.status_code, answer.headers.get("Idempotency-Replayed")))

    assert statuses == [(201, None), (201, "true"), (409, None)]


@pytest.mark.parametrize("key", ["x" * 256, "tab\tkey"])
async def test_unfit_key_is_refused(platform: Platform, key: str) -> None:
    """A key is short and visible."""
    assert refusal(await platform.post("/clients", person(), key=key))[:2] == (422, "validation_failed")


async def test_if_match_guards_a_change(platform: Platform) -> None:
    """A change made against an older version is refused with 412 and changes nothing."""
    client = await platform.client()
    path = f"/clients/{client['id']}"

    async def rename(tag: str) -> httpx.Response:
        return await platform.http.patch(path, json={"first_name": f"To{len(tag)}"}, headers={"If-Match": tag})

    first = await rename('"1"')
    stale = await rename('"1"')

    assert (first.status_code, first.headers["ETag"], first.json()["data"]["version"]) == (200, '"2"', 2)
    assert refusal(stale)[:2] == (412, "precondition_failed")
    assert (await rename("*")).headers["ETag"] == '"3"'
    assert (await platform.get(path))["first_name"] == "To1"


async def test_lists_are_paged_sorted_and_bounded(platform: Platform) -> None:
    """A list tells how many match, gives one page in the order asked, and refuses a page over 200."""
    references = [f"ref-{number}" for number in range(5)]
    for reference in references:
        await platform.client(reference)

    page = await platform.http.get("/clients?page=2&page_size=2&sort=-created_at")

    assert [item["external_reference"] for item in page.json()["data"]] == ["ref-2", "ref-1"]
    assert page.json()["meta"] == {"count": 5, "page": 2, "page_size": 2}
    for query, field in (("page_size=201", "page_size"), ("page=0", "page"), ("sort=name", "sort"), ("x=1", "x")):
        assert set(refusal(await platform.http.get(f"/clients?{query}"))[2]) == {field}
