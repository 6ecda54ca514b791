"""Paths that strangers name, and what is written there."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.written.photos import (
    BadPath,
    PathTaken,
    checked_path,
    checked_photo,
    remove_photo,
    write_photo,
)


def jpeg(colour: str = "teal", size: tuple[int, int] = (64, 48)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize("path", ["a.jpg", "gowns/a17 front.JPG", "kleider/größe-1.webp", "a/b/c/d.png", "x..y.jpg"])
def test_paths_that_photos_may_have(path):
    assert checked_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/a.jpg",
        "../a.jpg",
        "a/../../b.jpg",
        "a//b.jpg",
        "./a.jpg",
        "a/.hidden/b.jpg",
        ".tmp-0-a.jpg",
        "a\\b.jpg",
        "a\0.jpg",
        "a\n.jpg",
        "a\u202e.jpg",
        "a\ufffd.jpg",
        f"a{chr(0xDCFF)}.jpg",
        " a.jpg",
        "a /b.jpg",
        "a.txt",
        "a.jpg/",
        "jpg",
        "x" * 250 + ".jpg",
        "/".join(["x" * 100] * 9) + ".jpg",
    ],
)
def test_all_other_paths_are_refused_in_one_sentence(path):
    with pytest.raises(BadPath, match=r"is no path for a photo: .*\.$"):
        checked_path(path)


def test_a_photo_is_added_left_alone_replaced_and_removed(store):
    first = write_photo(store.raw, checked_photo("gowns/a.jpg", jpeg()))
    assert (first.change, first.width, first.height) == ("added", 64, 48)
    store.catalogue.scan()
    assert store.catalogue.live()[["path", "sha256", "image_id"]].values.tolist() == [
        ["gowns/a.jpg", first.sha256, first.image_id]
    ]
    written_at = store.catalogue.file("gowns/a.jpg").stat().st_mtime_ns
    assert write_photo(store.raw, checked_photo("gowns/a.jpg", jpeg())).change == "unchanged"
    assert store.catalogue.file("gowns/a.jpg").stat().st_mtime_ns == written_at
    assert write_photo(store.raw, checked_photo("gowns/a.jpg", jpeg("red"))).change == "replaced"
    assert [remove_photo(store.raw, path) for path in ("gowns/a.jpg", "gowns/b.jpg")] == [True, False]
    assert [file.name for file in store.settings.raw_dir.rglob("*")] == ["gowns"]


def test_what_a_scan_would_put_into_quarantine_is_not_written(store):
    for data in (b"text", jpeg()[:200], jpeg(size=(300, 20))):
        with pytest.raises(BadPhoto, match=r"The photo a.jpg cannot be taken: .*\.$"):
            checked_photo("a.jpg", data)
    assert not store.settings.raw_dir.exists()


def test_nothing_leaves_the_raw_folder_by_a_link(store, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    store.settings.raw_dir.mkdir(parents=True)
    (store.settings.raw_dir / "linked").symlink_to(outside)
    (outside / "kept.jpg").write_bytes(jpeg())
    with pytest.raises(PathTaken, match="link out of the raw folder"):
        write_photo(store.raw, checked_photo("linked/a.jpg", jpeg()))
    with pytest.raises(PathTaken):
        remove_photo(store.raw, "linked/kept.jpg")
    assert [file.name for file in outside.iterdir()] == ["kept.jpg"]


def test_a_link_to_a_file_is_replaced_and_its_target_is_not(store, tmp_path):
    target = tmp_path / "original.jpg"
    target.write_bytes(jpeg())
    store.settings.raw_dir.mkdir(parents=True)
    (store.settings.raw_dir / "a.jpg").symlink_to(target)
    write_photo(store.raw, checked_photo("a.jpg", jpeg("red")))
    assert target.read_bytes() == jpeg() and not store.catalogue.file("a.jpg").is_symlink()


def test_a_folder_or_a_file_in_the_way_is_told(store):
    write_photo(store.raw, checked_photo("a.jpg", jpeg()))
    (store.settings.raw_dir / "folder.jpg").mkdir()
    for path in ("a.jpg/b.jpg", "folder.jpg"):
        with pytest.raises(PathTaken, match="choose another path"):
            write_photo(store.raw, checked_photo(path, jpeg("red")))
    assert [file.name for file in (store.settings.raw_dir / "folder.jpg").iterdir()] == []
