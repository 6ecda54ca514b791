"""What a scan found, told by the rows that went from the catalogue and those that came."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tiefvision_assets.store.columns import is_among
from tiefvision_assets.store.scanning import LIVE


@dataclass(frozen=True)
class ScanReport:
    """What one scan of the raw folder found, in photos; ``batches`` are the keys of the new batches."""

    photos: int
    unchanged: int
    new: int
    changed: int
    renamed: int
    deleted: int
    quarantined: int
    batches: tuple[str, ...]
    noted: int = 0
    """Usable photos of which something was ignored."""


def scan_report(kept: pd.DataFrame, removed: pd.DataFrame, added: pd.DataFrame, batches: tuple[str, ...]) -> ScanReport:
    """The report of a scan that left the ``kept`` rows (status, note), and has the ``added`` ones for those that it
    ``removed``."""
    counts = [_counts(rows) for rows in (kept, added)]
    photos, quarantined, noted = (sum(numbers) for numbers in zip(*counts, strict=True))
    old = removed.loc[removed["status"] == LIVE, ["image_id", "sha256"]]
    gone = old[~is_among(old["image_id"], added["image_id"])]
    fresh = added.loc[added["status"] == LIVE, ["image_id", "sha256"]]
    fresh = fresh.merge(old, on="image_id", how="left", suffixes=("", "_before"))
    known = fresh["sha256_before"].notna()
    new = int((~known).sum())
    changed = int((known & (fresh["sha256"] != fresh["sha256_before"])).sum())
    renamed = (Counter(gone["sha256"]) & Counter(fresh.loc[~known, "sha256"])).total()
    return ScanReport(
        photos=photos,
        unchanged=photos - new - changed,
        new=new - renamed,
        changed=changed,
        renamed=renamed,
        deleted=len(gone) - renamed,
        quarantined=quarantined,
        batches=batches,
        noted=noted,
    )


def _counts(rows: pd.DataFrame) -> tuple[int, int, int]:
    """Photos, quarantined files, and photos with a note."""
    live = (rows["status"] == LIVE).to_numpy(dtype=bool)
    noted = np.asarray(rows["note"] != "", dtype=bool)
    return int(live.sum()), int((~live).sum()), int((live & noted).sum())
