"""JPEG XL is read where the extra is installed, and a sentence names it where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.store.colour_photos import PROFILES, SIZE, by_littlecms, colourful, difference, written
from tiefvision_assets.store import jpeg_xl, photos
from tiefvision_assets.store.photos import PHOTO_SUFFIXES, BadPhoto, open_photo, photo_colours

BEGINNINGS = [b"\xff\x0a" + b"\0" * 40, b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0" * 40]


def forget_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for known in (Image.OPEN, photos.FORMATS):
        monkeypatch.delitem(known, jpeg_xl.FORMAT, raising=False)
    monkeypatch.setattr(Image, "ID", [name for name in Image.ID if name != jpeg_xl.FORMAT])


@pytest.mark.parametrize("data", BEGINNINGS)
def test_without_the_extra_it_is_named(data, monkeypatch):
    forget_the_extra(monkeypatch)
    assert ".jxl" in PHOTO_SUFFIXES
    with pytest.raises(BadPhoto, match=r"pip install 'tiefvision\[jxl\]'"):
        open_photo(data)


def test_a_photo_that_waits_for_the_extra_is_opened_when_it_is_there(store):
    pytest.importorskip("pylibjxl", reason="the extra jxl is not installed")
    raw = Path(store.settings.raw_dir)
    raw.mkdir(parents=True)
    (raw / "a.jxl").write_bytes(written(colourful(), "JXL", quality=95))
    with pytest.MonkeyPatch.context() as monkeypatch:
        forget_the_extra(monkeypatch)
        assert store.catalogue.scan().quarantined == 1
    assert store.catalogue.scan().photos == 1


def test_a_renamed_one_names_the_extra_that_was_removed(store, monkeypatch):
    pytest.importorskip("pylibjxl", reason="the extra jxl is not installed")
    raw = Path(store.settings.raw_dir)
    raw.mkdir(parents=True)
    (raw / "a.jxl").write_bytes(written(colourful(), "JXL", quality=95))
    assert store.catalogue.scan().photos == 1
    forget_the_extra(monkeypatch)
    (raw / "a.jxl").rename(raw / "b.jxl")
    store.catalogue.scan()
    (quarantined,) = store.catalogue.quarantined().itertuples()
    assert quarantined.reason == jpeg_xl.MISSING


@pytest.mark.parametrize("data", [*BEGINNINGS, b"nothing"])
def test_what_colours_cannot_be_told_of_has_the_reason_of_decoding(data, monkeypatch):
    forget_the_extra(monkeypatch)
    with pytest.raises(BadPhoto) as told:
        open_photo(data)
    with pytest.raises(type(told.value)) as found:
        photo_colours(data)
    assert str(found.value) == str(told.value)


def test_its_size_colours_and_way_up_are_its_own():
    pytest.importorskip("pylibjxl", reason="the extra jxl is not installed")
    exif = Image.Exif()
    exif[0x0112] = 6
    data = written(colourful(), "JXL", quality=97, icc_profile=PROFILES["Display P3"], exif=exif.tobytes())
    photo = open_photo(data)
    assert photo.size == SIZE, "what its EXIF data say of its way up is ignored"
    assert difference(photo, by_littlecms(colourful(), PROFILES["Display P3"])) < 3
    assert photo_colours(data).profile == "Display P3"


def test_a_damaged_one_is_no_traceback():
    pytest.importorskip("pylibjxl", reason="the extra jxl is not installed")
    data = written(colourful(), "JXL", quality=95)
    for broken in (data[: len(data) // 2], data[:20], *BEGINNINGS):
        with pytest.raises(BadPhoto):
            open_photo(broken)
