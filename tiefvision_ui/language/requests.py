"""Answers requests of the app's pages in the language of whoever sent them."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import HTTPConnection
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tiefvision_ui.language.choice import locale_of
from tiefvision_ui.language.texts import speaking


class InReadersLanguage:
    """Translates into the language that the request's cookie names, or that its browser asks for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; work that it hands to other threads is done in that language, too."""
        connection = HTTPConnection(scope)
        with speaking(locale_of(connection.cookies, connection.headers)):
            await self.app(scope, receive, send)


def in_readers_language(routes: Sequence[Route]) -> list[Route]:
    """The routes, each with its texts translated."""
    for route in routes:
        route.app = InReadersLanguage(route.app)
    return list(routes)
