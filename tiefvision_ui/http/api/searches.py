"""``/api/search``: by a photo of the catalogue, or by an uploaded one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from tiefvision_assets.search.feedback import FollowedSearches
from tiefvision_assets.search.request import SearchRequest
from tiefvision_assets.store.photos import BadPhoto, open_photo
from tiefvision_ui.http.api.answers import SearchResult
from tiefvision_ui.http.api.dependencies import FollowedOfApp
from tiefvision_ui.http.api.errors import responses
from tiefvision_ui.http.api.parameters import IdSearch, Options, PhotoSearch, ProductSearch
from tiefvision_ui.http.api.uploads import LIMIT_IN_WORDS, Upload, request_body, uploaded
from tiefvision_ui.photo_queue import PHOTO_QUEUE

router = APIRouter(tags=["search"])


@router.get(
    "/search",
    operation_id="searchById",
    summary="The photos most similar to a photo of the catalogue, itself left out.",
    response_description="What was found.",
    responses=responses(400, 404, 503),
)
def search_by_id(options: Annotated[IdSearch, Query()], followed: FollowedOfApp) -> SearchResult:
    """With `more` and `less`, by these examples together."""
    if options.part is None:
        return _answer(followed, options.request(), options)
    with PHOTO_QUEUE.place(), PHOTO_QUEUE.turn():
        return _answer(followed, options.request(), options)


@router.get(
    "/search/product",
    operation_id="searchByProduct",
    summary="The photos, or products, most similar to any photo of a product, its own left out.",
    response_description="What was found.",
    responses=responses(400, 404, 503),
)
def search_by_product(options: Annotated[ProductSearch, Query()], followed: FollowedOfApp) -> SearchResult:
    """Its photos are those that the feed of products names."""
    return _answer(followed, options.request(), options)


@router.post(
    "/search",
    operation_id="searchByPhoto",
    summary="The photos most similar to the object on an uploaded photo; the upload is not stored.",
    description=LIMIT_IN_WORDS,
    response_description="What was found.",
    responses=responses(400, 408, 413, 503),
    openapi_extra={"requestBody": request_body()},
)
def search_by_photo(
    request: Request,
    upload: Annotated[Upload, Depends(uploaded)],
    options: Annotated[PhotoSearch, Query()],
    followed: FollowedOfApp,
) -> SearchResult:
    """Parameters may stand in the form as well, and count there before those of the address."""
    if upload.fields:
        options = PhotoSearch.model_validate({**request.query_params, **upload.fields})
    with PHOTO_QUEUE.turn():
        try:
            photo = open_photo(upload.data)
        except BadPhoto as error:
            raise type(error)(f"The photo cannot be searched with: {error}.") from error
        return _answer(followed, options.request(photo, upload.name), options)


def _answer(followed: FollowedSearches, request: SearchRequest, options: Options) -> SearchResult:
    return SearchResult.of(followed.search(request, options.session, may_interleave=options.may_interleave))
