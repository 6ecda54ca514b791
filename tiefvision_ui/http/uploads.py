"""The route that takes photos which were pasted, or dropped anywhere in the app, to be searched by."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tiefvision_assets.errors import TiefVisionError
from tiefvision_ui import services
from tiefvision_ui.access.people import NoAccess, person_behind
from tiefvision_ui.http.api.uploads import TooLarge, TooSlow, whole_body
from tiefvision_ui.language.texts import _
from tiefvision_ui.photo_queue import PHOTO_QUEUE, Busy
from tiefvision_ui.search.kept_uploads import NotKept, keep
from tiefvision_ui.search.uploads import receive

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
BODY = "application/octet-stream"
"""The only type that is taken: no form of another site's page can send it."""
_STATUS = {TooLarge: 413, TooSlow: 408, Busy: 503, NoAccess: 403, NotKept: 507}


def upload_routes() -> list[Route]:
    """``POST /uploads?name=…&person=…`` with the photo as its body; answers with its hash, or with a sentence.

    Who uploads is who is logged in; without a log-in, whom ``person`` names, the name that was typed in the page.
    """
    return [Route("/uploads", _upload, methods=["POST"])]


async def _upload(request: Request) -> JSONResponse:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != BODY:
        return _answer(415, problem=_("That is no upload; reload the page."))
    try:
        person = person_behind(request.cookies, request.query_params.get("person", ""), services.store().settings)
        with PHOTO_QUEUE.place():
            data = await whole_body(request)
            upload = await run_in_threadpool(receive, request.query_params.get("name", "photo"), data)
            await run_in_threadpool(keep, upload, person)
    except TiefVisionError as error:
        return _answer(_STATUS.get(type(error), 400), problem=str(error))
    return _answer(200, upload=upload.digest)


def _answer(status: int, **content: str) -> JSONResponse:
    return JSONResponse(content, status, HEADERS)
