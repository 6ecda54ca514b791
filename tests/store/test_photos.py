import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.store.colour_photos import PROFILES
from tiefvision_assets.store import photos
from tiefvision_assets.store.photos import BadPhoto, decodable_size, open_named_photo, open_photo, photo_held

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")
ORIENTATION = 0x0112
UPRIGHT = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels),
}


def saved(photo: Image.Image, image_format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    photo.save(buffer, image_format, **options)
    return buffer.getvalue()


def noise(width: int = 40, height: int = 30, channels: int = 3, seed: int = 0) -> np.ndarray:
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP"])
@given(orientation=st.integers(1, 8), width=st.integers(16, 60), height=st.integers(16, 60))
@settings(max_examples=25, deadline=None)
def test_every_exif_orientation_ends_upright(image_format, orientation, width, height):
    stored = Image.fromarray(noise(width, height))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    lossless = {"lossless": True, "exact": True} if image_format == "WEBP" else {}
    found = np.asarray(open_photo(saved(stored, image_format, exif=exif, **lossless)))
    plain = np.asarray(open_photo(saved(stored, image_format, **lossless)))
    assert np.array_equal(found, UPRIGHT[orientation](plain))
    assert decodable_size(saved(stored, image_format, exif=exif, **lossless)) == found.shape[1::-1]


@pytest.mark.parametrize("progressive", [False, True])
@given(kept=st.floats(0.01, 1), size=st.tuples(st.integers(16, 300), st.integers(40, 120)))
@settings(max_examples=40, deadline=None)
def test_a_size_is_told_of_just_those_jpegs_that_can_be_decoded(progressive, kept, size):
    whole = saved(Image.fromarray(noise(*size)), "JPEG", progressive=progressive)
    content = whole[: round(kept * len(whole))]
    verdicts: list[object] = []
    for opened in (lambda: open_photo(content).size, lambda: decodable_size(content)):
        try:
            verdicts.append(opened())
        except BadPhoto as reason:
            verdicts.append(str(reason))
    assert verdicts[0] == verdicts[1]


def test_a_photo_turned_once_is_not_turned_again():
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    photo = open_photo(saved(Image.fromarray(noise()), exif=exif))
    assert np.array_equal(np.asarray(open_photo(saved(photo))), np.asarray(photo))


def test_alpha_is_laid_over_white():
    pixels = noise(channels=4)
    found = np.asarray(open_photo(saved(Image.fromarray(pixels)))).astype(float)
    alpha = pixels[..., 3:] / 255
    assert np.abs(found - (pixels[..., :3] * alpha + 255 * (1 - alpha))).max() <= 1


def test_grey_with_alpha_is_laid_over_white():
    pixels = noise(channels=2)
    found = np.asarray(open_photo(saved(Image.fromarray(pixels, "LA")))).astype(float)
    alpha = pixels[..., 1:] / 255
    assert np.abs(found - (pixels[..., :1] * alpha + 255 * (1 - alpha))).max() <= 1


def test_transparent_palette_colours_become_white():
    photo = Image.new("P", (20, 20), 1)
    photo.putpalette([255, 0, 0, 0, 0, 255])
    photo.paste(0, (0, 0, 10, 20))
    found = open_photo(saved(photo, transparency=0))
    assert found.mode == "RGB"
    assert found.getpixel((2, 2)) == (255, 255, 255) and found.getpixel((15, 2)) == (0, 0, 255)


@pytest.mark.parametrize("profile", [None, PROFILES["Adobe RGB"]], ids=["plain", "with a profile"])
def test_the_transparent_level_of_a_sixteen_bit_grey_becomes_white_and_its_neighbour_does_not(profile):
    levels = np.full((300, 60), 1000, np.uint16)
    levels[:, :10] = 1001
    plain = saved(Image.fromarray(levels), **({"icc_profile": profile} if profile else {}))
    level = struct.pack(">H", 1001)
    chunk = struct.pack(">I", 2) + b"tRNS" + level + struct.pack(">I", zlib.crc32(b"tRNS" + level))
    at = plain.index(b"IDAT") - 4
    found = np.asarray(open_photo(plain[:at] + chunk + plain[at:]))
    assert (found[:, :10] == 255).all() and (found[:, 10:] < 10).all()


def test_cmyk_becomes_the_colours_it_prints():
    photo = Image.new("CMYK", (32, 32), (0, 255, 255, 0))
    red = np.asarray(open_photo(saved(photo, "JPEG", quality=95)))
    assert red.shape == (32, 32, 3)
    assert (red[..., 0] > 230).all() and (red[..., 1:] < 30).all()


def test_sixteen_bit_grey_keeps_its_levels():
    levels = np.linspace(0, 65535, 20 * 30).reshape(20, 30).astype(np.uint16)
    found = np.asarray(open_photo(saved(Image.fromarray(levels))))
    assert np.abs(found - levels[..., None] / 257).max() <= 0.5


def test_one_bit_and_grey_photos_become_rgb():
    black = np.zeros((16, 16), bool)
    black[:, 8:] = True
    found = np.asarray(open_photo(saved(Image.fromarray(black))))
    assert np.array_equal(found, np.repeat(black[..., None] * np.uint8(255), 3, 2))
    grey = noise(channels=1)
    assert np.array_equal(np.asarray(open_photo(saved(Image.fromarray(grey)))), np.repeat(grey[..., None], 3, 2))


def test_of_an_animation_the_first_frame_counts():
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert open_photo(data).getpixel((5, 5)) == (255, 0, 0)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("tenth", range(10))
def test_a_truncated_file_is_a_bad_photo(image_format, tenth):
    data = saved(Image.fromarray(noise(200, 200)), image_format)
    with pytest.raises(BadPhoto):
        open_photo(data[: len(data) * tenth // 10])


WHOLE = [saved(Image.fromarray(noise()), image_format, exif=Image.Exif()) for image_format in ("JPEG", "PNG", "WEBP")]
EXIF = Image.Exif()
EXIF[ORIENTATION] = 3
EXIF[0x010E] = "a dress"
WHOLE += [saved(Image.fromarray(noise()), image_format, exif=EXIF) for image_format in ("JPEG", "PNG", "WEBP")]
MAGIC = [b"", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1\x00\x20Exif\0\0", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBPVP8 "]


def is_rgb_or_bad(data: bytes) -> bool:
    try:
        return open_photo(data).mode == "RGB"
    except BadPhoto as error:
        return bool(str(error))


@given(beginning=st.sampled_from(MAGIC), rest=st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_random_bytes_are_bad_photos_at_most(beginning, rest):
    assert is_rgb_or_bad(beginning + rest)


@given(
    whole=st.sampled_from(WHOLE),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8),
    early=st.booleans(),
)
@settings(max_examples=500, deadline=None)
def test_damaged_photos_are_bad_photos_at_most(whole, changes, early):
    data = bytearray(whole)
    for place, value in changes:
        data[place % (120 if early else len(data))] = value
    assert is_rgb_or_bad(bytes(data))


@given(body=st.binary(max_size=60))
@example(b"MM\0*\0\0\0\x08\0\x02\x01J\0\x02\0\0\0\x08\0\0\0&\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\x80\0\0\0a dress\0")
@example(b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\xff\xff\xff\xff\x03\0\0\0")
@example(b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x02\0\0\0\x02a\0\0\0\0\0\0\0")
@settings(max_examples=200, deadline=None)
def test_damaged_exif_spoils_no_photo(body):
    photo = open_photo(saved(Image.fromarray(noise()), "JPEG", exif=b"Exif\0\0" + body))
    assert sorted(photo.size) == [30, 40]


def png_header(width: int, height: int) -> bytes:
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


@pytest.mark.parametrize("side", [9_000, 12_000, 60_000])
def test_too_many_pixels_are_refused_before_anything_is_decoded(side, monkeypatch):
    def decode(_):
        raise AssertionError("decoded")

    monkeypatch.setattr(Image.Image, "load", decode)
    body = zlib.compress(bytes(1000))
    idat = struct.pack(">I", len(body)) + b"IDAT" + body + struct.pack(">I", zlib.crc32(b"IDAT" + body))
    with pytest.raises(BadPhoto, match="too large in pixels"):
        open_photo(png_header(side, side) + idat)


def test_the_limits_themselves_are_allowed(monkeypatch):
    monkeypatch.setattr(photos, "MAX_PIXELS", 16 * 128)
    assert open_photo(saved(Image.new("RGB", (128, 16)))).size == (128, 16)
    for size, reason in {(17, 128): "too large", (15, 100): "too small", (129, 16): "too"}.items():
        with pytest.raises(BadPhoto, match=reason):
            open_photo(saved(Image.new("RGB", size)))


def test_files_are_named_in_the_sentence(tmp_path):
    with pytest.raises(BadPhoto, match=r"^dresses/a\.jpg: .*\.$"):
        open_named_photo(tmp_path / "gone.jpg", "dresses/a.jpg")
    (tmp_path / "a.png").write_bytes(saved(Image.fromarray(noise())))
    assert open_named_photo(tmp_path / "a.png", "a.png").size == (40, 30)


@pytest.mark.parametrize("orientation", [1, 3, 6, 7])
@pytest.mark.parametrize("mode", ["RGB", "CMYK", "L"])
def test_a_reduced_jpeg_shows_the_same_upright_and_in_the_same_colours(tmp_path, orientation, mode):
    picture = Image.fromarray(noise(25, 19)).resize((400, 304), Image.Resampling.BICUBIC).convert(mode)
    exif = Image.Exif()
    exif[274] = orientation
    file = tmp_path / "a.jpg"
    picture.save(file, exif=exif, quality=95)
    with photo_held(file, "a.jpg", 4) as reduced, photo_held(file, "a.jpg") as full:
        assert reduced.size == (full.width // 4, full.height // 4)
        seen, expected = (np.asarray(photo, dtype=np.float64) for photo in (reduced, full.reduce(4)))
    assert np.abs(seen - expected).mean() < 2 and np.abs(seen - expected).max() < 24


def test_photos_that_are_no_jpegs_are_not_reduced(tmp_path):
    file = tmp_path / "a.png"
    file.write_bytes(saved(Image.fromarray(noise(400, 304))))
    with photo_held(file, "a.png", 4) as photo:
        assert np.array_equal(photo, noise(400, 304))


def test_a_truncated_jpeg_is_a_bad_photo_at_a_reduced_size_too(tmp_path):
    file = tmp_path / "a.jpg"
    file.write_bytes(saved(Image.fromarray(noise(400, 304)), "JPEG")[:-4000])
    with pytest.raises(BadPhoto, match=r"a\.jpg: damaged or truncated"), photo_held(file, "a.jpg", 8):
        pass
