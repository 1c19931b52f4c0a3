"""The evidence pack of a journey: one ZIP file that shows, offline and for ever, who was shown and accepted what."""

from api.evidence_pack.assembling import EvidencePack, build, for_journey
from api.evidence_pack.sealing import SealingKey

__all__ = ["EvidencePack", "SealingKey", "build", "for_journey"]
