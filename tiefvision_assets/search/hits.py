"""What a search returns: hits in the order of their scores, near-duplicates told apart from similar photos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tiefvision_assets.box import Box
from tiefvision_assets.search.facets import Facet
from tiefvision_assets.store.index import Ranking

Level = Literal["same", "very similar", "related"]


@dataclass(frozen=True)
class SearchHit:
    """A photo of the catalogue found for a query."""

    image_id: str
    path: str
    sha256: str
    score: float
    """Cosine similarity under the ranking, at most 1."""
    level: Level
    """``same`` for a near-duplicate; the others by the score, against the ranking's calibration in its index."""
    duplicate: bool = False
    """Whether this is the query's shot again: re-encoded, resized or mirrored."""
    repeats: str | None = None
    """The image_id of the best hit whose shot this is again, a copy under another name for instance."""
    product_id: str | None = None
    """The product that the photo shows, if there is a feed that says so."""
    product: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """What the feed says about that product, column by column."""
    others: tuple[str, ...] = ()
    """Of a hit that stands for its product: image_ids of the product's other photos that fit the condition."""

    def as_document(self) -> dict[str, Any]:
        """As the command line and the API print it; a photo of no product says nothing about products."""
        names = ("image_id", "path", "score", "level", "duplicate", "repeats")
        shown = {name: getattr(self, name) for name in names}
        if self.product_id is None:
            return shown
        return {**shown, "product_id": self.product_id, "product": dict(self.product), "others": list(self.others)}


@dataclass(frozen=True)
class Shot:
    """A hit, and those that are its shot again: copies under other names, resized or re-encoded ones."""

    best: SearchHit
    twins: tuple[SearchHit, ...]


@dataclass(frozen=True)
class SearchResult:
    """What a query found, best first, and the box on the query photo that was compared."""

    query: str
    ranking: Ranking
    box: Box
    confidence: float
    """1 for a box that a person drew or gave, the heads' confidence for an extracted one, 0 for the whole photo."""
    hits: tuple[SearchHit, ...]
    facets: tuple[Facet, ...] = ()
    """The columns that were asked for, counted among all that the condition leaves."""

    @property
    def duplicates(self) -> tuple[SearchHit, ...]:
        """The hits that are the query's shot again."""
        return tuple(hit for hit in self.hits if hit.duplicate)

    @property
    def similar(self) -> tuple[SearchHit, ...]:
        """The hits that show something else, or the same thing in another shot."""
        return tuple(hit for hit in self.hits if not hit.duplicate)

    @property
    def shots(self) -> tuple[Shot, ...]:
        """The hits, those of one shot together: first the query's own shot, if it was found, then the others."""
        firsts: dict[str | None, str] = {}
        shots: dict[str, list[SearchHit]] = {}
        for hit in (*self.duplicates, *self.similar):
            is_query = hit.duplicate and bool(shots)
            firsts[hit.image_id] = next(iter(shots)) if is_query else firsts.get(hit.repeats, hit.image_id)
            shots.setdefault(firsts[hit.image_id], []).append(hit)
        return tuple(Shot(first, tuple(twins)) for first, *twins in shots.values())

    def as_document(self) -> dict[str, Any]:
        """As the command line and the API print it."""
        found = {
            "query": self.query,
            "ranking": self.ranking,
            "box": list(self.box.as_tuple()),
            "confidence": self.confidence,
            "hits": [hit.as_document() for hit in self.hits],
        }
        counted = {"facets": [facet.as_document() for facet in self.facets]}
        return found | counted if self.facets else found
