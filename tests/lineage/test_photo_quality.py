"""Which photos are unusual follows the catalogue, and each photo is measured once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageFilter, ImageOps

from tests import tiny
from tiefvision_assets.lineage import photo_quality
from tiefvision_assets.lineage.photo_quality import FEWEST, judged, limits, measure_photos
from tiefvision_assets.orchestration.quality_checks import QUALITY_CHECKS
from tiefvision_assets.search.request import ById
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.flaws import FLAWS
from tiefvision_assets.store.where import BadFilter

settings, store, trained, tiny_encoder = tiny.settings, tiny.store, tiny.trained, tiny.tiny_encoder

SIZE = (96, 128)
CHANGED = {
    "blurred": lambda photo: photo.filter(ImageFilter.GaussianBlur(4)),
    "dark": lambda photo: photo.point(lambda level: level // 5),
    "bright": lambda photo: photo.point(lambda level: 204 + level // 5),
    "odd_proportions": lambda photo: photo.crop((0, 30, 96, 62)),
    "framed": lambda photo: ImageOps.expand(photo, 8, "black"),
}


def photo(seed: int) -> Image.Image:
    draw = np.random.default_rng(seed)
    pixels = draw.integers(100, 140, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    pixels[30:90, 20:70] = draw.integers(0, 60, 3)
    pixels[40:80:10, 20:70] = draw.integers(180, 255, 3)
    return Image.fromarray(pixels)


@pytest.fixture
def catalogue(store):
    """Thirty ordinary photos, one changed photo for each flaw of pixels, and twins."""
    raw = store.settings.raw_dir
    raw.mkdir(parents=True)
    for number in range(30):
        photo(number).save(raw / f"{number:02d}.png")
    for number, (flaw, change) in enumerate(CHANGED.items()):
        change(photo(100 + number)).save(raw / f"{flaw}.png")
    for name in ("duplicate.png", "twin.png"):
        photo(200).save(raw / name)
    store.catalogue.scan()
    return store


def flawed(store, flaw: str) -> set[str]:
    rows = store.quality.read()
    contents = set(rows.loc[rows[flaw].to_numpy(dtype=bool), "sha256"])
    return {row.path for row in store.catalogue.live().itertuples() if row.sha256 in contents}


def test_each_flaw_is_found_and_no_ordinary_photo_is_called_flawed(catalogue):
    measure_photos(catalogue, lambda *_: None)
    found = {flaw: flawed(catalogue, flaw) for flaw in (*CHANGED, "duplicate")}
    assert found == {flaw: {f"{flaw}.png"} for flaw in CHANGED} | {"duplicate": {"duplicate.png", "twin.png"}}


def test_photos_are_measured_once_and_forgotten_when_they_are_gone(catalogue, monkeypatch):
    first = measure_photos(catalogue, lambda *_: None)
    assert (first.photos, len(first.computed), first.failed) == (36, 36, 0)
    photo(300).save(catalogue.settings.raw_dir / "new.png")
    (catalogue.settings.raw_dir / "dark.png").unlink()
    catalogue.catalogue.scan()
    seen = []
    real = photo_quality._measured
    monkeypatch.setattr(photo_quality, "_measured", lambda store, path: seen.append(path) or real(store, path))
    again = measure_photos(catalogue, lambda *_: None)
    assert (seen, again.reused) == (["new.png"], 35)
    assert flawed(catalogue, "dark") == set()
    assert set(catalogue.quality.read()["sha256"]) == set(catalogue.catalogue.contents()["sha256"])


def test_a_tiny_object_is_one_whose_box_takes_far_less_than_others(catalogue):
    measure_photos(catalogue, lambda *_: None)
    contents = catalogue.catalogue.contents()
    shares = pd.Series(np.linspace(0.4, 0.6, len(contents)), index=contents["sha256"])
    shares.iloc[3] = 0.02
    rows = judged(catalogue.quality.read(), contents, shares, set())
    assert rows.loc[rows["tiny"], "sha256"].tolist() == [contents["sha256"].iloc[3]]


def test_without_boxes_no_object_is_tiny(catalogue):
    measure_photos(catalogue, lambda *_: None)
    assert flawed(catalogue, "tiny") == set()


def test_few_photos_are_too_few_to_tell():
    rows = pd.DataFrame({name: np.linspace(0, 1, FEWEST - 1) for name in _MEASURES})
    assert not any(limit.broken_by(rows).any() for limit in limits(rows).values())
    assert (
        len(judged(rows[:0].assign(sha256=[]), pd.DataFrame(columns=["sha256", "width", "height"]), _NONE, set())) == 0
    )


_MEASURES = ["sharpness", "shadows", "highlights", "frame", "object_share", "proportions"]
_NONE = pd.Series([], index=pd.Index([], dtype="str"), dtype=float)


def test_an_unreadable_photo_is_left_for_the_next_time(catalogue):
    broken = catalogue.settings.raw_dir / "00.png"
    stat = broken.stat()
    broken.write_bytes(b"\0" * stat.st_size)
    made = measure_photos(catalogue, lambda *_: None)
    assert (made.failed, len(catalogue.quality.read())) == (1, 35)


def test_each_flaw_has_a_check_with_examples(catalogue):
    measure_photos(catalogue, lambda *_: None)
    results = {next(iter(check.check_keys)).name: check(store=catalogue) for check in QUALITY_CHECKS}
    assert set(results) == {f"none_{flaw}" for flaw in FLAWS}
    assert not results["none_dark"].passed and results["none_tiny"].passed
    assert "data:image/" in results["none_dark"].metadata["examples"].value
    assert results["none_dark"].metadata["limit"].value.startswith("highlights below")
    assert "examples" not in results["none_tiny"].metadata


def test_a_search_filters_by_flaws_once_they_are_measured(trained):
    index = trained.indexes.open("unsupervised", trained.served.read().index["unsupervised"])
    query, other = index.entries["image_id"].iloc[0], index.entries["sha256"].iloc[1]
    searcher = Searcher(trained.settings)
    with pytest.raises(BadFilter):
        searcher.search(ById(query, k=20, where="blurred"))
    measure_photos(trained, lambda *_: None)
    rows = trained.quality.read()
    trained.quality.write(rows.assign(blurred=rows["sha256"] == other))
    assert [hit.sha256 for hit in searcher.search(ById(query, k=20, where="blurred")).hits] == [other]
    assert other not in [hit.sha256 for hit in searcher.search(ById(query, k=20, where="NOT blurred")).hits]
