"""`Searcher`: what the command line, the app and the API call to find similar photos."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.hits import Level, SearchHit, SearchResult
from tiefvision_assets.search.serving import Serving, Vectors
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.index import IndexVersion, NoIndex, Ranking
from tiefvision_assets.store.store import Store

if TYPE_CHECKING:
    from tiefvision_assets.search.explanation import Explanation
    from tiefvision_assets.vision.locate import Located

__all__ = ["Level", "SearchHit", "SearchResult", "Searcher", "UnknownPhoto"]

NEGATIVE_WEIGHT = 0.15
"""How much the mean of the "less like that" counts against the mean of the "more like this".

Measured on 437 clothing photos, positives of one category and as negatives the nearest of other ones, precision among
the 10 nearest of other senders for weights 0, .15, .25, .5 and 1, two of each: unsupervised .463 **.483** .480 .439
.285, supervised .567 **.571** .559 .474 .190; one or three of each give the same order.
"""


class UnknownPhoto(TiefVisionError):
    """An image_id that the served index does not hold."""


class Searcher:
    """Searches what ``served.json`` names; notices by itself when that changes.

    Models are loaded when the first query needs them: a search by a catalogue photo's id needs none.

    ``where`` narrows a search to the photos for which an SQL condition on `entries`' columns holds, such as
    ``width > 500 AND path LIKE 'gowns/%'``; see `tiefvision_assets.store.where`. All searches raise `NoIndex` before
    the first run, `UnknownPhoto` for an id that the index does not hold, and `BadFilter` for a condition that fails.
    """

    def __init__(self, settings: Settings) -> None:
        self._store = Store(settings)
        self._serving: Serving | None = None

    def entries(self) -> pd.DataFrame:
        """The photos that can be searched: image_id, path, sha256, width, height, left, top, right, bottom, …"""
        return self._current().index("unsupervised").entries

    def by_id(
        self,
        image_id: str,
        k: int = 10,
        ranking: Ranking = "supervised",
        box: Box | None = None,
        where: str | None = None,
    ) -> SearchResult:
        """The k photos most similar to a catalogue photo, itself left out; with ``box``, to that part of it."""
        current = self._current()
        index = current.index(ranking)
        row = _row(index, image_id)
        if box is not None:
            photo = self._store.catalogue.open(index.entries["path"].iloc[row])
            located = current.located(photo, box)
            hits = _nearest(current, current.vectors(photo, located.box, ranking), k, ranking, where, without=[row])
            return SearchResult(image_id, ranking, located.box, located.confidence, hits)
        own = current.stored([row], ranking)
        neighbours = index.graph.of(row, k) if where is None else None
        if neighbours is not None:
            hits = _hits(current, ranking, *neighbours, own)
        else:
            hits = _nearest(current, own, k, ranking, where, without=[row])
        return SearchResult(image_id, ranking, *_own_box(index, row), hits)

    def by_photo(
        self,
        photo: Image.Image,
        k: int = 10,
        ranking: Ranking = "supervised",
        box: Box | None = None,
        name: str = "photo",
        where: str | None = None,
    ) -> SearchResult:
        """The k photos most similar to an upright RGB photo, to its object, or to the given box in its pixels."""
        current = self._current()
        located = current.located(photo, box)
        hits = _nearest(current, current.vectors(photo, located.box, ranking), k, ranking, where)
        return SearchResult(name, ranking, located.box, located.confidence, hits)

    def by_examples(
        self,
        positives: Sequence[str | Image.Image],
        negatives: Sequence[str | Image.Image] = (),
        k: int = 10,
        ranking: Ranking = "supervised",
        where: str | None = None,
    ) -> SearchResult:
        """More like these, less like those: catalogue photos by their ids, or upright RGB photos; examples left out.

        Compared is the mean of the positives less `NEGATIVE_WEIGHT` times that of the negatives (Rocchio, 1971).
        A hit's level tells how close it is to the nearest positive. Box and confidence are the first positive's.
        `TiefVisionError` without a positive.
        """
        if not positives:
            raise TiefVisionError("There is no example of what to look for; name at least one photo as a positive.")
        current = self._current()
        index = current.index(ranking)
        wanted, unwanted = ([_vectors(current, one, ranking) for one in many] for many in (positives, negatives))
        query = np.concatenate([one.ranked for one in wanted]).mean(0, keepdims=True)
        if unwanted:
            query = query - NEGATIVE_WEIGHT * np.concatenate([one.ranked for one in unwanted]).mean(0, keepdims=True)
        query /= max(float(np.linalg.norm(query)), 1e-12)
        shown = [_row(index, example) for example in (*positives, *negatives) if isinstance(example, str)]
        found, scores = _search(index, query, k, where, without=shown)
        close_to = Vectors(*(np.concatenate([getattr(one, name) for one in wanted]) for name in ("ranked", "looks")))
        hits = _hits(current, ranking, found, scores, close_to)
        first = positives[0]
        if isinstance(first, str):
            box, confidence = _own_box(index, _row(index, first))
        else:
            located = current.located(first, None)
            box, confidence = located.box, located.confidence
        names = [example if isinstance(example, str) else "photo" for example in positives]
        return SearchResult(", ".join(names), ranking, box, confidence, hits)

    def explain(self, query: str | Image.Image, hit: str | SearchHit, box: Box | None = None) -> Explanation:
        """Which cells of the query, a catalogue photo's id or an upright RGB photo, match those of a hit.

        ``box`` is the part of the query that was searched by; without it, its object is. The cosines of the cells are
        those of the classic, unsupervised similarity, whatever the ranking that found the hit.
        """
        from tiefvision_assets.search.explanation import explanation
        from tiefvision_assets.vision.matching import match_cells

        current = self._current()
        index = current.index("unsupervised")
        first = self._object(current, index, query, box)
        second = self._object(current, index, hit.image_id if isinstance(hit, SearchHit) else hit, None)
        match = match_cells(current.cells(*first), current.cells(*second))
        return explanation(first, second, match.cosines.numpy(), match.mirrored, current.grid)

    def locate(self, photo: Image.Image) -> Located:
        """The extracted box of an upright RGB photo; the whole photo with confidence 0 when no heads are served."""
        return self._current().located(photo, None)

    def _object(
        self, current: Serving, index: IndexVersion, photo: str | Image.Image, box: Box | None
    ) -> tuple[Image.Image, Box]:
        if not isinstance(photo, str):
            return photo, current.located(photo, box).box
        row = _row(index, photo)
        opened = self._store.catalogue.open(index.entries["path"].iloc[row])
        return opened, current.located(opened, box).box if box else _own_box(index, row)[0]

    def _current(self) -> Serving:
        """What is served now; one that was switched while it was being opened is given up for the next."""
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
                self._serving = serving = Serving(self._store, served)
                return serving
            except (NoIndex, FileNotFoundError):
                before, served = served, self._store.served.read()
                if served == before:
                    raise


def _row(index: IndexVersion, image_id: str) -> int:
    row = index.rows.get(image_id)
    if row is None:
        raise UnknownPhoto(
            f"{image_id!r} is neither a file nor the id of a searchable photo; `tiefvision status` counts them."
        )
    return row


def _own_box(index: IndexVersion, row: int) -> tuple[Box, float]:
    entry = index.entries.iloc[row]
    return Box(*(float(entry[side]) for side in ("left", "top", "right", "bottom"))), float(entry["confidence"])


def _vectors(current: Serving, example: str | Image.Image, ranking: Ranking) -> Vectors:
    """Those of a catalogue photo, or of another photo's object."""
    if isinstance(example, str):
        return current.stored([_row(current.index(ranking), example)], ranking)
    return current.vectors(example, current.located(example, None).box, ranking)


