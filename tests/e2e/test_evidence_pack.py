"""The evidence packs of real journeys stand up offline, whatever became of the acceptances on the way."""

import hashlib
import io
import json
import runpy
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.demonstration import staff
from cli.demonstration.actors import ClientActor, eventually, signed_in_adviser
from cli.demonstration.journey import Play
from cli.demonstration.scripts import SCRIPTS, application_form
from cli.main import build_app
from tests.e2e.world import World, expect_problem

pytestmark = pytest.mark.timeout(180)
FLIPS = 1000


def unheard(_: str, __: str) -> None:
    """Take no notice of what is told while a journey is played."""


def exported(world: World, journey_id: str) -> bytes:
    """Return a journey's pack as its adviser gets it."""
    answer = world.adviser.http.get(f"/api/v1/journeys/{journey_id}/evidence/pack")
    assert answer.status_code == 200, answer.text
    return answer.content


def files_of(pack: bytes) -> dict[str, bytes]:
    """Return the files of a pack."""
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def acceptances(pack: bytes) -> list[dict[str, Any]]:
    """Return the acceptance records of a pack."""
    found: list[dict[str, Any]] = json.loads(files_of(pack)["acceptances.json"])["acceptances"]
    return found


def verified(pack: bytes, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run the program of a pack on the pack, in a process that has nothing but the standard library."""
    path, program = folder / "pack.zip", folder / "verify.py"
    path.write_bytes(pack)
    program.write_bytes(files_of(pack)["verify.py"])
    command = [sys.executable, "-I", "-S", str(program), str(path)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def joint(world: World) -> Play:
    """Return a joint journey with a mandate that both holders brought to its active account."""
    journey = Play(world.around, world.adviser, SCRIPTS["joint-gia"], unheard)
    journey.up_to_the_client()
    for person in journey.cast.acting:
        journey.finish(person)
    journey.until_stage("active")
    return journey


@pytest.fixture(scope="module")
def joint_pack(world: World, joint: Play) -> bytes:
    """Return its evidence pack."""
    return exported(world, joint.journey_id)


@pytest.mark.rule("P24", "P25", "P30")
def test_pack_of_a_joint_journey_verifies_offline(joint: Play, joint_pack: bytes, tmp_path: Path) -> None:
    """Both holders' acceptances and the mandate are there, named and counting, and the pack passes by itself."""
    done = verified(joint_pack, tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("INTACT")
    assert joint.journey_id in done.stdout
    told = json.loads(files_of(joint_pack)["acceptances.json"])
    assert [person["name"].partition(" ")[2] for person in told["people"]] == [one.name for one in joint.cast.people]
    given = sorted((one["person_id"], one["kind"], one["standing"]) for one in told["acceptances"])
    kinds = ("platform_terms_accepted", "product_terms_accepted")
    both = [(joint.person_id(person), kind, "counts") for person in joint.cast.people for kind in kinds]
    first = joint.person_id(joint.cast.people[0])
    assert given == sorted([*both, (first, "direct_debit_mandate_answered", "counts")])


def test_a_thousand_flips_of_a_real_pack_all_fail(joint_pack: bytes, tmp_path: Path) -> None:
    """The pack's own program, run as it is in the pack, finds each of a thousand single changed bytes."""
    check, broken = _program(joint_pack, tmp_path)
    passed = []
    for number in range(FLIPS):
        drawn = hashlib.sha256(f"flip {number}".encode()).digest()
        place, change = int.from_bytes(drawn[:8], "big") % len(joint_pack), 1 + drawn[8] % 255
        flipped = bytearray(joint_pack)
        flipped[place] ^= change
        try:
            check(bytes(flipped))
        except broken:
            continue
        passed.append((place, change))

    check(joint_pack)
    assert passed == []


def _program(pack: bytes, folder: Path) -> tuple[Callable[[bytes], object], type[Exception]]:
    path = folder / "verify.py"
    path.write_bytes(files_of(pack)["verify.py"])
    names: dict[str, Any] = runpy.run_path(str(path), run_name="verify")
    return names["check_archive"], names["BrokenPack"]


def test_flipped_packs_are_refused_by_the_process_too(joint_pack: bytes, tmp_path: Path) -> None:
    """A change of the first, the last and a middle byte ends the program with 1 and words."""
    for place in (0, len(joint_pack) // 2, len(joint_pack) - 1):
        flipped = bytearray(joint_pack)
        flipped[place] ^= 1
        path = tmp_path / "flipped.zip"
        path.write_bytes(flipped)
        verified(joint_pack, tmp_path)
        command = [sys.executable, "-I", "-S", str(tmp_path / "verify.py"), str(path)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)

        assert done.returncode == 1
        assert "NOT INTACT" in done.stderr


def test_pack_holds_what_clients_were_served_and_no_address(joint: Play, joint_pack: bytes, world: World) -> None:
    """Each document is what the platform serves today under that version; nobody's address or account is in it."""
    files = files_of(joint_pack)
    documents = json.loads(files["manifest.json"])["documents"]
    with world.around.platform() as platform:
        for one in documents:
            served = platform.get(f"/documents/{one['document_id']}/versions/{one['version']}/content")
            assert files[one["file"]] == served.content

    assert len(documents) == 3
    for person in joint.cast.people:
        assert not [name for name, content in files.items() if person.email.encode() in content]


def test_a12_pack_of_another_firm_is_not_there(joint: Play, world: World) -> None:
    """An adviser of another firm gets 404 for the pack, as for the journey."""
    with signed_in_adviser(world.around, "callum.fairley@kestrel.example.com") as stranger:
        answer = stranger.http.get(f"/api/v1/journeys/{joint.journey_id}/evidence/pack")

    assert answer.status_code == 404
    expect_problem(answer, "journey-not-found")


def test_command_writes_a_pack_that_it_has_checked(
    joint: Play, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`onward evidence` takes either id, writes the file, and says in JSON what it is."""
    monkeypatch.setenv("ONWARD_HOME", str(world.stack.home.path))
    target = tmp_path / "joint.zip"
    done = CliRunner().invoke(build_app(), ["evidence", f"journey-{joint.journey_id}", "--out", str(target), "--json"])

    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert (said["journey_id"], said["intact"]) == (joint.journey_id, True)
    key = world.adviser.http.get("/api/v1/evidence-key").json()
    assert said["key_sha256"] == key["key_sha256"]


def test_command_says_that_there_is_no_such_journey(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown id ends with 1, in the words of the API, and writes nothing."""
    monkeypatch.setenv("ONWARD_HOME", str(world.stack.home.path))
    done = CliRunner().invoke(build_app(), ["evidence", "nothing", "--out", str(tmp_path / "no.zip")])

    assert done.exit_code == 1
    assert "no such journey" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.rule("P28")
def test_old_and_new_evidence_of_terms_that_changed_are_kept(world: World, tmp_path: Path) -> None:
    """The acceptance of the superseded terms is in the pack with its bytes, void and why; the new one counts."""
    journey = Play(world.around, world.adviser, SCRIPTS["isa"], unheard)
    journey.up_to_the_client()
    client = journey.cast.people[0]
    journey.in_portal(client, lambda visitor: visitor.do("product_terms", journey.journey_id))
    document = next(one for one in journey.journey()["documents"] if one["kind"] == "product_terms")
    version = staff.publish_again(world.around, document["document_id"])
    journey.email(client, "terms_changed")
    journey.finish(client)
    journey.until_stage("active")
    pack = exported(world, journey.journey_id)
    old, new = [one for one in acceptances(pack) if one["kind"] == "product_terms_accepted"]

    assert verified(pack, tmp_path).returncode == 0
    assert (old["standing"], new["standing"]) == ("void", "counts")
    assert f"version {version}" in old["reason"]
    assert [one["documents"][0]["version"] for one in (old, new)] == [document["version"], version]
    files = files_of(pack)
    assert files[old["documents"][0]["file"]] != files[new["documents"][0]["file"]]


@pytest.mark.rule("P44")
def test_evidence_that_an_amendment_voided_is_kept_with_the_reason(world: World, tmp_path: Path) -> None:
    """What was accepted before the charges changed is void and says so; what was accepted after counts."""
    journey = Play(world.around, world.adviser, SCRIPTS["joint-gia"], unheard)
    journey.up_to_the_client()
    first, second = journey.cast.people
    journey.finish(first)
    account = application_form(journey.script)["account"]
    assert isinstance(account, dict)
    account = account | {"charges": {"initial_basis_points": 100, "ongoing_basis_points": 75}}
    journey.command("amendments", {"account": account, "reason": "The ongoing charge was agreed anew."})
    journey.email(first, "acceptance_void")
    pack = exported(world, journey.journey_id)
    voided = next(one for one in acceptances(pack) if one["kind"] == "product_terms_accepted")

    assert verified(pack, tmp_path).returncode == 0
    assert voided["standing"] == "void"
    assert "charges" in voided["reason"]
    for person in (first, second):
        journey.finish(person)
    journey.until_stage("active")
    ended = acceptances(exported(world, journey.journey_id))
    assert [one["standing"] for one in ended if one["kind"] == "product_terms_accepted"] == ["void", "counts", "counts"]


@pytest.mark.rule("P47")
def test_evidence_of_a_mandate_that_failed_is_kept(
    joint: Play, joint_pack: bytes, world: World, tmp_path: Path
) -> None:
    """After the bank cancels the mandate its authorisation is void, with the reason; the account stays as it was."""
    mandate = str(joint.journey()["records"]["platform_mandate"])
    staff.report_failed_mandate(world.around, mandate, "1")
    joint.until("the failed mandate", lambda seen: bool(seen["mandate_failed"]))

    def voided() -> list[dict[str, Any]]:
        found = acceptances(exported(world, joint.journey_id))
        return [one for one in found if one["standing"] == "void"]

    before = {one["standing"] for one in acceptances(joint_pack)}
    (one,) = eventually(voided, "the void authorisation")
    assert before == {"counts"}
    assert one["kind"] == "direct_debit_mandate_answered"
    assert "reason code 1" in one["reason"]
    assert verified(exported(world, joint.journey_id), tmp_path).returncode == 0


@pytest.mark.rule("P27")
def test_pack_of_a_declined_journey_says_that_no_account_was_opened(world: World, tmp_path: Path) -> None:
    """A journey that ended without an account has a pack too, which says how it ended."""
    journey = Play(world.around, world.adviser, SCRIPTS["isa"], unheard)
    journey.up_to_the_client()
    client = journey.cast.people[0]

    def refuse(visitor: ClientActor) -> None:
        visitor.do("platform_terms", journey.journey_id)
        visitor.decline(journey.journey_id)

    journey.in_portal(client, refuse)
    journey.until_stage("declined")
    pack = exported(world, journey.journey_id)

    assert verified(pack, tmp_path).returncode == 0
    page = files_of(pack)["certificate.html"].decode()
    assert "Declined; no account was opened" in page
    assert "Stood at the end" in page
