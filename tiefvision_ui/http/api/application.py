"""The FastAPI application: its routers, the description that it generates, and what holds for every answer."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tiefvision_assets.lineage.duplicate_listing import DuplicateGroups
from tiefvision_assets.search.feedback import FollowedSearches
from tiefvision_assets.search.searcher import Searcher
from tiefvision_ui.http.api import duplicates, feedback, photos, searches, writing_photos, writing_products
from tiefvision_ui.http.api.any_path import ANYTHING
from tiefvision_ui.http.api.errors import HEADERS, answer_errors_in_sentences

VERSION = "1"


def api(searcher: Searcher) -> FastAPI:
    """The API over one searcher, at ``/api/…``.

    There are no pages of documentation: those that FastAPI has load their scripts from a public server.
    """
    application = FastAPI(
        title="TiefVision",
        version=VERSION,
        summary="Visual search in a catalogue of photos; what a token of an admin sends is written.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    application.state.searcher = searcher
    application.state.duplicates = DuplicateGroups(searcher.store)
    application.state.followed = FollowedSearches(searcher)
    written = (writing_photos.single, writing_photos.batches, writing_products.router)
    for router in (searches.router, photos.router, duplicates.router, feedback.router, *written):
        application.include_router(router, prefix="/api")
    answer_errors_in_sentences(application)
    application.add_middleware(_ForEveryAnswer)
    return application


def api_routes(searcher: Searcher) -> list[Route]:
    """The API as a route for another application, which hands it the whole path."""
    return [Route(f"/api/{{path:{ANYTHING}}}", api(searcher))]


class _ForEveryAnswer:
    """Marks every answer, errors included, as not to be kept, and answers HEAD as GET (the server drops the body)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if scope.get("method") == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send_marked)
