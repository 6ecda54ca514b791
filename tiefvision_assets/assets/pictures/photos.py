"""The pictures of photos in the assets' metadata, each as Markdown with the picture inside. Imports no PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from PIL import Image

from tiefvision_assets.assets.pictures.tables import code, markdown_table
from tiefvision_assets.box import Box
from tiefvision_assets.pictures import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    Outline,
    Thumbnail,
    as_markdown,
    histogram,
    sheet,
)
from tiefvision_assets.store.index import IndexVersion
from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.store import Store

SHOWN = 12


def quarantine_table(store: Store, limit: int = 50) -> str:
    """Quarantined files with their reasons."""
    rows = store.catalogue.quarantined().head(limit)
    return markdown_table(["file", "reason"], zip(map(code, rows["path"]), rows["reason"], strict=True))


def note_table(store: Store, limit: int = 50) -> str:
    """Usable photos of which something was ignored, with the notes."""
    rows = store.catalogue.noted().head(limit)
    return markdown_table(["file", "note"], zip(map(code, rows["path"]), rows["note"], strict=True))


def flawed_photos(store: Store, rows: pd.DataFrame, measure: str | None) -> str:
    """The first of these photos, with the measure by which they have a flaw."""
    rows = _with_paths(store, rows).head(SHOWN)
    captions = rows[measure].map("{:.3g}".format) if measure else rows["path"].str.rsplit("/").str[-1]
    return _sheet(tiles(store, rows["path"], captions=captions), "photos with a flaw")


def recent_photos(store: Store) -> str:
    """The photos that were changed last."""
    newest = store.catalogue.live(["path", "mtime_ns"]).nlargest(SHOWN, "mtime_ns")
    return _sheet(tiles(store, newest["path"], captions=newest["path"].str.rsplit("/").str[-1]), "newest photos")


def labelled_boxes(store: Store, labels: pd.DataFrame) -> str:
    """Photos with the boxes that people drew."""
    shown = _with_paths(store, labels).head(SHOWN)
    return _sheet(
        tiles(store, shown["path"], [_outlines(row, BOX, GREEN) for row in shown.itertuples()]), "labelled boxes"
    )


def located_boxes(store: Store, rows: pd.DataFrame, *, alt: str) -> str:
    """Photos with the extracted box (orange) and, where it is known, the labelled one (green)."""
    shown = _with_paths(store, rows).head(SHOWN)
    outlines, captions = [], []
    for row in shown.itertuples():
        if "iou" in shown:
            outlines.append(_outlines(row, BOX, GREEN) + _outlines(row, [f"found_{side}" for side in BOX], ORANGE))
            captions.append(f"IoU {row.iou:.2f}")
        else:
            outlines.append(_outlines(row, BOX, ORANGE))
            captions.append(f"confidence {row.confidence:.2f}")
    return _sheet(tiles(store, shown["path"], outlines, captions), alt)


def worst_boxes(store: Store, rows: pd.DataFrame, limit: int = 20) -> Image.Image | None:
    """The photos where the found box (orange) and the labelled one (green) agree least; None where none can be read."""
    shown = _with_paths(store, rows.sort_values("iou")).head(limit)
    found = [f"found_{side}" for side in BOX]
    outlines = [_outlines(row, BOX, GREEN) + _outlines(row, found, ORANGE) for row in shown.itertuples()]
    thumbnails = tiles(store, shown["path"], outlines, [f"IoU {iou:.2f}" for iou in shown["iou"]])
    return sheet(thumbnails, 5, (130, 173)) if thumbnails else None


def triplet_rows(store: Store, labels: pd.DataFrame, limit: int = 5) -> str:
    """One row for each triplet: H, then H+ framed blue, then H- framed red."""
    paths = paths_of(store)
    thumbnails = []
    known = labels[labels[["reference", "positive", "negative"]].isin(list(paths)).all(axis=1)]
    for row in known.drop_duplicates("reference").head(limit).itertuples():
        for sha256, caption, colour in (
            (row.reference, "H", None),
            (row.positive, "H+", BLUE),
            (row.negative, "H-", RED),
        ):
            thumbnails += tiles(store, [paths[sha256]], captions=[caption], borders=[colour])
    return (
        as_markdown(sheet(thumbnails, 3), "triplets") if thumbnails else "No triplet's photos are all in the catalogue."
    )


def flagged_triplets(store: Store, flagged: pd.DataFrame, limit: int = 20) -> str:
    """Triplets that contradict others, as a table of paths."""
    paths = paths_of(store)
    rows = [
        [*(code(str(paths.get(photo))) for photo in (row.reference, row.positive, row.negative)), str(row.flag)]
        for row in flagged.head(limit).itertuples()
    ]
    return markdown_table(["H", "H+", "H-", "at odds"], rows)


def explained_variance(shares: Sequence[float]) -> str:
    """The variance that the first 1, 2, 4 … principal components explain together; a curve would load matplotlib."""
    numbers = [2**power for power in range(len(shares).bit_length())]
    if shares and numbers[-1] < len(shares):
        numbers.append(len(shares))
    rows = [(f"{number:,}", f"{sum(shares[:number]):.1%}") for number in numbers]
    return markdown_table(["components", "variance explained"], rows)


def confidences(values: Sequence[float]) -> str:
    """Histogram of the confidences of extracted boxes."""
    return as_markdown(histogram({"extracted boxes": list(values)}, x="confidence"), "confidence")


def neighbour_rows(
    store: Store, entries: pd.DataFrame, rows: Mapping[str, Sequence[tuple[int, np.ndarray, np.ndarray]]]
) -> str:
    """For each query one row a ranking: the query framed grey, then its neighbours with their scores."""
    thumbnails: list[Thumbnail] = []
    longest = 0
    for number in range(max((len(queries) for queries in rows.values()), default=0)):
        for ranking, queries in rows.items():
            query, neighbours, scores = queries[number]
            chosen = entries.iloc[[query, *neighbours]]
            captions = [ranking, *(f"{score:.3f}" for score in scores)]
            row = tiles(store, chosen["path"], captions=captions, borders=[GREY] + [None] * len(neighbours))
            longest = max(longest, len(row))
            thumbnails += row
    if not thumbnails:
        return "No neighbours to show."
    return as_markdown(sheet(thumbnails, longest, (96, 128)), "neighbours", quality=65)


def index_examples(store: Store, built: Mapping[str, IndexVersion], queries: int = 4, shown: int = 7) -> str:
    """Neighbours of a few photos under each ranking."""
    entries = built["unsupervised"].entries
    chosen = np.arange(0, len(entries), max(1, len(entries) // queries))[:queries]
    rows = {}
    for ranking, index in built.items():
        neighbours, scores = index.neighbours(chosen, shown)
        rows[ranking] = list(zip(chosen.tolist(), neighbours, scores, strict=True))
    return neighbour_rows(store, entries, rows)


def similar_examples(store: Store, rows: pd.DataFrame, products: int = 4, shown: int = 6) -> str:
    """A few products, each framed grey by its most similar photo, and the products that are most similar to it."""
    thumbnails: list[Thumbnail] = []
    names = rows["product_id"].drop_duplicates()
    for product in names.iloc[:: max(1, len(names) // products)][:products]:
        found = rows[rows["product_id"] == product].head(shown)
        captions = [product, *(f"{row.similar_id} {row.score:.3f}" for row in found.itertuples())]
        borders = [GREY] + [None] * len(found)
        row = tiles(store, [found["path"].iloc[0], *found["similar_path"]], captions=captions, borders=borders)
        missing = [Thumbnail(Image.new("RGB", (1, 1), "white"))] * (shown + 1 - len(row))
        thumbnails += row + missing
    if not thumbnails:
        return "No similar products to show."
    return as_markdown(sheet(thumbnails, shown + 1, (96, 128)), "similar products", quality=65)


def paths_of(store: Store) -> dict[str, str]:
    """Content → the first of its paths."""
    return dict(store.catalogue.contents()[["sha256", "path"]].itertuples(index=False))


def _with_paths(store: Store, rows: pd.DataFrame) -> pd.DataFrame:
    paths = paths_of(store)
    return rows[rows["sha256"].isin(list(paths))].assign(path=lambda frame: frame["sha256"].map(paths))


def _outlines(row: object, sides: Sequence[str], colour: str) -> tuple[Outline, ...]:
    return (Outline(Box(*(float(getattr(row, side)) for side in sides)), colour),)


def tiles(
    store: Store,
    paths: Sequence[str] | pd.Series,
    outlines: Sequence[tuple[Outline, ...]] | None = None,
    captions: Sequence[str] | pd.Series | None = None,
    borders: Sequence[str | None] | None = None,
) -> list[Thumbnail]:
    """One thumbnail for each readable photo; photos that have vanished meanwhile are left out."""
    count = len(paths)
    thumbnails = []
    for path, boxes, caption, border in zip(
        paths,
        outlines or [()] * count,
        captions if captions is not None else [""] * count,
        borders or [None] * count,
        strict=True,
    ):
        try:
            with store.catalogue.opened(path) as photo:
                thumbnails.append(Thumbnail.of(photo, str(caption)[:24], boxes, border))
        except BadPhoto:
            continue
    return thumbnails


def _sheet(thumbnails: list[Thumbnail], alt: str) -> str:
    return as_markdown(sheet(thumbnails, 6, (110, 147)), alt) if thumbnails else "No photo to show."
