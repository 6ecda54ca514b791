"""The answer to each kind of request, on one state of what is served.

Here vectors become hits: which ones are compared, what is left out, and the level of each hit. What a request may say
is in `request`; opening indexes and models is `serving`'s.
"""

from __future__ import annotations

from typing import assert_never

import numpy as np

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.hits import Level, SearchHit, SearchResult
from tiefvision_assets.search.products import NoProducts
from tiefvision_assets.search.request import (
    ByExamples,
    ById,
    ByPhoto,
    ByProduct,
    Example,
    SearchRequest,
)
from tiefvision_assets.search.scope import Scope
from tiefvision_assets.search.serving import Serving, Vectors
from tiefvision_assets.store.index import IndexVersion, Ranking

NEGATIVE_WEIGHT = 0.15
"""How much the mean of the "less like that" counts against the mean of the "more like this".

Measured on 437 clothing photos, positives of one category and as negatives the nearest of other ones, precision among
the 10 nearest of other senders for weights 0, .15, .25, .5 and 1, two of each: unsupervised .463 **.483** .480 .439
.285, supervised .567 **.571** .559 .474 .190; one or three of each give the same order.
"""


class UnknownPhoto(TiefVisionError):
    """An image_id that the served index does not hold."""


def answer(current: Serving, request: SearchRequest) -> SearchResult:
    """What the request finds; raises `UnknownPhoto`, `UnknownProduct`, `NoProducts` and `BadFilter`."""
    match request:
        case ById():
            return _by_id(current, request)
        case ByPhoto():
            return _by_photo(current, request)
        case ByExamples():
            return _by_examples(current, request)
        case ByProduct():
            return _by_product(current, request)
        case _:
            assert_never(request)


def row_of(index: IndexVersion, image_id: str) -> int:
    """The row of a catalogue photo; `UnknownPhoto` where the index does not hold it."""
    row = index.rows.get(image_id)
    if row is None:
        raise UnknownPhoto(
            f"{image_id!r} is neither a file nor the id of a searchable photo; `tiefvision status` counts them."
        )
    return row


def own_box(index: IndexVersion, row: int) -> tuple[Box, float]:
    """The box that a catalogue photo was indexed with, and its confidence."""
    entry = index.entries.iloc[row]
    return Box(*(float(entry[side]) for side in ("left", "top", "right", "bottom"))), float(entry["confidence"])


def _by_id(current: Serving, request: ById) -> SearchResult:
    ranking = request.ranking
    index = current.index(ranking)
    row = row_of(index, request.image_id)
    if request.box is not None:
        photo = current.photo(row)
        located = current.located(photo, request.box)
        scope = Scope(current, request, [row])
        hits = _nearest(scope, current.vectors(photo, located.box, ranking))
        return SearchResult(request.image_id, ranking, located.box, located.confidence, hits, scope.facets())
    own = current.stored([row], ranking)
    scope = Scope(current, request, [row])
    neighbours = scope.neighbours(row)
    hits = _hits(scope, *neighbours, own) if neighbours is not None else _nearest(scope, own)
    return SearchResult(request.image_id, ranking, *own_box(index, row), hits, scope.facets())


def _by_photo(current: Serving, request: ByPhoto) -> SearchResult:
    located = current.located(request.photo, request.box)
    scope = Scope(current, request)
    hits = _nearest(scope, current.vectors(request.photo, located.box, request.ranking))
    return SearchResult(request.name, request.ranking, located.box, located.confidence, hits, scope.facets())


def _by_product(current: Serving, request: ByProduct) -> SearchResult:
    """Compare with each of the product's photos: a hit's score is its best. The box is that of the first photo."""
    joined = current.products()
    if joined is None:
        raise NoProducts
    rows = joined.entries_of_id(request.product_id)
    scope = Scope(current, request, rows.tolist())
    hits = _nearest(scope, current.stored(rows, request.ranking))
    box = own_box(current.index(request.ranking), int(rows[0]))
    return SearchResult(request.product_id, request.ranking, *box, hits, scope.facets())


