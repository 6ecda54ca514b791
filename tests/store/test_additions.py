"""Photos that people add: safe names, once, and nothing but photos."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from tiefvision_assets.store.additions import CannotBeAdded, add_photo, safe_stem
from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.raw.folder import RawFolder
from tiefvision_assets.store.store import Store


def photo(colour: str = "teal", image_format: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(buffer, image_format)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("My dress (2).JPG", "My-dress-2"),
        ("été_猫.v2.png", "été_猫.v2"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system32.jpg", "system32"),
        ("/abs/olute.jpg", "olute"),
        (".hidden.jpg", "hidden"),
        ("..", "photo"),
        ("", "photo"),
        (".jpg", "jpg"),
        ("\u202egpj.exe.jpg", "gpj.exe"),
        ("<img src=x onerror=alert(1)>.png", "img-src-x-onerror-alert-1"),
        ("a\0b\nc'\"`$;|&.jpg", "a-b-c"),
        ("x" * 300 + ".jpg", "x" * 50),
        ("-" * 70 + "y.jpg", "y"),
    ],
)
def test_names_become_safe(name: str, stem: str) -> None:
    assert safe_stem(name) == stem


def test_an_added_photo_is_found_by_the_next_scan(store: Store) -> None:
    raw = store.settings.raw_dir
    path = add_photo(RawFolder(raw), "../../My dress.exe", photo())
    assert path.startswith("uploads/My-dress-") and path.endswith(".jpg")
    assert [file for file in raw.parent.rglob("*") if file.is_file()] == [raw / path]
    assert store.catalogue.scan().new == 1
    assert store.catalogue.live()["path"].tolist() == [path]


def test_the_same_photo_is_written_once_and_another_of_that_name_beside_it(store: Store) -> None:
    raw = store.settings.raw_dir
    first = add_photo(RawFolder(raw), "a.jpg", photo())
    assert add_photo(RawFolder(raw), "a.jpg", photo()) == first
    assert add_photo(RawFolder(raw), "a.jpg", photo("red")) != first
    assert add_photo(RawFolder(raw), "a.jpg", photo("teal", "PNG")).endswith(".png")
    assert len(list((raw / "uploads").iterdir())) == 3


@pytest.mark.parametrize("data", [b"", b"no photo", photo()[:-300], photo("red", "PPM")])
def test_nothing_but_photos_is_added(store: Store, data: bytes) -> None:
    with pytest.raises(BadPhoto):
        add_photo(store.raw, "a.jpg", data)
    assert not store.settings.raw_dir.exists()


def test_a_raw_folder_that_takes_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "raw").write_text("a file")
    with pytest.raises(CannotBeAdded, match=r"cannot be written into .*raw"):
        add_photo(RawFolder(tmp_path / "raw"), "a.jpg", photo())
