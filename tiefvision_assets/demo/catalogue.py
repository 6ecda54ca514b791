"""Writing the demo catalogue: photos into RAW, and beside it the ground truth for labels and for judging models.

Photo `index` is the same in every catalogue of one seed, whatever its size. So are its roles: every third photo has its
box labelled, two of five are references of training triplets; all others are for judging.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from tiefvision_assets.demo.boxes import BoxedPhoto, coco, jpeg
from tiefvision_assets.demo.drawing import drawn
from tiefvision_assets.demo.files import (
    listed_photos,
    refuse_foreign,
    remove_photos,
    write_bytes,
    write_csv,
)
from tiefvision_assets.demo.photo import photo_style, render_photo
from tiefvision_assets.demo.styles import Style, style_label
from tiefvision_assets.demo.triplets import StyleTriplet, answers, style_triplets
from tiefvision_assets.store.atomic import remove_leftovers, write_json

FOLDER = "demo"
MANIFEST = "demo.json"
TRIPLET_COLUMNS = ("reference", "positive", "negative")
CATEGORY = "dress"
TRIPLETS_A_REFERENCE = 8
JUDGE_TRIPLETS_A_REFERENCE = 2
REPEATED_ANSWERS = 100
"""So many triplets each of the demo's annotators is asked twice."""


@dataclass(frozen=True)
class DemoTruth:
    """Where a demo was written: its photos, relative to RAW, and its truth files."""

    photos: tuple[str, ...]
    boxes: Path
    judge_boxes: Path
    triplets: Path
    judge_triplets: Path
    judge_people: Path
    judge_similarity: Path
    manifest: Path


def box_is_labelled(index: int) -> bool:
    """Whether the photo's box is among the labels (a third of the photos); the boxes of the others are for judging."""
    return index % 3 == 0


def is_training_reference(index: int) -> bool:
    """Whether the photo is a reference of training triplets (two of five); the others' triplets are for judging."""
    return index % 5 in (1, 3)


def photo_path(index: int, style: Style) -> str:
    """The photo's path relative to RAW, such as `demo/navy-polka-skater-0001.jpg`."""
    return f"{FOLDER}/{style.colour_family}-{style.pattern}-{style.silhouette}-{index + 1:04d}.jpg"


def write_demo(
    raw: Path, truth: Path, images: int = 300, seed: int = 0, progress: Callable[[int, int], None] | None = None
) -> DemoTruth:
    """Write `images` photos below `raw` and their truth into `truth`; the same arguments write the same bytes.

    `progress` is called with the photos written and `images`. `demo.json` first lists, with `"complete": false`, every
    photo that an earlier demo wrote or this one will, so that a killed run is taken up by running again; it is
    rewritten with `"complete": true` last. Photos of an earlier demo that are no longer wanted are removed.

    Raises `ValueError` for `images` or `seed` out of range, `ForeignCatalogue` when `raw` holds files of others.
    """
    if images < 1:
        raise ValueError(f"A demo needs at least 1 photo, not {images}.")
    if seed < 0:
        raise ValueError(f"A demo's seed is 0 or more, not {seed}.")
    places = _places(truth, images, seed)
    earlier = listed_photos(places.manifest)
    refuse_foreign(raw, earlier)
    wanted = set(places.photos)
    obsolete = [photo for photo in earlier if photo not in wanted]
    _write_manifest(places, [*places.photos, *obsolete], images, seed, complete=False)
    remove_photos(raw, obsolete)
    remove_leftovers(raw / FOLDER)
    photos: list[BoxedPhoto] = []
    styles: list[Style] = []
    for content, photo, style in drawn(partial(_photo, seed), images):
        write_bytes(raw / photo.path, content)
        photos.append(photo)
        styles.append(style)
        if progress is not None:
            progress(len(photos), images)
    write_json(places.boxes, coco([photo for photo in photos if box_is_labelled(photo.index)], CATEGORY))
    write_json(places.judge_boxes, coco([photo for photo in photos if not box_is_labelled(photo.index)], CATEGORY))
    _write_similarity(places, styles, seed)
    _write_manifest(places, places.photos, images, seed, complete=True)
    return places


def _places(truth: Path, images: int, seed: int) -> DemoTruth:
    return DemoTruth(
        photos=tuple(photo_path(index, photo_style(index, seed)) for index in range(images)),
        boxes=truth / "boxes.json",
        judge_boxes=truth / "judge_boxes.json",
        triplets=truth / "triplets.csv",
        judge_triplets=truth / "judge_triplets.csv",
        judge_people=truth / "judge_people.csv",
        judge_similarity=truth / "judge_similarity.csv",
        manifest=truth / MANIFEST,
    )


def _photo(seed: int, index: int) -> tuple[bytes, BoxedPhoto, Style]:
    """Photo ``index`` as a file, what is known of it, and its style."""
    photo = render_photo(index, seed)
    return (
        jpeg(photo.image),
        BoxedPhoto(index, photo_path(index, photo.style), photo.image.size, photo.box),
        photo.style,
    )


def _write_similarity(places: DemoTruth, styles: Sequence[Style], seed: int) -> None:
    training = [index for index in range(len(styles)) if is_training_reference(index)]
    judging = [index for index in range(len(styles)) if not is_training_reference(index)]
    rng = np.random.default_rng((seed, len(styles)))
    for path, references, each in (
        (places.triplets, training, TRIPLETS_A_REFERENCE),
        (places.judge_triplets, judging, JUDGE_TRIPLETS_A_REFERENCE),
    ):
        triplets = style_triplets(styles, references, each, rng)
        write_csv(path, TRIPLET_COLUMNS, [_row(triplet, places.photos) for triplet in triplets])
    said = answers(styles, triplets, REPEATED_ANSWERS, np.random.default_rng((seed, len(styles), 1)))
    write_csv(
        places.judge_people,
        (*TRIPLET_COLUMNS, "annotator"),
        [(*_row(triplet, places.photos), annotator) for annotator, triplet in said],
    )
    labels = [(places.photos[index], style_label(styles[index])) for index in judging]
    write_csv(places.judge_similarity, ("path", "label"), labels)


def _row(triplet: StyleTriplet, photos: Sequence[str]) -> tuple[str, str, str]:
    return photos[triplet.reference], photos[triplet.positive], photos[triplet.negative]


def _write_manifest(places: DemoTruth, photos: Sequence[str], images: int, seed: int, complete: bool) -> None:
    truth = (
        places.boxes,
        places.judge_boxes,
        places.triplets,
        places.judge_triplets,
        places.judge_people,
        places.judge_similarity,
    )
    write_json(
        places.manifest,
        {
            "complete": complete,
            "images": images,
            "seed": seed,
            "photos": list(photos),
            "truth": [path.name for path in truth],
        },
    )
