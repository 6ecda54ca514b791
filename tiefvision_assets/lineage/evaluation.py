"""Quality of the served models on labels that training never saw."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.boxes_in_force import boxes_in_force, wanted_contents
from tiefvision_assets.lineage.due import embedding_of
from tiefvision_assets.lineage.embeddings import object_cells_of
from tiefvision_assets.lineage.head_evaluation import FOUND, with_side_errors
from tiefvision_assets.lineage.people import agreement_of_people, by_references, share_of_ceiling
from tiefvision_assets.lineage.products import product_groups
from tiefvision_assets.lineage.ranking import Embeddings, as_triplets, load_embeddings
from tiefvision_assets.lineage.triplets import LABEL
from tiefvision_assets.metrics import RelativeBox, bootstrap, box_quality, mean_relative_box, ranking_quality
from tiefvision_assets.models.inference import PhotoEncoder, load_encoder_from, load_locator
from tiefvision_assets.models.loading import load_ranking_head
from tiefvision_assets.splits import is_test_photo
from tiefvision_assets.store.labels.files import read_boxes_by_path, read_judgements, read_similarity
from tiefvision_assets.store.labels.judgements import judgements_of
from tiefvision_assets.store.labels.snapshots import Kind
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.served import CompleteModels
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.ranking import triplet_accuracy

BLOCK = 256
"""Number of photos whose products with all others are computed at once."""


class NothingServed(TiefVisionError):
    """There is nothing to evaluate yet."""


@dataclass(frozen=True)
class BoxEvaluation:
    """How the served heads' boxes compare with labelled ones."""

    summary: dict[str, Any]
    rows: pd.DataFrame
    """A row a photo: sha256, the labelled box (``left`` …), the found one (``found_left`` …), ``iou``, …"""


def evaluate_boxes(store: Store, file: Path) -> BoxEvaluation:
    """Compare the boxes of the served heads with those of a COCO file; human boxes in the store are not used.

    ``mean_box_iou`` is the IoU of the trivial predictor, the mean relative box of the training photos; ``mean_error``
    is the mean error of each side as a share of the photo's width or height.
    """
    models = _served(store)
    live = store.catalogue.live()
    truth = read_boxes_by_path(file, live)
    if not len(truth):
        raise NothingServed(f"{file} holds no box to evaluate.")
    found = _located(store, models, truth)
    sizes = live.set_index("path")[["width", "height"]].loc[truth["path"]].reset_index(drop=True)
    rows = pd.concat([truth.reset_index(drop=True), sizes], axis=1)
    return _compared(store, rows, [found[path] for path in rows["path"]])


def evaluate_boxes_outside(
    store: Store, photos: Sequence[tuple[Path, Box]], progress: Callable[[int, int], None]
) -> BoxEvaluation:
    """Compare the boxes of the served heads with those of photos that are not in the catalogue.

    ``progress`` is called with the photos located and their number. The summary is that of `evaluate_boxes`.
    """
    encoder = PhotoEncoder(store, _served(store))
    rows, found = [], []
    for file, box in photos:
        content = file.read_bytes()
        with Image.open(io.BytesIO(content)) as photo:
            found.append(encoder.locate(photo).box)
            sides = dict(zip(BOX, box.as_tuple(), strict=True))
            rows.append({"path": file.name, "sha256": hashlib.sha256(content).hexdigest(), **sides})
            rows[-1] |= {"width": photo.width, "height": photo.height}
        progress(len(rows), len(photos))
    return _compared(store, pd.DataFrame(rows), found)


