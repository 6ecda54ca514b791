"""What a request to the API says: its parameters, checked one by one, and its upload, read up to a limit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from starlette.datastructures import ImmutableMultiDict, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.index import RANKINGS, Ranking
from tiefvision_ui.config import MAX_UPLOAD_MB

MAX_HITS = 1000
MAX_EXAMPLES = 100
MAX_BYTES = MAX_UPLOAD_MB * 1024 * 1024
PHOTO_FIELD = "photo"
BY_PHOTO = ("k", "ranking", "where", "box")
BY_ID = ("id", *BY_PHOTO, "more", "less")


class BadRequest(TiefVisionError):
    """A request that cannot be understood."""


class TooLarge(TiefVisionError):
    """An upload of more bytes than are read."""


@dataclass(frozen=True)
class SearchOptions:
    """The parameters of a search."""

    image_id: str
    """Empty for a search by an uploaded photo."""
    k: int
    ranking: Ranking
    where: str | None
    box: Box | None
    more: tuple[str, ...]
    less: tuple[str, ...]

    @classmethod
    def of(cls, parameters: ImmutableMultiDict[str, str], *, by_id: bool) -> Self:
        """Read and check them; `BadRequest` names the one that is wrong."""
        known = BY_ID if by_id else BY_PHOTO
        for name in parameters:
            if name not in known:
                raise BadRequest(f"There is no parameter {name!r} here; there are {', '.join(known)}.")
        image_id = parameters.get("id", "")
        if by_id and not image_id:
            raise BadRequest("The parameter id is missing: the image_id of the photo to search by.")
        more, less = (tuple(parameters.getlist(name)) for name in ("more", "less"))
        if len(more) + len(less) > MAX_EXAMPLES:
            raise BadRequest(f"{len(more) + len(less)} examples are too many; give at most {MAX_EXAMPLES}.")
        if parameters.get("box") and (more or less):
            raise BadRequest("The parameter box cannot be combined with more and less; leave one of them out.")
        return cls(
            image_id=image_id,
            k=_number_of_hits(parameters.get("k", "10")),
            ranking=_ranking(parameters.get("ranking", "supervised")),
            where=parameters.get("where"),
            box=_box(parameters["box"]) if parameters.get("box") else None,
            more=more,
            less=less,
        )


def _number_of_hits(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= MAX_HITS):
        raise BadRequest(f"k is {text!r}; give a whole number from 1 to {MAX_HITS}.")
    return int(text)


def _ranking(text: str) -> Ranking:
    for ranking in RANKINGS:
        if text == ranking:
            return ranking
    raise BadRequest(f"ranking is {text!r}; give {' or '.join(RANKINGS)}.")


def _box(text: str) -> Box:
    try:
        left, top, right, bottom = (float(side) for side in text.split(","))
    except ValueError:
        raise BadRequest(f"box is {text!r}; give four numbers left,top,right,bottom in pixels.") from None
    return Box(left, top, right, bottom)


@dataclass(frozen=True)
class Uploaded:
    """A photo's file and the parameters that came with it."""

    name: str
    data: bytes
    parameters: ImmutableMultiDict[str, str]


async def uploaded(request: Request) -> Uploaded:
    """The photo in the request's body: alone, or as the field ``photo`` of a form whose other fields are parameters.

    Raises `TooLarge` as soon as the body exceeds `MAX_BYTES`, before it is parsed, and `BadRequest` where it has none.
    """
    body = await _body(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        return Uploaded("photo", _present(body), request.query_params)
    fields, file = await _form(request, body)
    parameters: ImmutableMultiDict[str, str] = ImmutableMultiDict([*request.query_params.multi_items(), *fields])
    return Uploaded(file.filename or "photo", _present(await file.read()), parameters)


async def _body(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            raise TooLarge(f"The upload is larger than {MAX_UPLOAD_MB} MB; send a smaller photo.")
    return b"".join(chunks)


async def _form(request: Request, body: bytes) -> tuple[Iterable[tuple[str, str]], UploadFile]:
    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        form = await Request(request.scope, replay).form(max_files=1, max_fields=len(BY_PHOTO))
    except (MultiPartException, HTTPException) as error:
        reason = error.message if isinstance(error, MultiPartException) else error.detail
        raise BadRequest(f"The form cannot be read: {reason}") from error
    file = form.get(PHOTO_FIELD)
    if not isinstance(file, UploadFile):
        raise BadRequest(f"The form has no file in the field {PHOTO_FIELD}; put the photo there.")
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)], file


def _present(data: bytes) -> bytes:
    if not data:
        raise BadRequest("The request holds no photo; send a JPEG, PNG or WebP file as its body.")
    return data
