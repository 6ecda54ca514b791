"""Uploaded photos: read up to a limit, and only then parsed.

FastAPI's own form parameters would parse a form while it comes in; so the body is read here first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.types import Message

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.request import BadRequest
from tiefvision_ui.config import MAX_UPLOAD_MB
from tiefvision_ui.http.api.parameters import PhotoSearch
from tiefvision_ui.photo_queue import PHOTO_QUEUE

MAX_BYTES = MAX_UPLOAD_MB * 1024 * 1024
RECEIVED_WITHIN_S = 60.0
"""An upload holds a place in the queue while it is received; who sends it more slowly than this loses the place."""
PHOTO_FIELD = "photo"
LIMIT_IN_WORDS = f"The photo is the body, or the field {PHOTO_FIELD} of a form; at most {MAX_UPLOAD_MB} MB."

# What is wrong with an upload is told to its sender; strangers write nothing into the log.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


class TooLarge(TiefVisionError):
    """An upload of more bytes than are read."""


class TooSlow(TiefVisionError):
    """An upload that was not complete in time."""


@dataclass(frozen=True)
class Upload:
    """A photo's file and the parameters that came with it in a form."""

    name: str
    data: bytes
    fields: dict[str, str]


async def _placed() -> AsyncIterator[None]:
    """Holds a place in the queue from before the upload is read until the request is answered."""
    with PHOTO_QUEUE.place():
        yield


async def uploaded(request: Request, placed: Annotated[None, Depends(_placed)]) -> Upload:
    """The photo in the request's body: alone, or as the field ``photo`` of a form whose other fields are parameters.

    Raises `TooLarge` where the request announces more than `MAX_BYTES`, or as soon as it has sent more, before anything
    is parsed, `TooSlow` where it is not complete in time, `Busy` where the queue is full, and `BadRequest` where it has
    no photo.
    """
    body = await whole_body(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        return Upload("photo", _present(body), {})
    fields, file = await _form(request, body)
    return Upload(file.filename or "photo", _present(await file.read()), fields)


def request_body() -> dict[str, Any]:
    """What `uploaded` reads, as OpenAPI describes it."""
    binary = {"type": "string", "format": "binary"}
    fields = PhotoSearch.model_json_schema()["properties"]
    form = {"type": "object", "required": [PHOTO_FIELD], "properties": {PHOTO_FIELD: binary, **fields}}
    alone = {kind: {"schema": binary} for kind in ("image/jpeg", "image/png", "image/webp", "image/heic", "image/avif")}
    return {"required": True, "content": {**alone, "multipart/form-data": {"schema": form}}}


async def whole_body(request: Request, most_mb: int = MAX_UPLOAD_MB) -> bytes:
    """The body of the request; `TooLarge` and `TooSlow` as in `uploaded`."""
    try:
        async with asyncio.timeout(RECEIVED_WITHIN_S):
            return await _body(request, most_mb)
    except TimeoutError:
        raise TooSlow(f"The upload was not complete after {RECEIVED_WITHIN_S:.0f} seconds; send it again.") from None


async def _body(request: Request, most_mb: int) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit():
        _check_size(int(announced), most_mb)
    chunks, size = [], 0
    async for chunk in request.stream():
        chunks.append(chunk)
        size += len(chunk)
        _check_size(size, most_mb)
    return b"".join(chunks)


def _check_size(size: int, most_mb: int) -> None:
    if size > (MAX_BYTES if most_mb == MAX_UPLOAD_MB else most_mb * 1024 * 1024):
        raise TooLarge(f"The upload is larger than {most_mb} MB; send a smaller photo, or less at once.")


async def _form(request: Request, body: bytes) -> tuple[dict[str, str], UploadFile]:
    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        form = await Request(request.scope, replay).form(max_files=1, max_fields=len(PhotoSearch.model_fields))
    except (MultiPartException, HTTPException) as error:
        reason = error.message if isinstance(error, MultiPartException) else error.detail
        raise BadRequest(PHOTO_FIELD, f"The form cannot be read: {reason}") from error
    file = form.get(PHOTO_FIELD)
    if not isinstance(file, UploadFile):
        raise BadRequest(PHOTO_FIELD, f"The form has no file in the field {PHOTO_FIELD}; put the photo there.")
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}, file


def _present(data: bytes) -> bytes:
    if not data:
        raise BadRequest(PHOTO_FIELD, "The request holds no photo; send the file as its body.")
    return data
