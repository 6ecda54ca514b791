"""The JSON API beside the app: searching and looking at the catalogue, never changing anything.

Errors are ``{"error": sentence}``: 400 for a request that cannot be understood, 404 for a photo that is not there, 413
for an upload that is too large, 503 while nothing can be searched yet.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.searcher import Searcher, SearchResult, UnknownPhoto
from tiefvision_assets.store.index import NoIndex
from tiefvision_assets.store.models import MissingModel
from tiefvision_assets.store.photos import BadPhoto, TooManyPixels, open_photo
from tiefvision_assets.store.rows import BOX
from tiefvision_ui.http.api_description import description
from tiefvision_ui.http.api_request import SearchOptions, TooLarge, uploaded
from tiefvision_ui.values import photo_url, thumbnail_url

THUMBNAIL_WIDTH = 320
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_STATUS: tuple[tuple[type[TiefVisionError], int], ...] = (
    (UnknownPhoto, 404),
    (TooLarge, 413),
    (TooManyPixels, 413),
    (NoIndex, 503),
    (MissingModel, 503),
    (TiefVisionError, 400),
)


def api_routes(searcher: Searcher) -> list[Route]:
    """``/api/search``, ``/api/photos/{image_id}`` and ``/api/openapi.json`` over one searcher."""

    async def search_by_id(request: Request) -> dict[str, Any]:
        options = SearchOptions.of(request.query_params, by_id=True)
        return _found(await run_in_threadpool(_by_id, searcher, options))

    async def search_by_photo(request: Request) -> dict[str, Any]:
        upload = await uploaded(request)
        options = SearchOptions.of(upload.parameters, by_id=False)
        return _found(await run_in_threadpool(_by_upload, searcher, upload.data, upload.name, options))

    async def photo(request: Request) -> dict[str, Any]:
        return await run_in_threadpool(_photo, searcher, request.path_params["image_id"])

    async def openapi(request: Request) -> dict[str, Any]:
        return description()

    return [
        Route("/api/search", _answering(search_by_id), methods=["GET"]),
        Route("/api/search", _answering(search_by_photo), methods=["POST"]),
        Route("/api/photos/{image_id}", _answering(photo), methods=["GET"]),
        Route("/api/openapi.json", _answering(openapi), methods=["GET"]),
    ]


def _answering(answer: Callable[[Request], Awaitable[dict[str, Any]]]) -> Callable[[Request], Awaitable[Response]]:
    """The answer as JSON, or the sentence of its error with the status that fits."""

    async def respond(request: Request) -> Response:
        try:
            return JSONResponse(await answer(request), headers=_HEADERS)
        except TiefVisionError as error:
            status = next(status for kind, status in _STATUS if isinstance(error, kind))
            return JSONResponse({"error": str(error)}, status, headers=_HEADERS)

    return respond


def _by_id(searcher: Searcher, options: SearchOptions) -> SearchResult:
    return searcher.search(options.request(options.image_id))


def _by_upload(searcher: Searcher, data: bytes, name: str, options: SearchOptions) -> SearchResult:
    try:
        photo = open_photo(data)
    except BadPhoto as error:
        raise type(error)(f"The photo cannot be searched with: {error}.") from error
    return searcher.search(options.request(photo, name))


def _found(result: SearchResult) -> dict[str, Any]:
    document = result.as_document()
    for hit, listed in zip(result.hits, document["hits"], strict=True):
        listed |= _urls(hit.sha256)
    return document


def _photo(searcher: Searcher, image_id: str) -> dict[str, Any]:
    entries = searcher.entries()
    found = entries[entries["image_id"] == image_id]
    if found.empty:
        raise UnknownPhoto(f"There is no searchable photo {image_id!r}.")
    entry = found.iloc[0]
    return {
        "image_id": image_id,
        "path": entry["path"],
        "width": int(entry["width"]),
        "height": int(entry["height"]),
        "box": [float(entry[side]) for side in BOX],
        "confidence": float(entry["confidence"]),
        "human": bool(entry["human"]),
        **_urls(entry["sha256"]),
    }


def _urls(sha256: str) -> dict[str, str]:
    return {"sha256": sha256, "photo": photo_url(sha256), "thumbnail": thumbnail_url(sha256, THUMBNAIL_WIDTH)}
