"""What people would have done in a demo's folder: labels of several, decisions of a reviewer, copies of photos, a map,
a version before the one that is served."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from benchmarks.sessions.owner import serve_twice
from benchmarks.sessions.truth import Truth, unlabelled
from tests.commands import answer, environment_of
from tiefvision_assets.box import Box
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel
from tiefvision_assets.store.store import Store

PEOPLE = {"Ann": (0.01, 3.1), "Bob": (0.03, 4.6), "Cem": (0.06, 2.4)}
"""How far each one's edges are off, as a share of the photo, and the seconds that a box takes them."""
DAY = 24


def furnished(data: Path, copy: Path) -> Store:
    """A copy of the demo's folder, lived in."""
    shutil.copytree(data, copy)
    store = Store(Settings(data=copy))
    _copies(store)
    environment = environment_of(copy, RETRAIN_AFTER="10000")
    answer(environment, "run")
    serve_twice(store)
    answer(environment, "run", "--select", "key:photo_map")
    _labels(store, Truth.of(store))
    return store


def _copies(store: Store) -> None:
    """Three photos in smaller, one of them mirrored."""
    raw = store.settings.raw_dir
    (raw / "newsletter").mkdir()
    for number, path in enumerate(store.catalogue.live()["path"].iloc[10:40:10]):
        with Image.open(raw / path) as photo:
            smaller = photo.resize((photo.width * 2 // 3, photo.height * 2 // 3))
            changed = ImageOps.mirror(smaller) if number == 2 else smaller
            changed.save(raw / "newsletter" / f"week-{40 + number}.jpg", quality=85)


def _labels(store: Store, truth: Truth) -> None:
    draw = np.random.default_rng(0)
    photos = [photo for photo in unlabelled(store)["sha256"] if photo in truth.boxes]
    commit, history = store.annotation.commit, store.history
    for turn, (person, (off, seconds)) in enumerate(PEOPLE.items()):
        for number, photo in enumerate(photos[turn * 10 : turn * 10 + DAY]):
            label = BoxLabel(photo, _off(truth.boxes[photo], off, truth.sizes[photo], draw))
            took = float(draw.gamma(8, seconds / 8))
            decision = Decision.box(f"{person} box {number}", label, "drawn")
            commit(decision, annotator=person, seconds=took, session=person)
            first, second, third = (photos[(turn * 10 + number + by) % len(photos)] for by in (0, 1, 2))
            closer, other = (second, third) if draw.random() < 0.8 else (third, second)
            triplet = Decision.triplet(f"{person} {number}", TripletLabel(first, closer, other), "quick")
            commit(triplet, annotator=person, seconds=took / 2, session=person)
    for number, photo in enumerate(photos[:4]):
        decision = Decision.box(f"Rita {number}", BoxLabel(photo, truth.boxes[photo]), "drawn")
        commit(decision, annotator="Rita", role="reviewer", seconds=4.0)
    store.team.gold.add(history.reviews()[-2:], "Rita")
    store.marks.mark(photos[0], "Ann", starred=True, tags=["summer"], note=None)
    for photo in photos[40:60]:
        store.marks.mark(photo, "Ann", starred=False, tags=["summer"], note=None)


def _off(box: Box, by: float, size: tuple[int, int], draw: np.random.Generator) -> Box:
    moved = np.array(box.as_tuple()) + draw.normal(0, by, 4) * np.array(size * 2)
    left, top, right, bottom = (int(side) for side in np.clip(moved, 0, np.array(size * 2)).round())
    return Box(left, top, right, bottom)
