"""What the API answers, field by field; the names of these models are those in its description."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, computed_field

from tiefvision_assets.box import Box
from tiefvision_assets.search.feedback import Followed
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


def _unless_empty(value: Any) -> Any:
    """What is empty is left out of the answer."""
    return value if not hasattr(value, "__len__") or len(value) else None


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
    repeats: str | None = Field(description="The image_id of the best hit whose shot this is again; null for none.")
    product_id: str | None = Field(None, description="The product that the photo shows.")
    product: Annotated[dict[str, JsonValue] | None, BeforeValidator(_unless_empty)] = Field(
        None, description="What the feed says about the product."
    )
    others: Annotated[list[str] | None, BeforeValidator(_unless_empty)] = Field(
        None, description="Where hits are products: image_ids of its other photos that fit the condition."
    )
    ranking: Ranking | None = Field(
        None, description="Where two rankings were interleaved: the one that the hit, and its score, come from."
    )


class FacetCount(BaseModel):
    """How many have a value, or one in a range."""

    model_config = ConfigDict(from_attributes=True)

    count: int
    value: str | bool | None = Field(None, description="The value, unless it is a range that is counted.")
    at_least: float | str | None = Field(None, alias="from", validation_alias="at_least", description="Of a range.")
    below: float | str | None = Field(None, alias="to", validation_alias="below", description="Not in the range.")


class Facet(BaseModel):
    """A column's values, counted."""

    model_config = ConfigDict(from_attributes=True)

    column: str
    counts: list[FacetCount]
    others: int = Field(description="Of values that are not listed, since there are too many.")
    missing: int = Field(description="Of those without a value.")


class SearchResult(BaseModel):
    """What a search found; made from `tiefvision_assets.search.hits.SearchResult`."""

    model_config = ConfigDict(from_attributes=True)

    query: str = Field(description="The photo's image_id, or the upload's name.")
    ranking: Ranking
    box: Sides
    confidence: Confidence
    hits: list[Hit] = Field(description="Best first.")
    facets: Annotated[list[Facet] | None, BeforeValidator(_unless_empty)] = Field(
        None, description="The columns that were asked for, counted among all that the condition leaves."
    )
    token: str | None = Field(
        None, description="To be sent back to /api/feedback, where clicks are taken and a session was named."
    )

    @classmethod
    def of(cls, followed: Followed) -> SearchResult:
        """The answer to a search that feedback may be about."""
        answer = cls.model_validate(followed.result)
        answer.token = followed.token
        for hit, ranking in zip(answer.hits, followed.rankings, strict=False):
            hit.ranking = ranking
        return answer


class Photo(Identified):
    """What is known of a photo of the catalogue."""

    width: int
    height: int
    box: Sides
    confidence: Confidence
    human: bool = Field(description="Whether a person drew the box.")


class GroupedPhoto(Identified):
    """A file of a group of duplicates."""

    width: int
    height: int
    bytes: int
    modified: str | None = Field(description="When the file was changed last; null where it is gone.")
    tags: list[str]
    hidden: bool = Field(description="Whether searches leave it out.")


class DuplicateGroup(BaseModel):
    """Photos of one shot, or copies of one photo."""

    group: str = Field(description="Names the group while it holds the same photos.")
    state: Literal["open", "decided", "by rule"]
    similarity: float = Field(description="The lowest cosine of two of them.")
    photos: list[GroupedPhoto] = Field(description="The one with the most pixels first.")


class DuplicateGroups(BaseModel):
    """Groups of duplicates."""

    total: int = Field(description="Of this kind, of which some may not be listed.")
    hidden: int = Field(description="Photos that are hidden as duplicates of others.")
    rule: Literal["pixels", "bytes", "earliest"] | None = Field(description="Which of new duplicates is kept.")
    groups: list[DuplicateGroup]


class FeedbackTaken(BaseModel):
    """What became of feedback."""

    recorded: bool = Field(description="False where the same was sent before.")


class Error(BaseModel):
    """What went wrong."""

    error: str = Field(description="A sentence: the thing, the reason and the way out.")