def _by_examples(current: Serving, request: ByExamples) -> SearchResult:
    """Compare with the mean of the positives less `NEGATIVE_WEIGHT` times that of the negatives (Rocchio, 1971).

    A hit's level tells how close it is to the nearest positive. Box and confidence are the first positive's.
    """
    ranking, positives, negatives = request.ranking, request.positives, request.negatives
    index = current.index(ranking)
    wanted, unwanted = ([_vectors(current, one, ranking) for one in many] for many in (positives, negatives))
    query = np.concatenate([one.ranked for one in wanted]).mean(0, keepdims=True)
    if unwanted:
        query = query - NEGATIVE_WEIGHT * np.concatenate([one.ranked for one in unwanted]).mean(0, keepdims=True)
    query /= max(float(np.linalg.norm(query)), 1e-12)
    shown = [row_of(index, example) for example in (*positives, *negatives) if isinstance(example, str)]
    scope = Scope(current, request, shown)
    found, scores = scope.nearest(query)
    close_to = Vectors(
        np.concatenate([one.ranked for one in wanted]), np.concatenate([one.appearance for one in wanted])
    )
    hits = _hits(scope, found, scores, close_to)
    first = positives[0]
    if isinstance(first, str):
        box, confidence = own_box(index, row_of(index, first))
    else:
        located = current.located(first, None)
        box, confidence = located.box, located.confidence
    names = [example if isinstance(example, str) else "photo" for example in positives]
    return SearchResult(", ".join(names), ranking, box, confidence, hits, scope.facets())


def _vectors(current: Serving, example: Example, ranking: Ranking) -> Vectors:
    """Those of a catalogue photo, or of another photo's object."""
    if isinstance(example, str):
        return current.stored([row_of(current.index(ranking), example)], ranking)
    return current.vectors(example, current.located(example, None).box, ranking)


def _nearest(scope: Scope, query: Vectors) -> tuple[SearchHit, ...]:
    """The k photos, or products, nearest to the photos of the query."""
    return _hits(scope, *scope.nearest(query.ranked), query)


def _hits(scope: Scope, rows: np.ndarray, scores: np.ndarray, close_to: Vectors) -> tuple[SearchHit, ...]:
    """The rows as hits; their levels tell how close they are to the nearest of ``close_to``.

    A hit that is a better one's shot again says so: by the same cosine that makes a hit the query's shot again.
    """
    current, ranking = scope.current, scope.request.ranking
    index = current.index(ranking)
    stored = current.stored(rows, ranking)
    ranked = (stored.ranked @ close_to.ranked.T).max(axis=1)
    appearance = (stored.appearance @ close_to.appearance.T).max(axis=1)
    shot = current.index("unsupervised").record["levels"]["same"]
    same = appearance >= shot
    repeated = _repeated(stored.appearance, shot)
    image_ids, paths, contents = (index.entries[name].iloc[rows].tolist() for name in ("image_id", "path", "sha256"))
    very_similar = index.record["levels"]["very similar"]
    return tuple(
        SearchHit(
            image_id,
            path,
            sha256,
            round(min(1.0, float(score)), 6),
            _level(duplicate, near),
            duplicate,
            None if first is None else image_ids[first],
            **scope.shown(row),
        )
        for row, image_id, path, sha256, score, duplicate, near, first in zip(
            rows.tolist(),
            image_ids,
            paths,
            contents,
            scores,
            same.tolist(),
            (ranked >= very_similar).tolist(),
            repeated,
            strict=True,
        )
    )


def _repeated(appearance: np.ndarray, shot: float) -> list[int | None]:
    """For each of (K, D) vectors, best first, the first one whose shot it is again; None for those that others repeat.

    Cosines of at least ``shot`` make two photos one shot.
    """
    alike = appearance @ appearance.T >= shot
    firsts: list[int] = []
    repeated: list[int | None] = []
    for row in range(len(appearance)):
        before = np.flatnonzero(alike[row, firsts])
        repeated.append(firsts[before[0]] if len(before) else None)
        if not len(before):
            firsts.append(row)
    return repeated


def _level(duplicate: bool, near: bool) -> Level:
    if duplicate:
        return "same"
    return "very similar" if near else "related"
