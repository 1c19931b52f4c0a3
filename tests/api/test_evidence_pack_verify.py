"""`verify.py` passes on a pack and on nothing else: every byte of the file is covered, and so is what the files say."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.evidence_pack import SealingKey, build, verify
from tests.api.evidence_scene import straight

PROGRAM = Path(verify.__file__)
KEY = SealingKey(Ed25519PrivateKey.from_private_bytes(b"the installation's own key ....."))
FOREIGN = SealingKey(Ed25519PrivateKey.from_private_bytes(b"a key that somebody else made ..."[:32]))
_ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.fixture(scope="module")
def pack() -> bytes:
    """Return the pack of a straight joint journey."""
    return build(straight().dossier(), KEY)


@pytest.fixture(scope="module")
def files(pack: bytes) -> dict[str, bytes]:
    """Return the files of that pack, read by a library that knows nothing of it."""
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def run(*arguments: str, program: Path = PROGRAM) -> "subprocess.CompletedProcess[str]":
    """Run the program as anybody would: isolated, with nothing but the standard library."""
    command = [sys.executable, "-I", "-S", str(program), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def resealed(files: dict[str, bytes], key: SealingKey = KEY) -> dict[str, bytes]:
    """Return the files with a manifest and a signature that fit them again, as a forger with the key would."""
    manifest = json.loads(files[verify.MANIFEST])
    for entry in manifest["files"]:
        content = files[entry["name"]]
        entry |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    text = json.dumps(manifest).encode()
    return {**files, verify.MANIFEST: text, verify.SIGNATURE: verify.seal_text(key.public, key.private.sign(text))}


def refused(files: dict[str, bytes]) -> str:
    """Return why the files are refused."""
    with pytest.raises(verify.BrokenPack) as refusal:
        verify.check_archive(verify.archive(files))
    return str(refusal.value)


def derived(seed: str, count: int, below: int) -> Iterator[int]:
    """Yield as many numbers below a limit, always the same ones."""
    for number in range(count):
        yield int.from_bytes(hashlib.sha256(f"{seed}{number}".encode()).digest()) % below


def test_pack_passes_with_the_standard_library_alone(pack: bytes, tmp_path: Path) -> None:
    """The program says INTACT, names journey, key and digest, and exits with 0."""
    path = tmp_path / "pack.zip"
    path.write_bytes(pack)
    plain, pinned = run(str(path)), run(str(path), "--key", KEY.fingerprint)

    assert (plain.returncode, pinned.returncode) == (0, 0), plain.stderr + pinned.stderr
    assert plain.stdout.startswith("INTACT")
    for said in ("journey-1", KEY.fingerprint, hashlib.sha256(pack).hexdigest(), "10 acts", "4, of which 4 count"):
        assert said in plain.stdout


def test_unpacked_files_pass_beside_their_own_program(files: dict[str, bytes], tmp_path: Path) -> None:
    """Unpacked, the program needs no argument; a file changed, taken away or exchanged is named."""
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)

    assert run(program=tmp_path / "verify.py").returncode == 0
    for name, content in files.items():
        (tmp_path / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        assert run(str(tmp_path)).returncode == 1, name
        (tmp_path / name).unlink()
        assert run(str(tmp_path)).returncode == 2, name
        (tmp_path / name).write_bytes(content)
    assert run(str(tmp_path)).returncode == 0


def test_manifest_that_names_a_file_elsewhere_is_refused(files: dict[str, bytes], tmp_path: Path) -> None:
    """A folder's manifest cannot make the program read beside the folder."""
    for name in ("../outside", "/outside", "documents/../../outside"):
        manifest = {**json.loads(files[verify.MANIFEST]), "files": [{"name": name}]}
        (tmp_path / verify.MANIFEST).write_text(json.dumps(manifest))
        done = run(str(tmp_path))

        assert done.returncode == 1
        assert "a file elsewhere" in done.stderr


def test_nothing_to_check_is_said(tmp_path: Path) -> None:
    """A file that is not there is neither intact nor broken."""
    missing = run(str(tmp_path / "none.zip"))

    assert missing.returncode == 2
    assert "Nothing to check" in missing.stderr


