"""Routes of the map: positions and colours of all photos as numbers, what few of them are, and what draws them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.index import RANKINGS
from tiefvision_ui.address import photo_link
from tiefvision_ui.http.images import IMMUTABLE, NOT_FOUND
from tiefvision_ui.photo_map.colouring import colouring
from tiefvision_ui.photo_map.points import MapPoints, map_points
from tiefvision_ui.values import name_of, thumbnail_url

VENDORED = Path(__file__).parent.parent / "vendored"
DRAWING = "regl-scatterplot-1.16.0.js"
MOST_PHOTOS = 512
"""Of which a request may ask."""
_FRESH = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_CHANGED = "The map has changed; reload the page."


def map_routes() -> list[Route]:
    """``/map/{key}/positions/{ranking}``: float32 x and y of all points; ``…/colours?way=``: uint8 of each;
    ``…/photos?rows=1,2``: name, thumbnail and address of some. 404 where ``key`` is not the map of now."""
    return [
        Route("/map/{key}/positions/{ranking}", _positions),
        Route("/map/{key}/colours", _colours),
        Route("/map/{key}/photos", _photos),
        Route(f"/vendored/{DRAWING}", _drawing),
    ]


async def _positions(request: Request) -> Response:
    points = await _points(request)
    ranking = next((name for name in RANKINGS if name == request.path_params["ranking"]), None)
    if points is None or ranking is None or ranking not in points.positions:
        return Response(_CHANGED, 404, NOT_FOUND)
    data = points.positions[ranking].astype("<f4").tobytes()
    return Response(data, 200, IMMUTABLE, "application/octet-stream")


async def _colours(request: Request) -> Response:
    points = await _points(request)
    if points is None:
        return Response(_CHANGED, 404, NOT_FOUND)
    try:
        made = await run_in_threadpool(colouring, points, request.query_params.get("way", ""))
    except TiefVisionError as error:
        return Response(str(error), 503, NOT_FOUND)
    return Response(made.codes.tobytes(), 200, _FRESH, "application/octet-stream")


async def _photos(request: Request) -> Response:
    points = await _points(request)
    rows = _rows(request.query_params.get("rows", ""), 0 if points is None else len(points.photos))
    if points is None or rows is None:
        return Response(_CHANGED, 404, NOT_FOUND)
    some = points.photos.iloc[rows]
    told = [
        {"row": int(row), "name": name_of(path), "src": thumbnail_url(sha256, 160), "href": photo_link(image_id)}
        for row, path, sha256, image_id in zip(rows, some["path"], some["sha256"], some["image_id"], strict=True)
    ]
    return JSONResponse(told, 200, IMMUTABLE)


async def _drawing(request: Request) -> Response:
    return FileResponse(VENDORED / DRAWING, headers=IMMUTABLE, media_type="text/javascript")


async def _points(request: Request) -> MapPoints | None:
    try:
        points = await run_in_threadpool(map_points)
    except TiefVisionError:
        return None
    return points if points is not None and points.key == request.path_params["key"] else None


def _rows(text: str, count: int) -> np.ndarray | None:
    """The numbers in the text; None where they are none of points."""
    try:
        rows = np.array([int(number) for number in text.split(",")[: MOST_PHOTOS + 1] if number], dtype=np.int64)
    except (ValueError, OverflowError):
        return None
    is_sound = len(rows) <= MOST_PHOTOS and bool(((rows >= 0) & (rows < count)).all())
    return rows if is_sound else None
