"""The guard that holds web pages from elsewhere off a server of ours.

A page that is open in the same browser reaches servers on this machine too. It may send requests from its own origin,
or have its own host's name point here (DNS rebinding). The guard refuses both by the headers ``Host`` and ``Origin``,
which pages cannot set. It knows no log-in and no routes; those are its callers'.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tiefvision_assets.hosts import Hosts

READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
REFUSED = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
POLICY_VIOLATION = 1008
"""The code with which a websocket is closed that may not be opened; before it is open, a server answers 403."""


class HostGuard:
    """Answers 421 for hosts that are not this server's, and 403 to what another site's page wants to change or open.

    Requests without ``Origin`` pass: browsers send it with whatever is no GET or HEAD, and with every websocket.
    No other site may show the answers in a frame, where a click would be somebody else's.
    """

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or one websocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refused = self._refusal(scope)
        if refused:
            await refuse(refused, scope, receive, send)
            return

        async def send_unframed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("X-Frame-Options", "SAMEORIGIN")
            await send(message)

        await self._app(scope, receive, send_unframed)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._hosts.include(hosts[0]):
            return PlainTextResponse(
                "This server does not answer for that host; TIEFVISION_HOSTS names the hosts that it answers for.",
                421,
                REFUSED,
            )
        reads = scope["type"] == "http" and scope["method"] in READING
        if not reads and not all(self._hosts.sent_from_here(one, hosts[0]) for one in headers.getlist("origin")):
            return PlainTextResponse("Pages of other sites may change nothing here.", 403, REFUSED)
        return None


async def refuse(answer: PlainTextResponse, scope: Scope, receive: Receive, send: Send) -> None:
    """Send the answer, or close a websocket whose server cannot send one before it is open."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": POLICY_VIOLATION})
    else:
        await answer(scope, receive, send)
