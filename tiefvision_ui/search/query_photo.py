"""The photo to search with, whether it was uploaded, taken by the camera, or chosen from the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from PIL import Image

from tiefvision_assets.search.searcher import UnknownPhoto
from tiefvision_assets.store.photos import open_photo
from tiefvision_ui import services
from tiefvision_ui.language.texts import _
from tiefvision_ui.search import indexed_photos
from tiefvision_ui.search.uploads import Upload
from tiefvision_ui.values import name_of, photo_url


@dataclass(frozen=True)
class QueryPhoto:
    """A photo to search with; ``width`` and ``height`` are the original's, in pixels."""

    key: str
    """The SHA-256 of an upload, or the image_id of a catalogue photo."""
    name: str
    src: str
    """The URL from which the browser gets the photo: a route of the app, or a ``data:`` URL."""
    width: int
    height: int
    image_id: str | None = None
    sha256: str | None = None
    """A catalogue photo's; None for an upload, which can therefore be no part of a triplet."""
    human: bool = False
    """Whether a person drew the catalogue photo's box."""
    upload: Upload | None = None

    @property
    def example(self) -> str | Image.Image:
        """The photo as `Searcher` takes it: an image, or the image_id."""
        if self.upload is not None:
            return open_photo(self.upload.data)
        assert self.image_id is not None
        return self.image_id

    def photo(self) -> Image.Image:
        """The upright photo at full size."""
        if self.upload is not None:
            return open_photo(self.upload.data)
        table = indexed_photos.photos(indexed_photos.index_version())
        if self.image_id not in table.index:
            raise UnknownPhoto(_("{name} is not in the catalogue any more; choose another photo.", name=self.name))
        return services.store().catalogue.open(table.loc[self.image_id, "path"])


def of_upload(upload: Upload) -> QueryPhoto:
    """The query photo of an upload."""
    return QueryPhoto(upload.digest, upload.name, upload.preview, upload.width, upload.height, upload=upload)


def of_entry(entry: pd.Series) -> QueryPhoto:
    """The query photo of a row of `indexed_photos.photos`."""
    return QueryPhoto(
        key=entry["image_id"],
        name=name_of(entry["path"]),
        src=photo_url(entry["sha256"]),
        width=int(entry["width"]),
        height=int(entry["height"]),
        image_id=entry["image_id"],
        sha256=entry["sha256"],
        human=bool(entry["human"]),
    )
