"""`Searcher`: what the command line, the app and the API call to find similar photos."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.search.answers import UnknownPhoto, answer, own_box, row_of
from tiefvision_assets.search.hits import Level, SearchHit, SearchResult
from tiefvision_assets.search.products import EntryColumns, NoProducts
from tiefvision_assets.search.request import ById, ByProduct, Example, SearchRequest
from tiefvision_assets.search.serving import Serving
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.columns import positions
from tiefvision_assets.store.index import IndexVersion, NoIndex
from tiefvision_assets.store.sealed import DamagedFile
from tiefvision_assets.store.served import Served
from tiefvision_assets.store.store import Store

if TYPE_CHECKING:
    from tiefvision_assets.search.explanation import Explanation
    from tiefvision_assets.search.export import ExportFormat
    from tiefvision_assets.vision.locate import Located

__all__ = ["Level", "SearchHit", "SearchResult", "Searcher", "UnknownPhoto"]


class Searcher:
    """Searches what ``served.json`` names; notices by itself when that changes.

    Models are loaded when the first request needs them: a search by a catalogue photo's id needs none.

    >>> from pathlib import Path
    >>> from tiefvision_assets.search.request import ById
    >>> searcher = Searcher(Settings(data=Path("gallery")))
    >>> image_id = searcher.entries().set_index("path").loc["navy.jpg", "image_id"]
    >>> result = searcher.search(ById(image_id, k=1, where="width >= 64"))
    >>> result.hits[0].path
    'blue.jpg'
    """

    def __init__(self, settings: Settings) -> None:
        self._store = Store(settings)
        self._serving: Serving | None = None
        self._opening = Lock()

    @property
    def store(self) -> Store:
        """The data folder that is searched."""
        return self._store

    @property
    def ranking_head(self) -> str | None:
        """Fingerprint of the ranking head that supervised searches use; None where they equal unsupervised ones."""
        return self._current().served.models.ranking_head

    def entries(self) -> pd.DataFrame:
        """The photos that can be searched: image_id, path, sha256, width, height, left, top, right, bottom, …"""
        return self._current().index("unsupervised").entries

    def columns(self) -> EntryColumns:
        """What a request's condition is about: the `entries`, and what else is known of each photo."""
        current = self._current()
        return current.columns(current.products(wanted=False))

    def matching(self, condition: str) -> pd.Series:
        """(N,) whether the condition holds for each of the `entries`, by image_id; `BadFilter` for one that fails."""
        current = self._current()
        fits = current.columns(current.products()).where(condition)
        return pd.Series(fits, index=current.index("unsupervised").entries["image_id"])

    def search_by_candidate(self, request: SearchRequest, head: str) -> tuple[SearchHit, ...] | None:
        """What the ranking head of that fingerprint, which is not served, would find; None for a request by anything
        but catalogue photos."""
        from tiefvision_assets.search.interleaving_candidate import by_candidate

        return by_candidate(self._current(), request, self._store, head)

    def contents(self, image_ids: Iterable[str]) -> dict[str, str]:
        """image_id → sha256 of those of these photos that can be searched."""
        index = self._current().index("unsupervised")
        rows = {image_id: index.rows[image_id] for image_id in image_ids if image_id in index.rows}
        contents = index.entries["sha256"]
        return {image_id: contents.iloc[row] for image_id, row in rows.items()}

    def appearances(self, contents: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(N, D) float32 vectors of the unsupervised ranking of N contents (sha256), and (N,) whether they can be
        searched: the vectors of the others are zeros."""
        index = self._current().index("unsupervised")
        rows = positions(pd.Series(contents, dtype=str), index.entries["sha256"])
        held = rows >= 0
        found = np.asarray(index.vectors[rows[held]], dtype=np.float32)
        vectors = np.zeros((len(rows), found.shape[1] if found.ndim == 2 else 1), np.float32)
        vectors[held] = found
        return vectors, held

    def content_searched_by(self, request: SearchRequest) -> str:
        """sha256 of the one catalogue photo that the request compares with, of a product its first; empty where it is
        none of the catalogue's, or several, or a part that somebody chose."""
        current = self._current()
        index = current.index("unsupervised")
        if isinstance(request, ById) and request.box is None:
            row = row_of(index, request.image_id)
        elif isinstance(request, ByProduct):
            joined = current.products()
            if joined is None:
                raise NoProducts
            row = int(joined.entries_of_id(request.product_id)[0])
        else:
            return ""
        return str(index.entries["sha256"].iloc[row])

    def search(self, request: SearchRequest) -> SearchResult:
        """The k photos that fit the request best, best first.

        `NoIndex` before the first run, `UnknownPhoto` for an id that the index does not hold, `BadFilter` for a
        condition that fails.
        """
        return answer(self._current(), request)

    def explain(self, query: Example, hit: str | SearchHit, box: Box | None = None) -> Explanation:
        """Which cells of the query match those of a hit.

        ``box`` is the part of the query that was searched by; without it, its object is. The cosines of the cells are
        those of the classic, unsupervised similarity, whatever the ranking that found the hit.
        """
        from tiefvision_assets.search.explanation import explanation
        from tiefvision_assets.vision.matching import match_cells

        current = self._current()
        index = current.index("unsupervised")
        first = _object(current, index, query, box)
        second = _object(current, index, hit.image_id if isinstance(hit, SearchHit) else hit, None)
        match = match_cells(current.cells(*first), current.cells(*second))
        return explanation(first, second, match.cosines, match.mirrored, current.grid)

    def export(self, result: SearchResult, kind: ExportFormat) -> bytes:
        """The hits as a file; see `tiefvision_assets.search.export.export`."""
        from tiefvision_assets.search.export import export, exported

        return export(exported(result.hits), kind, self._store.catalogue)

    def locate(self, photo: Image.Image) -> Located:
        """The extracted box of an upright RGB photo; the whole photo with confidence 0 when no heads are served."""
        return self._current().located(photo, None)

    def _current(self) -> Serving:
        """What is served now; a state that was replaced while it was being opened is given up for the next."""
        served = self._store.served.read()
        while True:
            if not served.index:
                raise NoIndex(
                    "Nothing can be searched yet: there is no index; run `tiefvision run` (or `tiefvision demo`)."
                )
            serving = self._serving
            if serving is not None and serving.served == served:
                return serving
            try:
                return self._opened(served)
            except (NoIndex, DamagedFile, FileNotFoundError):
                before, served = served, self._store.served.read()
                if served == before:
                    raise

    def _opened(self, served: Served) -> Serving:
        """That state, opened once however many threads ask for it at the same time: each would load both indexes."""
        with self._opening:
            serving = self._serving
            if serving is None or serving.served != served:
                self._serving = serving = Serving(self._store, served)
            return serving


def _object(current: Serving, index: IndexVersion, photo: Example, box: Box | None) -> tuple[Image.Image, Box]:
    """The photo with the given box, or that of its object."""
    if not isinstance(photo, str):
        return photo, current.located(photo, box).box
    row = row_of(index, photo)
    opened = current.photo(row)
    if box is None:
        return opened, own_box(index, row)[0]
    return opened, current.located(opened, box).box
