"""What stands before the whole app, Streamlit's own endpoints and its websocket included."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tiefvision_assets.host_guard import REFUSED, HostGuard, refuse
from tiefvision_assets.hosts import Hosts, hostname, is_loopback
from tiefvision_assets.settings import Settings
from tiefvision_ui.access.guard import Guard
from tiefvision_ui.access.login import login_configured, redirect_host

FOR_THOSE_LOGGED_IN = ("/_stcore/metrics", "/_stcore/upload_file/", "/media/")
"""Endpoints of Streamlit's that give away, or take, what is not for everybody."""
METRICS = "/_stcore/metrics"


def hosts_of(settings: Settings) -> Hosts:
    """The hosts that the app answers for: where it listens, those set, and where the log-in sends people back."""
    redirect = redirect_host()
    return Hosts(settings.ui_address, settings.hosts | ({redirect} if redirect else set()))


def front(settings: Settings) -> list[Middleware]:
    """The middleware of the app, outermost first."""
    return [Middleware(HostGuard, hosts=hosts_of(settings)), Middleware(StreamlitGuard, settings=settings)]


class StreamlitGuard:
    """Keeps Streamlit's metrics and files for those who are logged in.

    Without a log-in, metrics are for this machine, and the names of files, which cannot be guessed, are enough.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._guarded = Guard(app, settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope["path"] if scope["type"] == "http" else ""
        if not any(part in path for part in FOR_THOSE_LOGGED_IN):
            await self._app(scope, receive, send)
        elif login_configured() or METRICS not in path or _from_this_machine(HTTPConnection(scope)):
            await self._guarded(scope, receive, send)
        else:
            await refuse(PlainTextResponse("Metrics are for this machine only.", 403, REFUSED), scope, receive, send)


def _from_this_machine(connection: HTTPConnection) -> bool:
    """Whether a process on this machine asks, and by one of its names, as a proxy for others would not."""
    asked = hostname(connection.headers.get("host", ""))
    return bool(connection.client and asked and is_loopback(connection.client.host) and is_loopback(asked))
