"""The query parameters of each route: checked one by one, by the rules and sentences of `search.request`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from PIL import Image
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    WithJsonSchema,
    model_validator,
)

from tiefvision_assets.box import Box
from tiefvision_assets.search.request import (
    MAX_EXAMPLES,
    MAX_HITS,
    BadRequest,
    ByProduct,
    RequestOptions,
    SearchRequest,
    Unit,
    box_from_text,
    check_number_of_examples,
    facets_from_text,
    hits_from_text,
    ranking_from_text,
    request_for,
    unit_from_text,
)
from tiefvision_assets.store.index import Ranking

BOUND: dict[str, JsonValue] = {"maxItems": MAX_EXAMPLES}
LONGEST_SESSION = 200
Text = Annotated[str | None, WithJsonSchema({"type": "string"})]
"""Text that may be left out; never null, as there is no null in an address."""


class Parameters(BaseModel):
    """Parameters of a route: one that is unknown or missing is a `BadRequest`."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _known_and_there(cls, given: Mapping[str, object]) -> Mapping[str, object]:
        fields = sorted(cls.model_fields.items(), key=lambda field: not field[1].is_required())
        for name in given:
            if name not in cls.model_fields:
                known = ", ".join(field for field, _ in fields)
                raise BadRequest(name, f"There is no parameter {name!r} here; there are {known}.")
        for name, field in fields:
            if field.is_required() and not given.get(name):
                raise BadRequest(name, f"The parameter {name} is missing: {field.description}.")
        return given


def _hits(given: object) -> int:
    """From the query's text; earlier versions of FastAPI pass the default through this as well."""
    return hits_from_text(str(given))


class Options(Parameters):
    """Those that every search has."""

    k: Annotated[int, Field(ge=1, le=MAX_HITS, description="Hits wanted."), BeforeValidator(_hits)] = 10
    ranking: Annotated[
        Ranking, Field(description="By labels or by appearance alone."), BeforeValidator(ranking_from_text)
    ] = "supervised"
    where: Text = Field(
        None,
        description="An SQL condition on columns of photos and products, such as: width > 500 AND path LIKE 'gowns/%'.",
    )
    by: Annotated[
        Unit, Field(description="Hits: photos, or products by their best photo."), BeforeValidator(unit_from_text)
    ] = "photo"
    session: Annotated[
        str | None,
        WithJsonSchema({"type": "string", "maxLength": LONGEST_SESSION}),
        Field(
            max_length=LONGEST_SESSION,
            description="A key of whoever searches, made up for this purpose; the answer then has a token for "
            "/api/feedback, where clicks are taken, and may interleave both rankings unless one is named.",
        ),
    ] = None
    facets: Text = Field(None, description="Columns whose values are counted among all that where leaves: brand,price.")
    hidden: bool = Field(False, description="Whether photos are found that are hidden as duplicates of others.")

    @property
    def may_interleave(self) -> bool:
        """Whether no ranking was named."""
        return "ranking" not in self.model_fields_set

    @property
    def options(self) -> RequestOptions:
        """As a request has them."""
        counted = facets_from_text(self.facets or "")
        return RequestOptions(
            k=self.k, ranking=self.ranking, where=self.where, by=self.by, facets=counted, hidden=self.hidden
        )


class SearchParameters(Options):
    """Those of a search by a photo."""

    box: Text = Field(None, description="The part of the photo to look at: left,top,right,bottom in its pixels.")

    @property
    def part(self) -> Box | None:
        """The box, where one is given; `BadRequest` for text that is none."""
        return box_from_text(self.box) if self.box else None


class PhotoSearch(SearchParameters):
    """Those of a search by an uploaded photo."""

    def request(self, photo: Image.Image, name: str) -> SearchRequest:
        """The search by that photo."""
        return request_for(photo, box=self.part, name=name, **vars(self.options))


class IdSearch(SearchParameters):
    """Those of a search by a photo of the catalogue."""

    id: Annotated[str, Field(description="the image_id of the photo to search by")]
    more: Annotated[
        tuple[str, ...],
        Field(description="Image_ids of photos to be like as well; may be repeated.", json_schema_extra=BOUND),
    ] = ()
    less: Annotated[
        tuple[str, ...],
        Field(description="Image_ids of photos to be unlike; may be repeated.", json_schema_extra=BOUND),
    ] = ()

    def request(self) -> SearchRequest:
        """The search by that photo and the examples; `BadRequest` for too many."""
        check_number_of_examples(self.more, self.less)
        return request_for(
            self.id,
            box=self.part,
            more=self.more,
            less=self.less,
            **vars(self.options),
        )


class ProductSearch(Options):
    """Those of a search by a product."""

    product: Annotated[str, Field(description="the product_id of the product to search by")]

    def request(self) -> SearchRequest:
        """The search by that product."""
        return ByProduct(self.product, **vars(self.options))
