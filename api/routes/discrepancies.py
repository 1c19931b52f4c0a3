"""What the two systems disagree on, and what is done about it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from api import deciding
from api import problem_types as problems
from api.deciding import Discrepancies
from api.dependencies import NowDep, ServicesDep
from api.idempotency import Answer, OnceDep
from api.problems import responses
from api.routes.journeys import IDEMPOTENCY, SIGN_IN
from api.security.advisers import AdviserDep, WritingAdviserDep
from models.schemas.discrepancies import DiscrepancyPage, DiscrepancyView, RepairBegun, RepairForm

router = APIRouter(prefix="/api/v1/discrepancies", tags=["sync"])


@router.get("", responses=responses(*SIGN_IN, problems.INVALID_REQUEST))
async def list_discrepancies(
    filters: Annotated[deciding.DiscrepancyFilters, Query()], adviser: AdviserDep, services: ServicesDep, now: NowDep
) -> DiscrepancyPage:
    """List where the two systems differ in your firm, the newest first; personal values are masked (P54)."""
    return await Discrepancies(services, adviser).page(filters, now)


@router.get("/{discrepancy_id}", responses=responses(*SIGN_IN, problems.DISCREPANCY_NOT_FOUND))
async def get_discrepancy(
    discrepancy_id: str, adviser: AdviserDep, services: ServicesDep, now: NowDep
) -> DiscrepancyView:
    """Show one discrepancy: what differs, who owns it, how old it is, and what repairs it."""
    return deciding.view(await Discrepancies(services, adviser).row(discrepancy_id), now)


@router.post(
    "/{discrepancy_id}/repair",
    status_code=HTTPStatus.ACCEPTED,
    response_model=RepairBegun,
    responses=responses(
        *SIGN_IN,
        *IDEMPOTENCY,
        problems.DISCREPANCY_NOT_FOUND,
        problems.DISCREPANCY_CLOSED,
        problems.DECISION_NOT_POSSIBLE,
        problems.ENGINE_UNAVAILABLE,
    ),
)
async def repair_discrepancy(
    discrepancy_id: str,
    adviser: WritingAdviserDep,
    services: ServicesDep,
    once: OnceDep,
    *,
    now: NowDep,
    form: RepairForm | None = None,
) -> JSONResponse:
    """Carry out the proposed repair, or what you decide: whose value is right, or which record it is (P5, P54).

    It is written only while both systems still hold what you were shown; the record is compared again afterwards.
    """

    async def act() -> Answer:
        begun = await Discrepancies(services, adviser).repair(discrepancy_id, form or RepairForm(), now)
        return Answer(HTTPStatus.ACCEPTED, begun, {"Location": begun.link})

    return await once.run(act)
