"""Real photos by the documented commands: locating garments, and learning from triplets what people call similar."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.commands import answer, environment_of
from tiefvision_assets.box import Box
from tiefvision_assets.hyperparameters import RankingHeadParameters
from tiefvision_assets.lineage.due import embedding_of
from tiefvision_assets.lineage.label_errors import box_likelihood, held_out_margins
from tiefvision_assets.lineage.ranking import load_embeddings
from tiefvision_assets.lineage.triplets import LABEL
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.records import BOX_HEADS
from tiefvision_assets.store.schemas import BOX, GROUP_COLUMNS
from tiefvision_assets.store.store import Store

PHOTOS = Path(os.environ.get("TIEFVISION_TEST_PHOTOS", "no clothing photos"))
WANTED = {
    "alexnet": {"mean_iou": 0.9, "iou75": 0.93, "iou90": 0.65},
    "efficientnet_lite0": {"mean_iou": 0.93, "iou75": 0.96, "iou90": 0.85},
}
"""Encoder → what its boxes reach at least; the mean box has .77, for garments fill these photos."""
WANTED_PRECISION = {
    "alexnet": {"unsupervised": 0.4, "supervised": 0.58},
    "efficientnet_lite0": {"unsupervised": 0.49, "supervised": 0.64},
}
"""Encoder → the least precision among the 10 nearest of other senders; chance has .07."""
WANTED_OFF_CENTRE = 0.87
TRIPLETS_A_PHOTO = 4

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(
        not (PHOTOS / "labels.csv").is_file(),
        reason="no clothing photos (set TIEFVISION_TEST_PHOTOS to their folder)",
    ),
]


@dataclass(frozen=True)
class Photo:
    """A row of ``labels.csv``; ``group`` is who sent the photo."""

    path: str
    label: str
    group: str


def listed_photos() -> list[Photo]:
    with (PHOTOS / "labels.csv").open(newline="", encoding="utf-8") as file:
        return [Photo(row["path"], row["label"], row["group"]) for row in csv.DictReader(file)]


def is_for_training(photo: Photo) -> bool:
    """Half of the senders, by a hash of who they are; its first byte chose the senders that are in this folder."""
    return hashlib.sha256(photo.group.encode()).digest()[1] % 2 == 0


def drawn_triplets(photos: Sequence[Photo], each: int, seed: int) -> list[tuple[str, str, str]]:
    """Triplets a photo: H+ of its category from another sender, H- of another category, from anybody else."""
    draw = np.random.default_rng(seed)
    by_label: dict[str, list[Photo]] = defaultdict(list)
    for photo in photos:
        by_label[photo.label].append(photo)
    found = set()
    for reference in photos:
        alike = [other for other in by_label[reference.label] if other.group != reference.group]
        unlike = [o for o in photos if o.label != reference.label and o.group != reference.group]
        for _ in range(each if alike and unlike else 0):
            positive, negative = (group[int(draw.integers(len(group)))] for group in (alike, unlike))
            found.add((reference.path, positive.path, negative.path))
    return sorted(found)


def write_rows(file: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows([header, *rows])
    return file


@pytest.fixture(scope="module", params=sorted(WANTED))
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A data folder of an encoder that holds the photos, the training boxes and what was learned from them."""
    encoder = {"TIEFVISION_ENCODER": request.param}
    environment = environment_of(tmp_path_factory.mktemp(request.param) / "data") | encoder
    assert answer(environment, "ingest", str(PHOTOS / "photos"))["photos"] == len(listed_photos())
    file = PHOTOS / "boxes_train.json"
    annotations = json.loads(file.read_text())["annotations"]
    assert answer(environment, "labels", "import", str(file), "--format", "coco")["imported"] == len(annotations)
    assert answer(environment, "run")["computed"] == len(listed_photos())
    return environment


def test_garments_are_found(environment: dict[str, str]) -> None:
    measured = answer(environment, "evaluate", "boxes", str(PHOTOS / "boxes_test.json"))
    print(f"\nboxes: {json.dumps(measured)}")
    assert measured["trained_on"] == 0
    assert_reached(measured, WANTED[environment["TIEFVISION_ENCODER"]])


