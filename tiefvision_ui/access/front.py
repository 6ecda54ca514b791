"""What stands before the whole app, Streamlit's own endpoints and its websocket included."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tiefvision_assets.host_guard import POLICY_VIOLATION, REFUSED, HostGuard, refuse
from tiefvision_assets.hosts import Hosts, hostname, is_loopback
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.layout import Layout
from tiefvision_ui.access.ended import EndedLogIns
from tiefvision_ui.access.guard import Guard
from tiefvision_ui.access.login import NOT_READABLE, ids_in, login_configured, login_wanted, redirect_host
from tiefvision_ui.access.people import NoAccess, person_behind
from tiefvision_ui.config import MAX_UPLOAD_MB
from tiefvision_ui.http.own_base import OwnBase

FOR_THOSE_LOGGED_IN = ("/_stcore/metrics", "/_stcore/upload_file/", "/media/")
"""Endpoints of Streamlit's that give away, or take, what is not for everybody."""
METRICS = "/_stcore/metrics"
UPLOADS = "/_stcore/upload_file/"
LARGEST_FOR_ALL = (MAX_UPLOAD_MB + 1) * 2**20
"""Bytes of a request with a photo to search with, and with what a form has beside the file in it."""
TOO_LARGE = f"Files of more than {MAX_UPLOAD_MB} MB are taken from admins only."
LOG_IN_COOKIES = b"_streamlit_user"
"""How the names of the cookies begin that hold a log-in and its tokens, in one piece or in several."""


def hosts_of(settings: Settings) -> Hosts:
    """The hosts that the app answers for: where it listens, those set, and where the log-in sends people back."""
    redirect = redirect_host()
    return Hosts(settings.ui_address, settings.hosts | ({redirect} if redirect else set()))


def front(settings: Settings) -> list[Middleware]:
    """The middleware of the app, outermost first; whether a log-in is wanted is decided here."""
    login_wanted()
    ended = EndedLogIns(Layout(settings.data_dir).logged_out)
    return [
        Middleware(HostGuard, hosts=hosts_of(settings)),
        Middleware(LogInGate, ended=ended),
        Middleware(StreamlitGuard, settings=settings),
        Middleware(HostOfItsPage),
        Middleware(OwnBase),
    ]


class LogInGate:
    """Where a log-in is wanted: answers 503 while its configuration cannot be read, and knows who logged out.

    The cookies of a log-in that ended are taken off a request, for Streamlit as for our routes; a websocket that was
    opened with them is closed at its next message.
    """

    def __init__(self, app: ASGIApp, ended: EndedLogIns) -> None:
        self._app = app
        self._ended = ended
        self._was_readable = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or one websocket."""
        if scope["type"] not in ("http", "websocket") or not login_wanted():
            await self._app(scope, receive, send)
            return
        if not self._readable():
            await refuse(PlainTextResponse(NOT_READABLE, 503, REFUSED), scope, receive, send)
            return
        ids = ids_in(HTTPConnection(scope).cookies)
        if scope["path"].endswith("/auth/logout"):
            self._ended.end(ids)
        elif self._ended.include(ids):
            scope, ids = _without_log_in(scope), []

        async def receive_while_logged_in() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and (not self._readable() or self._ended.include(ids)):
                await send({"type": "websocket.close", "code": POLICY_VIOLATION})
                return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}
            return message

        await self._app(scope, receive_while_logged_in, send)

    def _readable(self) -> bool:
        readable = login_configured()
        if self._was_readable and not readable:
            logging.getLogger(__name__).error(NOT_READABLE)
        self._was_readable = readable
        return readable


def _without_log_in(scope: Scope) -> Scope:
    """The request without the cookies of Streamlit's log-in."""
    headers = []
    for name, value in scope["headers"]:
        if name == b"cookie":
            pairs = (pair.strip() for pair in value.split(b";"))
            value = b"; ".join(pair for pair in pairs if not pair.startswith(LOG_IN_COOKIES))
        headers.append((name, value))
    return {**scope, "headers": headers}


class StreamlitGuard:
    """Keeps Streamlit's metrics and files for those who are logged in.

    Without a log-in, metrics are for this machine, and the names of files, which cannot be guessed, are enough. Files
    that are larger than a photo to search with are taken from admins only, since the server holds them in memory.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._guarded = Guard(app, settings)
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope["path"] if scope["type"] == "http" else ""
        if UPLOADS in path and not self._may_send(HTTPConnection(scope)):
            await refuse(PlainTextResponse(TOO_LARGE, 413, REFUSED), scope, receive, send)
            return
        if not any(part in path for part in FOR_THOSE_LOGGED_IN):
            await self._app(scope, receive, send)
        elif login_wanted() or METRICS not in path or _from_this_machine(HTTPConnection(scope)):
            await self._guarded(scope, receive, send)
        else:
            await refuse(PlainTextResponse("Metrics are for this machine only.", 403, REFUSED), scope, receive, send)

    def _may_send(self, connection: HTTPConnection) -> bool:
        """Whether the request is short enough for everybody, as it says beforehand, or an admin's."""
        announced = connection.headers.get("content-length", "")
        if connection.scope["method"] != "PUT" or (announced.isdecimal() and int(announced) <= LARGEST_FOR_ALL):
            return True
        try:
            return person_behind(connection.cookies, "", self._settings).is_admin
        except NoAccess:
            return False


def _from_this_machine(connection: HTTPConnection) -> bool:
    """Whether a process on this machine asks, and by one of its names, as a proxy for others would not."""
    asked = hostname(connection.headers.get("host", ""))
    return bool(connection.client and asked and is_loopback(connection.client.host) and is_loopback(asked))


class HostOfItsPage:
    """Gives a websocket the ``Host`` that its page's origin names; `HostGuard` has found that origin to be ours.

    Where the two differ, as behind a proxy, Streamlit would ask a public server for the address of this machine, to
    compare it with the origin, and then refuse.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or one websocket."""
        origin = Headers(scope=scope).get("origin") if scope["type"] == "websocket" else None
        if origin:
            others = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope = {**scope, "headers": [*others, (b"host", urlsplit(origin).netloc.encode("latin-1"))]}
        await self._app(scope, receive, send)
