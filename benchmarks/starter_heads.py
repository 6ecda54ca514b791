"""Training the starter heads, and their model card: `python -m benchmarks.starter_heads ENCODER CLOTHING WORK`.

CLOTHING is the folder of the clothing photos: ``photos/``, ``labels.csv`` (``path,label,group``), ``boxes_train.json``
and ``boxes_test.json``. WORK keeps what was generated and encoded, for the next time. Heads learn from the photos of
``boxes_train.json`` and from as many photos of the demo's generator as `GENERATED` says, of a seed that no demo has
unless it is asked for. Prints a Markdown table, and writes the package's file of the encoder's heads.

Cross-validation leaves out whole senders, and every third generated photo. The photos of ``boxes_test.json`` and the
demo's of seed 0 are judged by the final heads alone, in float16 as they are shipped; nothing was chosen on them.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.numpy import save_file

from tiefvision_assets.demo.backdrop import Place
from tiefvision_assets.demo.camera import expose, sample_light
from tiefvision_assets.demo.catalogue import MANIFEST, write_demo
from tiefvision_assets.demo.framing import sample_size
from tiefvision_assets.demo.scene import render_scene
from tiefvision_assets.hyperparameters import (
    CropDatasetParameters,
    CropEncodingsParameters,
    ForegroundMapParameters,
    HeadParameters,
)
from tiefvision_assets.lineage.crops import encode_views
from tiefvision_assets.lineage.head_evaluation import judge_photos
from tiefvision_assets.lineage.head_training import HeadTrainer
from tiefvision_assets.lineage.views import make_views
from tiefvision_assets.metrics import bootstrap
from tiefvision_assets.models.encoders import obtain_encoder
from tiefvision_assets.models.fingerprints import CROPS_CODE, HEADS_CODE
from tiefvision_assets.models.inference import box_heads_from, load_encoder_from
from tiefvision_assets.models.loading import as_arrays
from tiefvision_assets.models.starter_heads import read_starter_heads, write_starter_heads
from tiefvision_assets.models.weights import read_arrays
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.files import read_boxes_by_path
from tiefvision_assets.store.records import (
    ENCODER,
    PROJECTION,
    CropDatasetInputs,
    EncoderRecord,
    ProjectionInputs,
    ProjectionRecord,
)
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.head_names import HEAD_PARAMETERS, HEADS, WINDOW_HEADS
from tiefvision_assets.vision.locate import Locator
from tiefvision_assets.vision.parallel import parallel_map

GENERATED, SEED = 150, 1001
"""Photos of the demo's generator that are learned from, and their seed."""
JUDGED_SEED, JUDGED = 0, 100
"""The seed of demos, and so many of its photos are judged."""
KINDS, EMPTY = ("studio", "room", "outdoors", "surface"), 60
"""Generated places without a garment, and how many are looked at."""
FOLDS = 3
MAPS = "starter"
HIDDEN = {"alexnet": 32}
"""Hidden units of the window heads where the default makes the file larger than 3 MB."""

Weights = dict[str, np.ndarray]
"""Parts of starter heads, named ``PART.NAME``."""


@dataclass(frozen=True)
class Prepared:
    """A data folder with the photos to learn from, all of them encoded."""

    store: Store
    encoder: str
    photos: pd.DataFrame
    """sha256, path, width, height, box, source (clothing or generated), fold."""
    trainers: Mapping[str, HeadTrainer]


def prepared(name: str, clothing: Path, work: Path) -> Prepared:
    """Photos, generated ones, boxes and maps in WORK; what is there already is taken as it is."""
    generated = _generated(work, SEED, GENERATED)
    store = store_of(name, work / name, {"clothing": clothing / "photos", "generated": generated / "raw"})
    live = store.catalogue.live()
    boxes = pd.concat(
        [
            read_boxes_by_path(_below(clothing / "boxes_train.json", "clothing", work), live).assign(source="clothing"),
            *(
                read_boxes_by_path(_below(generated / "truth" / file, "generated", work), live).assign(
                    source="generated"
                )
                for file in ("boxes.json", "judge_boxes.json")
            ),
        ]
    )
    senders = pd.read_csv(clothing / "labels.csv").assign(path=lambda rows: "clothing/" + rows["path"])
    boxes = boxes.merge(senders[["path", "group"]], on="path", how="left").merge(
        live[["path", "width", "height"]], on="path"
    )
    number = boxes["group"].fillna(pd.Series(np.arange(len(boxes)), boxes.index)).astype(int)
    shuffled = np.random.default_rng(0).permutation(number.max() + 1)
    photos = boxes.assign(fold=shuffled[number] % FOLDS, order=shuffled[number]).drop_duplicates("sha256")
    encoder = store.served.read().next.encoder
    assert encoder
    if not store.models.exists(PROJECTION, MAPS):
        _encode(store, encoder, photos)
    trainers = {head: HeadTrainer(store, MAPS, head, _parameters(name, head)) for head in HEADS}
    return Prepared(store, encoder, photos.reset_index(drop=True), trainers)


