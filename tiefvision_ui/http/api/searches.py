"""``/api/search``: by a photo of the catalogue, or by an uploaded one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from tiefvision_assets.store.photos import BadPhoto, open_photo
from tiefvision_ui.http.api.answers import SearchResult
from tiefvision_ui.http.api.dependencies import SearcherOfApp
from tiefvision_ui.http.api.errors import responses
from tiefvision_ui.http.api.parameters import IdSearch, PhotoSearch
from tiefvision_ui.http.api.uploads import LIMIT_IN_WORDS, Upload, request_body, uploaded
from tiefvision_ui.photo_queue import PHOTO_QUEUE

router = APIRouter()


@router.get(
    "/search",
    operation_id="searchById",
    summary="The photos most similar to a photo of the catalogue, itself left out.",
    response_description="What was found.",
    responses=responses(400, 404, 503),
)
def search_by_id(options: Annotated[IdSearch, Query()], searcher: SearcherOfApp) -> SearchResult:
    """With `more` and `less`, by these examples together."""
    request = options.request()
    if options.part is None:
        return SearchResult.model_validate(searcher.search(request))
    with PHOTO_QUEUE.place(), PHOTO_QUEUE.turn():
        return SearchResult.model_validate(searcher.search(request))


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
    searcher: SearcherOfApp,
) -> SearchResult:
    """Parameters may stand in the form as well, and count there before those of the address."""
    if upload.fields:
        options = PhotoSearch.model_validate({**request.query_params, **upload.fields})
    with PHOTO_QUEUE.turn():
        try:
            photo = open_photo(upload.data)
        except BadPhoto as error:
            raise type(error)(f"The photo cannot be searched with: {error}.") from error
        return SearchResult.model_validate(searcher.search(options.request(photo, upload.name)))
