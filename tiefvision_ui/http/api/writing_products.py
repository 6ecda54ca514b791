"""``PUT`` and ``DELETE /api/products/{product_id}``, and both at once: products beside those of the feed.

A product that is written counts as it is written, whole, until it is deleted; then the feed's counts, if it has one.
"""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from tiefvision_assets.lineage.written_notes import note_products
from tiefvision_assets.search.request import BadRequest
from tiefvision_assets.store.products.feed import FeedColumn
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.written.products import NotWritten, WrittenProduct, check_products
from tiefvision_ui.http.api.any_path import ANYTHING
from tiefvision_ui.http.api.writing import WritingRequest, responses_of_writing, write_route

BODY_MB, MOST_PRODUCTS = 16, 10_000
router = APIRouter(tags=["products"], route_class=write_route(BODY_MB))
ProductId = Annotated[str, Path(description="The product's id.")]
ColumnValue = StrictBool | StrictInt | StrictFloat | StrictStr | list[StrictStr] | None


class ProductContent(BaseModel):
    """A product without its id."""

    model_config = ConfigDict(extra="forbid")

    photos: list[str] = Field([], description="Paths below the raw folder, or patterns: gowns/{product_id}-*.jpg.")
    columns: dict[str, ColumnValue] = Field(
        {}, description="What searches know of it: texts, numbers, truths, lists of texts; dates as 2026-11-27."
    )


class Product(ProductContent):
    """A product."""

    product_id: str


class ProductChanges(BaseModel):
    """Products to write, and to remove."""

    model_config = ConfigDict(extra="forbid")

    products: list[Product] = Field([], description=f"At most {MOST_PRODUCTS:,}.")
    removed: list[str] = Field([], description="Ids of products that were written.")


class ChangedProducts(BaseModel):
    """What became of products."""

    written: int = Field(description="Products that are as they were sent.")
    removed: list[str] = Field(description="Ids of those that had been written, and are not any more.")


@router.put(
    f"/products/{{product_id:{ANYTHING}}}",
    operation_id="putProduct",
    summary="Write a product, in place of what was written of it or what the feed says.",
    response_description="How many were written: one.",
    responses=responses_of_writing(507),
)
def put_product(product_id: ProductId, product: ProductContent, writing: WritingRequest) -> ChangedProducts:
    """Searches know it as soon as the feed was taken over, within a minute."""
    return _change(writing, [Product(product_id=product_id, **product.model_dump())], [])


@router.delete(
    f"/products/{{product_id:{ANYTHING}}}",
    operation_id="deleteProduct",
    summary="Remove what was written of a product; the feed's counts then, if it has one.",
    response_description="The id of what was removed.",
    responses=responses_of_writing(404, 507),
)
def delete_product(product_id: ProductId, writing: WritingRequest) -> ChangedProducts:
    """A product of the feed alone is removed in the feed."""
    return _change(writing, [], [product_id], has_to_be_there=True)


@router.post(
    "/products",
    operation_id="changeProducts",
    summary="Write and remove several products, all or none of them.",
    response_description="What became of them.",
    responses=responses_of_writing(507),
)
def change_products(changes: ProductChanges, writing: WritingRequest) -> ChangedProducts:
    """Ids to remove that were not written are passed over."""
    if len(changes.products) > MOST_PRODUCTS or len(changes.removed) > MOST_PRODUCTS:
        raise BadRequest("products", f"More than {MOST_PRODUCTS:,} products are sent; send fewer at once.")
    if not changes.products and not changes.removed:
        raise BadRequest("products", "There are neither products nor ids to remove in the request; send some.")
    return _change(writing, changes.products, changes.removed)


def _change(
    writing: WritingRequest, products: list[Product], removed: list[str], has_to_be_there: bool = False
) -> ChangedProducts:
    put = [WrittenProduct(one.product_id, one.photos, one.columns) for one in products]

    def carry_out() -> ChangedProducts:
        known = _known_columns(writing.store)
        check_products(put, removed, known)
        gone = writing.store.written_products.change(put, removed, known)
        note_products(writing.store, [one.product_id for one in put], gone)
        if has_to_be_there and not gone:
            raise NotWritten(
                f"The product {removed[0]!r} was not written through the API; one of the feed is removed in the feed."
            )
        return ChangedProducts(written=len(put), removed=gone)

    told = json.dumps([[one.model_dump(mode="json") for one in products], removed], sort_keys=True)
    return writing.once(ChangedProducts, told, carry_out)


def _known_columns(store: Store) -> tuple[FeedColumn, ...]:
    products = store.products.intact()
    return products.record.columns if products else ()
