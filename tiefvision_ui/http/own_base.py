"""Tells Streamlit's script where its server is, as the page is sent."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCRIPT = b'<script>window.__streamlit = {BACKEND_BASE_URL: new URL("./", window.location.href).href}</script>'
"""The folder of the page's address, as in the page's own links, whatever a proxy puts before it."""
HEAD = b"<head>"
MADE_ANEW = ("content-length", "etag", "last-modified")
NOT_PASSED_ON = (b"accept-encoding", b"range", b"if-none-match", b"if-modified-since")
"""What would have the page answered compressed, in part, or as the one that a browser has kept."""


class OwnBase:
    """Puts `SCRIPT` into Streamlit's page.

    Without it the script asks below each page's own address first, where nothing is: two answers of 404 in the
    browser's console, and a round trip before the page begins.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "GET" or not _page_wanted(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        parts: list[bytes] = []

        async def send_with_script(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
            elif message["type"] == "http.response.body" and start:
                parts.append(message.get("body", b""))
                if not message.get("more_body"):
                    body = b"".join(parts).replace(HEAD, HEAD + SCRIPT, 1)
                    headers = MutableHeaders(raw=start["headers"])
                    for name in MADE_ANEW:
                        del headers[name]
                    headers["content-length"] = str(len(body))
                    await send(start)
                    await send({"type": "http.response.body", "body": body})
            else:
                await send(message)

        plain = [(name, value) for name, value in scope["headers"] if name not in NOT_PASSED_ON]
        await self._app({**scope, "headers": plain}, receive, send_with_script)


def _page_wanted(headers: Headers) -> bool:
    return "text/html" in headers.get("accept", "")


def _is_page(start: Message) -> bool:
    return start["status"] == 200 and Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")