def _compared(store: Store, rows: pd.DataFrame, found: Sequence[Box]) -> BoxEvaluation:
    """``rows`` holds sha256, width, height and the labelled box of each photo, ``found`` the heads' boxes."""
    trivial = _mean_training_box(store)
    rows = rows.assign(**{column: [box.as_tuple()[place] for box in found] for place, column in enumerate(FOUND)})
    boxes = [Box(*(float(getattr(row, side)) for side in BOX)) for row in rows.itertuples()]
    rows["iou"] = [one.iou(box) for one, box in zip(found, boxes, strict=True)]
    means = [trivial.on(row.width, row.height) for row in rows.itertuples()]
    rows["mean_box_iou"] = [mean.iou(box) for mean, box in zip(means, boxes, strict=True)]
    rows = with_side_errors(rows)
    interval = bootstrap(rows["iou"].to_numpy())
    summary = {
        "n": len(rows),
        **box_quality(rows["iou"].to_numpy()),
        "mean_iou_ci95": [interval.low, interval.high],
        "mean_error": {side: float(rows[f"error_{side}"].mean()) for side in BOX},
        "mean_box_iou": float(rows["mean_box_iou"].mean()),
        "trained_on": _seen_in_training(store, "boxes", "sha256", rows["sha256"]),
    }
    return BoxEvaluation(summary, rows)


def evaluate_triplets(store: Store, file: Path) -> dict[str, Any]:
    """Share of the file's triplets that each served ranking ranks as people did, with 95 % intervals over references.

    ``people`` says how far people agree: those of the file where it has a column ``annotator``, whose every row then
    counts, repetitions included, else those who judged the same in the app. ``share_of_ceiling`` is the accuracy in
    shares of people's agreement with one another.
    """
    models = _served(store)
    live = store.catalogue.live()
    found = read_judgements(file, "parquet" if file.suffix == ".parquet" else "csv", live)
    by_people = any(each.annotator for each in found.judgements)
    labels = [each.label for each in found.judgements] if by_people else found.triplets
    rows = pd.DataFrame([asdict(label) for label in labels], columns=["reference", "positive", "negative"])
    if not len(rows):
        raise NothingServed(f"{file} holds no triplet to evaluate.")
    embeddings = load_embeddings(store, embedding_of(models))
    _require(embeddings, pd.unique(rows.to_numpy().ravel()), live)
    tensors = as_triplets(rows.assign(source=LABEL), embeddings)
    head = load_ranking_head(store, models.ranking_head) if models.ranking_head else None
    people = agreement_of_people(found.judgements if by_people else judgements_of(store.history.standing("triplet")))
    result: dict[str, Any] = {"n": len(rows), "people": people}
    for ranking, used in (("unsupervised", None), ("supervised", head)):
        measured = by_references(triplet_accuracy(used, tensors).numpy(), list(rows["reference"]))
        result[ranking] = measured | {"share_of_ceiling": share_of_ceiling(measured["accuracy"], people)}
    result["trained_on"] = _seen_in_training(store, "triplets", "reference", rows["reference"])
    return result


def evaluate_similarity(store: Store, file: Path) -> dict[str, dict[str, float]]:
    """How well rankings gather the listed photos by label, among themselves; a photo's own group does not count.

    ``random`` ranks by chance, ``classic`` by the mean cosine of cells, the others as served.
    """
    models = _served(store)
    live = store.catalogue.live()
    listed = read_similarity(file, live, product_groups(store))
    if len(listed) < 2:
        raise NothingServed(f"{file} lists {len(listed)} photos; neighbours need at least two.")
    embeddings = load_embeddings(store, embedding_of(models))
    _require(embeddings, pd.unique(listed["sha256"]), live)
    vectors = embeddings.invariant[[embeddings.rows[sha256] for sha256 in listed["sha256"]]]
    supervised = load_ranking_head(store, models.ranking_head)(vectors) if models.ranking_head else vectors
    contents = wanted_contents(store, store.catalogue.batch_keys())
    boxes = boxes_in_force(store, models.heads, contents).set_index("sha256", drop=False)
    photos = boxes.loc[listed["sha256"]]
    labels, groups = listed["label"].to_numpy(), listed["group"].to_numpy()
    with _cells_on_disk(store, models.encoder, photos) as cells:
        scores: dict[str, Iterable[np.ndarray]] = {
            "random": _random_rows(len(listed)),
            "classic": rows_of_products(cells),
            "unsupervised": rows_of_products(vectors),
            "supervised": rows_of_products(supervised),
        }
        return {name: ranking_quality(rows, labels, groups) for name, rows in scores.items()}


