"""Seals the files of a pack: the manifest that names every one of them, its signature, and the archive."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.evidence_pack import verify
from api.evidence_pack.dossier import Dossier
from api.evidence_pack.records import ChainedTimeline
from runtime.settings import Settings
from storage.canonical import canonical_json

_PROGRAM: Final = Path(__file__).with_name("verify.py")


@dataclass(frozen=True)
class SealingKey:
    """The key that signs packs, derived from the secret key, so that every process has the same one."""

    private: Ed25519PrivateKey

    @classmethod
    def of(cls, settings: Settings) -> "SealingKey":
        """Derive the key of an installation."""
        derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"onward evidence pack")
        seed = derive.derive(settings.secret_key.get_secret_value().encode())
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the public key in hexadecimal, by which people know it."""
        return hashlib.sha256(self.public).hexdigest()


def seal(dossier: Dossier, timeline: ChainedTimeline, files: dict[str, bytes], key: SealingKey) -> bytes:
    """Return the whole pack as a ZIP file: these files, the checking program, manifest and signature."""
    complete = {**files, "verify.py": _PROGRAM.read_bytes()}
    content = {
        "format": verify.FORMAT,
        "journey_id": dossier.progress.journey_id,
        "firm": dossier.progress.firm,
        "generated_at": dossier.generated_at,
        "evidence": {
            "acts": len(dossier.evidence),
            "head": dossier.evidence[-1].record_hash if dossier.evidence else "",
        },
        "timeline": {"lines": timeline.lines, "head": timeline.head},
        "documents": [
            {"document_id": one.document_id, "version": one.version, "sha256": one.sha256, "file": one.file}
            for one in dossier.documents
        ],
        "files": [
            {"name": name, "size": len(text), "sha256": hashlib.sha256(text).hexdigest()}
            for name, text in complete.items()
        ],
    }
    manifest = (json.dumps(json.loads(canonical_json(content)), indent=2, ensure_ascii=False) + "\n").encode()
    signature = verify.seal_text(key.public, key.private.sign(manifest))
    return verify.archive({**complete, verify.MANIFEST: manifest, verify.SIGNATURE: signature})