def _search(
    index: IndexVersion, query: np.ndarray, k: int, where: str | None, without: Sequence[int] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """(k',) rows nearest to the (1, D) query, those ``without`` left out, and their scores."""
    among = index.where(where) if where is not None else None
    without = sorted(set(without))
    found, scores = index.engine.search(query, k + len(without), among)
    kept = (found[0] >= 0) & ~np.isin(found[0], without)
    return found[0][kept][:k], scores[0][kept][:k]


def _nearest(
    current: Serving, query: Vectors, k: int, ranking: Ranking, where: str | None, without: Sequence[int] = ()
) -> tuple[SearchHit, ...]:
    """The k photos nearest to one photo."""
    return _hits(current, ranking, *_search(current.index(ranking), query.ranked, k, where, without), query)


def _hits(
    current: Serving, ranking: Ranking, rows: np.ndarray, scores: np.ndarray, close_to: Vectors
) -> tuple[SearchHit, ...]:
    """The rows as hits; their levels tell how close they are to the nearest of ``close_to``."""
    index = current.index(ranking)
    stored = current.stored(rows, ranking)
    ranked, looks = ((getattr(stored, n) @ getattr(close_to, n).T).max(axis=1) for n in ("ranked", "looks"))
    same = looks >= current.index("unsupervised").record["levels"]["same"]
    very_similar = index.record["levels"]["very similar"]
    return tuple(
        SearchHit(
            entry.image_id,
            entry.path,
            entry.sha256,
            round(min(1.0, float(score)), 6),
            _level(duplicate, near),
            duplicate,
        )
        for entry, score, duplicate, near in zip(
            index.entries.iloc[rows].itertuples(), scores, same.tolist(), (ranked >= very_similar).tolist(), strict=True
        )
    )


def _level(duplicate: bool, near: bool) -> Level:
    return "same" if duplicate else "very similar" if near else "related"
