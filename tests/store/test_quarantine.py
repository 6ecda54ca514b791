import io
import os

import pytest
from PIL import Image

from tests.store.scan_counts import counts, report
from tiefvision_assets.store import photos
from tiefvision_assets.store.store import Store


def reason_of(store: Store, path: str) -> str:
    quarantined = store.catalogue.quarantined().set_index("path")
    assert list(quarantined.loc[[path], "sha256"]) == [""]
    return quarantined.at[path, "reason"]


def write_raw(store: Store, name: bytes | str, data: bytes) -> None:
    store.settings.raw_dir.mkdir(parents=True, exist_ok=True)
    (store.settings.raw_dir / os.fsdecode(name)).write_bytes(data)


def picture(image_format: str, size: tuple[int, int] = (64, 48)) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(buffer, image_format)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.jpg", b"", "empty"),
        ("cut.jpg", picture("JPEG")[:1500], "truncated"),
        ("text.jpg", b"not a photo at all", "not a photo"),
        ("notes.txt", b"notes", ".txt"),
        ("README", b"notes", "no suffix"),
        ("clip.mov", b"film", ".mov"),
        ("ppm.jpg", picture("PPM"), "PPM files are not read"),
        ("small.png", picture("PNG", (64, 15)), "too small (64 x 15 pixels"),
        ("narrow.png", picture("PNG", (16, 200)), "too narrow"),
    ],
)
def test_what_is_no_usable_photo_is_quarantined_with_its_reason(store, save_photo, name, data, reason):
    save_photo("good.jpg")
    write_raw(store, name, data)
    scanned = store.catalogue.scan()
    assert counts(scanned) == report(new=1, quarantined=1)
    assert reason in reason_of(store, name)
    assert counts(store.catalogue.scan()) == report(unchanged=1, quarantined=1)


def test_photos_of_too_many_pixels_are_quarantined(store, save_photo, monkeypatch):
    monkeypatch.setattr(photos, "MAX_PIXELS", 1_000_000)
    save_photo("large.jpg", size=(1001, 1000))
    save_photo("fits.jpg", size=(1000, 1000))
    assert counts(store.catalogue.scan()) == report(new=1, quarantined=1)
    assert "too large in pixels" in reason_of(store, "large.jpg")


def test_a_photo_too_large_for_the_memory_of_one_scan_is_live_by_one_that_has_more(store, save_photo, monkeypatch):
    save_photo("large.jpg", size=(1001, 1000))
    with monkeypatch.context() as little:
        little.setattr(photos, "memory_limit", lambda: 14 * 2**20)
        assert counts(store.catalogue.scan()) == report(quarantined=1)
        assert "for the memory here" in reason_of(store, "large.jpg")
        written = store.layout.catalogue.stat().st_mtime_ns
        assert counts(store.catalogue.scan()) == report(quarantined=1)
        assert store.layout.catalogue.stat().st_mtime_ns == written, "nothing is written while nothing changes"
    assert counts(store.catalogue.scan()) == report(new=1)
    assert counts(store.catalogue.scan()) == report(unchanged=1)


def test_a_broken_link_is_quarantined(store, save_photo):
    save_photo("good.jpg").with_name("link.jpg").symlink_to("nowhere.jpg")
    assert counts(store.catalogue.scan()) == report(new=1, quarantined=1)
    assert "cannot be read" in reason_of(store, "link.jpg")


@pytest.mark.parametrize("name", [b"\xff.jpg", b"caf\xe9/dress.jpg"])
def test_a_name_that_is_not_utf_8_is_quarantined(store, save_photo, name):
    save_photo("good.jpg")
    (store.settings.raw_dir / os.fsdecode(name)).parent.mkdir(exist_ok=True)
    write_raw(store, name, picture("JPEG"))
    assert counts(store.catalogue.scan()) == report(new=1, quarantined=1)
    shown = name.decode("utf-8", "backslashreplace")
    assert "UTF-8" in reason_of(store, shown)
    assert counts(store.catalogue.scan()) == report(unchanged=1, quarantined=1)


def test_a_repaired_photo_becomes_live_and_a_spoilt_one_is_quarantined(store, save_photo):
    write_raw(store, "a.jpg", b"")
    store.catalogue.scan()
    save_photo("a.jpg")
    repaired = store.catalogue.scan()
    assert counts(repaired) == report(new=1)
    assert store.catalogue.live().iloc[0]["reason"] == ""
    write_raw(store, "a.jpg", b"spoilt")
    assert counts(store.catalogue.scan()) == report(quarantined=1)
    assert not len(store.catalogue.live())
