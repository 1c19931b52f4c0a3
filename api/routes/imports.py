"""Journeys from a file."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from activities.import_columns import COLUMNS
from api import problem_types as problems
from api.dependencies import NowDep, ServicesDep
from api.import_files import MAX_ROWS
from api.importing import MIB, Imports, uploaded_file
from api.middleware import MAX_FILE_BYTES
from api.problems import Responses, responses
from api.routes.journeys import SIGN_IN
from api.security.advisers import AdviserDep, WritingAdviserDep
from models.schemas.imports import ImportProgress

_LIMITS: Final = f"At most {MAX_ROWS} rows and {MAX_FILE_BYTES // MIB} MiB."
_DESCRIPTION: Final = "\n".join(
    [
        "Start many journeys from a CSV file in UTF-8, separated by commas, its first row naming the columns.",
        "",
        "Every problem is told with its row and column; the other rows are started in the background.",
        "The same file again starts nothing and answers with the import that is there.",
        "With `dry_run` every row is only looked at.",
        _LIMITS,
        "",
        "Columns (*: has to be there):",
        "",
        *(f"- `{column.name}`{'*' if column.required else ''}: {column.words}" for column in COLUMNS),
    ]
)
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}
_MET: Responses = {200: {"model": ImportProgress, "description": "The same file was uploaded before"}}

router = APIRouter(prefix="/api/v1/journeys/imports", tags=["journeys"])


async def _imports(adviser: WritingAdviserDep, services: ServicesDep) -> Imports:
    return Imports(services, adviser)


async def _file(request: Request) -> bytes:
    return await uploaded_file(request)


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    description=_DESCRIPTION,
    openapi_extra=_BODY,
    responses=_MET
    | responses(
        *SIGN_IN,
        problems.IMPORT_UNUSABLE,
        problems.MEDIA_TYPE_NOT_TAKEN,
        problems.BODY_TOO_LARGE,
        problems.ENGINE_UNAVAILABLE,
    ),
)
async def import_journeys(
    response: Response,
    imports: Annotated[Imports, Depends(_imports)],
    content: Annotated[bytes, Depends(_file)],
    now: NowDep,
    *,
    dry_run: Annotated[bool, Query(description="look at every row and start nothing")] = False,
) -> ImportProgress:
    """Start journeys from a file; its columns are described in `_DESCRIPTION`."""
    progress, fresh = await imports.begin(content, now, dry_run=dry_run)
    response.status_code = HTTPStatus.ACCEPTED if fresh else HTTPStatus.OK
    response.headers["Location"] = progress.link
    return progress


@router.get("/{import_id}", responses=responses(*SIGN_IN, problems.IMPORT_NOT_FOUND))
async def get_import(import_id: str, adviser: AdviserDep, services: ServicesDep) -> ImportProgress:
    """Show how far an import is, and what became of each row."""
    return await Imports(services, adviser).progress(import_id)
