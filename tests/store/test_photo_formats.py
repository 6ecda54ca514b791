"""What cameras, phones and programs write is read, whatever it is called, and copied whatever the machine knows."""

from __future__ import annotations

import io
import mimetypes
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tiefvision_assets.store import photos
from tiefvision_assets.store.copying import copy_photos
from tiefvision_assets.store.photos import FORMATS, MIN_SIDE, PHOTO_SUFFIXES, BadPhoto, open_photo
from tiefvision_assets.store.raw.folder import RawFolder

SIZE = (96, 64)


def gradient() -> Image.Image:
    """Smooth, so that lossy formats change it little; its corners differ, so that no turn goes unnoticed."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    return Image.fromarray(np.stack([2 * x, 3 * y, x + y], axis=-1).astype(np.uint8))


def written(image_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    if image_format == "MPO":
        options |= {"save_all": True, "append_images": [Image.new("RGB", (32, 32), "red")]}
    gradient().save(buffer, image_format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("image_format", sorted(FORMATS))
def test_every_format_shows_what_was_saved(image_format):
    photo = open_photo(written(image_format, quality=95))
    assert (photo.size, photo.mode) == (SIZE, "RGB")
    allowed = 24 if image_format == "GIF" else 4  # a palette of 256 colours
    assert np.abs(np.asarray(photo, dtype=int) - np.asarray(gradient(), dtype=int)).mean() < allowed


@pytest.mark.parametrize("image_format", ["JPEG", "MPO", "HEIF", "AVIF", "TIFF", "PNG", "WEBP"])
def test_a_photo_that_lies_on_its_side_is_turned_once(image_format):
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = open_photo(written(image_format, exif=exif.tobytes(), quality=95))
    assert photo.size == SIZE[::-1]
    expected = np.asarray(gradient().transpose(Image.Transpose.ROTATE_270), dtype=int)
    assert np.abs(np.asarray(photo, dtype=int) - expected).mean() < 4


def test_the_content_decides_what_a_file_is(store, save_photo):
    raw = save_photo("a.jpg").parent
    for number, image_format in enumerate(sorted(FORMATS)):
        (raw / f"{number}.jpeg").write_bytes(written(image_format))
    (raw / "text.heic").write_bytes(b"no photo at all")
    report = store.catalogue.scan()
    assert (report.new, report.quarantined) == (1 + len(FORMATS), 1)


def test_photos_of_all_suffixes_are_copied_though_the_machine_knows_no_types(tmp_path, monkeypatch):
    monkeypatch.setattr(mimetypes, "guess_type", lambda name: (None, None))
    source = tmp_path / "camera"
    source.mkdir()
    names = {f"photo{suffix}" for suffix in PHOTO_SUFFIXES} | {"PHOTO.HEIC"}
    for name in {*names, "notes.txt", "clip.mov", "README"}:
        (source / name).write_bytes(name.encode())
    copied = copy_photos(source, RawFolder(tmp_path / "raw"))
    assert {file.name for file in (tmp_path / "raw").iterdir()} == names
    assert copied.passed_over == {
        "not a photo by its name (.txt)": 1,
        "not a photo by its name (.mov)": 1,
        "not a photo by its name (no suffix)": 1,
    }


@pytest.mark.parametrize("length", [244, 255])
def test_a_name_as_long_as_the_file_system_allows_is_copied(tmp_path, length):
    source = tmp_path / "camera"
    source.mkdir()
    for stem in ("x" * (length - 4), "ü" * ((length - 4) // 2)):
        (source / f"{stem}.jpg").write_bytes(b"x")
    assert copy_photos(source, RawFolder(tmp_path / "raw")).written == 2
    assert {file.name for file in (tmp_path / "raw").iterdir()} == {file.name for file in source.iterdir()}


READ_WITH_ODD_METADATA = """
import sys
from pathlib import Path
from tiefvision_assets.store.photos import BadPhoto, open_photo
try:
    print(open_photo(Path(sys.argv[1])).size)
except BadPhoto as error:
    print(error)
"""


def odd_exif() -> bytes:
    """JPEG with EXIF data that are cut off within their first entry, of which Pillow warns."""
    return written("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0")


def odd_tiff() -> bytes:
    """TIFF with a tag (how planes lie) of a wrong type, of which libtiff tells by itself."""
    file = bytearray(written("TIFF", compression="tiff_lzw"))
    file[file.index(b"\x1c\x01\x03\0") + 2] = 12
    return bytes(file)


@pytest.mark.parametrize(
    ("content", "result"),
    [(odd_exif(), str(SIZE)), (odd_tiff(), "damaged or truncated (decoder error -2)")],
    ids=["JPEG", "TIFF"],
)
def test_what_decoders_say_of_odd_files_does_not_reach_the_terminal(tmp_path, content, result):
    file = tmp_path / "odd"
    file.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", READ_WITH_ODD_METADATA, str(file)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout.strip(), done.stderr) == (result, "")


class Stumbles:
    """A decoder that fails as Python code fails."""

    format, size, width, height = "JPEG", SIZE, *SIZE

    def load(self) -> None:
        raise IndexError("list index out of range")


def test_a_decoder_that_stumbles_gives_a_reason_that_people_understand(monkeypatch):
    monkeypatch.setattr(photos.Image, "open", lambda file: Stumbles())
    with pytest.raises(BadPhoto) as refused:
        open_photo(b"x")
    assert str(refused.value) == "damaged or truncated"
    assert min(SIZE) > MIN_SIDE


def test_a_camera_photo_with_a_second_picture_behind_it_is_added(tmp_path):
    from tiefvision_assets.store.additions import add_photo

    path = add_photo(RawFolder(tmp_path), "IMG_1.JPG", written("MPO"))
    assert Path(path).suffix == ".jpg" and open_photo(tmp_path / path).size == SIZE
