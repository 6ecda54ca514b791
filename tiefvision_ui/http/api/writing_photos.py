"""``PUT`` and ``DELETE /api/photos/{path}``, and both at once: photos below the raw folder.

They become searchable as any others do: by the next scan, and the index that is built then.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Path, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from tiefvision_assets.lineage.written_notes import note_photos
from tiefvision_assets.search.request import BadRequest
from tiefvision_assets.store.catalogue import NoRawFolder
from tiefvision_assets.store.raw.place import Change
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.written.photos import (
    CheckedPhoto,
    checked_path,
    checked_photo,
    remove_photo,
    write_photo,
)
from tiefvision_ui.config import MAX_UPLOAD_MB
from tiefvision_ui.http.api.any_path import ANYTHING
from tiefvision_ui.http.api.writing import NoPhotoThere, WritingRequest, responses_of_writing, write_route

BATCH_MB, MOST_PHOTOS, MOST_REMOVED = 64, 100, 1000
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
single = APIRouter(tags=["photos"], route_class=write_route(MAX_UPLOAD_MB))
batches = APIRouter(tags=["photos"], route_class=write_route(BATCH_MB))
SentPhoto = Annotated[UploadFile, WithJsonSchema({"type": "string", "format": "binary"})]
PhotoPath = Annotated[str, Path(description="Below the raw folder, with forward slashes: gowns/a17-front.jpg.")]


class WrittenPhoto(BaseModel):
    """A photo as it lies below the raw folder now."""

    model_config = ConfigDict(from_attributes=True)

    path: str = Field(description="Below the raw folder.")
    image_id: str = Field(description="Names the photo in the catalogue, once it is there.")
    sha256: str = Field(description="Hash of the photo's content.")
    width: int
    height: int
    change: Change = Field(description="Whether the photo was added, has replaced another one, or was there already.")


class PhotoChanges(BaseModel):
    """What became of photos."""

    written: list[WrittenPhoto] = Field(description="In the order in which they were sent.")
    removed: list[str] = Field(description="The paths at which there was a photo, which is gone.")


async def _body(request: Request) -> bytes:
    return await request.body()


@single.put(
    f"/photos/{{path:{ANYTHING}}}",
    operation_id="putPhoto",
    summary="Write a photo below the raw folder, in place of one that is there.",
    description=f"The photo's file is the body, of at most {MAX_UPLOAD_MB} MB.",
    response_description="The photo as it lies there.",
    responses=responses_of_writing(507),
    openapi_extra=BODY,
)
def put_photo(path: PhotoPath, writing: WritingRequest, data: Annotated[bytes, Depends(_body)]) -> WrittenPhoto:
    """Decoded first, so that nothing is written which a scan would put into quarantine."""
    if not data:
        raise BadRequest("photo", "The request holds no photo; send the file as its body.")
    photo = checked_photo(path, data)
    return writing.once(WrittenPhoto, _told([photo], []), lambda: _change(writing.store, [photo], []).written[0])


@single.delete(
    f"/photos/{{path:{ANYTHING}}}",
    operation_id="deletePhoto",
    summary="Remove a photo from the raw folder, for good.",
    response_description="The path of what was removed.",
    responses=responses_of_writing(404, 507),
)
def delete_photo(path: PhotoPath, writing: WritingRequest) -> PhotoChanges:
    """Labels of its content stay, and count again if it comes back."""
    checked_path(path)

    def carry_out() -> PhotoChanges:
        changes = _change(writing.store, [], [path])
        if not changes.removed:
            raise NoPhotoThere(f"There is no photo at {path} in {writing.store.raw.name}.")
        return changes

    return writing.once(PhotoChanges, _told([], [path]), carry_out)


@batches.post(
    "/photos",
    operation_id="changePhotos",
    summary="Write and remove several photos.",
    description=f"At most {MOST_PHOTOS} photos of {BATCH_MB} MB together are written, and {MOST_REMOVED} removed. All "
    "are checked before anything is written.",
    response_description="What became of them.",
    responses=responses_of_writing(507),
)
def change_photos(
    writing: WritingRequest,
    photos: Annotated[list[SentPhoto], File(description="Files whose names are their paths.")] = [],  # noqa: B006
    removed: Annotated[list[str], Form(description="Paths of photos to remove.")] = [],  # noqa: B006
) -> PhotoChanges:
    """Each photo is written whole or not at all; what the disk refuses leaves those before it written."""
    if len(photos) > MOST_PHOTOS or len(removed) > MOST_REMOVED:
        raise BadRequest("photos", f"More than {MOST_PHOTOS} photos or {MOST_REMOVED} paths are sent; send fewer.")
    if not photos and not removed:
        raise BadRequest("photos", "The form has neither photos nor paths to remove; send some.")
    checked = [checked_photo(photo.filename or "", photo.file.read()) for photo in photos]
    paths = [photo.path for photo in checked] + [checked_path(path) for path in removed]
    if len(set(paths)) < len(paths):
        raise BadRequest("photos", "A path stands in the request twice; send it once.")
    return writing.once(PhotoChanges, _told(checked, removed), lambda: _change(writing.store, checked, removed))


def _change(store: Store, photos: list[CheckedPhoto], removed: list[str]) -> PhotoChanges:
    """Write and remove; what was changed is noted for whoever waits until searches know it."""
    # a folder that is made anew where a disk is not mounted would have the next scan forget all photos
    in_use = store.raw.folder is not None and store.catalogue.photo_count() > 0
    if in_use and (gone := store.raw.gone("photos in it")):
        raise NoRawFolder(gone)
    written, gone_now = [], []
    changed: dict[str, str | None] = {}
    try:
        for photo in photos:
            written.append(write_photo(store.raw, photo))
            changed[photo.path] = written[-1].sha256
        for path in removed:
            if remove_photo(store.raw, path):
                gone_now.append(path)
                changed[path] = None
    finally:  # what was changed before the disk refused something has happened
        note_photos(store, changed)
    return PhotoChanges(written=[WrittenPhoto.model_validate(photo) for photo in written], removed=gone_now)


def _told(photos: list[CheckedPhoto], removed: list[str]) -> str:
    """What a request asks for, as a text."""
    return json.dumps([[(photo.path, hashlib.sha256(photo.data).hexdigest()) for photo in photos], removed])