def assert_reached(measured: dict[str, float], wanted: dict[str, float]) -> None:
    assert {name: measured[name] for name in wanted if measured[name] < wanted[name]} == {}


def test_garments_are_found_where_the_photo_is_cut_off_centre(environment: dict[str, str], tmp_path: Path) -> None:
    truth = off_centre_cuts(tmp_path, seed=0)
    found = answer(environment, "locate", *map(str, truth))
    ious = [Box(*each["box"]).iou(truth[Path(each["path"])]) for each in found]
    with_mean_box = [mean_box_on(file).iou(box) for file, box in truth.items()]
    print(f"\noff-centre: mean IoU {np.mean(ious):.3f} of {len(ious)}, the mean box {np.mean(with_mean_box):.3f}")
    assert np.mean(with_mean_box) < 0.7
    assert np.mean(ious) >= WANTED_OFF_CENTRE


def boxes_of(file: str) -> dict[str, Box]:
    """Photo → its labelled box."""
    coco = json.loads((PHOTOS / file).read_text())
    names = {image["id"]: image["file_name"] for image in coco["images"]}
    corners = {names[each["image_id"]]: each["bbox"] for each in coco["annotations"]}
    return {name: Box(x, y, x + width, y + height) for name, (x, y, width, height) in corners.items()}


def off_centre_cuts(folder: Path, seed: int) -> dict[Path, Box]:
    """The test photos, cut close to the box on one random side of each axis; file → the box on it."""
    draw = np.random.default_rng(seed)
    truth = {}
    for name, box in boxes_of("boxes_test.json").items():
        with Image.open(PHOTOS / "photos" / name) as photo:
            left, right = (0, int(np.ceil(box.right))) if draw.integers(2) else (int(box.left), photo.width)
            top, bottom = (0, int(np.ceil(box.bottom))) if draw.integers(2) else (int(box.top), photo.height)
            photo.convert("RGB").crop((left, top, right, bottom)).save(folder / name, quality=95)
        truth[folder / name] = Box(box.left - left, box.top - top, box.right - left, box.bottom - top)
    return truth


def mean_box_on(file: Path) -> Box:
    """The mean box of the training photos in shares of their sizes, on this photo."""
    shares = []
    for name, box in boxes_of("boxes_train.json").items():
        with Image.open(PHOTOS / "photos" / name) as photo:
            shares.append(box.scaled(1 / photo.width, 1 / photo.height).as_tuple())
    with Image.open(file) as photo:
        return Box(*np.mean(shares, axis=0)).scaled(photo.width, photo.height)


def test_triplets_teach_what_people_call_similar(environment: dict[str, str], tmp_path: Path) -> None:
    training = [photo for photo in listed_photos() if is_for_training(photo)]
    judging = [photo for photo in listed_photos() if not is_for_training(photo)]
    header = ("reference", "positive", "negative")
    triplets = write_rows(tmp_path / "triplets.csv", header, drawn_triplets(training, TRIPLETS_A_PHOTO, seed=0))
    judge = write_rows(
        tmp_path / "judge.csv", ("path", "label", "group"), [(p.path, p.label, p.group) for p in judging]
    )

    before = answer(environment, "evaluate", "similarity", str(judge))
    assert before["supervised"] == before["unsupervised"]
    answer(environment, "labels", "import", str(triplets), "--format", "csv")
    assert answer(environment, "run")["computed"] == 0
    measured = answer(environment, "evaluate", "similarity", str(judge))
    print(f"\nsimilarity of {len(judging)} photos of other senders: {json.dumps(measured)}")
    precision = {ranking: values["p@10"] for ranking, values in measured.items()}
    assert_reached(precision, WANTED_PRECISION[environment["TIEFVISION_ENCODER"]])
    assert precision["random"] < 0.1, "the judging photos have become too easy"


CORRUPTED = 0.05
FOUND_OF_CORRUPTED = 0.8


