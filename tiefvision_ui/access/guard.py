"""Keeps routes for those who are logged in, and the app off addresses where anybody could use it unasked."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Settings
from tiefvision_ui.access.login import claims_in, login_configured
from tiefvision_ui.access.people import NoAccess, is_loopback, logged_in_person

NOT_KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class OpenToAll(TiefVisionError):
    """An address that others reach, and no log-in."""


class Guard:
    """Answers 401 or 403 in place of ``app`` unless somebody with a role is logged in; needs a configured log-in.

    What it lets through is marked as private, so that no proxy hands it to others.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not login_configured():
            await self._app(scope, receive, send)
            return
        claims = claims_in(HTTPConnection(scope).cookies)
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
    """What to say of the address that the app is about to listen at; `OpenToAll` when it must not.

    Other addresses than this machine's own need a log-in, or the setting that says that none is wanted.
    """
    if is_loopback(settings.ui_address) or login_configured():
        return None
    if not settings.ui_without_login:
        raise OpenToAll(
            f"The app is not served on {settings.ui_address} without a log-in, as anybody who reaches it could see the "
            "photos and label them; configure one under [auth] in .streamlit/secrets.toml, or set "
            "TIEFVISION_UI_WITHOUT_LOGIN=1 if that is what you want."
        )
    return (
        f"WARNING: anybody who reaches {settings.ui_address} can see the photos and label them under any name, "
        "because TIEFVISION_UI_WITHOUT_LOGIN is set and no log-in is configured."
    )
