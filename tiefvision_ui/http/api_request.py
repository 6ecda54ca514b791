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
from tiefvision_assets.search.request import (
    BadRequest,
    Example,
    SearchRequest,
    box_from_text,
    check_number_of_examples,
    hits_from_text,
    ranking_from_text,
    request_for,
)
from tiefvision_assets.store.index import Ranking
from tiefvision_ui.config import MAX_UPLOAD_MB

MAX_BYTES = MAX_UPLOAD_MB * 1024 * 1024
PHOTO_FIELD = "photo"
BY_PHOTO = ("k", "ranking", "where", "box")
BY_ID = ("id", *BY_PHOTO, "more", "less")


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
                raise BadRequest(name, f"There is no parameter {name!r} here; there are {', '.join(known)}.")
        image_id = parameters.get("id", "")
        if by_id and not image_id:
            raise BadRequest("id", "The parameter id is missing: the image_id of the photo to search by.")
        more, less = (tuple(parameters.getlist(name)) for name in ("more", "less"))
        check_number_of_examples(more, less)
        return cls(
            image_id=image_id,
            k=hits_from_text(parameters.get("k", "10")),
            ranking=ranking_from_text(parameters.get("ranking", "supervised")),
            where=parameters.get("where"),
            box=box_from_text(parameters["box"]) if parameters.get("box") else None,
            more=more,
            less=less,
        )

    def request(self, photo: Example, name: str = "photo") -> SearchRequest:
        """The search by that photo."""
        return request_for(
            photo,
            box=self.box,
            name=name,
            more=self.more,
            less=self.less,
            k=self.k,
            ranking=self.ranking,
            where=self.where,
        )


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
        raise BadRequest(PHOTO_FIELD, f"The form cannot be read: {reason}") from error
    file = form.get(PHOTO_FIELD)
    if not isinstance(file, UploadFile):
        raise BadRequest(PHOTO_FIELD, f"The form has no file in the field {PHOTO_FIELD}; put the photo there.")
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)], file


def _present(data: bytes) -> bytes:
    if not data:
        raise BadRequest(PHOTO_FIELD, "The request holds no photo; send a JPEG, PNG or WebP file as its body.")
    return data
