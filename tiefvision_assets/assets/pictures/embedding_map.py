"""A map of the embedding: photos with similar embeddings lie close together."""

from __future__ import annotations

import numpy as np
from PIL import Image

from tiefvision_assets.lineage.candidates import JudgedCandidate
from tiefvision_assets.lineage.ranking import load_embeddings
from tiefvision_assets.models.loading import load_ranking_head
from tiefvision_assets.pictures import as_markdown
from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.records import RankingRecord
from tiefvision_assets.store.store import Store

SIDE, THUMBNAIL = 900, 44
CELLS = SIDE // THUMBNAIL


def map_of_embedding(store: Store, judged: JudgedCandidate) -> str:
    """Thumbnails on a grid over the two principal axes of the newest head's outputs; each cell shows its nearest
    photo."""
    record = store.models.record(RankingRecord, judged.fingerprint)
    embeddings = load_embeddings(store, record.inputs.embedding)
    vectors = embeddings.invariant
    if record.curves:
        vectors = load_ranking_head(store, judged.fingerprint)(vectors)
    paths = dict(store.catalogue.contents()[["sha256", "path"]].itertuples(index=False))
    names = list(embeddings.rows)
    page = Image.new("RGB", (CELLS * THUMBNAIL, CELLS * THUMBNAIL), "white")
    for row, (x, y) in chosen_for_cells(on_two_axes(vectors.numpy()), CELLS).items():
        try:
            with store.catalogue.opened(paths[names[row]]) as photo:
                photo.thumbnail((THUMBNAIL - 2, THUMBNAIL - 2), reducing_gap=2.0)
                corner = ((THUMBNAIL - photo.width) // 2, (THUMBNAIL - photo.height) // 2)
                page.paste(photo, (x * THUMBNAIL + corner[0], y * THUMBNAIL + corner[1]))
        except BadPhoto:
            continue
    return as_markdown(page, "map of the embedding", quality=70)


def on_two_axes(vectors: np.ndarray) -> np.ndarray:
    """(N, D) → (N, 2) ranks between 0 and 1 along the two principal axes; ranks fill the page evenly."""
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    positions = centred @ axes[:, ::-1][:, :2]
    ranks = positions.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable") / max(1, len(vectors) - 1)
    return ranks if ranks.shape[1] == 2 else np.repeat(ranks, 2, axis=1)


def chosen_for_cells(positions: np.ndarray, cells: int) -> dict[int, tuple[int, int]]:
    """(N, 2) positions between 0 and 1 → row → its cell of the grid, for the row nearest to the cell's centre."""
    grid = np.minimum((positions * cells).astype(int), cells - 1)
    distance = np.abs(positions * cells - grid - 0.5).max(axis=1)
    chosen: dict[tuple[int, int], int] = {}
    for row in np.argsort(distance, kind="stable"):
        chosen.setdefault((int(grid[row, 0]), int(grid[row, 1])), int(row))
    return {row: cell for cell, row in chosen.items()}
