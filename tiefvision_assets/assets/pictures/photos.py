"""The pictures in the assets' metadata, each as Markdown with the picture inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.lineage.candidates import JudgedCandidate
from tiefvision_assets.lineage.crops import side_of, targets_of
from tiefvision_assets.lineage.positives import judging_variants
from tiefvision_assets.lineage.ranking import load_embeddings
from tiefvision_assets.lineage.views import picture_of
from tiefvision_assets.models.inference import WINDOWS
from tiefvision_assets.models.loading import load_ranking_head
from tiefvision_assets.pictures import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    Outline,
    Thumbnail,
    as_markdown,
    curves,
    histogram,
    sheet,
)
from tiefvision_assets.store.index import IndexVersion
from tiefvision_assets.store.neighbours import ExactIndex
from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.records import RankingRecord
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.registry import Encoder

SHOWN = 12


def quarantine_table(store: Store, limit: int = 50) -> str:
    """Quarantined files with their reasons."""
    rows = store.catalogue.quarantined().head(limit)
    lines = [f"| `{row.path}` | {row.reason} |" for row in rows.itertuples()]
    return "\n".join(["| file | reason |", "| --- | --- |", *lines])


def note_table(store: Store, limit: int = 50) -> str:
    """Usable photos of which something was ignored, with the notes."""
    rows = store.catalogue.noted().head(limit)
    lines = [f"| `{row.path}` | {row.note} |" for row in rows.itertuples()]
    return "\n".join(["| file | note |", "| --- | --- |", *lines])


def flawed_photos(store: Store, rows: pd.DataFrame, measure: str | None) -> str:
    """The first of these photos, with the measure by which they have a flaw."""
    rows = _with_paths(store, rows).head(SHOWN)
    captions = rows[measure].map("{:.3g}".format) if measure else rows["path"].str.rsplit("/").str[-1]
    return _sheet(_tiles(store, rows["path"], captions=captions), "photos with a flaw")


def recent_photos(store: Store) -> str:
    """The photos that were changed last."""
    newest = store.catalogue.live().nlargest(SHOWN, "mtime_ns")
    return _sheet(_tiles(store, newest["path"], captions=newest["path"].str.rsplit("/").str[-1]), "newest photos")


def labelled_boxes(store: Store, labels: pd.DataFrame) -> str:
    """Photos with the boxes that people drew."""
    shown = _with_paths(store, labels).head(SHOWN)
    return _sheet(
        _tiles(store, shown["path"], [_outlines(row, BOX, GREEN) for row in shown.itertuples()]), "labelled boxes"
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
    return _sheet(_tiles(store, shown["path"], outlines, captions), alt)


def worst_boxes(store: Store, rows: pd.DataFrame, limit: int = 20) -> Image.Image | None:
    """The photos where the found box (orange) and the labelled one (green) agree least; None where none can be read."""
    shown = _with_paths(store, rows.sort_values("iou")).head(limit)
    found = [f"found_{side}" for side in BOX]
    outlines = [_outlines(row, BOX, GREEN) + _outlines(row, found, ORANGE) for row in shown.itertuples()]
    thumbnails = _tiles(store, shown["path"], outlines, [f"IoU {iou:.2f}" for iou in shown["iou"]])
    return sheet(thumbnails, 5, (130, 173)) if thumbnails else None


def triplet_rows(store: Store, labels: pd.DataFrame, limit: int = 5) -> str:
    """One row for each triplet: H, then H+ framed blue, then H- framed red."""
    paths = _paths(store)
    thumbnails = []
    known = labels[labels[["reference", "positive", "negative"]].isin(list(paths)).all(axis=1)]
    for row in known.drop_duplicates("reference").head(limit).itertuples():
        for sha256, caption, colour in (
            (row.reference, "H", None),
            (row.positive, "H+", BLUE),
            (row.negative, "H-", RED),
        ):
            thumbnails += _tiles(store, [paths[sha256]], captions=[caption], borders=[colour])
    return (
        as_markdown(sheet(thumbnails, 3), "triplets") if thumbnails else "No triplet's photos are all in the catalogue."
    )


def flagged_triplets(store: Store, flagged: pd.DataFrame, limit: int = 20) -> str:
    """Triplets that contradict others, as a table of paths."""
    paths = _paths(store)
    head = ["| H | H+ | H- | at odds |", "| --- | --- | --- | --- |"]
    rows = [
        f"| `{paths.get(row.reference)}` | `{paths.get(row.positive)}` | `{paths.get(row.negative)}` | {row.flag} |"
        for row in flagged.head(limit).itertuples()
    ]
    return "\n".join(head + rows)


def crop_examples(store: Store, views: pd.DataFrame, spec: Encoder) -> str:
    """Target crops (framed green) and background crops (framed red), one of each for every view."""
    paths = _paths(store)
    thumbnails = []
    training = views[(views["split"] == "train") & (views["kind"] == WINDOWS)]
    for number, view in enumerate(training.iloc[:: max(1, len(training) // SHOWN)].head(SHOWN).itertuples()):
        try:
            with store.catalogue.opened(paths[view.sha256]) as photo:
                picture = picture_of(photo, view).resize((side_of(view.scale, spec),) * 2)
        except BadPhoto:
            continue
        window, stride = spec.windows.side, spec.windows.stride
        rows, columns = (1 + (side - window) // stride for side in reversed(picture.size))
        cells = (rows + spec.windows.cells - 1, columns + spec.windows.cells - 1)
        targets = targets_of(view, cells, spec)
        for label, colour in ((True, GREEN), (False, RED)):
            windows = (targets.foreground == label).nonzero()[0]
            if len(windows):
                row, column = divmod(int(windows[(7 * number) % len(windows)]), columns)
                left, top = column * stride, row * stride
                crop = picture.crop((left, top, left + window, top + window))
                thumbnails.append(Thumbnail(crop, "target" if label else "background", (), colour))
    return as_markdown(sheet(thumbnails, 6, (130, 130)), "crops") if thumbnails else "No crop to show."


def explained_variance(shares: Sequence[float]) -> str:
    """Cumulated variance over the principal components."""
    cumulated = [sum(shares[: number + 1]) for number in range(len(shares))]
    return as_markdown(curves({"": cumulated}, x="component", y="variance explained"), "explained variance")


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
            row = _tiles(store, chosen["path"], captions=captions, borders=[GREY] + [None] * len(neighbours))
            longest = max(longest, len(row))
            thumbnails += row
    if not thumbnails:
        return "No neighbours to show."
    return as_markdown(sheet(thumbnails, longest, (96, 128)), "neighbours", quality=65)


def index_examples(store: Store, built: Mapping[str, IndexVersion], queries: int = 4, shown: int = 7) -> str:
    """Neighbours of a few photos under each ranking."""
    entries = built["unsupervised"].entries
    chosen = range(0, len(entries), max(1, len(entries) // queries))[:queries]
    rows = {}
    for ranking, index in built.items():
        neighbours, scores = index.graph
        rows[ranking] = [(query, neighbours[query, :shown], scores[query, :shown]) for query in chosen]
    return neighbour_rows(store, entries, rows)


def before_and_after(store: Store, judged: JudgedCandidate, queries: int = 4, shown: int = 7) -> str:
    """Neighbours of some judged references by the embedding, and by the variant of the newest head that judged them."""
    record = store.models.record(RankingRecord, judged.fingerprint)
    embeddings = load_embeddings(store, record.inputs.embedding)
    paths = _paths(store)
    entries = pd.DataFrame({"path": [paths[sha256] for sha256 in embeddings.rows]})
    evaluation = judged.evaluation.assign(variant=judging_variants(judged.evaluation)).drop_duplicates("reference")
    rows: dict[str, list[tuple[int, np.ndarray, np.ndarray]]] = {"unsupervised": [], "supervised": []}
    for reference, variant in evaluation.sort_values("reference")[["reference", "variant"]].head(queries).to_numpy():
        query = embeddings.rows[reference]
        head = load_ranking_head(store, judged.fingerprint, variant)
        for ranking, vectors in (("unsupervised", embeddings.invariant), ("supervised", head(embeddings.invariant))):
            found, scores = ExactIndex(vectors.numpy()).search(vectors[[query]].numpy(), shown + 1)
            others = found[0] != query
            rows[ranking].append((query, found[0][others][:shown], scores[0][others][:shown]))
    return neighbour_rows(store, entries, rows)


def _paths(store: Store) -> dict[str, str]:
    return dict(store.catalogue.contents()[["sha256", "path"]].itertuples(index=False))


def _with_paths(store: Store, rows: pd.DataFrame) -> pd.DataFrame:
    paths = _paths(store)
    return rows[rows["sha256"].isin(list(paths))].assign(path=lambda frame: frame["sha256"].map(paths))


def _outlines(row: object, sides: Sequence[str], colour: str) -> tuple[Outline, ...]:
    return (Outline(Box(*(float(getattr(row, side)) for side in sides)), colour),)


def _tiles(
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
