"""The answer to each kind of request, on one state of what is served.

Here vectors become hits: which ones are compared, what is left out, and the level of each hit. What a request may say
is in `request`; opening indexes and models is `serving`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import numpy as np

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.hits import Level, SearchHit, SearchResult
from tiefvision_assets.search.request import ByExamples, ById, ByPhoto, Example, RequestOptions, SearchRequest
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
    """What the request finds; raises `UnknownPhoto` and `BadFilter`."""
    match request:
        case ById():
            return _by_id(current, request)
        case ByPhoto():
            return _by_photo(current, request)
        case ByExamples():
            return _by_examples(current, request)
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
        hits = _nearest(current, current.vectors(photo, located.box, ranking), request, without=[row])
        return SearchResult(request.image_id, ranking, located.box, located.confidence, hits)
    own = current.stored([row], ranking)
    neighbours = index.graph.of(row, request.k) if request.where is None else None
    if neighbours is not None:
        hits = _hits(current, ranking, *neighbours, own)
    else:
        hits = _nearest(current, own, request, without=[row])
    return SearchResult(request.image_id, ranking, *own_box(index, row), hits)


def _by_photo(current: Serving, request: ByPhoto) -> SearchResult:
    located = current.located(request.photo, request.box)
    hits = _nearest(current, current.vectors(request.photo, located.box, request.ranking), request)
    return SearchResult(request.name, request.ranking, located.box, located.confidence, hits)


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
    found, scores = _search(current, query, request, without=shown)
    close_to = Vectors(
        np.concatenate([one.ranked for one in wanted]), np.concatenate([one.appearance for one in wanted])
    )
    hits = _hits(current, ranking, found, scores, close_to)
    first = positives[0]
    if isinstance(first, str):
        box, confidence = own_box(index, row_of(index, first))
    else:
        located = current.located(first, None)
        box, confidence = located.box, located.confidence
    names = [example if isinstance(example, str) else "photo" for example in positives]
    return SearchResult(", ".join(names), ranking, box, confidence, hits)


def _vectors(current: Serving, example: Example, ranking: Ranking) -> Vectors:
    """Those of a catalogue photo, or of another photo's object."""
    if isinstance(example, str):
        return current.stored([row_of(current.index(ranking), example)], ranking)
    return current.vectors(example, current.located(example, None).box, ranking)


def _search(
    current: Serving, query: np.ndarray, options: RequestOptions, without: Sequence[int] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """(k',) rows nearest to the (1, D) query, those ``without`` left out, and their scores."""
    index = current.index(options.ranking)
    among = current.among(options.ranking, options.where) if options.where is not None else None
    without = sorted(set(without))
    found, scores = index.engine.search(query, options.k + len(without), among)
    kept = (found[0] >= 0) & np.isfinite(scores[0]) & ~np.isin(found[0], without)
    return found[0][kept][: options.k], scores[0][kept][: options.k]


def _nearest(
    current: Serving, query: Vectors, options: RequestOptions, without: Sequence[int] = ()
) -> tuple[SearchHit, ...]:
    """The k photos nearest to one photo."""
    found, scores = _search(current, query.ranked, options, without)
    return _hits(current, options.ranking, found, scores, query)


def _hits(
    current: Serving, ranking: Ranking, rows: np.ndarray, scores: np.ndarray, close_to: Vectors
) -> tuple[SearchHit, ...]:
    """The rows as hits; their levels tell how close they are to the nearest of ``close_to``."""
    index = current.index(ranking)
    stored = current.stored(rows, ranking)
    ranked = (stored.ranked @ close_to.ranked.T).max(axis=1)
    appearance = (stored.appearance @ close_to.appearance.T).max(axis=1)
    same = appearance >= current.index("unsupervised").record["levels"]["same"]
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
    if duplicate:
        return "same"
    return "very similar" if near else "related"
