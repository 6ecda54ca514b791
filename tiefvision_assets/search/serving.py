"""One state of ``served.json`` with its indexes and models, each opened on first use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.products import EntryColumns, JoinedProducts
from tiefvision_assets.store.hidden import hidden_rows
from tiefvision_assets.store.index import RANKINGS, IndexVersion, NoIndex, Ranking
from tiefvision_assets.store.served import Served
from tiefvision_assets.store.stamp import FileStamp
from tiefvision_assets.store.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

    from tiefvision_assets.models.inference import PhotoEncoder
    from tiefvision_assets.store.labels.duplicates import State
    from tiefvision_assets.vision.locate import Located
    from tiefvision_assets.vision.registry import CellMap


@dataclass(frozen=True)
class Vectors:
    """Q photos as the index knows photos: what a ranking compares, and what tells near-duplicates."""

    ranked: np.ndarray
    """(Q, D) float32, as in the ranking's index."""
    appearance: np.ndarray
    """(Q, D) float32, as in the unsupervised index; what people teach never makes two photos the same shot."""


class Serving:
    """What is served at one time, ready to answer queries.

    Both indexes are opened at once, so that all queries see the same versions whatever happens to the data folder.
    """

    def __init__(self, store: Store, served: Served) -> None:
        self._store = store
        self.served = served
        models = served.models.complete
        if models is None:
            raise NoIndex("served.json names an index, but not the models it was built with; run `tiefvision run`.")
        self._models = models
        self._joined: JoinedProducts | None = None
        self._masked: tuple[State, np.ndarray | None] = (), None
        self._columns: tuple[FileStamp | None, pa.Table] | None = None
        self._indexes = {ranking: store.indexes.open(ranking, served.index[ranking]).load() for ranking in RANKINGS}

    def index(self, ranking: Ranking) -> IndexVersion:
        """The index of one ranking."""
        return self._indexes[ranking]

    def columns(self, joined: JoinedProducts | None) -> EntryColumns:
        """What conditions are about: a row for each photo of the indexes, in their order.

        The one place that says which columns there are, for the command line, the API and the app's completion alike:
        those of the index, photos' flaws where they were measured, and those of the products that the photos show.
        """
        stamp = self._store.quality.stamp()
        if self._columns is None or self._columns[0] != stamp:
            index = self.index("unsupervised")
            self._columns = stamp, index.columns(self._store.quality.flaws_of(index.entries["sha256"]))
        return EntryColumns(self._columns[1], joined)

    def products(self, wanted: bool = True) -> JoinedProducts | None:
        """The products as they are now; None where there is no feed, or it was not read yet.

        Where their file is damaged, `DamagedFile`, or None where it is not ``wanted`` that much.
        """
        if not self._store.settings.has_products:
            return None
        products = self._store.products.read() if wanted else self._store.products.intact()
        if products is None:
            return None
        joined = self._joined
        if joined is None or joined.products is not products:
            self._joined = joined = JoinedProducts(products, self.index("unsupervised").entries["path"])
        return joined

    def hidden(self) -> np.ndarray | None:
        """(N,) whether each photo of the indexes is hidden, as decided by now; None where none is.

        It is looked up for each search, so that decisions count at once and need no new index.
        """
        state, decisions = self._store.duplicates.known()
        masked = self._masked
        if masked[0] != state:
            self._masked = masked = state, hidden_rows(self.index("unsupervised").entries, decisions.choices)
        return masked[1]

    def stored(self, rows: Sequence[int] | np.ndarray, ranking: Ranking) -> Vectors:
        """The vectors of these rows of the indexes."""
        chosen = np.asarray(rows, dtype=np.int64)
        ranked, appearance = (self.index(name).vectors[chosen].astype(np.float32) for name in (ranking, "unsupervised"))
        return Vectors(ranked, appearance)

    def photo(self, row: int) -> Image.Image:
        """The upright RGB photo of that row of the indexes, from the raw folder."""
        return self._store.catalogue.open(self.index("unsupervised").entries["path"].iloc[row])

    def located(self, photo: Image.Image, box: Box | None) -> Located:
        """The given box where it lies on the photo, with confidence 1; without one, the extracted box.

        The whole photo with confidence 0 where no heads are served.
        """
        from tiefvision_assets.vision.locate import Located

        return self._photos.locate(photo) if box is None else Located(_usable(box, photo), 1.0)

    @property
    def grid(self) -> CellMap:
        """Where the cells of an object lie on the square that it was cut out into."""
        return self._photos.spec.objects

    def cells(self, photo: Image.Image, box: Box) -> np.ndarray:
        """(2, C, h, w) the normalised cells of the object in the box and of its mirror image."""
        return self._photos.cells(photo, box)

    def vectors(self, photo: Image.Image, box: Box, ranking: Ranking) -> Vectors:
        """The vectors of the object in the box, the way round in which it is nearer to some photo of the index.

        So a photo and its mirror image find the same, and each finds the other with the score of a copy.
        """
        appearance = self._photos.appearances(photo, box)
        if len(appearance) > 1:
            _, nearest = self.index("unsupervised").engine.search(appearance, 1)
            best = int(nearest[:, 0].argmax()) if nearest.shape[1] else 0
            appearance = appearance[best : best + 1]
        return Vectors(self._photos.ranked(appearance) if ranking == "supervised" else appearance, appearance)

    @cached_property
    def _photos(self) -> PhotoEncoder:
        from tiefvision_assets.models.inference import PhotoEncoder

        return PhotoEncoder(self._store, self._models)


def _usable(box: Box, photo: Image.Image) -> Box:
    """The part of the box that lies on the photo; an error where there is none."""
    inside = box.clipped(photo.width, photo.height)
    if inside.width < 1 or inside.height < 1:
        raise TiefVisionError(
            f"The box {box.as_tuple()} does not lie on the photo of {photo.width} x {photo.height} pixels; "
            "give it as left,top,right,bottom."
        )
    return inside
