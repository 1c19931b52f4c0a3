"""The evidence pack of a journey, and the key that seals packs."""

from fastapi import APIRouter, Response

from api import evidence_pack
from api import problem_types as problems
from api.dependencies import NowDep, ServicesDep
from api.problems import responses
from api.routes.journeys import SIGN_IN
from api.security.advisers import AdviserDep
from models.schemas.evidence_pack import SealingKeyView

MEDIA_TYPE = "application/zip"

router = APIRouter(prefix="/api/v1", tags=["records"], responses=responses(*SIGN_IN))


@router.get(
    "/journeys/{journey_id}/evidence/pack",
    response_class=Response,
    responses={
        200: {"description": "The pack.", "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}},
        **responses(
            problems.JOURNEY_NOT_FOUND,
            problems.EVIDENCE_UNSOUND,
            problems.ENGINE_UNAVAILABLE,
            problems.SYSTEM_UNAVAILABLE,
        ),
    },
)
async def export_evidence_pack(journey_id: str, adviser: AdviserDep, services: ServicesDep, now: NowDep) -> Response:
    """Export everything that shows who was shown and accepted what, as one ZIP file that proves itself offline.

    The audit notes who exported it and its SHA-256.
    """
    pack = await evidence_pack.for_journey(services, adviser.firm.id, journey_id, actor=adviser.actor, now=now)
    headers = {"Content-Disposition": f'attachment; filename="{pack.filename}"'}
    return Response(pack.content, media_type=MEDIA_TYPE, headers=headers)


@router.get("/evidence-key")
async def read_sealing_key(_: AdviserDep, services: ServicesDep) -> SealingKeyView:
    """Read the public key that seals evidence packs, to be compared with what `verify.py` says."""
    key = evidence_pack.SealingKey.of(services.settings)
    return SealingKeyView(algorithm="Ed25519", public_key=key.public.hex(), key_sha256=key.fingerprint)