def trained(given: Prepared, photos: pd.DataFrame) -> Weights:
    """Heads that learned from these photos alone, with the projections of cells that all share."""
    projections = given.store.models.tensors(PROJECTION, MAPS)

    def train(head: str) -> Weights:
        trainer = given.trainers[head]
        found = trainer.train(trainer.views["sha256"].isin(photos["sha256"]).to_numpy(), None, None)
        assert found, f"nothing to learn {head} from"
        return as_arrays(found.head, f"{head}.")

    return {**projections, **{name: array for part in parallel_map(train, HEADS) for name, array in part.items()}}


def judged(given: Prepared, weights: Weights, photos: pd.DataFrame, store: Store | None = None) -> pd.DataFrame:
    """`judge_photos` of these photos by heads of these weights, with ``whole_iou``, the IoU of the whole photo."""
    locator = Locator(*load_encoder_from(given.store, given.encoder), box_heads_from(weights))
    rows = pd.DataFrame(judge_photos(store or given.store, locator, photos.assign(split="test")))
    area = (rows["right"] - rows["left"]) * (rows["bottom"] - rows["top"])
    return rows.assign(whole_iou=area / (rows["width"] * rows["height"]))


def cross_validated(given: Prepared, work: Path) -> pd.DataFrame:
    """Each photo to learn from, judged by heads that learned from no photo of its fold; WORK keeps these heads."""
    rows = []
    for fold in range(FOLDS):
        own = given.photos["fold"] == fold
        weights = trained(given, given.photos[~own])
        save_file(weights, work / f"fold{fold}.safetensors")
        rows.append(judged(given, weights, given.photos[own]))
        print(f"fold {fold}: mean IoU {rows[-1]['iou'].mean():.3f}", file=sys.stderr, flush=True)
    return pd.concat(rows).merge(given.photos[["sha256", "source", "group"]], on="sha256")


def least_confidence(rows: pd.DataFrame) -> float:
    """Below which confidence the whole photo is the better box on photos that heads did not learn from: a twentieth."""
    candidates = np.arange(0, 0.6, 0.05)
    kept = rows["confidence"].to_numpy()[:, None] >= candidates
    gains = np.where(kept, rows["iou"].to_numpy()[:, None], rows["whole_iou"].to_numpy()[:, None]).mean(axis=0)
    return float(candidates[np.flatnonzero(gains >= gains.max() - 1e-3)[-1]].round(2))


def _line(name: str, rows: pd.DataFrame, least: float, clusters: np.ndarray | None = None) -> str:
    kept = rows["confidence"] >= least
    iou = rows["iou"].where(kept, rows["whole_iou"]).to_numpy()
    found = bootstrap(iou, clusters)
    return (
        f"| {name} | {len(rows)} | {found.mean:.3f} ({found.low:.3f} to {found.high:.3f}) | {np.mean(iou > 0.75):.2f} "
        f"| {np.mean(iou > 0.9):.2f} | {np.mean(~kept):.2f} | {rows['whole_iou'].mean():.3f} |"
    )


