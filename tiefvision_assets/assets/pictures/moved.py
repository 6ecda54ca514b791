"""A picture of the queries whose hits changed most."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from tiefvision_assets.assets.pictures.photos import tiles
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.moved_queries import NO_HIT
from tiefvision_assets.lineage.similarity_comparison import SimilarityComparison
from tiefvision_assets.pictures import GREEN, GREY, RED, Thumbnail, save_picture, sheet
from tiefvision_assets.store.store import Store

QUERIES, SHOWN = 12, 8


class NothingMoved(TiefVisionError):
    """There is nothing to draw."""


def draw_moved(store: Store, found: SimilarityComparison, file: Path) -> None:
    """Write a picture with two rows for each of the queries that changed most: what was found, and what is found now.

    The query stands first, framed grey; hits are framed green where they have its label, else red. Captions of new hits
    begin with a plus. Raises `NothingMoved` where all hits are as before.
    """
    moved = [row for row in found.order[:QUERIES] if found.moves.rbo[row] < 1 - 1e-9]
    if not moved:
        raise NothingMoved(f"All hits are as before, so {file} was not written.")
    empty = Thumbnail(Image.new("RGB", (1, 1), "white"))
    thumbnails = [thumbnail for query in moved for row in _rows(store, found, query, empty) for thumbnail in row]
    save_picture(sheet(thumbnails, SHOWN + 1, (110, 147)), file)


def _rows(store: Store, found: SimilarityComparison, query: int, empty: Thumbnail) -> Iterator[list[Thumbnail]]:
    listed, before = found.listed, set(found.old[query].tolist())
    for called, hits in (("served", found.old[query]), ("against", found.new[query])):
        shown = hits[hits != NO_HIT][:SHOWN]
        label = listed["label"].iloc[query]
        borders = [GREEN if same else RED for same in (listed["label"].iloc[shown] == label)]
        captions = [_caption(listed["label"].iloc[hit], hit not in before) for hit in shown]
        paths = listed["path"].iloc[np.array([query, *shown])]
        row = tiles(store, paths, captions=[f"{called}: {label}"[:20], *captions], borders=[GREY, *borders])
        yield row + [empty] * (SHOWN + 1 - len(row))


def _caption(label: str, is_new: bool) -> str:
    return f"+ {label}"[:20] if is_new else label[:20]
