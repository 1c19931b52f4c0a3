"""What `demo` takes, and how it judges what it read back."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from cli.demonstration.expectations import EXPECTED, differences, expected_of, ladder
from cli.demonstration.journey import is_as_the_rules_say
from cli.demonstration.scripts import SCRIPTS
from cli.demonstration.surroundings import DemonstrationFailed, patiently
from cli.demonstration.unhappy import CASES
from cli.main import build_app

QUIET_WEEKS = datetime(2026, 6, 1, 12, tzinfo=UTC)
CHRISTMAS = datetime(2026, 12, 22, 12, tzinfo=UTC)


def declined() -> dict[str, Any]:
    """Return what is read back of a journey that was declined as it should be."""
    expected = EXPECTED["declined"]
    told = [tuple(email.split(": ")) for email in expected.emails]
    return {
        "stage": "declined",
        "plannr": {**vars(expected.plannr), "tasks": []},
        "platform": {**vars(expected.platform), "mandates": []},
        "emails": [{"to": to, "template": template} for to, template in told],
    }


@pytest.mark.parametrize(("option", "known"), [("--wrapper", "joint-gia"), ("--unhappy", "refused-tpsipp")])
def test_an_unknown_journey_is_refused_with_the_known_ones(option: str, known: str) -> None:
    """Nothing is started for a misspelt name; the answer lists what there is."""
    done = CliRunner().invoke(build_app(), ["demo", option, "nothing"], terminal_width=400)

    assert done.exit_code == 2
    assert known in done.output


def test_every_case_has_a_row() -> None:
    """No case is played without a row to judge it by, and no row waits for a case."""
    assert list(CASES) == list(EXPECTED)


def test_what_is_as_ruled_differs_in_nothing() -> None:
    """The row itself, read back, is right."""
    assert differences(EXPECTED["declined"], declined()) == []


@pytest.mark.parametrize(
    ("part", "name", "value", "words"),
    [
        ("plannr", "plan", "proposed", "plannr: plan is proposed instead of inactive"),
        ("platform", "account", "2 records", "platform: account is 2 records instead of cancelled"),
        ("platform", "mandates", ["active"], "platform: mandates is ('active',) instead of ()"),
    ],
)
def test_a_record_that_is_not_as_ruled_is_named(part: str, name: str, value: object, words: str) -> None:
    """Each field of either system that is not what the row says makes the case fail, in words."""
    seen = declined()
    seen[part][name] = value

    assert differences(EXPECTED["declined"], seen) == [words]


def test_an_email_too_much_or_too_few_is_named() -> None:
    """An e-mail that came twice and one that never came are both found, although the number is right."""
    seen = declined()
    seen["emails"][-1] = seen["emails"][0]

    assert differences(EXPECTED["declined"], seen) == [
        "e-mail too much: holder: client_setup_started",
        "e-mail missing: holder: journey_declined",
    ]


def test_another_stage_is_named() -> None:
    """A journey that did not end is no success, whatever both systems hold."""
    assert differences(EXPECTED["declined"], declined() | {"stage": "awaiting_client"}) == [
        "stage: awaiting_client instead of declined"
    ]


@pytest.mark.rule("P40")
def test_the_ladder_keeps_clear_of_holidays() -> None:
    """In ordinary weeks there are four reminders; two that Christmas moves to one day are one."""
    assert [day for kind, day in ladder(QUIET_WEEKS) if kind == "reminder"] == [3, 7, 14, 21]
    assert expected_of("expired", QUIET_WEEKS).emails.count("holder: reminder") == 4
    assert [day for kind, day in ladder(CHRISTMAS) if kind == "reminder"] == [7, 14, 21]
    assert expected_of("expired", CHRISTMAS).emails.count("holder: reminder") == 3


def test_a_joint_account_needs_every_holder_told() -> None:
    """An e-mail that went twice to one holder does not stand in for the other's."""
    script = SCRIPTS["joint-gia"]
    labels = {"adviser": ["adviser"], "client": ["holder 1", "holder 2"]}
    pairs = dict.fromkeys(script.emails)
    emails = [{"to_role": role, "to": to, "template": template} for role, template in pairs for to in labels[role]]
    seen = {
        "stage": "active",
        "plannr": {"application": "complete", "plan": "active", "linked": True},
        "platform": {"client": "active", "account": "active"},
        "emails": emails,
    }

    assert is_as_the_rules_say(script, seen)
    assert not is_as_the_rules_say(
        script, seen | {"emails": [one | {"to": labels[one["to_role"]][0]} for one in emails]}
    )


def answering(*answers: httpx.Response) -> httpx.Client:
    """Return a session whose requests get these answers, one after the other."""
    left = list(answers)
    return httpx.Client(base_url="http://127.0.0.1", transport=httpx.MockTransport(lambda _: left.pop(0)))


def test_a_system_that_says_when_is_asked_again() -> None:
    """An answer that names a time is no failure: the request is sent again."""
    later = [httpx.Response(status, headers={"Retry-After": "0"}) for status in (429, 503)]
    with answering(*later, httpx.Response(200, json={"data": []})) as session:
        assert patiently(lambda: session.get("/clients")) == {"data": []}


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "3600"}])
def test_a_system_that_stays_away_ends_the_demonstration(headers: dict[str, str]) -> None:
    """Without a time, or with one beyond all patience, what was answered is said at once."""
    with (
        answering(httpx.Response(503, headers=headers, text="down")) as session,
        pytest.raises(DemonstrationFailed, match="answered 503: down"),
    ):
        patiently(lambda: session.get("/clients"))