@contextmanager
def _cells_on_disk(store: Store, encoder: str, photos: pd.DataFrame) -> Iterator[np.ndarray]:
    """(N, C h w) L2-normalised cells in float16, in a file: those of 10,000 photos would take a gigabyte of memory."""
    with TemporaryDirectory() as folder:
        cells = None
        for row, item in enumerate(object_cells_of(store, encoder, photos, centred=False)):
            if cells is None:
                shape = (len(photos), item.size)
                cells = np.memmap(Path(folder) / "cells", dtype=np.float16, mode="w+", shape=shape)
            cells[row] = item.ravel()
        assert cells is not None
        yield cells


def _random_rows(count: int) -> Iterator[np.ndarray]:
    draw = np.random.default_rng(0)
    return (draw.random(count) for _ in range(count))


def rows_of_products(vectors: np.ndarray | torch.Tensor) -> Iterator[np.ndarray]:
    """(N, D) vectors → the N rows, (N,) each, of their dot products with all of them, computed block by block."""
    for start in range(0, len(vectors), BLOCK):
        block = torch.as_tensor(vectors[start : start + BLOCK]).float()
        others = (vectors[other : other + BLOCK] for other in range(0, len(vectors), BLOCK))
        yield from torch.cat([block @ torch.as_tensor(other).float().T for other in others], dim=1).numpy()


def _served(store: Store) -> CompleteModels:
    served = store.served.read()
    models = served.models.complete
    if models is None or not served.index:
        raise NothingServed("Nothing is served yet, so there is nothing to evaluate; run `tiefvision run` first.")
    return models


def _located(store: Store, models: CompleteModels, truth: pd.DataFrame) -> dict[str, Box]:
    """Path → the box by the heads; stored boxes are reused, the others are found now."""
    stored = store.boxes.read_all(models.heads, store.catalogue.batch_keys()).set_index("sha256")
    locator = None
    found = {}
    for row in truth.itertuples():
        if row.sha256 in stored.index:
            found[row.path] = Box(*(float(stored.at[row.sha256, side]) for side in BOX))
            continue
        with store.catalogue.opened(str(row.path)) as photo:
            if models.heads is None:
                found[row.path] = Box.whole(photo.width, photo.height)
                continue
            locator = locator or load_locator(store, *load_encoder_from(store, models.encoder), models.heads)
            found[row.path] = locator.locate(photo).box
    return found


def _mean_training_box(store: Store) -> RelativeBox:
    labels = store.snapshots.read_learned("boxes", store.snapshots.current("boxes"))
    training = labels[~labels["sha256"].map(is_test_photo).astype(bool)]
    rows = training.merge(store.catalogue.contents()[["sha256", "width", "height"]], on="sha256")
    boxes = [Box(*(float(getattr(row, side)) for side in BOX)) for row in rows.itertuples()]
    return mean_relative_box(boxes, [(row.width, row.height) for row in rows.itertuples()])


def _seen_in_training(store: Store, kind: Kind, column: str, photos: pd.Series) -> int:
    """How many of the photos are current training labels of that kind; on those the quality is overestimated.

    Triplets of test photos count as well: they are held out only where there are many.
    """
    labels = store.snapshots.read_learned(kind, store.snapshots.current(kind))[column]
    training = {sha256 for sha256 in labels if kind == "triplets" or not is_test_photo(sha256)}
    return int(photos.isin(list(training)).sum())


def _require(embeddings: Embeddings, contents: np.ndarray, live: pd.DataFrame) -> None:
    missing = [sha256 for sha256 in contents if sha256 not in embeddings.rows]
    if missing:
        path = live.loc[live["sha256"] == missing[0], "path"].iloc[0]
        raise NothingServed(f"{path} is not encoded, so it cannot be evaluated; run `tiefvision run` first.")
