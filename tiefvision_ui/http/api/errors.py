"""Errors as ``{"error": sentence}``, whoever raises them.

400 for a request that cannot be understood, 404 for a photo that is not there, 408 for an upload that takes too long,
413 for one that is too large, 503 while nothing can be searched yet, or while too many photos are being searched by
(with ``Retry-After``), 507 where the disk of the data folder refuses. What is written has some of its own:
`writing.STATUS_OF_WRITING`.
"""

from __future__ import annotations

import errno
import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.products import UnknownProduct
from tiefvision_assets.search.searcher import UnknownPhoto
from tiefvision_assets.store.bucket.objects import DataUnavailable
from tiefvision_assets.store.index import NoIndex
from tiefvision_assets.store.labels.database import LabelDatabaseError
from tiefvision_assets.store.milvus.server import MilvusProblem
from tiefvision_assets.store.models import MissingModel
from tiefvision_assets.store.photos import TooManyPixels
from tiefvision_assets.store.raw.place import RawUnavailable
from tiefvision_assets.store.sealed import DamagedFile
from tiefvision_assets.store.written.answered import KeyInUse
from tiefvision_ui.access.tokens import NoToken
from tiefvision_ui.http.api.answers import Error
from tiefvision_ui.http.api.uploads import TooLarge, TooSlow
from tiefvision_ui.http.api.writing import STATUS_OF_WRITING, TooManyWrites
from tiefvision_ui.photo_queue import RETRY_AFTER_S, Busy

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_STATUS: tuple[tuple[type[TiefVisionError], int], ...] = (
    (UnknownPhoto, 404),
    (UnknownProduct, 404),
    (TooSlow, 408),
    (TooLarge, 413),
    (TooManyPixels, 413),
    (Busy, 503),
    (NoIndex, 503),
    (MissingModel, 503),
    (DamagedFile, 503),
    (LabelDatabaseError, 503),
    (MilvusProblem, 503),
    (RawUnavailable, 503),
    (DataUnavailable, 503),
    *STATUS_OF_WRITING,
    (TiefVisionError, 400),
)
_REASONS = {
    400: "The request cannot be understood.",
    404: "There is no such photo or product.",
    408: "The upload was not complete in time.",
    413: "The upload has too many bytes or pixels.",
    503: "Nothing can be searched yet, what is searched is damaged, or too many photos are searched by at the moment.",
}
_OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EFBIG}
_LOGIN = {"content": {"text/plain": {"schema": {"type": "string"}}}}


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer besides 200, for the description; FastAPI's own 422 is never sent."""
    return {
        **{status: {"model": Error, "description": _REASONS[status]} for status in statuses},
        401: {**_LOGIN, "description": "Nobody is logged in, where a log-in is configured."},
        403: {**_LOGIN, "description": "Who is logged in has no role."},
        "4XX": {"model": Error, "description": "Any other request that cannot be answered."},
    }


def answer_errors_in_sentences(application: FastAPI) -> None:
    """Register the handlers."""

    @application.exception_handler(TiefVisionError)
    async def of_this_project(request: Request, error: TiefVisionError) -> JSONResponse:
        status = next(status for kind, status in _STATUS if isinstance(error, kind))
        headers = {"Retry-After": str(RETRY_AFTER_S)} if isinstance(error, Busy | TooManyWrites | KeyInUse) else {}
        headers |= {"WWW-Authenticate": "Bearer"} if isinstance(error, NoToken) else {}
        return _answer(status, str(error), headers)

    @application.exception_handler(OSError)
    async def of_the_disk(request: Request, error: OSError) -> JSONResponse:
        if error.errno not in _OF_THE_DISK:
            raise error
        logging.getLogger(__name__).error("%s %s: %s", request.method, request.url.path, error)
        sentence = f"A file of the server's data folder cannot be written or read ({error.strerror}); "
        return _answer(507, sentence + "whoever runs the server should check its space and rights.")

    @application.exception_handler(RequestValidationError)
    async def of_parameters(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        name, reason = first["loc"][-1], first["msg"]
        if first["loc"][0] == "body":
            where = "/".join(str(part) for part in first["loc"][1:])
            return _answer(400, f"The body cannot be understood{f' at {where}' if where else ''}: {reason}.")
        if first["type"] == "missing":
            return _answer(400, f"The parameter {name} is missing.")
        return _answer(400, f"{name} is {first['input']!r}; {reason[0].lower()}{reason[1:]}.")

    @application.exception_handler(HTTPException)
    async def of_routing(request: Request, error: HTTPException) -> JSONResponse:
        sentence = f"{request.method} {request.url.path} cannot be answered: {error.detail}; see /api/openapi.json."
        allowed = {"Allow": _methods(request)} if error.status_code == 405 else {}
        return _answer(error.status_code, sentence, {**(error.headers or {}), **allowed})


def _methods(request: Request) -> str:
    """The methods of all routes at the request's path; the framework's own answer names those of the first alone."""
    taken = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    ]
    return ", ".join([*taken, "HEAD"] if "GET" in taken else taken)


def _answer(status: int, sentence: str, headers: Any = None) -> JSONResponse:
    return JSONResponse(Error(error=sentence).model_dump(), status, headers)
