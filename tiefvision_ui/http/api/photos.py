"""``/api/photos/{image_id}``: what is known of a photo of the catalogue."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from tiefvision_assets.box import Box
from tiefvision_assets.search.searcher import UnknownPhoto
from tiefvision_assets.store.rows import BOX
from tiefvision_ui.http.api.answers import Photo
from tiefvision_ui.http.api.dependencies import SearcherOfApp
from tiefvision_ui.http.api.errors import responses

router = APIRouter()


@router.get(
    "/photos/{image_id}",
    operation_id="photo",
    summary="What is known of a photo of the catalogue.",
    response_description="What is known.",
    responses=responses(404, 503),
)
def photo(image_id: Annotated[str, Path(description="The photo's image_id.")], searcher: SearcherOfApp) -> Photo:
    """Its row of the served index."""
    entries = searcher.entries()
    found = entries[entries["image_id"] == image_id]
    if found.empty:
        raise UnknownPhoto(f"There is no searchable photo {image_id!r}.")
    entry = found.iloc[0]
    return Photo(
        image_id=image_id,
        path=entry["path"],
        sha256=entry["sha256"],
        width=int(entry["width"]),
        height=int(entry["height"]),
        box=Box(*(float(entry[side]) for side in BOX)),
        confidence=float(entry["confidence"]),
        human=bool(entry["human"]),
    )
