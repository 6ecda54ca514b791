"""What all routes by which something is written have in common: who may, how much at once, and each request once."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from threading import BoundedSemaphore
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.types import Message

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.catalogue import NoRawFolder
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.written.answered import KEPT_H, LONGEST_KEY, BadKey, KeyInUse, KeyOfAnother
from tiefvision_assets.store.written.answered import Request as Asked
from tiefvision_assets.store.written.photos import NotWritable, PathTaken
from tiefvision_assets.store.written.products import NotWritten
from tiefvision_ui.access.tokens import NotAllowed, NoToken, Sender, writer_behind
from tiefvision_ui.http.api.answers import Error
from tiefvision_ui.http.api.uploads import whole_body

PLACES = 4
"""Requests that are written at the same time; each holds its body in memory."""
_places = BoundedSemaphore(PLACES)
Answer = TypeVar("Answer", bound=BaseModel)


class TooManyWrites(TiefVisionError):
    """Others are writing."""


class NoPhotoThere(TiefVisionError):
    """There is no photo at a path."""


STATUS_OF_WRITING: tuple[tuple[type[TiefVisionError], int], ...] = (
    (NoToken, 401),
    (NotAllowed, 403),
    (NotWritten, 404),
    (NoPhotoThere, 404),
    (KeyInUse, 409),
    (PathTaken, 409),
    (BadKey, 400),
    (KeyOfAnother, 422),
    (TooManyWrites, 503),
    (NoRawFolder, 503),
    (NotWritable, 507),
)
_REASONS = {
    400: "What is sent cannot be taken.",
    401: "There is no token that is known.",
    403: "The token's role does not allow to write, or nothing is written through the API here.",
    404: "There is no such photo, or no such product was written.",
    408: "The request was not complete in time.",
    409: "Another request with this key is being carried out, or something else has that path.",
    413: "The request has too many bytes, or a photo too many pixels.",
    422: "The key was used for another request.",
    503: "Too much is being written at the moment, or the photos cannot be reached.",
    507: "The place of the photos, or the disk of the data folder, does not take it.",
}


def responses_of_writing(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What such a route may answer besides 200, for the description."""
    common = (400, 401, 403, 408, 409, 413, 422, 503)
    found: dict[int | str, dict[str, Any]] = {
        status: {"model": Error, "description": _REASONS[status]} for status in sorted({*common, *statuses})
    }
    for status in (401, 403):  # the guard before the API, where a log-in is wanted, answers in plain text
        found[status]["content"] = {"text/plain": {"schema": {"type": "string"}}}
    return found | {"4XX": {"model": Error, "description": "Any other request that cannot be answered."}}


def write_route(most_mb: int) -> type[APIRoute]:
    """A kind of route that lets only writers in, before their request is read, and reads ``most_mb`` MB at most."""

    class WriteRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            answer = super().get_route_handler()

            async def handle(request: Request) -> Response:
                request.state.sender = writer_behind(request.headers, store_of(request).settings)
                if not _places.acquire(blocking=False):
                    raise TooManyWrites("Too much is being written at the moment; try again in a few seconds.")
                try:
                    body = await whole_body(request, most_mb)
                    return await answer(_with_body(request, body))
                finally:
                    _places.release()

            return handle

    return WriteRoute


def _with_body(request: Request, body: bytes) -> Request:
    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, replay)


def store_of(request: Request) -> Store:
    """The data folder that the API is over."""
    return cast(Store, request.app.state.searcher.store)


class Writing:
    """One request that writes: its data folder, its sender, and what makes it happen once."""

    def __init__(
        self,
        request: Request,
        response: Response,
        idempotency_key: Annotated[
            str | None,
            Header(
                max_length=LONGEST_KEY,
                description=f"A text of the sender's. The same request with it has one effect within {KEPT_H} hours, "
                "and gets the answer that was given.",
            ),
        ] = None,
    ) -> None:
        self.store = store_of(request)
        self._response = response
        self._sender: Sender = request.state.sender
        self._route = f"{request.method} {request.scope['route'].path}"
        self._key = idempotency_key

    def once(self, kind: type[Answer], content: str, carry_out: Callable[[], Answer]) -> Answer:
        """What carrying it out answers; or, where the request was carried out before, what it was answered then.

        ``content`` is a text that tells what the request asks for.
        """
        if self._key is None:
            return carry_out()
        asked = Asked(self._sender.name, self._key, f"{self._route} {content}")
        answer, was_before = self.store.answered.once(asked, lambda: carry_out().model_dump(mode="json"))
        if was_before:
            self._response.headers["Idempotency-Replayed"] = "true"
        return kind.model_validate(answer)


WritingRequest = Annotated[Writing, Depends()]
