"""What the API says about evidence packs beside the packs themselves."""

from typing import Literal

from pydantic import Field

from models.schemas.forms import Answer


class SealingKeyView(Answer):
    """The public key that seals evidence packs."""

    algorithm: Literal["Ed25519"]
    public_key: str = Field(description="32 bytes in hexadecimal", examples=["d75a980182b10ab7" * 4])
    key_sha256: str = Field(
        description="its fingerprint, as `verify.py` prints it and takes it as `--key`",
        examples=["21fe31dfa154a261" * 4],
    )
