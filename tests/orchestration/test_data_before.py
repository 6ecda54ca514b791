"""A data folder that an earlier version made is taken over as it is: nothing but training is due, and searches find the
same.

``data_before.zip`` is the folder that `tiny.trained` copies, as the code wrote it before records and hyper-parameters
became types (commit f1bb00f). Left out is what nothing reads: the photos, for which files of the recorded size and time
stand in, the cells of the crops and the weights of heads that were rejected.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import tiny
from tiefvision_assets.box import Box
from tiefvision_assets.hyperparameters import ForegroundMapParameters
from tiefvision_assets.models import fingerprints
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.planning.status import status_of
from tiefvision_assets.planning.training import TRAIN_HEADS, TRAIN_RANKING
from tiefvision_assets.search.request import ById, ByPhoto
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.head_names import FOREGROUND_MAP, HEAD_PARAMETERS

FOUND = {
    "00.png": [("04.png", 0.5183), ("11.png", 0.4226), ("01.png", 0.3813), ("02.png", 0.181), ("07.png", 0.0199)],
    "07.png": [("11.png", 0.3759), ("04.png", 0.1556), ("05.png", 0.0646), ("00.png", 0.0199), ("02.png", -0.1124)],
}
"""Catalogue photo → the nearest five and their scores, as the earlier version listed them."""
FOUND_BY_PHOTO = [("07.png", 0.642), ("04.png", 0.5591), ("05.png", 0.3656), ("10.png", 0.0642), ("08.png", 0.0546)]


@pytest.fixture
def before(store: Store, tmp_path: Path) -> Store:
    with zipfile.ZipFile(Path(__file__).with_name("data_before.zip")) as made:
        made.extractall(tmp_path)
    store.settings.raw_dir.mkdir(exist_ok=True)
    for photo in store.catalogue.live().itertuples():
        file = store.catalogue.file(photo.path)
        file.write_bytes(b"\0" * photo.bytes)
        os.utime(file, ns=(photo.mtime_ns, photo.mtime_ns))
    return store


def test_of_all_only_heads_are_to_be_trained_again(before: Store) -> None:
    """Box heads of then know no first looks, and the ranking head was judged by triplets whose photos it had seen;
    until others are promoted they serve on."""
    reason = "the code or the configuration of the training has changed"
    assert [(step.assets, step.reason) for step in plan(before)] == [(TRAIN_HEADS, reason), (TRAIN_RANKING, reason)]


def test_but_for_them_nothing_is_out_of_date_and_a_run_makes_nothing(
    before: Store, run: Callable[..., dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprints, "CROPS_CODE", "2")
    monkeypatch.setattr(fingerprints, "FOREGROUND_MAP_CODE", fingerprints.HEADS_CODE)
    monkeypatch.setattr(fingerprints, "RANKING_CODE", "3")
    then = partial(ForegroundMapParameters, learning_rate=3e-3, batch=32)
    monkeypatch.setitem(HEAD_PARAMETERS, FOREGROUND_MAP, then)  # type: ignore[arg-type]
    served = before.layout.served.read_bytes()
    assert before.catalogue.scan().unchanged == tiny.PHOTOS
    assert plan(before) == []
    done = run()
    assert (done["materialised"], done["computed"]) == (0, 0), done["said"]
    assert before.layout.served.read_bytes() == served


def test_the_verdicts_on_its_candidates_are_reported(before: Store) -> None:
    candidates = status_of(before)["candidates"]
    assert {name: verdict["promoted"] for name, verdict in candidates.items()} == {
        "box_heads": False,
        "ranking_head": False,
    }
    assert set(candidates["box_heads"]["inputs"]) == {"encoder", "labels", "recipe"}
    assert set(candidates["ranking_head"]["inputs"]) == {"encoder", "labels", "recipe", "basis"}


def test_searches_find_what_they_found(before: Store) -> None:
    searcher = Searcher(before.settings)
    ids = searcher.entries().set_index("path")["image_id"]
    for path, expected in FOUND.items():
        assert [(hit.path, round(hit.score, 4)) for hit in searcher.search(ById(ids[path], k=5)).hits] == expected
    pixels = np.random.default_rng(7).integers(0, 255, (tiny.HEIGHT, tiny.WIDTH, 3), dtype=np.uint8)
    hits = searcher.search(ByPhoto(Image.fromarray(pixels), Box(10, 20, 80, 100), k=5)).hits
    assert [hit.path for hit in hits] == [path for path, _ in FOUND_BY_PHOTO]
    assert [hit.score for hit in hits] == pytest.approx([score for _, score in FOUND_BY_PHOTO], abs=1e-3)
