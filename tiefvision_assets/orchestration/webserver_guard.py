"""The guard before Dagster's webserver: what a web page could send without asking changes nothing.

Dagster's webserver knows no log-in, takes any ``Host`` and ``Origin``, and carries out mutations that come in the
address of a GET or of a POST of plain text, which any page may send. Its own pages send JSON by POST.
"""

from __future__ import annotations

from graphql import GraphQLError, OperationType, parse
from graphql.language import OperationDefinitionNode
from starlette.datastructures import Headers, QueryParams
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tiefvision_assets.host_guard import READING, REFUSED, HostGuard
from tiefvision_assets.hosts import Hosts


class WebserverGuard:
    """`HostGuard`, and besides: no mutation by GET (405), and what changes something is JSON (415)."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._guarded = HostGuard(self._checked, hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or one websocket."""
        await self._guarded(scope, receive, send)

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = _refusal(scope) if scope["type"] == "http" else None
        await (refused or self._app)(scope, receive, send)


def _refusal(scope: Scope) -> PlainTextResponse | None:
    if scope["method"] not in READING:
        # Only the media type counts: a page may send text/plain with a parameter that reads application/json.
        kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return PlainTextResponse("Send it as application/json.", 415, REFUSED)
    elif any(_may_change(query) for query in QueryParams(scope["query_string"]).getlist("query")):
        return PlainTextResponse("Send mutations by POST, as application/json.", 405, REFUSED | {"Allow": "POST"})
    return None


def _may_change(query: str) -> bool:
    """Whether it is more than questions; what cannot be read is taken for that."""
    try:
        definitions = parse(query).definitions
    except (GraphQLError, RecursionError):
        return True
    operations = [each.operation for each in definitions if isinstance(each, OperationDefinitionNode)]
    return any(operation is not OperationType.QUERY for operation in operations)