def test_a_thousand_flipped_bytes_all_fail(pack: bytes) -> None:
    """A change of any one byte, spread over the whole file, is noticed: each place is changed in another way."""
    places = list(derived("flip", 1000, len(pack)))
    passed = []
    for place in places:
        changed = bytearray(pack)
        changed[place] ^= 1 + hashlib.sha256(f"how{place}".encode()).digest()[0] % 255
        if not _fails(bytes(changed)):
            passed.append(place)

    assert not _fails(pack)
    assert len(set(places)) > 950
    assert passed == []


def test_every_byte_that_is_no_content_is_covered(pack: bytes, files: dict[str, bytes]) -> None:
    """Names, dates, attributes, lengths, checksums, the directory and its end: a change of any bit of them fails."""
    free = []
    for place in _structure(pack, files):
        for bit in range(8):
            changed = bytearray(pack)
            changed[place] ^= 1 << bit
            if not _fails(bytes(changed)):
                free.append((place, bit))

    assert free == []


def _fails(content: bytes) -> bool:
    try:
        verify.check_archive(content)
    except verify.BrokenPack:
        return True
    return False


def _structure(pack: bytes, files: dict[str, bytes]) -> list[int]:
    covered = set()
    for content in files.values():
        at = pack.index(content)
        covered |= set(range(at, at + len(content)))
    return [place for place in range(len(pack)) if place not in covered]


