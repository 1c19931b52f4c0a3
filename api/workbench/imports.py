"""Journeys from a file: checked first, then its good rows started."""

import csv
import io
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from activities.import_columns import COLUMNS
from api.dependencies import NowDep, ServicesDep
from api.import_files import MAX_ROWS
from api.importing import MIB, Imports, uploaded_file
from api.middleware import MAX_FILE_BYTES
from api.problem_types import BODY_TOO_LARGE, IMPORT_UNUSABLE, MEDIA_TYPE_NOT_TAKEN
from api.problems import Problem
from api.web.forms import FieldError
from api.web.rendering import Pages, PagesDep
from api.web.wording import counted
from api.workbench.access import WatchingVisitDep, WorkbenchVisit, WorkbenchVisitDep, WritingVisitDep
from api.workbench.submitting import form_key
from models.schemas.imports import ImportProgress
from runtime.services import Services

_SHOWN: Final = 500
_OF_THE_FILE: Final = (IMPORT_UNUSABLE, MEDIA_TYPE_NOT_TAKEN, BODY_TOO_LARGE)
_STATES: Final = {
    "waiting": "Waiting",
    "ready": "Can be started",
    "started": "Started",
    "met": "Has a journey already",
    "refused": "Cannot be started",
}
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")

router = APIRouter()


@router.get("/imports")
async def imports_page(request: Request, pages: PagesDep, services: ServicesDep, visit: WorkbenchVisitDep) -> Response:
    """Show where a file is uploaded, what its columns are, and the files so far."""
    return await _upload_page(request, pages, services, visit)


@router.get("/imports/template.csv")
async def import_template(visit: WorkbenchVisitDep) -> Response:  # noqa: ARG001 - signed in is enough
    """Return a file with the header alone, to be filled in."""
    return _csv("onward-import.csv", [[column.name for column in COLUMNS]])


@router.post("/imports")
async def check_file(
    request: Request, pages: PagesDep, services: ServicesDep, visit: WritingVisitDep, now: NowDep
) -> Response:
    """Check every row of a file and start nothing."""
    try:
        content = await _content(request)
        progress, _ = await Imports(services, visit.adviser).begin(content, now, dry_run=True)
    except Problem as problem:
        if problem.problem_type not in _OF_THE_FILE:
            raise
        return await _upload_page(request, pages, services, visit, _of_file(problem))
    return _to(progress.import_id)


@router.get("/imports/{import_id}")
async def import_page(
    request: Request, import_id: str, pages: PagesDep, services: ServicesDep, visit: WorkbenchVisitDep
) -> Response:
    """Show how far a file is, and row and column of each of its problems."""
    return await _import_page(request, pages, services, visit, import_id)


@router.get("/imports/{import_id}/progress")
async def import_part(import_id: str, pages: PagesDep, services: ServicesDep, visit: WatchingVisitDep) -> Response:
    """Return the part of the page that changes while rows wait."""
    shown = await _shown(services, visit, import_id)
    return Response(pages.fragment("workbench/import.html", "state", **shown), media_type="text/html")


@router.get("/imports/{import_id}/results.csv")
async def import_results(import_id: str, services: ServicesDep, visit: WorkbenchVisitDep) -> Response:
    """Return what became of each row as a file, a line for each problem."""
    progress = await _progress(services, visit, import_id)
    lines = [["row", "external_reference", "state", "journey", "column", "problem"]]
    for row in progress.rows:
        told = [[problem.column or "", problem.detail] for problem in row.problems] or [["", ""]]
        start = [str(row.row), row.external_reference, _STATES[row.state], row.journey_id or ""]
        lines += [start + each for each in told]
    return _csv("onward-import-results.csv", lines)


@router.post("/imports/{import_id}/start")
async def start_rows(
    request: Request,
    import_id: str,
    pages: PagesDep,
    services: ServicesDep,
    visit: WritingVisitDep,
    *,
    now: NowDep,
) -> Response:
    """Start the rows that were found good, each once."""
    await _progress(services, visit, import_id)
    try:
        progress = await Imports(services, visit.adviser).start_ready(import_id, now)
    except Problem as problem:
        if problem.problem_type is not IMPORT_UNUSABLE:
            raise
        return await _import_page(request, pages, services, visit, import_id, errors=[FieldError("", problem.detail)])
    return _to(progress.import_id)


