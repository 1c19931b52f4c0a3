"""Journeys that do not go straight, each played to its end and compared with what the rules say (P2, P27 to P47)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cli.demonstration import staff
from cli.demonstration.actors import AdviserActor, ClientActor, eventually
from cli.demonstration.clock import let_pass
from cli.demonstration.expectations import differences, expected_of, ladder
from cli.demonstration.journey import Narrate, Play
from cli.demonstration.readback import has_accepted, read_everything, read_mandates
from cli.demonstration.scripts import BANK_DETAILS, SCRIPTS, Script, account_form, start_form
from cli.demonstration.surroundings import DemonstrationFailed, Surroundings
from domain.calendar import london_day

ISA, GIA, JOINT = SCRIPTS["isa"], SCRIPTS["gia"], SCRIPTS["joint-gia"]
REFERRED = replace(ISA, last_name="Referred")
MISMATCH = replace(ISA, bank_details={**BANK_DETAILS, "account_number": "22220202"})

Act = Callable[[Play], Awaitable[dict[str, Any] | None]]
_LONGEST_WAIT_DAYS = 35
_CANCELLED_BY_PAYER = "1"
# How the journey's own timeline puts the steps of the ladder (P40).
_STEPS = {"reminder ": "reminder", "adviser told": "adviser_notice", "expired": "expiry"}


async def _withdrawn_illustrated(play: Play) -> None:
    play.illustrate()
    _withdraw(play)


async def _withdrawn_draft(play: Play) -> None:
    play.illustrate()
    play.submit_details()
    _withdraw(play)


async def _withdrawn_awaiting(play: Play) -> None:
    play.up_to_the_client()
    play.email(play.cast.people[0], "account_created")
    _withdraw(play)


async def _withdrawn_accepted(play: Play) -> None:
    _accepted_but_referred(play)
    client = play.cast.people[0]
    eventually(lambda: has_accepted(play.around, client.plannr_account), "the acceptance on the platform")
    _withdraw(play)


def _withdraw(play: Play) -> None:
    play.command("withdrawal", {"reason": "The client has chosen another provider."})
    play.narrate("adviser", "withdrew the journey")
    play.until_stage("withdrawn")


async def _declined(play: Play) -> None:
    play.up_to_the_client()
    play.in_portal(play.cast.people[0], lambda visitor: visitor.decline(play.journey_id))
    play.until_stage("declined")


async def _declined_by_one(play: Play) -> None:
    play.up_to_the_client()
    first, second = play.cast.people
    play.finish(first)
    play.in_portal(second, lambda visitor: visitor.decline(play.journey_id))
    play.narrate("client", f"{second.label}: declined, for both")
    play.until_stage("declined")


async def _expired(play: Play) -> dict[str, Any]:
    play.up_to_the_client()
    play.email(play.cast.people[0], "account_created")
    # An event of the platform that comes while time is being skipped would be overtaken by it.
    play.until("the checks", lambda seen: all(one["met"] for one in seen["gates"] if one["awaited_from"] == "platform"))
    play.narrate("client", f"{play.cast.people[0].label}: stays quiet")
    await let_pass(play.around, f"journey-{play.journey_id}", _LONGEST_WAIT_DAYS)
    play.until_stage("expired")
    timeline = [(datetime.fromisoformat(one["at"]), one["event"]) for one in play.journey()["timeline"]]
    began = next(at for at, event in timeline if event == "application sent to the platform")
    steps = [
        (kind, (london_day(at) - london_day(began)).days)
        for at, event in timeline
        for beginning, kind in _STEPS.items()
        if event.startswith(beginning)
    ]
    for kind, day in steps:
        play.narrate("system", f"day {day}: {kind.replace('_', ' ')}")
    if steps != ladder(began):
        raise DemonstrationFailed(f"the ladder was {steps} and has to be {ladder(began)}")
    return {"ladder": [{"day": day, "step": kind} for kind, day in steps]}


async def _referred(play: Play) -> None:
    _accepted_but_referred(play)
    _clear(play)


def _accepted_but_referred(play: Play) -> None:
    play.up_to_the_client()
    _until_attention(play)
    play.finish(play.cast.people[0])


def _until_attention(play: Play) -> None:
    seen = play.until("the finding of a check", lambda seen: bool(seen["needs_attention"]))
    play.narrate("system", f"needs attention: {'; '.join(seen['attention'])}")


def _clear(play: Play) -> None:
    staff.clear_identity(play.around, play.journey()["holders"][0]["platform_client"])
    play.narrate("platform", "staff cleared the identity check")
    play.until_stage("active")


async def _mismatch(play: Play) -> None:
    play.up_to_the_client()
    _until_attention(play)
    client = play.cast.people[0]
    play.finish(client)
    bank_details = {"account_holder": client.name, **BANK_DETAILS}
    holder = {"person_id": play.person_id(client), "bank_details": bank_details}
    play.command("amendments", {"holders": [holder], "reason": "The account number was misread."})
    play.narrate("adviser", "corrected the bank details")
    play.until_stage("active")


async def _superseded(play: Play) -> None:
    play.up_to_the_client()
    client = play.cast.people[0]
    play.in_portal(client, lambda visitor: visitor.do("product_terms", play.journey_id))
    play.narrate("client", f"{client.label}: product terms")
    document = next(one for one in play.journey()["documents"] if one["kind"] == "product_terms")
    version = staff.publish_again(play.around, document["document_id"])
    play.narrate("platform", f"published version {version} of a document that was accepted")
    play.email(client, "terms_changed")

    def once_more(visitor: ClientActor) -> None:
        shown = visitor.journey(play.journey_id)["documents"]
        unopened = [one["document_id"] for one in shown if one["kind"] == "product_terms" and not one["opened_at"]]
        if unopened != [document["document_id"]]:
            raise DemonstrationFailed(f"to open again are {unopened}, not the changed document alone")
        visitor.do_everything(play.journey_id, lambda task: play.narrate("client", f"{client.label}: {task}"))

    play.in_portal(client, once_more)
    play.until_stage("active")


async def _amended(play: Play) -> None:
    _accepted_but_referred(play)
    client, account = play.cast.people[0], account_form(play.script)
    account["charges"] = {"initial_basis_points": 100, "ongoing_basis_points": 75}
    amendment: dict[str, object] = {"account": account, "reason": "The ongoing charge was agreed anew."}
    effect = play.adviser.preview(play.journey_id, amendment)
    if not effect["material"]:
        raise DemonstrationFailed("a change of the charges is said to void nothing")
    play.narrate("adviser", f"was told what it voids: {'; '.join(effect['voids'])}")
    play.command("amendments", amendment)
    play.narrate("adviser", "amended the charges after the client had accepted")
    play.email(client, "acceptance_void")
    play.finish(client)
    _clear(play)


async def _mandate_failed(play: Play) -> None:
    play.up_to_the_client()
    client = play.cast.people[0]
    play.finish(client)
    play.until_stage("active")
    _until_mandates(play, ["active"])
    mandate = str(play.journey()["records"]["platform_mandate"])
    staff.report_failed_mandate(play.around, mandate, _CANCELLED_BY_PAYER)
    play.narrate("platform", "the bank reports that the payer cancelled the mandate")
    play.email(client, "mandate_failed")
    play.finish(client)
    play.until("the fresh mandate", lambda seen: not seen["mandate_failed"])
    _until_mandates(play, ["failed", "active"])
    play.narrate("system", "fresh mandate in place; the plan stayed active throughout")


def _until_mandates(play: Play, statuses: list[str]) -> None:
    account = str(play.journey()["records"]["platform_account"])
    eventually(lambda: read_mandates(play.around, account) == statuses, f"mandates that are {' and '.join(statuses)}")


async def _refused(play: Play, account_type: str) -> dict[str, Any]:
    form = start_form(play.script, play.cast) | {"wrapper": account_type}
    problem = play.adviser.refused_start(form)
    play.narrate("adviser", f"asked for {account_type} and was told: {problem['detail']}")
    kind = str(problem["type"]).rsplit("/", 1)[-1]
    if kind != "account-type-elsewhere":
        raise DemonstrationFailed(f"the refusal of {account_type} was {kind}, which gives no directions")
    return {"problem": kind, "directions": problem["detail"]}


def _refusal_of(account_type: str) -> Act:
    async def act(play: Play) -> dict[str, Any]:
        return await _refused(play, account_type)

    return act


CASES: dict[str, tuple[Script, Act]] = {
    "withdrawn-illustrated": (ISA, _withdrawn_illustrated),
    "withdrawn-application-draft": (ISA, _withdrawn_draft),
    "withdrawn-awaiting-client": (GIA, _withdrawn_awaiting),
    "withdrawn-after-acceptance": (REFERRED, _withdrawn_accepted),
    "declined": (ISA, _declined),
    "declined-by-one-of-two": (JOINT, _declined_by_one),
    "expired": (ISA, _expired),
    "aml-referred-cleared": (REFERRED, _referred),
    "bav-mismatch-corrected": (MISMATCH, _mismatch),
    "terms-superseded": (ISA, _superseded),
    "amended-after-acceptance": (REFERRED, _amended),
    "mandate-failed-replaced": (GIA, _mandate_failed),
    **{f"refused-{kind}": (ISA, _refusal_of(kind)) for kind in ("tpsipp", "tpofb", "corporate", "trust")},
}


async def play_unhappy(around: Surroundings, adviser: AdviserActor, name: str, narrate: Narrate) -> dict[str, Any]:
    """Play one case and return what was read back, with `ok` and, if it is not, what `differs`."""
    (script, act), expected = CASES[name], expected_of(name, datetime.now(UTC))
    play = Play(around, adviser, script, narrate)
    failed: list[str] = []
    facts: dict[str, Any] | None = None
    try:
        facts = await act(play)
        eventually(lambda: len(play.told()) >= len(expected.emails), "the last e-mail")
    except DemonstrationFailed as failure:
        failed = [str(failure)]
    stage = play.journey()["stage"] if play.journey_id else None
    seen = {"stage": stage, **read_everything(around, play.cast), "emails": play.told()}
    differs = failed + differences(expected, seen)
    return {"name": name, **seen, **(facts or {}), "ok": not differs, "differs": differs}
