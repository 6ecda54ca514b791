"""Measuring photos as such, and telling which of them are unusual in their catalogue.

No measure has a limit that would fit every catalogue: what is blurred among studio photos is sharp among phones'. A
photo is unusual if it lies twice as far from the median as 95 % of the photos do on that side, and by more than a
least distance, without which photos that are all but equal would be told apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from tiefvision_assets.lineage.batches import Reuse
from tiefvision_assets.lineage.boxes_in_force import boxes_in_force, wanted_contents
from tiefvision_assets.lineage.due import shown_otherwise
from tiefvision_assets.lineage.same_shot import same_shot_of
from tiefvision_assets.store.columns import is_among, positions
from tiefvision_assets.store.photos import DECODING_VERSION, BadPhoto
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.parallel import parallel_map
from tiefvision_assets.vision.photo_quality import SIDE, PhotoQuality, measured

FEWEST = 20
"""In catalogues of fewer photos nothing is called unusual by its measures."""
_REACH = 2
_TAIL = 5
"""Percentile, or its complement to 100, that tells how far the photos lie from their median."""


@dataclass(frozen=True)
class Limit:
    """Which photos have a flaw: those whose ``measure`` is below ``value``, or above it."""

    measure: str
    below: bool
    value: float

    def broken_by(self, rows: pd.DataFrame) -> np.ndarray:
        """(N,) whether each row has the flaw."""
        values = rows[self.measure].to_numpy(dtype=np.float64)
        return values < self.value if self.below else values > self.value


@dataclass(frozen=True)
class _Rule:
    measure: str
    below: bool
    least: float
    """Distance from the median; a factor of e to this power where measures are compared by their ratio."""
    ratio: bool = False
    reach: float = _REACH


_RULES = {
    "blurred": _Rule("sharpness", below=True, least=0.7, ratio=True),
    "dark": _Rule("highlights", below=True, least=0.2),
    "bright": _Rule("shadows", below=False, least=0.2),
    "tiny": _Rule("object_share", below=True, least=1.0, ratio=True),
    "odd_proportions": _Rule("proportions", below=False, least=0.4, ratio=True),
    "framed": _Rule("frame", below=False, least=0.02, reach=0),
}


def measure_photos(store: Store, progress: Callable[[int, int], None]) -> Reuse:
    """Measure the live contents that were not measured in their present colours, and judge all of them anew.

    A photo that cannot be read has no row.
    """
    contents = store.catalogue.contents()
    known = store.quality.read()
    row = positions(contents["sha256"], known["sha256"])
    due = contents[(row < 0) | shown_otherwise(contents, known, row)]
    found: list[dict[str, Any]] = []
    photos = store.catalogue.ahead(due.itertuples())
    for done, (sha256, quality) in enumerate(
        parallel_map(lambda photo: (photo.sha256, _measured(store, photo.path)), photos), start=1
    ):
        if quality is not None:
            found.append({"sha256": sha256, **asdict(quality), "decoding": DECODING_VERSION})
        progress(done, len(due))
    kept = known[is_among(known["sha256"], contents["sha256"]) & ~is_among(known["sha256"], due["sha256"])]
    rows = pd.concat([part for part in (kept, pd.DataFrame(found)) if len(part)] or [known], ignore_index=True)
    rows = rows.sort_values("sha256", ignore_index=True)
    store.quality.write(judged(rows, contents, _shares(store), _same_shots(store)))
    return Reuse(len(contents), len(contents) - len(due), tuple(due["sha256"]), len(due) - len(found))


def judged(rows: pd.DataFrame, contents: pd.DataFrame, shares: pd.Series, same_shots: set[str]) -> pd.DataFrame:
    """The measured rows with what boxes and sizes tell beside them, and whether they have each flaw.

    ``shares`` are the objects' shares of their photos by content.
    """
    row = positions(rows["sha256"], contents["sha256"])
    sizes = contents[["width", "height"]].to_numpy(dtype=np.float64)[row]
    typical = np.median(np.log(sizes[:, 0] / sizes[:, 1])) if len(rows) else 0.0
    proportions = np.exp(np.abs(np.log(sizes[:, 0] / sizes[:, 1]) - typical))
    share = shares.reindex(rows["sha256"]).to_numpy(dtype=np.float64)
    rows = rows.assign(proportions=proportions, object_share=share, duplicate=is_among(rows["sha256"], same_shots))
    return rows.assign(**{flaw: limit.broken_by(rows) for flaw, limit in limits(rows).items()})


def limits(rows: pd.DataFrame) -> dict[str, Limit]:
    """Flaw → the limit of its measure in this catalogue; infinite where there are too few photos to tell."""
    return {flaw: Limit(rule.measure, rule.below, _limit(rows[rule.measure], rule)) for flaw, rule in _RULES.items()}


def _limit(measures: pd.Series, rule: _Rule) -> float:
    values = measures.to_numpy(dtype=np.float64)
    values = values[np.isfinite(values)]
    if len(values) < FEWEST:
        return -np.inf if rule.below else np.inf
    values = np.log(np.maximum(values, 1e-6)) if rule.ratio else values
    median, tail = np.percentile(values, [50, _TAIL if rule.below else 100 - _TAIL])
    distance = max(rule.reach * abs(tail - median), rule.least)
    limit = median - distance if rule.below else median + distance
    return float(np.exp(limit) if rule.ratio else limit)


def _measured(store: Store, path: str) -> PhotoQuality | None:
    try:
        with store.catalogue.opened(path) as photo:
            photo.thumbnail((SIDE, SIDE))
            return measured(np.asarray(photo))
    except BadPhoto:
        return None


def _shares(store: Store) -> pd.Series:
    """sha256 → share of the photo that its box in force takes, for the photos that have a box."""
    contents = wanted_contents(store, store.catalogue.batch_keys())
    boxes = boxes_in_force(store, store.served.read().next.heads, contents)
    left, top, right, bottom = (boxes[side].to_numpy(dtype=np.float64) for side in BOX)
    area = (right - left) * (bottom - top) / (boxes["width"] * boxes["height"]).to_numpy(dtype=np.float64)
    return pd.Series(area, index=boxes["sha256"])


def _same_shots(store: Store) -> set[str]:
    """Contents that are in the catalogue twice, or whose shot the served index holds again, in another encoding."""
    live = store.catalogue.live()
    found = set(live.loc[live["sha256"].duplicated(keep=False), "sha256"])
    served = store.served.read()
    if served.index and served.models.encoder:
        index = store.indexes.open("unsupervised", served.index["unsupervised"])
        _, scores = index.neighbours(np.arange(len(index.entries)), 1)
        least = same_shot_of(store, served.models.encoder, served.models.basis)
        same = (scores >= least).any(axis=1)
        found |= set(index.entries.loc[same, "sha256"])
    return found
