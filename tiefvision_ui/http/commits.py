"""The route by which the labelling components commit decisions; it depends on no session of Streamlit's.

A browser keeps a commit, and sends it again, until an answer names it in ``saved``. So whatever may pass (a database
that is busy, a log-in that ended) is answered by another status and a sentence in ``problem``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tiefvision_assets.store.labels.database import LabelDatabaseError
from tiefvision_ui import services
from tiefvision_ui.access.login import login_wanted
from tiefvision_ui.access.people import NoAccess, person_behind
from tiefvision_ui.annotation import queues
from tiefvision_ui.annotation.commits import CommitContext, Outcome, box_commit, id_in, triplet_commit
from tiefvision_ui.language.texts import N_, _

MOST_BYTES = 16 * 1024
"""Far more than a commit has."""
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
RECORDERS: dict[str, Callable[[CommitContext, Mapping[str, Any]], Outcome]] = {
    "box": box_commit,
    "triplet": triplet_commit,
}
NOT_A_COMMIT = N_("That is no commit; reload the page.")


class _Refused(Exception):
    """A commit that is not recorded now, the status and the sentence that say why."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status


def commit_routes() -> list[Route]:
    """``POST /commits/box`` and ``POST /commits/triplet``, which answer with an `Outcome` as JSON.

    Who commits is who is logged in; without a log-in, whom ``person`` names, the name that was typed in the page. A
    commit that another person made before they logged out is refused, and stays in the browser for them; so does one
    that was made for another label database, which this port may have served before.
    """
    return [Route("/commits/{kind}", _commit, methods=["POST"])]


async def _commit(request: Request) -> JSONResponse:
    record = RECORDERS.get(request.path_params["kind"])
    if record is None:
        raise HTTPException(404)
    try:
        sent = await _body(request)
        outcome = await run_in_threadpool(_recorded, record, sent, request.cookies)
    except _Refused as refused:
        return _answer(refused.status, Outcome(None, problem=str(refused)))
    return _answer(503 if outcome.saved is None else 200, outcome)


async def _body(request: Request) -> dict[str, Any]:
    """The commit in the body; JSON alone, which no form of another site's can send."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _Refused(415, _(NOT_A_COMMIT))
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise _Refused(413, _(NOT_A_COMMIT))
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        sent = None
    if not (isinstance(sent, dict) and id_in(sent.get("commit_id")) and isinstance(sent.get("person"), str)):
        raise _Refused(400, _(NOT_A_COMMIT))
    return sent


def _recorded(
    record: Callable[[CommitContext, Mapping[str, Any]], Outcome], sent: dict[str, Any], cookies: Mapping[str, str]
) -> Outcome:
    store = services.store()
    session = id_in(sent.get("session"))
    if session is None:
        raise _Refused(400, _(NOT_A_COMMIT))
    try:
        person = person_behind(cookies, sent["person"], store.settings)
    except NoAccess as error:
        raise _Refused(403, str(error)) from error
    if login_wanted() and person.name != sent["person"]:
        raise _Refused(
            409, _("{other} made this, and you are logged in as {name}.", other=sent["person"], name=person.name)
        )
    if not person.may_label:
        raise _Refused(403, _("Labels need a name, and a role that may label; ask an administrator."))
    try:
        if sent.get("database") != store.labels.database_id():
            raise _Refused(409, _("This was made for another data folder; it is kept until that one is served here."))
    except LabelDatabaseError as error:
        raise _Refused(503, str(error)) from error
    return record(CommitContext(store.annotation, queues.photos(), person, session), sent)


def _answer(status: int, outcome: Outcome) -> JSONResponse:
    return JSONResponse(asdict(outcome), status, HEADERS)
