"""`Searcher`: what the command line, the app and the API call to find similar photos."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.index import IndexVersion, NoIndex, Ranking
from tiefvision_assets.store.served import Served
from tiefvision_assets.store.store import Store

if TYPE_CHECKING:
    from torch import Tensor, nn

    from tiefvision_assets.vision.embedding import Basis
    from tiefvision_assets.vision.locate import Located, Locator
    from tiefvision_assets.vision.ranking import RankingHead
    from tiefvision_assets.vision.registry import Encoder

Level = Literal["same", "very similar", "related"]


class UnknownPhoto(TiefVisionError):
    """An image_id that the served index does not hold."""


@dataclass(frozen=True)
class SearchHit:
    """A photo of the catalogue found for a query."""

    image_id: str
    path: str
    sha256: str
    score: float
    """Cosine similarity under the ranking, at most 1."""
    level: Level


@dataclass(frozen=True)
class SearchResult:
    """What a query found, best first, and the box on the query photo that was compared."""

    query: str
    ranking: Ranking
    box: Box
    confidence: float
    """1 for a box that a person drew or gave, the heads' confidence for an extracted one, 0 for the whole photo."""
    hits: tuple[SearchHit, ...]


class Searcher:
    """Searches what ``served.json`` names; notices by itself when that changes.

    Models are loaded when the first query needs them: a search by a catalogue photo's id needs none.
    """

    def __init__(self, settings: Settings) -> None:
        self._store = Store(settings)
        self._loaded: _Loaded | None = None

    def entries(self) -> pd.DataFrame:
        """The photos that can be searched: image_id, path, sha256, width, height, left, top, right, bottom, …"""
        return self._current().index("unsupervised").entries

    def by_id(
        self, image_id: str, k: int = 10, ranking: Ranking = "supervised", box: Box | None = None
    ) -> SearchResult:
        """The k photos most similar to a catalogue photo, itself left out; with ``box``, to that part of it.

        Raises `UnknownPhoto` for an id that the index does not hold, `NoIndex` before the first run.
        """
        current = self._current()
        index = current.index(ranking)
        if image_id not in index.rows:
            raise UnknownPhoto(
                f"{image_id!r} is neither a file nor the id of a searchable photo; `tiefvision status` counts them."
            )
        row = index.rows[image_id]
        entry = index.entries.iloc[row]
        if box is not None:
            photo = self._store.catalogue.open(entry["path"])
            result = self._by_photo(current, photo, k + 1, ranking, box, image_id)
            others = tuple(hit for hit in result.hits if hit.image_id != image_id)[:k]
            return SearchResult(image_id, ranking, result.box, result.confidence, others)
        neighbours, scores = index.graph
        if k <= neighbours.shape[1] or neighbours.shape[1] == len(index.entries) - 1:
            hits = _hits(index, neighbours[row, :k], scores[row, :k])
        else:
            rows, found = index.engine.search(np.asarray(index.vectors[row : row + 1]), k + 1)
            others_first = rows[0] != row
            hits = _hits(index, rows[0][others_first][:k], found[0][others_first][:k])
        own = Box(*(float(entry[side]) for side in ("left", "top", "right", "bottom")))
        return SearchResult(image_id, ranking, own, float(entry["confidence"]), hits)

    def by_photo(
        self,
        photo: Image.Image,
        k: int = 10,
        ranking: Ranking = "supervised",
        box: Box | None = None,
        name: str = "photo",
    ) -> SearchResult:
        """The k photos most similar to an upright RGB photo, to its object, or to the given box in its pixels."""
        return self._by_photo(self._current(), photo, k, ranking, box, name)

    def locate(self, photo: Image.Image) -> Located:
        """The extracted box of an upright RGB photo; the whole photo with confidence 0 when no heads are served."""
        return self._current().locate(photo)

    def _by_photo(
        self, current: _Loaded, photo: Image.Image, k: int, ranking: Ranking, box: Box | None, name: str
    ) -> SearchResult:
        if box is None:
            located = current.locate(photo)
            box, confidence = located.box, located.confidence
        else:
            box, confidence = _usable(box, photo), 1.0
        index = current.index(ranking)
        rows, scores = index.engine.search(current.vector(photo, box, ranking), k)
        found = rows[0] >= 0
        return SearchResult(name, ranking, box, confidence, _hits(index, rows[0][found], scores[0][found]))

    def _current(self) -> _Loaded:
        served = self._store.served.read()
        if not served.index:
            raise NoIndex(
                "Nothing can be searched yet: there is no index; run `tiefvision run` (or `tiefvision demo`)."
            )
        if self._loaded is None or self._loaded.served != served:
            self._loaded = _Loaded(self._store, served)
        return self._loaded


