"""Checks an evidence pack of Onward, offline. Needs Python 3.8 or newer and nothing else.

    python3 verify.py PACK.zip           the pack as it was handed over: every byte of the file is covered
    python3 verify.py FOLDER             its unpacked files; without a name, those beside this program
    python3 verify.py PACK.zip --key K   and make sure that the key with this fingerprint sealed it

Exit code 0: intact. 1: not intact, do not rely on it. 2: there is nothing to check.

Whoever can change a pack can change the program inside it: use a copy of this program that reached you another way.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
import sys
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

FORMAT = "onward-evidence-pack/1"
MANIFEST, SIGNATURE, TIMELINE, ACCEPTANCES = "manifest.json", "signature.json", "timeline.jsonl", "acceptances.json"
OPENING = "document_opened"
ACCEPTING = ("platform_terms_accepted", "product_terms_accepted", "direct_debit_mandate_answered")
SHOWN = ("document_id", "version", "sha256")
TOLD = ("authentication", "capacity", "documents", "kind", "occurred_at", "person_id", "record_hash", "statement")

# What reading damaged files can raise, beside what is found on purpose.
_DAMAGE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, struct.error)


class BrokenPack(Exception):  # noqa: N818 - reads as the state it tells of
    """The pack is not as it was sealed; the text says where."""


def expect(holds: bool, otherwise: str) -> None:
    """Refuse the pack unless something holds."""
    if not holds:
        raise BrokenPack(otherwise)


def sha256(content: bytes) -> str:
    """Return the SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def canonical(value: object) -> bytes:
    """Return the one JSON text of a value: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


# --- the archive: one byte sequence for the same files, so that no byte of it is free ---


def archive(files: dict[str, bytes]) -> bytes:
    """Return the ZIP file that holds exactly these files: stored, in this order, dated 1 January 1980."""
    body, directory = b"", b""
    for name, content in files.items():
        plain = name.encode("ascii")
        facts = struct.pack("<4H3L", 0, 0, 0, 0x21, zlib.crc32(content), len(content), len(content))
        offset = len(body)
        body += struct.pack("<4sH", b"PK\x03\x04", 20) + facts + struct.pack("<2H", len(plain), 0) + plain + content
        directory += struct.pack("<4s2H", b"PK\x01\x02", 0x0314, 20) + facts
        directory += struct.pack("<5H2L", len(plain), 0, 0, 0, 0, 0o100644 << 16, offset) + plain
    end = (0, 0, len(files), len(files), len(directory), len(body), 0)
    return body + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", *end)


def unpack(content: bytes) -> dict[str, bytes]:
    """Return the files of such an archive, which has to be the one archive of these files, byte for byte."""
    files: dict[str, bytes] = {}
    at = 0
    while content[at : at + 4] == b"PK\x03\x04":
        size, name_length = struct.unpack_from("<LH", content, at + 22)
        start = at + 30 + name_length
        files[content[at + 30 : start].decode("ascii")] = content[start : start + size]
        at = start + size
    expect(content == archive(files), "the ZIP file is not laid out as it was written")
    return files


# --- the seal: Ed25519 as in RFC 8032, section 5.1 and appendix A ---

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)


def _add(one: Any, other: Any) -> Any:
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % _P, (one[1] + one[0]) * (other[1] + other[0]) % _P
    c, d = 2 * one[3] * other[3] * _D % _P, 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(factor: int, point: Any) -> Any:
    total: Any = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = _add(total, point)
        point, factor = _add(point, point), factor >> 1
    return total


def _decoded(text: bytes) -> Any:
    """Return the point that 32 bytes stand for; None when they stand for none."""
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if y >= _P or (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return (x, y, 1, x * y % _P)


_BASE = _decoded(bytes.fromhex("58" + "66" * 31))


def signed_by(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether this key made this signature of this message."""
    if len(public_key) != 32 or len(signature) != 64:  # noqa: PLR2004 - the sizes of Ed25519
        return False
    key, nonce, scalar = _decoded(public_key), _decoded(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or scalar >= _ORDER:
        return False
    hashed = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % _ORDER
    left, right = _times(scalar, _BASE), _add(nonce, _times(hashed, key))
    return not any((left[i] * right[2] - right[i] * left[2]) % _P for i in (0, 1))


def seal_text(public_key: bytes, signature: bytes) -> bytes:
    """Return the content of signature.json."""
    fixed = {"algorithm": "Ed25519", "key_sha256": sha256(public_key), "signed": MANIFEST}
    return canonical({**fixed, "public_key": public_key.hex(), "signature": signature.hex()})


def check_seal(files: dict[str, bytes], key: str | None) -> str:
    """Check the signature over the manifest; return the fingerprint of the key that made it."""
    seal = json.loads(files[SIGNATURE])
    public_key, signature = bytes.fromhex(seal["public_key"]), bytes.fromhex(seal["signature"])
    fingerprint = sha256(public_key)
    expect(files[SIGNATURE] == seal_text(public_key, signature), f"{SIGNATURE} was changed")
    expect(signed_by(public_key, files[MANIFEST], signature), f"{MANIFEST} is not what was signed")
    expect(key in (None, fingerprint), f"it was sealed by another key, {fingerprint}")
    return fingerprint


# --- what the files say ---


def check_files(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    """Check that the files are exactly those of the manifest, in its order."""
    expect(manifest["format"] == FORMAT, f"its format is not {FORMAT}")
    listed = [entry["name"] for entry in manifest["files"]]
    expect([*listed, MANIFEST, SIGNATURE] == list(files), "its files are others, or in another order")
    for entry in manifest["files"]:
        content = files[entry["name"]]
        expect((len(content), sha256(content)) == (entry["size"], entry["sha256"]), f"{entry['name']} was changed")


def check_timeline(content: bytes, manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Check that every line is chained to the one before; return the lines."""
    lines, previous = [], ""
    for number, text in enumerate(content.splitlines(keepends=True), 1):
        line = json.loads(text)
        whole = text == canonical(line) + b"\n"
        expect(whole and (line["line"], line["previous"]) == (number, previous), f"{TIMELINE} breaks at line {number}")
        lines.append(line)
        previous = sha256(text[:-1])
    expect(manifest["timeline"] == {"head": previous, "lines": len(lines)}, f"{TIMELINE} has another end")
    return lines


def check_evidence(lines: list[dict[str, Any]], manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Check that every act of a client is chained to the one before; return the acts in their order."""
    acts = [line["entry"] for line in lines if line["type"] == "evidence"]
    acts.sort(key=lambda act: int(act["position"]))
    previous = ""
    for number, act in enumerate(acts, 1):
        record_hash = sha256(canonical({name: act[name] for name in act if name != "record_hash"}))
        linked = (act["position"], act["previous_hash"], act["record_hash"]) == (number, previous, record_hash)
        expect(linked, f"the evidence breaks at act {number}")
        expect(act["journey_id"] == manifest["journey_id"], f"act {number} belongs to another journey")
        previous = record_hash
    expect(manifest["evidence"] == {"acts": len(acts), "head": previous}, "the evidence has another end")
    return acts


def check_documents(files: dict[str, bytes], acts: list[dict[str, Any]], manifest: dict[str, Any]) -> None:
    """Check that each document that was opened or accepted is there, with the bytes that were shown."""
    kept = {(one["document_id"], one["version"]): one for one in manifest["documents"]}
    for act in acts:
        for shown in act["documents"]:
            one = kept[shown["document_id"], shown["version"]]
            same = shown["sha256"] == one["sha256"] == sha256(files[one["file"]])
            expect(same, f"{one['file']} is not what was shown in act {act['position']}")


def check_acceptances(content: bytes, acts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Check that the acceptances are those of the evidence, and that none counts without its openings (P24)."""
    acceptances: list[dict[str, Any]] = json.loads(content)["acceptances"]
    made = {act["evidence_id"]: act for act in acts if act["kind"] in ACCEPTING}
    expect([one["evidence_id"] for one in acceptances] == list(made), f"{ACCEPTANCES} leaves something out")
    for one in acceptances:
        act = made[one["evidence_id"]]
        told = {**one, "documents": [{name: shown[name] for name in SHOWN} for shown in one["documents"]]}
        same = all(told[name] == act[name] for name in TOLD)
        expect(same, f"{ACCEPTANCES} differs from act {act['position']}")
        if one["standing"] == "counts":
            opened = [
                shown
                for other in acts
                if other["kind"] == OPENING and other["person_id"] == act["person_id"]
                if other["occurred_at"] <= act["occurred_at"]
                for shown in other["documents"]
            ]
            unread = [shown["document_id"] for shown in act["documents"] if shown not in opened]
            expect(not unread, f"act {act['position']} counts although it lacks an opening: {', '.join(unread)}")
    return acceptances


# --- the whole ---


def check(files: dict[str, bytes], key: str | None = None) -> list[tuple[str, str]]:
    """Check the files of a pack against each other; return what they are, for people. Raises BrokenPack."""
    try:
        fingerprint = check_seal(files, key)
        manifest = json.loads(files[MANIFEST])
        check_files(files, manifest)
        lines = check_timeline(files[TIMELINE], manifest)
        acts = check_evidence(lines, manifest)
        check_documents(files, acts, manifest)
        acceptances = check_acceptances(files[ACCEPTANCES], acts)
    except _DAMAGE as error:
        raise BrokenPack(f"it cannot be read ({type(error).__name__})") from error
    counting = sum(one["standing"] == "counts" for one in acceptances)
    return [
        ("journey", manifest["journey_id"]),
        ("made", manifest["generated_at"]),
        ("evidence", f"{len(acts)} acts, each chained to the one before"),
        ("timeline", f"{len(lines)} lines, each chained to the one before"),
        ("documents", f"{len(manifest['documents'])}, byte for byte as they were shown"),
        ("acceptances", f"{len(acceptances)}, of which {counting} count"),
        ("sealed by key", fingerprint),
    ]


def check_archive(content: bytes, key: str | None = None) -> list[tuple[str, str]]:
    """Check a pack as it was handed over; return what it is, for people. Raises BrokenPack."""
    try:
        files = unpack(content)
    except _DAMAGE as error:
        raise BrokenPack(f"the ZIP file cannot be read ({type(error).__name__})") from error
    return [*check(files, key), ("SHA-256 of pack", sha256(content))]


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the files of an unpacked pack; a folder may hold others beside them."""
    names = [str(entry["name"]) for entry in json.loads((folder / MANIFEST).read_bytes())["files"]]
    inside = [not name.startswith("/") and ".." not in PurePosixPath(name).parts for name in names]
    expect(all(inside), "the manifest names a file elsewhere")
    return {name: (folder / name).read_bytes() for name in (*names, MANIFEST, SIGNATURE)}


def main(arguments: list[str] | None = None) -> int:
    """Check what the command line names and say what was found."""
    parser = argparse.ArgumentParser(description="Checks an evidence pack, offline.")
    parser.add_argument(
        "pack", nargs="?", type=Path, default=Path(__file__).resolve().parent, help="ZIP file or folder"
    )
    parser.add_argument("--key", help="the fingerprint of the key that must have sealed it")
    given = parser.parse_args(arguments)
    key = given.key and given.key.replace(" ", "").lower()
    try:
        folder = given.pack.is_dir()
        found = check(read_folder(given.pack), key) if folder else check_archive(given.pack.read_bytes(), key)
    except OSError as error:
        sys.stderr.write(f"Nothing to check: {error.filename}: {error.strerror}.\n")
        return 2
    except (BrokenPack, *_DAMAGE) as broken:
        sys.stderr.write(f"NOT INTACT: {broken}.\nDo not rely on this pack; ask the firm that made it for a new one.\n")
        return 1
    sys.stdout.write("INTACT: nothing was changed since the pack was sealed.\n")
    sys.stdout.write("".join(f"{name:>16}  {value}\n" for name, value in found))
    if key is None:
        sys.stdout.write("Compare the key with the one the firm tells you, or give it as --key.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