@router.get("/imports/{import_id}/start")
async def back_to_rows(import_id: str, services: ServicesDep, visit: WorkbenchVisitDep) -> Response:
    """Lead back to the page that the button is on, whoever had to sign in again before they pressed it."""
    return _to((await _progress(services, visit, import_id)).import_id)


async def _content(request: Request) -> bytes:
    # One field beside the file: the form's key.
    content = await uploaded_file(request)
    if not content:
        raise Problem(IMPORT_UNUSABLE, "Choose a file that has something in it.")
    return content


async def _upload_page(
    request: Request,
    pages: Pages,
    services: Services,
    visit: WorkbenchVisit,
    errors: list[FieldError] | None = None,
) -> Response:
    return pages.render(
        request,
        "workbench/imports.html",
        status_code=422 if errors else 200,
        errors=errors,
        adviser=visit.adviser,
        key=form_key(),
        columns=COLUMNS,
        imports=await Imports(services, visit.adviser).recent(),
        max_rows=MAX_ROWS,
        max_mib=MAX_FILE_BYTES // MIB,
    )


async def _import_page(
    request: Request,
    pages: Pages,
    services: Services,
    visit: WorkbenchVisit,
    import_id: str,
    *,
    errors: list[FieldError] | None = None,
) -> Response:
    return pages.render(
        request,
        "workbench/import.html",
        status_code=422 if errors else 200,
        errors=errors,
        **await _shown(services, visit, import_id),
    )


async def _shown(services: Services, visit: WorkbenchVisit, import_id: str) -> dict[str, Any]:
    progress = await _progress(services, visit, import_id)
    started = await Imports(services, visit.adviser).started_from(import_id) if progress.dry_run else None
    problems = [(row, problem) for row in progress.rows for problem in row.problems]
    journeys = [row for row in progress.rows if row.state in {"started", "met"} and row.journey_id]
    return {
        "adviser": visit.adviser,
        "key": form_key(),
        "progress": progress,
        "done": progress.counts.rows - progress.counts.waiting,
        "started_as": started,
        "problems": problems[:_SHOWN],
        "more_problems": len(problems) - _SHOWN,
        "journeys": journeys[:_SHOWN],
        "more_journeys": len(journeys) - _SHOWN,
        "said": _summary(progress),
        "states": _STATES,
    }


async def _progress(services: Services, visit: WorkbenchVisit, import_id: str) -> ImportProgress:
    return await Imports(services, visit.adviser).progress(import_id)


def _of_file(problem: Problem) -> list[FieldError]:
    if problem.problem_type is MEDIA_TYPE_NOT_TAKEN:
        return [FieldError("file", "Choose the file again: it was not sent.")]
    if not problem.errors:
        return [FieldError("file", problem.detail)]
    return [
        FieldError("file", f"Row {error['row']}, {_place(error['column'])}: {error['detail']}")
        for error in problem.errors
    ]


def _place(column: str) -> str:
    return column if column.startswith("column ") else f"column “{column}”"


def _summary(progress: ImportProgress) -> str:
    counts = progress.counts
    if not progress.finished:
        verb = "checked" if progress.dry_run else "dealt with"
        return f"{counts.rows - counts.waiting} of {counts.rows} rows {verb}"
    parts = [
        (counts.ready, "can be started"),
        (counts.started, "started"),
        (counts.met, "had a journey already"),
        (counts.refused, "cannot be started"),
    ]
    return ", ".join(f"{number} {words}" for number, words in parts if number) + f" (of {counted(counts.rows, 'row')})"


def _csv(name: str, lines: list[list[str]]) -> Response:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_safe(cell) for cell in line] for line in lines)
    # The mark at the front tells spreadsheets that it is UTF-8.
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def _safe(cell: str) -> str:
    return "'" + cell if cell.startswith(_FORMULA_SIGNS) else cell


def _to(import_id: str) -> Response:
    return RedirectResponse(f"/workbench/imports/{import_id}", status_code=303)
