"""What the API answers, field by field; the names of these models are those in its description."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, computed_field

from tiefvision_assets.box import Box
from tiefvision_assets.search.hits import Level
from tiefvision_assets.store.index import Ranking
from tiefvision_ui.values import photo_url, thumbnail_url

THUMBNAIL_WIDTH = 320

Sides = Annotated[
    tuple[float, float, float, float],
    BeforeValidator(Box.as_tuple),
    Field(description="Left, top, right, bottom in pixels of the upright photo."),
]
Confidence = Annotated[float, Field(description="1 for a box drawn by people or given, 0 for the whole photo.")]


class Identified(BaseModel):
    """A photo of the catalogue, and where it is served."""

    model_config = ConfigDict(from_attributes=True)

    image_id: str = Field(description="Names the photo in the catalogue.")
    path: str = Field(description="Relative to the raw folder.")
    sha256: str = Field(description="Hash of the photo's content.")

    @computed_field(description="Where the photo is served.")  # type: ignore[prop-decorator]
    @property
    def photo(self) -> str:
        """Its address."""
        return photo_url(self.sha256)

    @computed_field(description="Where its thumbnail is served.")  # type: ignore[prop-decorator]
    @property
    def thumbnail(self) -> str:
        """Its thumbnail's address."""
        return thumbnail_url(self.sha256, THUMBNAIL_WIDTH)


class Hit(Identified):
    """A photo that was found."""

    score: float = Field(description="Cosine similarity, at most 1.")
    level: Level
    duplicate: bool = Field(description="The query's shot again: re-encoded, resized, mirrored.")


class SearchResult(BaseModel):
    """What a search found; made from `tiefvision_assets.search.hits.SearchResult`."""

    model_config = ConfigDict(from_attributes=True)

    query: str = Field(description="The photo's image_id, or the upload's name.")
    ranking: Ranking
    box: Sides
    confidence: Confidence
    hits: list[Hit] = Field(description="Best first.")


class Photo(Identified):
    """What is known of a photo of the catalogue."""

    width: int
    height: int
    box: Sides
    confidence: Confidence
    human: bool = Field(description="Whether a person drew the box.")


class Error(BaseModel):
    """What went wrong."""

    error: str = Field(description="A sentence: the thing, the reason and the way out.")