@pytest.mark.parametrize(
    "change",
    [
        lambda pack: pack[:-1],
        lambda pack: pack + b"\0",
        lambda pack: b"\0" + pack,
        lambda pack: pack[: len(pack) // 2],
        lambda pack: b"",
        lambda pack: b"PK\x03\x04",
        lambda pack: pack[:-2] + b"\x05\x00hello",
        lambda pack: pack + pack,
    ],
)
def test_longer_and_shorter_files_fail(pack: bytes, change: Callable[[bytes], bytes]) -> None:
    """Nothing can be cut off, put before, put behind or written into the archive's comment."""
    assert _fails(change(pack))


def test_archive_is_an_ordinary_zip_file(pack: bytes, files: dict[str, bytes]) -> None:
    """Every ZIP program reads it, and it is laid out in one way alone."""
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        assert archive.testzip() is None
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert verify.archive(files) == pack


# --- what the files say of each other, even where somebody had the key ---


def test_other_files_do_not_fit_the_manifest(files: dict[str, bytes]) -> None:
    """A file more or less, another order and another content are each refused."""
    less = {name: content for name, content in files.items() if name != "certificate.pdf"}

    swapped = dict(reversed(files.items()))

    for other in (less, swapped, {**files, "more.txt": b"x"}):
        assert "others, or in another order" in refused(other)
    assert "certificate.html" in refused({**files, "certificate.html": b"<p>Other</p>"})


def test_another_manifest_is_not_what_was_signed(files: dict[str, bytes]) -> None:
    """Whoever changes a file and the manifest with it cannot sign it; under a key of their own it is another key."""
    forged = resealed({**files, "certificate.html": b"<p>Other</p>"}, FOREIGN)
    unsigned = {**forged, verify.SIGNATURE: files[verify.SIGNATURE]}

    assert "not what was signed" in refused(unsigned)
    with pytest.raises(verify.BrokenPack, match="another key"):
        verify.check_archive(verify.archive(forged), KEY.fingerprint)


@pytest.mark.parametrize(
    "change", [str.upper, lambda text: text.replace("Ed25519", "ed25519"), lambda text: text + " "]
)
def test_signature_is_written_in_one_way_alone(files: dict[str, bytes], change: Callable[[str], str]) -> None:
    """Capital letters, spaces and other names that mean the same are refused."""
    refused({**files, verify.SIGNATURE: change(files[verify.SIGNATURE].decode()).encode()})


@pytest.mark.rule("P24")
def test_records_have_to_agree_with_each_other(files: dict[str, bytes]) -> None:
    """Whatever somebody with the key alters in one record alone is found by another."""
    told = json.loads(files[verify.ACCEPTANCES])

    def altered(**changes: object) -> dict[str, bytes]:
        first, *others = told["acceptances"]
        text = json.dumps({**told, "acceptances": [{**first, **changes}, *others]}).encode()
        return resealed({**files, verify.ACCEPTANCES: text})

    assert "differs from act 3" in refused(altered(statement="I agree to nothing."))
    assert "differs from act 3" in refused(altered(occurred_at="2026-11-24T08:00:00.000000+00:00"))
    assert "leaves something out" in refused(altered(evidence_id="another"))
    fewer = json.dumps({**told, "acceptances": told["acceptances"][1:]}).encode()
    assert "leaves something out" in refused(resealed({**files, verify.ACCEPTANCES: fewer}))
    document = next(name for name in files if name.startswith("documents/"))
    assert document in refused(resealed({**files, document: b"other terms"}))


def test_timeline_breaks_where_it_was_changed(files: dict[str, bytes]) -> None:
    """A line changed, taken out or exchanged breaks the chain; lines cut off at the end are missed by its head."""
    lines = files[verify.TIMELINE].splitlines(keepends=True)

    def with_lines(*changed: bytes) -> str:
        return refused(resealed({**files, verify.TIMELINE: b"".join(changed)}))

    assert "line 3" in with_lines(lines[0], lines[1].replace(b"adviser", b"advisor"), *lines[2:])
    assert "line 3" in with_lines(*lines[:2], *lines[3:])
    assert "line 3" in with_lines(*lines[:2], lines[3], lines[2], *lines[4:])
    assert "another end" in with_lines(*lines[:-1])


@pytest.mark.rule("P24")
def test_evidence_is_recomputed_from_its_fields(files: dict[str, bytes]) -> None:
    """A timeline chained anew over an act that was altered is found by the act's own hash."""

    def rechained(change: Callable[[dict[str, Any]], None]) -> str:
        lines, previous = [], ""
        for text in files[verify.TIMELINE].splitlines():
            line = json.loads(text)
            if line["type"] == "evidence" and line["entry"]["position"] == 3:
                change(line["entry"])
            written = verify.canonical({**line, "previous": previous})
            lines.append(written + b"\n")
            previous = verify.sha256(written)
        manifest = json.loads(files[verify.MANIFEST])
        manifest["timeline"]["head"] = previous
        changed = {**files, verify.TIMELINE: b"".join(lines), verify.MANIFEST: json.dumps(manifest).encode()}
        return refused(resealed(changed))

    assert "act 3" in rechained(lambda act: act.update(statement="I agree to nothing."))
    assert "act 3" in rechained(lambda act: act.update(ip="198.51.100.1"))
    assert "act 3" in rechained(lambda act: act.update(position=30))
    assert "act 3" in rechained(lambda act: act.update(added="field"))


# --- the signature ---


@pytest.mark.parametrize(
    ("public", "message", "signature"),
    [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            (
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                "d25bf5f0595bbe24655141438e7a100b"
            ),
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            (
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                "387b2eaeb4302aeeb00d291612bb0c00"
            ),
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            (
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
                "4a7c15e9716ed28dc027beceea1ec40a"
            ),
        ),
        (
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            hashlib.sha512(b"abc").hexdigest(),
            (
                "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
                "3dca179c138ac17ad9bef1177331a704"
            ),
        ),
    ],
)
def test_signatures_of_the_standard_are_good(public: str, message: str, signature: str) -> None:
    """The vectors of RFC 8032, section 7.1, pass; each with one bit changed anywhere does not."""
    key, text, made = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)

    assert verify.signed_by(key, text, made)
    assert not verify.signed_by(key, text + b"x", made)
    for place in derived(signature, 24, len(made) * 8):
        assert not verify.signed_by(key, text, _flipped(made, place))
        assert not verify.signed_by(_flipped(key, place % 256), text, made)


def _flipped(content: bytes, bit: int) -> bytes:
    return content[: bit // 8] + bytes([content[bit // 8] ^ (1 << bit % 8)]) + content[bit // 8 + 1 :]


def test_signatures_of_the_library_are_good() -> None:
    """Whatever the library that signs packs signs, the program takes."""
    for number in derived("keys", 12, 2**64):
        private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(str(number).encode()).digest())
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        message = str(number).encode() * (number % 50)

        assert verify.signed_by(public, message, private.sign(message))


def test_other_writings_of_a_good_signature_are_refused() -> None:
    """A scalar beyond the order, a point that is none, and other lengths are no signatures (RFC 8032, 5.1.7)."""
    public, message = KEY.public, b"message"
    made = KEY.private.sign(message)
    scalar = int.from_bytes(made[32:], "little") + _ORDER

    assert not verify.signed_by(public, message, made[:32] + scalar.to_bytes(32, "little"))
    assert not verify.signed_by(public, message, b"\xff" * 32 + made[32:])
    assert not verify.signed_by(b"\xff" * 32, message, made)
    assert not verify.signed_by(public, message, made + b"\0")
    assert not verify.signed_by(public[:-1], message, made)
