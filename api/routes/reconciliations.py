"""Comparing both systems with our own record."""

from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api import problem_types as problems
from api import reconciling
from api.dependencies import NowDep, ServicesDep
from api.idempotency import Answer, OnceDep
from api.problems import responses
from api.routes.journeys import IDEMPOTENCY, SIGN_IN
from api.security.advisers import AdviserDep, WritingAdviserDep
from models.schemas.reconciliations import ReconciliationView
from storage.audit import AuditRepository

router = APIRouter(prefix="/api/v1/reconciliations", tags=["sync"])


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=ReconciliationView,
    responses=responses(*SIGN_IN, *IDEMPOTENCY, problems.ENGINE_UNAVAILABLE),
)
async def create_reconciliation(
    adviser: WritingAdviserDep, services: ServicesDep, once: OnceDep, now: NowDep
) -> JSONResponse:
    """Compare both systems field by field, repair what may be, ask advisers about the rest (P54).

    One that runs already is joined. It compares the clients of all firms; what is told is the caller's firm alone.
    """

    async def act() -> Answer:
        async with services.database.transaction() as session:
            await AuditRepository(session).record(
                firm=adviser.firm.id, actor=adviser.actor, action="start_reconciliation", at=now
            )
        run_id = await reconciling.begin(services, "adviser", now)
        view = await reconciling.progress(services, adviser.firm.id, run_id)
        return Answer(HTTPStatus.ACCEPTED, view, {"Location": view.link})

    return await once.run(act)


@router.get("/{run_id}", responses=responses(*SIGN_IN, problems.RECONCILIATION_NOT_FOUND))
async def get_reconciliation(run_id: str, adviser: AdviserDep, services: ServicesDep) -> ReconciliationView:
    """Show how far a comparison is, and what it has found in your firm so far."""
    return await reconciling.progress(services, adviser.firm.id, run_id)
