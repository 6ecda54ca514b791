"""Colours become sRGB by the profile that a photo carries, once, and a profile that cannot be used does no harm."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageCms, TiffImagePlugin

from tests.store.colour_photos import PROFILES, SIZE, SRGB, by_littlecms, colourful, difference, written
from tiefvision_assets.store import colours
from tiefvision_assets.store.colour_profiles import ADOBE_RGB, D65, DISPLAY_P3, SRGB_CURVE, matrix_profile
from tiefvision_assets.store.photos import BadPhoto, open_photo, photo_colours
from tiefvision_assets.store.schemas import UNKNOWN_PROFILE

LOSSY = {"JPEG": {"quality": 97, "subsampling": 0}, "WEBP": {"quality": 97}, "AVIF": {"quality": 97}}


@pytest.mark.parametrize("name", sorted(PROFILES))
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_every_format_s_profile_is_followed(image_format, name):
    options = LOSSY.get(image_format, {})
    data = written(colourful(), image_format, icc_profile=PROFILES[name], **options)
    photo = open_photo(data)
    expected = by_littlecms(colourful(), PROFILES[name])
    assert difference(photo, expected) < 2 < difference(colourful(), expected)
    assert photo_colours(data).profile == name
    assert "icc_profile" not in photo.info, "it would be written into thumbnails"


@pytest.mark.parametrize("name", sorted(SRGB))
def test_srgb_is_recognised_and_costs_nothing(name):
    data = written(colourful(), "PNG", icc_profile=SRGB[name])
    assert photo_colours(data) == colours.Colours()
    assert difference(open_photo(data), colourful()) == 0


def test_a_profile_stays_with_a_photo_that_lies_on_its_side():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = written(colourful(), "PNG", icc_profile=PROFILES["Adobe RGB"], exif=exif.tobytes())
    turned = colourful().transpose(Image.Transpose.ROTATE_270)
    assert difference(open_photo(data), by_littlecms(turned, PROFILES["Adobe RGB"])) < 1


def grey_profile() -> bytes:
    """Greys of gamma 1.8: the curve and the white of an RGB profile, called grey."""
    tags = bytearray(matrix_profile("Gamma 1.8", ADOBE_RGB, D65, (1.8,)))
    tags[16:20] = b"GRAY"
    return bytes(tags).replace(b"rTRC", b"kTRC")


def test_greys_follow_a_profile_of_greys():
    grey = colourful().convert("L")
    data = written(grey, "PNG", icc_profile=grey_profile())
    expected = by_littlecms(grey, grey_profile())
    assert difference(open_photo(data), expected) == 0 < difference(open_photo(written(grey, "PNG")), expected)
    deep = Image.fromarray(np.asarray(grey, dtype=np.uint16) * 257)
    assert difference(open_photo(written(deep, "PNG", icc_profile=grey_profile())), expected) == 0


def test_greys_follow_a_profile_of_rgb():
    grey = colourful().convert("L")
    photo = open_photo(written(grey, "PNG", icc_profile=PROFILES["Generic RGB"]))
    assert difference(photo, by_littlecms(grey.convert("RGB"), PROFILES["Generic RGB"])) == 0


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparent_pixels_are_white_whatever_the_profile(mode):
    photo = colourful().convert("RGBA")
    photo.putalpha(Image.new("L", SIZE, 0))
    profile = grey_profile() if mode == "LA" else PROFILES["Adobe RGB"]
    photo = photo.convert("LA") if mode == "LA" else photo.quantize(64) if mode == "PA" else photo
    shown = open_photo(written(photo, "PNG", icc_profile=profile))
    assert np.asarray(shown).min() == 255


def test_opaque_pixels_of_a_transparent_photo_are_converted():
    photo = colourful().convert("RGBA")
    photo.paste((0, 0, 0, 0), (0, 0, 8, 8))
    shown = open_photo(written(photo, "PNG", icc_profile=PROFILES["Adobe RGB"]))
    expected = by_littlecms(colourful(), PROFILES["Adobe RGB"])
    expected.paste("white", (0, 0, 8, 8))
    assert difference(shown, expected) < 0.1


PRINTED = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
"""A profile of other colours than those of any photo here."""
UNUSABLE = {
    "no profile at all": (b"nothing", "damaged"),
    "cut off": (PROFILES["Adobe RGB"][:300], "damaged"),
    "of other colours": (PRINTED, "is for Lab"),
    "of greys": (grey_profile(), "is for GRAY"),
    "endless": (b"\0" * (colours.LARGEST_PROFILE + 1), "larger than 16 MiB"),
}


@pytest.mark.parametrize("what", sorted(UNUSABLE))
def test_an_unusable_profile_is_ignored_with_a_note(what):
    profile, said = UNUSABLE[what]
    data = written(colourful(), "PNG" if len(profile) < 10**6 else "WEBP", icc_profile=profile, lossless=True)
    found = photo_colours(data)
    assert said in found.note and found.note.endswith("its colours are taken as they stand")
    assert found.profile == ""
    photo = open_photo(data)
    assert difference(photo, colourful()) == 0 and "icc_profile" not in photo.info


@pytest.mark.parametrize("beginning", range(0, 540, 20))
def test_a_profile_with_damaged_bytes_never_refuses_a_photo(beginning):
    profile = bytearray(PROFILES["Display P3"])
    profile[beginning : beginning + 20] = b"\xff" * len(profile[beginning : beginning + 20])
    assert open_photo(written(colourful(), "PNG", icc_profile=bytes(profile))).size == SIZE


def test_adobe_rgb_as_cameras_mark_it_is_adobe_rgb():
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF
    exif.get_ifd(0x8769)[0xA005] = {1: "R03", 2: b"0100"}
    data = written(colourful(), "JPEG", exif=exif.tobytes(), quality=97, subsampling=0)
    assert difference(open_photo(data), by_littlecms(colourful(), PROFILES["Adobe RGB"])) < 2


def nclx(primaries: int, transfer: int, points: object = (*DISPLAY_P3, D65)) -> dict[str, float]:
    """As pillow-heif describes the colours of a HEIC photo without a profile."""
    stated = {"color_primaries": primaries, "transfer_characteristics": transfer}
    for part, (x, y) in zip(("red", "green", "blue", "white"), points, strict=True):
        stated |= {f"color_primary_{part}_x": x, f"color_primary_{part}_y": y}
    return stated


def heic(**stated: object) -> Image.Image:
    photo = colourful()
    photo.info.update(stated)
    return photo


def test_primaries_that_a_heic_photo_states_are_followed():
    found = colours.colours_of(heic(nclx_profile=nclx(12, 13)))
    assert difference(found.in_srgb(colourful()), by_littlecms(colourful(), PROFILES["Display P3"])) == 0


def test_a_profile_counts_more_than_stated_primaries():
    photo = heic(nclx_profile=nclx(12, 13), icc_profile=SRGB["of LittleCMS"])
    assert colours.colours_of(photo) == colours.Colours()


@pytest.mark.parametrize(
    ("stated", "said"),
    [(nclx(9, 16), "HDR"), (nclx(12, 13, [(0, 0)] * 4), "not known"), (nclx(12, 13, [D65] * 4), "not known")],
)
def test_colours_that_cannot_be_told_are_taken_as_they_stand(stated, said):
    found = colours.colours_of(heic(nclx_profile=stated))
    assert (found.profile, found.transform) == ("", None) and said in found.note


@pytest.mark.parametrize("stated", [nclx(1, 13), nclx(2, 2), nclx(1, 1)])
def test_ordinary_primaries_cost_nothing(stated):
    assert colours.colours_of(heic(nclx_profile=stated)) == colours.Colours()


def test_display_p3_by_its_numbers_is_the_profile_that_phones_embed():
    profile = ImageCms.ImageCmsProfile(io.BytesIO(matrix_profile("P3", DISPLAY_P3, D65, SRGB_CURVE))).profile
    of_phones = {
        "red": (0.51512, 0.2412, -0.00105),
        "green": (0.29198, 0.69225, 0.04189),
        "blue": (0.1571, 0.06657, 0.78407),
    }
    for colorant, xyz in of_phones.items():
        assert getattr(profile, f"{colorant}_colorant")[0] == pytest.approx(xyz, abs=2e-4)


def test_threads_share_conversions():
    data = [written(colourful(), "PNG", icc_profile=profile) for profile in PROFILES.values()]
    expected = [np.asarray(open_photo(one)) for one in data]
    colours._KNOWN = colours._Known()
    with ThreadPoolExecutor(8) as pool:
        shown = list(pool.map(lambda number: np.asarray(open_photo(data[number % len(data)])), range(240)))
    assert all((photo == expected[number % len(data)]).all() for number, photo in enumerate(shown))


def test_conversions_kept_in_memory_are_bounded():
    for number in range(colours._KEPT + 10):
        profile = matrix_profile(f"profile {number}", DISPLAY_P3, D65, (2 + number / 100,))
        assert photo_colours(written(colourful(), "PNG", icc_profile=profile)).profile == f"profile {number}"
    assert len(colours._KNOWN._made) == colours._KEPT


@pytest.mark.parametrize("profile", [grey_profile(), PROFILES["Adobe RGB"]], ids=["of greys", "of colours"])
@pytest.mark.parametrize("alpha", ["LA", "tRNS"])
def test_transparent_greys_lie_over_white_whatever_their_profile(profile, alpha):
    grey = Image.new("LA", SIZE, (0, 0))
    data = written(grey, "PNG", icc_profile=profile)
    if alpha == "tRNS":
        data = written(Image.new("L", SIZE, 0), "PNG", icc_profile=profile, transparency=0)
    assert open_photo(data).getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize(("kind", "value"), [(3, 7), (4, 70_000), (2, "no profile")])
def test_a_tag_of_another_type_than_a_profile_s_is_ignored_with_a_note(kind, value):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[34675], tags.tagtype[34675] = value, kind
    data = written(colourful(), "TIFF", tiffinfo=tags)
    assert difference(open_photo(data), colourful()) == 0
    assert "damaged" in photo_colours(data).note


@pytest.mark.parametrize("name", ["?", "\x1b[2J", "a\n|\nb", "  "])
def test_what_a_profile_is_called_neither_steers_nor_stands_for_unknown(name):
    profile = matrix_profile(name, DISPLAY_P3, D65, SRGB_CURVE)
    found = photo_colours(written(colourful(), "PNG", icc_profile=profile)).profile
    assert found not in ("", UNKNOWN_PROFILE) and found.isprintable()


@pytest.mark.parametrize("data", [b"no photo", b"\xff\xd8\xff"])
def test_what_has_no_header_is_told_without_the_decoder_s_own_words(data):
    with pytest.raises(BadPhoto) as refused:
        photo_colours(data)
    assert "0x" not in str(refused.value) and "not a photo" in str(refused.value)
