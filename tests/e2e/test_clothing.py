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
import pytest

from tests.commands import answer, environment_of

PHOTOS = Path(os.environ.get("TIEFVISION_TEST_PHOTOS", "no clothing photos"))
ABOVE_THE_MEAN_BOX = 0.08
"""By how much the mean IoU exceeds that of the mean box; garments fill these photos, so the mean box is good."""
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


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A data folder that holds the photos, the training boxes and what was learned from them."""
    environment = environment_of(tmp_path_factory.mktemp("clothing") / "data")
    assert answer(environment, "ingest", str(PHOTOS / "photos"))["photos"] == len(listed_photos())
    file = PHOTOS / "boxes_train.json"
    annotations = json.loads(file.read_text())["annotations"]
    assert answer(environment, "labels", "import", str(file), "--format", "coco")["imported"] == len(annotations)
    assert answer(environment, "run")["computed"] == len(listed_photos())
    return environment


def test_garments_are_found_better_than_by_the_mean_box(environment: dict[str, str]) -> None:
    measured = answer(environment, "evaluate", "boxes", str(PHOTOS / "boxes_test.json"))
    print(f"\nboxes: {json.dumps(measured)}")
    assert measured["trained_on"] == 0
    assert measured["mean_iou"] > measured["mean_box_iou"] + ABOVE_THE_MEAN_BOX


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
    assert precision["supervised"] > precision["unsupervised"] > precision["random"]