def test_corrupted_boxes_are_the_first_in_the_queue_of_wrong_labels(environment: dict[str, str]) -> None:
    store = Store(Settings(data=Path(environment["TIEFVISION_DATA"])))
    rows = store.models.evaluation(BOX_HEADS, store.models.verdicts(BOX_HEADS)[0].fingerprint)
    assert rows is not None
    truth, found = (
        [Box(*sides) for sides in rows[[f"{of}{side}" for side in BOX]].to_numpy()] for of in ("", "found_")
    )
    draw = np.random.default_rng(0)
    wrong = draw.choice(len(rows), round(CORRUPTED * len(rows)), replace=False)
    iou = rows["iou"].to_numpy(copy=True)
    for number, row in enumerate(wrong):
        size = (int(rows["width"].iloc[row]), int(rows["height"].iloc[row]))
        iou[row] = found[row].iou(corrupted(truth[row], size, number % 3, draw))
    first = np.argsort(-box_likelihood(iou, rows["confidence"].to_numpy()))
    caught = len(set(wrong) & set(first[: len(wrong)]))
    print(f"\nboxes: {caught} of {len(wrong)} corrupted among the first {len(wrong)} of {len(rows)}")
    assert caught >= FOUND_OF_CORRUPTED * len(wrong)


def corrupted(box: Box, size: tuple[int, int], kind: int, draw: np.random.Generator) -> Box:
    """The box moved by a quarter, with one edge off by 30 % of its length, or another box in its place."""
    width, height = box.right - box.left, box.bottom - box.top
    for _ in range(100):
        if kind == 0:
            right, down = draw.choice([-1, 1], 2) * draw.uniform(0.2, 0.3, 2) * (width, height)
            made = Box(box.left + right, box.top + down, box.right + right, box.bottom + down).clipped(*size)
        elif kind == 1:
            sides, edge = list(box.as_tuple()), int(draw.integers(4))
            sides[edge] += (1 if edge < 2 else -1) * 0.3 * (height if edge % 2 else width)
            made = Box(*sides)
        else:
            left, top = draw.uniform(0, 0.4, 2) * size
            made = Box(left, top, left + draw.uniform(0.3, 0.6) * size[0], top + draw.uniform(0.3, 0.6) * size[1])
        if made.area > 0 and made.iou(box) < 0.75:
            break
    return made


def test_corrupted_triplets_are_the_first_in_the_queue_of_wrong_labels(environment: dict[str, str]) -> None:
    if environment["TIEFVISION_ENCODER"] != "alexnet":
        pytest.skip("training its heads takes minutes; measured with AlexNet")
    store = Store(Settings(data=Path(environment["TIEFVISION_DATA"])))
    models = store.served.read().models.complete
    assert models is not None
    embeddings = load_embeddings(store, embedding_of(models))
    contents = dict(store.catalogue.contents()[["path", "sha256"]].itertuples(index=False, name=None))
    drawn = drawn_triplets(listed_photos(), TRIPLETS_A_PHOTO // 2, seed=0)
    named = [[contents[path] for path in trio] for trio in drawn if set(trio) <= contents.keys()]
    rows = pd.DataFrame(named, columns=["reference", "positive", "negative"])
    wrong = np.random.default_rng(0).choice(len(rows), round(CORRUPTED * len(rows)), replace=False)
    rows.loc[wrong, ["positive", "negative"]] = rows.loc[wrong, ["negative", "positive"]].to_numpy()
    rows = rows.assign(source=LABEL, split="train", flag="", fold=-1, weight=1.0)
    rows[GROUP_COLUMNS] = pd.factorize(rows.iloc[:, :3].to_numpy().ravel())[0].reshape(-1, 3)
    first = np.argsort(held_out_margins(rows, rows, embeddings, RankingHeadParameters()).to_numpy())[:50]
    caught = len(set(wrong) & set(first))
    print(f"\ntriplets: {caught} of the first 50 of {len(rows)} are among the {len(wrong)} corrupted ones")
    assert caught >= 35, "42 were seen"