class _Loaded:
    """One state of ``served.json`` with its indexes and models, each opened on first use."""

    def __init__(self, store: Store, served: Served) -> None:
        self._store = store
        self.served = served
        self._indexes: dict[Ranking, IndexVersion] = {}

    def index(self, ranking: Ranking) -> IndexVersion:
        if ranking not in self._indexes:
            self._indexes[ranking] = self._store.indexes.open(ranking, self.served.index[ranking])
        return self._indexes[ranking]

    def locate(self, photo: Image.Image) -> Located:
        from tiefvision_assets.vision.locate import Located

        if self._locator is None:
            return Located(Box.whole(photo.width, photo.height), 0.0)
        return self._locator.locate(photo)

    def vector(self, photo: Image.Image, box: Box, ranking: Ranking) -> np.ndarray:
        """(1, D) the vector that is compared with the index's."""
        from tiefvision_assets.vision.embedding import cut_out, mirror_invariant, object_cells

        spec, module = self._encoder
        cells = object_cells(module, spec, [cut_out(photo, box, spec.objects.side)])
        embedding: Tensor = mirror_invariant(self._basis(cells))
        if ranking == "supervised" and self._ranking_head is not None:
            embedding = self._ranking_head(embedding)
        return embedding.numpy()

    @cached_property
    def _encoder(self) -> tuple[Encoder, nn.Module]:
        from tiefvision_assets.loading import load_encoder_from

        assert self.served.models.encoder is not None
        return load_encoder_from(self._store, self.served.models.encoder)

    @cached_property
    def _locator(self) -> Locator | None:
        from tiefvision_assets.loading import load_locator

        heads = self.served.models.heads
        return load_locator(self._store, *self._encoder, heads) if heads else None

    @cached_property
    def _basis(self) -> Basis:
        from tiefvision_assets.loading import load_basis

        assert self.served.models.basis is not None
        return load_basis(self._store, self.served.models.basis)

    @cached_property
    def _ranking_head(self) -> RankingHead | None:
        from tiefvision_assets.loading import load_ranking_head

        head = self.served.models.ranking_head
        return load_ranking_head(self._store, head) if head else None


def _usable(box: Box, photo: Image.Image) -> Box:
    """The part of the box that lies on the photo; an error where there is none."""
    inside = box.clipped(photo.width, photo.height)
    if inside.width < 1 or inside.height < 1:
        raise TiefVisionError(
            f"The box {box.as_tuple()} does not lie on the photo of {photo.width} x {photo.height} pixels; "
            "give it as left,top,right,bottom."
        )
    return inside


def _hits(index: IndexVersion, rows: np.ndarray, scores: np.ndarray) -> tuple[SearchHit, ...]:
    levels: dict[str, float] = index.record["levels"]
    entries = index.entries.iloc[rows]
    return tuple(
        SearchHit(entry.image_id, entry.path, entry.sha256, round(float(score), 6), level_of(float(score), levels))
        for entry, score in zip(entries.itertuples(), scores, strict=True)
    )


def level_of(score: float, levels: dict[str, float]) -> Level:
    """The score in words; ``levels`` holds the least score of ``same`` and of ``very similar``."""
    if score >= levels["same"]:
        return "same"
    return "very similar" if score >= levels["very similar"] else "related"
