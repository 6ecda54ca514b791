"""Lets only people who are logged in use the routes, and keeps an app without log-in off public addresses."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Settings
from tiefvision_ui.access.login import NOT_READABLE, claims_in, login_configured, login_wanted
from tiefvision_ui.access.people import NoAccess, logged_in_person, reached_at
from tiefvision_ui.access.tokens import sender_behind
from tiefvision_ui.language.texts import _

NOT_KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class OpenToAll(TiefVisionError):
    """The app would be served without a log-in at an address that others can reach."""


class Guard:
    """Answers 401 or 403 unless somebody with a role is logged in, or a token of the API is sent; where no log-in is
    wanted it lets all through.

    Answers to people who are logged in are marked as private, so that no shared cache keeps them.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not login_wanted():
            await self._app(scope, receive, send)
            return
        if not login_configured():
            await PlainTextResponse(_(NOT_READABLE), 503, NOT_KEPT)(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        claims = claims_in(connection.cookies)
        if sender_behind(connection.headers, self._settings) is None:
            try:
                logged_in_person(claims, self._settings)
            except NoAccess as refused:
                answer = PlainTextResponse(str(refused), 401 if claims is None else 403, NOT_KEPT)
                await answer(scope, receive, send)
                return

        async def send_privately(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = headers.get("Cache-Control", "no-store").replace("public", "private")
            await send(message)

        await self._app(scope, receive, send_privately)


def guarded(routes: Sequence[Route], settings: Settings) -> list[Route]:
    """The routes, each behind a `Guard`."""
    for route in routes:
        route.app = Guard(route.app, settings)
    return list(routes)


def warning_about(settings: Settings) -> str | None:
    """The warning to print about the address at which the app will listen, if any.

    Raises `OpenToAll` for an address that other machines can reach, unless a log-in is configured or the settings
    allow to do without.
    """
    address = reached_at(settings)
    if address is None or login_wanted():
        return None
    if not settings.ui_without_login:
        raise OpenToAll(
            f"The app is not served on {address} without a log-in, as anybody who reaches it could see the "
            "photos and label them; configure one under [auth] in .streamlit/secrets.toml, or set "
            "TIEFVISION_UI_WITHOUT_LOGIN=1 if that is what you want."
        )
    return (
        f"WARNING: anybody who reaches {address} can see the photos and label them under any name, "
        "because TIEFVISION_UI_WITHOUT_LOGIN is set and no log-in is configured."
    )