def main(name: str, clothing: Path, work: Path) -> None:
    """Train, judge, write."""
    given = prepared(name, clothing, work)
    rows = cross_validated(given, work / name)
    rows.to_parquet(work / name / "cross_validated.parquet")
    given.photos.to_parquet(work / name / "photos.parquet")
    least = least_confidence(rows)
    record = given.store.models.record(EncoderRecord, given.encoder)
    file = write_starter_heads(record.inputs, trained(given, given.photos), given.photos["sha256"], least)
    shipped = read_starter_heads(name)
    assert shipped
    weights = shipped.tensors()
    print(f"{file}: {file.stat().st_size / 1e6:.2f} MB; the whole photo below a confidence of {least}")
    print("| photos | number | mean IoU | > .75 | > .9 | whole photo | IoU of whole photos |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    own = rows[rows["source"] == "clothing"]
    print(_line("clothing, senders that were left out", own, least, own["group"].to_numpy()))
    print(_line("generated, photos that were left out", rows[rows["source"] == "generated"], least))
    judges = _judges(name, clothing, work)
    for title, (store, photos) in judges.items():
        print(_line(title, judged(given, weights, photos, store), least), flush=True)
    print(f"nothing is found in {_left_alone(given, weights, least):.2f} of {EMPTY} generated places without a garment")


def _left_alone(given: Prepared, weights: Weights, least: float) -> float:
    """Share of generated studios, rooms, streets and surfaces, with their props, whose box is the whole photo."""
    locator = Locator(*load_encoder_from(given.store, given.encoder), box_heads_from(weights), least)

    def confidence(number: int) -> float:
        rng = np.random.default_rng((SEED, number))
        size, light = sample_size(rng), sample_light(rng)
        place = Place(size.width / 2, 0.9 * size.height, size.height / 5)
        scene = render_scene(KINDS[number % len(KINDS)], size, place, light, rng)
        return locator.locate(expose(scene, rng)).confidence

    return float(np.mean([found == 0 for found in parallel_map(confidence, range(EMPTY))]))


def _judges(name: str, clothing: Path, work: Path) -> dict[str, tuple[Store, pd.DataFrame]]:
    demo = _generated(work, JUDGED_SEED, JUDGED)
    store = store_of(name, work / f"{name}-judges", {"clothing": clothing / "photos", "demo": demo / "raw"})
    live = store.catalogue.live()
    tests = read_boxes_by_path(_below(clothing / "boxes_test.json", "clothing", work), live)
    files = ("boxes.json", "judge_boxes.json")
    demos = [read_boxes_by_path(_below(demo / "truth" / file, "demo", work), live) for file in files]
    return {"clothing, the test photos": (store, tests), "the demo's photos, seed 0": (store, pd.concat(demos))}


def _generated(work: Path, seed: int, count: int) -> Path:
    folder = work / f"generated-{seed}"
    manifest = folder / "truth" / MANIFEST
    if not (manifest.exists() and json.loads(manifest.read_text())["complete"]):
        write_demo(folder / "raw", folder / "truth", count, seed)
    return folder


def _below(file: Path, folder: str, work: Path) -> Path:
    """The COCO file with that folder before its paths."""
    document = json.loads(file.read_text())
    for image in document["images"]:
        image["file_name"] = f"{folder}/{image['file_name']}"
    target = work / f"{folder}-{file.name}"
    target.write_text(json.dumps(document))
    return target


def store_of(name: str, folder: Path, photos: Mapping[str, Path]) -> Store:
    """A data folder with these photos and the encoder of that name."""
    store = Store(Settings(data=folder, encoder=name))
    for below, source in photos.items():
        target = store.settings.raw_dir / below
        if not target.exists():
            shutil.copytree(source, target)
    store.catalogue.scan()
    known = obtain_encoder(name, store.settings)
    if not store.models.exists(ENCODER, known.fingerprint):
        store.models.save(ENCODER, known.fingerprint, known.record, read_arrays(known.weights))
        store.served.promote(store.served.read().next.with_encoder(known.fingerprint))
    return store


def _encode(store: Store, encoder: str, photos: pd.DataFrame) -> None:
    spec, engine = load_encoder_from(store, encoder)
    dataset = CropDatasetInputs(None, CropDatasetParameters(test_share=0).model_dump(), CROPS_CODE)
    views = make_views(photos, store.catalogue.contents(), CropDatasetParameters(test_share=0))
    config = CropEncodingsParameters()
    inputs = ProjectionInputs(MAPS, encoder, config.model_dump(), HEADS_CODE)
    projections, maps, _ = encode_views(store, views, spec, engine, config.components, lambda *_: None)
    store.crops.write_views(MAPS, views, dataset)
    store.crops.write_maps(MAPS, maps)
    weights = {k: v for kind, part in projections.items() for k, v in as_arrays(part, f"{kind}.").items()}
    store.models.save(PROJECTION, MAPS, ProjectionRecord(inputs, dataset, first_looks=True), weights)


def _parameters(encoder: str, head: str) -> HeadParameters | ForegroundMapParameters:
    parameters = HEAD_PARAMETERS[head]()
    if head in WINDOW_HEADS and encoder in HIDDEN:
        return parameters.model_copy(update={"hidden": HIDDEN[encoder]})
    return parameters


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
