"""What a ranking head that is not served would answer: a candidate whose hits are interleaved with the served ones.

There is no index of a candidate. What both served rankings find, four times as many hits as are asked for, is put in
the order of the candidate; it differs little from the served head, so what it would rank best is as a rule among them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tiefvision_assets.models.inference import FINAL, of_variant
from tiefvision_assets.search.answers import answer, row_of
from tiefvision_assets.search.hits import SearchHit
from tiefvision_assets.search.request import ById, ByProduct, SearchRequest
from tiefvision_assets.search.serving import Serving
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.records import RANKING_HEAD
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.query import ranked

POOL, FEWEST = 4, 100
"""Hits that are put in order: so many times those wanted, and at least so many."""


def by_candidate(current: Serving, request: SearchRequest, store: Store, head: str) -> tuple[SearchHit, ...] | None:
    """The k best hits by the ranking head of that fingerprint; None for a request by anything but catalogue photos.

    Scores are the candidate's; levels and near-duplicates are told as the served rankings tell them.
    """
    rows = _rows(current, request)
    if rows is None:
        return None
    wide = max(POOL * request.k, FEWEST)
    pool = {
        hit.image_id: hit
        for ranking in RANKINGS
        for hit in answer(current, replace(request, k=wide, ranking=ranking)).hits
    }
    hits = list(pool.values())
    if not hits:
        return ()
    index, weights = current.index("unsupervised"), of_variant(store.models.tensors(RANKING_HEAD, head), FINAL)
    of_hits, of_query = (
        ranked(current.stored(some, "unsupervised").appearance, weights)
        for some in ([index.rows[hit.image_id] for hit in hits], rows)
    )
    scores = (of_hits @ of_query.T).max(axis=1)
    best: dict[str, SearchHit] = {}
    for place in np.argsort(-scores, kind="stable"):
        hit = hits[int(place)]
        key = (request.by == "product" and hit.product_id) or hit.image_id
        best.setdefault(key, replace(hit, score=round(min(1.0, float(scores[place])), 6)))
    return tuple(best.values())[: request.k]


def _rows(current: Serving, request: SearchRequest) -> list[int] | None:
    if isinstance(request, ById) and request.box is None:
        return [row_of(current.index("unsupervised"), request.image_id)]
    if isinstance(request, ByProduct) and (joined := current.products()) is not None:
        return [int(row) for row in joined.entries_of_id(request.product_id)]
    return None
