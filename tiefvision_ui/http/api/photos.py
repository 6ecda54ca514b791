"""``/api/photos/{path}``: what is known of a photo of the catalogue."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from tiefvision_assets.box import Box
from tiefvision_assets.search.searcher import UnknownPhoto
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.schemas import BOX
from tiefvision_ui.http.api.answers import Photo
from tiefvision_ui.http.api.any_path import ANYTHING
from tiefvision_ui.http.api.dependencies import SearcherOfApp
from tiefvision_ui.http.api.errors import responses

router = APIRouter(tags=["photos"])


@router.get(
    f"/photos/{{path:{ANYTHING}}}",
    operation_id="photo",
    summary="What is known of a photo of the catalogue.",
    response_description="What is known.",
    responses=responses(404, 503),
)
def photo(
    path: Annotated[str, Path(description="The photo's image_id, or its path below the raw folder.")],
    searcher: SearcherOfApp,
) -> Photo:
    """Its row of the served index."""
    entries = searcher.entries()
    found = entries[entries["image_id"].isin([path, image_id(path)])]
    if found.empty:
        raise UnknownPhoto(f"There is no searchable photo {path!r}.")
    entry = found.iloc[0]
    return Photo(
        image_id=entry["image_id"],
        path=entry["path"],
        sha256=entry["sha256"],
        width=int(entry["width"]),
        height=int(entry["height"]),
        box=Box(*(float(entry[side]) for side in BOX)),
        confidence=float(entry["confidence"]),
        human=bool(entry["human"]),
    )
