"""What is due, against the rules written out photo by photo."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tiefvision_assets.box import Box
from tiefvision_assets.lineage.boxes_in_force import wanted_contents
from tiefvision_assets.lineage.due import encoding_inputs, location_inputs, unencoded, unlocated
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.atomic import write_parquet
from tiefvision_assets.store.photos import DECODING_VERSION
from tiefvision_assets.store.schemas import BOX, CATALOGUE, ENCODING_KEYS, EXTRACTED_BOXES
from tiefvision_assets.store.store import Store

HEADS, EMBEDDING = "heads", "embedding"

side = st.integers(0, 40)
box = st.builds(lambda x, y, w, h: Box(x, y, x + w + 1, y + h + 1), side, side, side, side)


@dataclass(frozen=True)
class Photo:
    """A content as the files know it."""

    live: bool
    batch: str
    extracted: Box | None
    human: Box | None
    encoded: Box | None
    profile: bool
    before: bool
    """Whether it was located and encoded when profiles were ignored."""


photos = st.builds(
    Photo,
    st.booleans(),
    st.sampled_from(["b0", "b1", "b2"]),
    *([st.none() | box, st.none() | box, st.none() | box]),
    st.booleans(),
    st.booleans(),
)


def store_of(folder: Path, contents: dict[str, Photo], tolerance: float) -> Store:
    store = Store(Settings(data=folder, moved_iou=tolerance))
    rows = [
        (f"id{sha}", f"{sha}.png", sha, 100, 100, 1, 1, photo.batch, "live", "", "P3" if photo.profile else "", "")
        for sha, photo in contents.items()
        if photo.live
    ]
    write_parquet(store.layout.catalogue, pd.DataFrame(rows, columns=CATALOGUE.names))
    for batch in ("b0", "b1", "b2"):
        here = {sha: photo for sha, photo in contents.items() if photo.batch == batch}
        write_parquet(store.layout.batch(batch), pd.DataFrame({"sha256": list(here)}))
        decoding = {sha: 1 if photo.before else DECODING_VERSION for sha, photo in here.items()}
        located = [(sha, *p.extracted.as_tuple(), 0.5, "", decoding[sha]) for sha, p in here.items() if p.extracted]
        if located:
            store.boxes.write(HEADS, batch, pd.DataFrame(located, columns=EXTRACTED_BOXES.names))
        encoded = [(sha, *p.encoded.rounded(), "", decoding[sha]) for sha, p in here.items() if p.encoded]
        if encoded:
            keys = pd.DataFrame(encoded, columns=ENCODING_KEYS.names)
            vectors = [np.zeros(4, np.float16)] * len(keys)
            store.encodings.write(EMBEDDING, batch, keys.assign(embedding=vectors, mirrored=vectors))
    human = [(sha, *photo.human.as_tuple()) for sha, photo in contents.items() if photo.human]
    store.snapshots.write("boxes", "v1", pd.DataFrame(human, columns=["sha256", *BOX]))
    return store


def must_be_encoded(photo: Photo, tolerance: float) -> bool:
    wanted = photo.human or photo.extracted
    if not photo.live or wanted is None:
        return False
    if photo.encoded is None or (photo.profile and photo.before):
        return True
    before, after = Box(*map(float, photo.encoded.rounded())), Box(*map(float, wanted.rounded()))
    return before != after if photo.human else before.iou(after) < tolerance


@examples(max_examples=60)
@given(st.lists(photos, max_size=8), st.sampled_from([0.5, 0.9, 0.95, 1.0]))
def test_due_is_what_the_rules_say_of_each_photo(drawn, tolerance):
    contents = {f"{number:064d}": photo for number, photo in enumerate(drawn)}
    with tempfile.TemporaryDirectory() as folder:
        store = store_of(Path(folder), contents, tolerance)
        wanted = wanted_contents(store, ["b0", "b1", "b2"])
        missing = set(unlocated(store, HEADS, wanted)["sha256"])
        assert missing == {
            sha
            for sha, photo in contents.items()
            if photo.live and (photo.extracted is None or (photo.profile and photo.before))
        }
        due = unencoded(store, HEADS, EMBEDDING, wanted)
        expected = {sha for sha, photo in contents.items() if must_be_encoded(photo, tolerance)}
        assert set(due["sha256"]) == expected
        parts = [
            set(unencoded(store, HEADS, EMBEDDING, wanted_contents(store, [b]))["sha256"]) for b in ("b0", "b1", "b2")
        ]
        assert set().union(*parts) == expected, "batch by batch is the same"


def test_inputs_tell_work_apart_and_not_its_order():
    rows = pd.DataFrame([("a", 1, 2, 30, 40), ("b", 1, 2, 30, 40)], columns=["sha256", *BOX])
    assert location_inputs("h", rows) == location_inputs("h", rows[::-1])
    assert encoding_inputs("e", rows) == encoding_inputs("e", rows[::-1])
    moved = rows.assign(right=31)
    assert len({encoding_inputs("e", rows), encoding_inputs("f", rows), encoding_inputs("e", moved)}) == 3
    assert len({location_inputs("h", rows), location_inputs(None, rows), location_inputs("h", rows[:1])}) == 3
