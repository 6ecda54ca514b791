"""``/api/feedback``: what somebody did with the hits of a search."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tiefvision_assets.search.feedback import MOST_HITS, Given
from tiefvision_assets.search.request import BadRequest
from tiefvision_ui.http.api.answers import FeedbackTaken
from tiefvision_ui.http.api.dependencies import FollowedOfApp
from tiefvision_ui.http.api.errors import responses
from tiefvision_ui.http.api.parameters import LONGEST_SESSION
from tiefvision_ui.http.api.uploads import TooLarge

MOST_BYTES = 64 * 1024
"""Far more than feedback has."""
LONGEST_TOKEN, LONGEST_ID = 16 * 1024, 100
router = APIRouter(tags=["feedback"])

ImageId = Annotated[str, Field(max_length=LONGEST_ID)]
Hits = Annotated[frozenset[ImageId], Field(max_length=MOST_HITS)]


class Feedback(BaseModel):
    """What is sent: no personal data, and none that would be kept."""

    model_config = ConfigDict(extra="forbid")

    session: str = Field(
        min_length=1, max_length=LONGEST_SESSION, description="The key that the search named; a hash of it is kept."
    )
    token: str | None = Field(None, max_length=LONGEST_TOKEN, description="That of the search's answer.")
    query: str = Field("", max_length=LONGEST_ID, description="Without a token: the image_id that was searched by.")
    shown: tuple[ImageId, ...] = Field(
        (), max_length=MOST_HITS, description="Without a token: image_ids of the hits, best first."
    )
    clicked: Hits = Field(frozenset(), description="Image_ids of hits that were opened.")
    bought: Hits = Field(frozenset(), description="Image_ids of hits that were bought, or put into the basket.")
    not_this: Hits = Field(frozenset(), description="Image_ids of hits that were said to be wrong.")


async def _sent(request: Request) -> Feedback:
    """The feedback in the body; JSON alone, which no form of another site can send."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BadRequest("body", "Feedback is JSON; send it with the content type application/json.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise TooLarge(f"Feedback has at most {MOST_BYTES // 1024} KiB; send what was done with one answer.")
    try:
        return Feedback.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])) or "body"
        raise BadRequest(name, f"{name}: {first['msg'][0].lower()}{first['msg'][1:]}.") from error


@router.post(
    "/feedback",
    operation_id="feedback",
    summary="Take what somebody did with the hits of a search: clicked, bought, or said that one is wrong.",
    description="Only where `TIEFVISION_FEEDBACK=on`. May be sent several times about one answer.",
    response_description="It was taken.",
    responses=responses(400, 404, 413, 503),
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": Feedback.model_json_schema()}}}
    },
)
def feedback(sent: Annotated[Feedback, Depends(_sent)], followed: FollowedOfApp) -> FeedbackTaken:
    """Append it."""
    given = Given(
        session=sent.session,
        token=sent.token,
        query=sent.query,
        shown=sent.shown,
        clicked=sent.clicked,
        bought=sent.bought,
        not_this=sent.not_this,
    )
    return FeedbackTaken(recorded=followed.take(given))
