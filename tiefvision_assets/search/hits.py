"""What a search returns: hits in the order of their scores, near-duplicates told apart from similar photos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from tiefvision_assets.box import Box
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


@dataclass(frozen=True)
class SearchResult:
    """What a query found, best first, and the box on the query photo that was compared."""

    query: str
    ranking: Ranking
    box: Box
    confidence: float
    """1 for a box that a person drew or gave, the heads' confidence for an extracted one, 0 for the whole photo."""
    hits: tuple[SearchHit, ...]

    @property
    def duplicates(self) -> tuple[SearchHit, ...]:
        """The hits that are the query's shot again."""
        return tuple(hit for hit in self.hits if hit.duplicate)

    @property
    def similar(self) -> tuple[SearchHit, ...]:
        """The hits that show something else, or the same thing in another shot."""
        return tuple(hit for hit in self.hits if not hit.duplicate)

    def as_document(self) -> dict[str, Any]:
        """As the command line and the API print it."""
        return {
            "query": self.query,
            "ranking": self.ranking,
            "box": list(self.box.as_tuple()),
            "confidence": self.confidence,
            "hits": [
                {name: getattr(hit, name) for name in ("image_id", "path", "score", "level", "duplicate")}
                for hit in self.hits
            ],
        }
