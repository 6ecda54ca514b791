"""A small catalogue with both indexes, made without any model."""

from __future__ import annotations

import colorsys
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from tiefvision_assets.box import Box
from tiefvision_assets.search.request import ById, ByPhoto, SearchRequest
from tiefvision_assets.search.searcher import Searcher, SearchResult
from tiefvision_assets.store.index import Ranking
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store

PHOTOS = 70
EXIF_ORIENTATION = 274
LEVELS = {"same": 0.97, "very similar": 0.8}


def picture(hue: float = 0.5, size: tuple[int, int] = (120, 160)) -> Image.Image:
    """A coloured ellipse on a light ground."""
    photo = Image.new("RGB", size, "#eeeeee")
    red, green, blue = (round(255 * channel) for channel in colorsys.hsv_to_rgb(hue, 0.8, 0.8))
    width, height = size
    box = (width // 5, height // 6, width * 4 // 5, height * 5 // 6)
    ImageDraw.Draw(photo).ellipse(box, fill=(red, green, blue))
    return photo


def encoded(photo: Image.Image, image_format: str = "JPEG", **options: Any) -> bytes:
    """The photo as a file's content."""
    buffer = io.BytesIO()
    photo.save(buffer, image_format, **options)
    return buffer.getvalue()


def sideways() -> bytes:
    """A JPEG stored as 160 x 120 pixels that EXIF turns into 120 x 160."""
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    return encoded(picture(0.1).rotate(90, expand=True), exif=exif)


def fill(raw: Path) -> None:
    """Write `PHOTOS` photos, the first of them stored sideways."""
    for number in range(PHOTOS):
        file = raw / ("red" if number % 2 else "blue") / f"dress-{number:03d}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(sideways() if number == 0 else encoded(picture(number / PHOTOS)))


def serve(store: Store, version: str = "v1") -> None:
    """Index what lies in the raw folder by random vectors; every third box is human, every fifth missing."""
    store.catalogue.scan()
    entries = store.catalogue.live()[["image_id", "path", "sha256", "width", "height", "bytes", "batch"]].copy()
    numbers = np.arange(len(entries))
    for side, share in (("left", 0.2), ("top", 0.15), ("right", 0.8), ("bottom", 0.85)):
        entries[side] = entries["width" if side in ("left", "right") else "height"] * share
    entries["human"] = numbers % 3 == 0
    entries["confidence"] = np.where(entries["human"], 1.0, np.where(numbers % 5 == 0, 0.0, 0.75))
    rng = np.random.default_rng(0)
    rankings: tuple[Ranking, Ranking] = ("unsupervised", "supervised")
    for ranking in rankings:
        vectors = rng.normal(size=(len(entries), 8))
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        store.indexes.build(ranking, version, entries, vectors, "exact", {"levels": LEVELS})
    store.served.promote(ModelSet(encoder="encoder", basis="basis"))
    store.served.switch(dict.fromkeys(rankings, version))


def rank_anew(store: Store) -> None:
    """Serve another supervised index, as after the promotion of a ranking head; the unsupervised one stays."""
    index = store.served.read().index
    entries = store.indexes.open("supervised", index["supervised"]).entries
    vectors = np.random.default_rng(7).normal(size=(len(entries), 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    store.indexes.build("supervised", "anew", entries, vectors, "exact", {"levels": LEVELS})
    store.served.switch({**index, "supervised": "anew"})


class FakeSearcher(Searcher):
    """Searches by id as ever; a photo is found to resemble the catalogue's first one."""

    def search(self, request: SearchRequest) -> SearchResult:
        if not isinstance(request, ByPhoto):
            return super().search(request)
        photo, name = request.photo, request.name
        first = self.entries()["image_id"].iloc[0]
        hits = super().search(ById(first, k=request.k, ranking=request.ranking, where=request.where)).hits
        return SearchResult(name, request.ranking, Box(10, 20, photo.width - 10, photo.height - 20), 0.93, hits)


def component(app: AppTest, key: str) -> dict[str, Any]:
    """What the page hands to the custom component with that key."""
    (found,) = [element for element in app.get("bidi_component") if element.key == key]
    return json.loads(found.proto.json)


def drawn(app: AppTest) -> list[str]:
    """The keys of the page's custom components."""
    return [element.key for element in app.get("bidi_component")]


def sentences(app: AppTest) -> str:
    """All that the page says in boxes of errors and infos."""
    return " ".join(element.value for element in [*app.error, *app.info])
