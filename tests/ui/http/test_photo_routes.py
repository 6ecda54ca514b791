"""The routes that serve photos and thumbnails."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.store.colour_photos import PROFILES, by_littlecms, colourful, difference, written
from tests.ui.small_catalogue import encoded, fill, picture, serve
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.store import Store
from tiefvision_ui.http.images import PHOTO_SIDE, photo_routes
from tiefvision_ui.search.uploads import receive
from tiefvision_ui.values import THUMBNAIL_WIDTHS, photo_url, thumbnail_url

UPRIGHT = "blue/dress-002.jpg"
SIDEWAYS = "blue/dress-000.jpg"


@pytest.fixture
def client(store: Store) -> TestClient:
    return TestClient(Starlette(routes=photo_routes(store)))


def sha256_of(store: Store, path: str) -> str:
    return store.catalogue.live().set_index("image_id").loc[image_id(path), "sha256"]


def decoded(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_a_photo_is_served_for_good(client: TestClient, store: Store) -> None:
    response = client.get(photo_url(sha256_of(store, UPRIGHT)))
    assert response.status_code == 200
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-type"] == "image/jpeg"
    assert decoded(response.content).size == (120, 160)


@pytest.mark.parametrize("width", THUMBNAIL_WIDTHS)
def test_thumbnails_are_webp_no_wider_than_asked_for(client: TestClient, store: Store, width: int) -> None:
    response = client.get(thumbnail_url(sha256_of(store, UPRIGHT), width))
    assert response.headers["content-type"] == "image/webp"
    assert "immutable" in response.headers["cache-control"]
    thumbnail = decoded(response.content)
    assert thumbnail.format == "WEBP"
    assert thumbnail.width == min(width, 120)


def test_large_photos_are_scaled_down(store: Store, client: TestClient) -> None:
    (store.settings.raw_dir / "large.png").write_bytes(encoded(picture(size=(2000, 1000)), "PNG"))
    store.catalogue.scan()
    sha256 = sha256_of(store, "large.png")
    assert decoded(client.get(photo_url(sha256)).content).size == (PHOTO_SIDE, PHOTO_SIDE // 2)
    assert decoded(client.get(thumbnail_url(sha256, 320)).content).size == (320, 160)


def test_exif_orientation_is_applied_once(client: TestClient, store: Store) -> None:
    sha256 = sha256_of(store, SIDEWAYS)
    expected = np.asarray(picture(0.1), dtype=float)
    for url in (photo_url(sha256), thumbnail_url(sha256, 160)):
        served = decoded(client.get(url).content)
        assert served.size == (120, 160)
        assert not served.getexif()
        assert np.abs(np.asarray(served.convert("RGB"), dtype=float) - expected).mean() < 6


@pytest.mark.parametrize(
    "url",
    [
        "/photos/" + "0" * 64,
        "/photos/blue",
        "/photos/..",
        "/photos/../served.json",
        "/photos/%2e%2e",
        "/photos/%2e%2e%2fserved.json",
        "/photos/%2Fetc%2Fpasswd",
        "/photos//etc/passwd",
        "/photos/blue%2Fdress-002.jpg",
        "/thumbs/320/%2e%2e%2f%2e%2e%2fserved.json",
        "/thumbs/320/" + "0" * 64,
        "/thumbs/-320/" + "0" * 64,
        "/thumbs/wide/" + "0" * 64,
    ],
)
def test_nothing_but_known_hashes_is_served(client: TestClient, url: str) -> None:
    response = client.get(url)
    assert response.status_code == 404
    assert "immutable" not in response.headers.get("cache-control", "")


@pytest.mark.parametrize("width", [0, 1, 200, 4000])
def test_only_the_listed_widths_are_made(client: TestClient, store: Store, width: int) -> None:
    assert client.get(thumbnail_url(sha256_of(store, UPRIGHT), width)).status_code == 404


def test_a_file_that_vanished_or_changed_is_not_found(client: TestClient, store: Store) -> None:
    sha256 = sha256_of(store, UPRIGHT)
    store.catalogue.file(UPRIGHT).write_bytes(encoded(picture(0.9)))
    assert client.get(photo_url(sha256)).status_code == 404
    store.catalogue.file(UPRIGHT).unlink()
    assert client.get(photo_url(sha256)).status_code == 404


def test_a_twin_serves_for_a_vanished_file(client: TestClient, store: Store) -> None:
    sha256 = sha256_of(store, UPRIGHT)
    store.catalogue.file("twin.jpg").write_bytes(store.catalogue.file(UPRIGHT).read_bytes())
    store.catalogue.scan()
    store.catalogue.file(UPRIGHT).unlink()
    assert client.get(photo_url(sha256)).status_code == 200


def test_photos_scanned_later_are_found(empty_store: Store) -> None:
    client = TestClient(Starlette(routes=photo_routes(empty_store)))
    assert client.get(photo_url("0" * 64)).status_code == 404
    fill(empty_store.settings.raw_dir)
    serve(empty_store)
    assert client.get(photo_url(sha256_of(empty_store, UPRIGHT))).status_code == 200


def test_photos_and_thumbnails_are_in_srgb_and_carry_no_profile(store: Store, client: TestClient) -> None:
    profile = PROFILES["Display P3"]
    (store.settings.raw_dir / "p3.png").write_bytes(written(colourful(), "PNG", icc_profile=profile))
    store.catalogue.scan()
    sha256 = sha256_of(store, "p3.png")
    expected = by_littlecms(colourful(), profile)
    for url in (photo_url(sha256), thumbnail_url(sha256, 160)):
        served = decoded(client.get(url).content)
        assert "icc_profile" not in served.info
        assert difference(served.convert("RGB"), expected.resize(served.size)) < 3 < difference(colourful(), expected)


def test_an_upload_is_shown_in_srgb(store: Store) -> None:
    profile = PROFILES["Adobe RGB"]
    upload = receive("a.png", written(colourful(), "PNG", icc_profile=profile))
    preview = decoded(base64.b64decode(upload.preview.partition(",")[2]))
    assert "icc_profile" not in preview.info
    assert difference(preview.convert("RGB"), by_littlecms(colourful(), profile)) < 3
