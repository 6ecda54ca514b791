"""What is searched with: an uploaded photo, one from the camera, or one of the catalogue's."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from PIL import Image

from tiefvision_assets.store.photos import open_photo
from tiefvision_ui import services
from tiefvision_ui.search.uploads import Upload
from tiefvision_ui.values import name_of, photo_url


@dataclass(frozen=True)
class Query:
    """A photo to search with; ``width`` and ``height`` are the original's pixels."""

    key: str
    """The content's hash of an upload, or the image_id."""
    name: str
    src: str
    """Where the browser gets it: a route of the app, or a ``data:`` URL."""
    width: int
    height: int
    image_id: str | None = None
    sha256: str | None = None
    """Of a catalogue photo; an upload has none, so that no triplet can be made of it."""
    human: bool = False
    """Whether a person drew the catalogue photo's box."""
    upload: Upload | None = None

    @property
    def example(self) -> str | Image.Image:
        """The photo as `Searcher` takes it."""
        if self.upload is not None:
            return open_photo(self.upload.data)
        assert self.image_id is not None
        return self.image_id

    def photo(self) -> Image.Image:
        """The upright photo at full size."""
        if self.upload is not None:
            return open_photo(self.upload.data)
        path = services.photos(services.index_version()).loc[self.image_id, "path"]
        return services.store().catalogue.open(path)


def of_upload(upload: Upload) -> Query:
    """To search with an upload."""
    return Query(upload.digest, upload.name, upload.preview, upload.width, upload.height, upload=upload)


def of_entry(entry: pd.Series) -> Query:
    """To search with a row of `services.photos`."""
    return Query(
        key=entry["image_id"],
        name=name_of(entry["path"]),
        src=photo_url(entry["sha256"]),
        width=int(entry["width"]),
        height=int(entry["height"]),
        image_id=entry["image_id"],
        sha256=entry["sha256"],
        human=bool(entry["human"]),
    )
