"""The routes of the map, and what is kept of other people's JavaScript."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.ui.small_catalogue import PHOTOS
from tiefvision_assets.store.store import Store
from tiefvision_ui.http.maps import DRAWING, MOST_PHOTOS, VENDORED, map_routes
from tiefvision_ui.photo_map.colouring import PALETTES, colouring
from tiefvision_ui.photo_map.points import MapPoints, map_points


@pytest.fixture
def client(mapped: Store) -> TestClient:
    return TestClient(Starlette(routes=map_routes()))


@pytest.fixture
def points(mapped: Store) -> MapPoints:
    found = map_points()
    assert found is not None
    return found


def test_positions_of_both_maps_are_of_the_same_photos(client: TestClient, points: MapPoints) -> None:
    found = {}
    for ranking in ("unsupervised", "supervised"):
        answer = client.get(f"/map/{points.key}/positions/{ranking}")
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
        found[ranking] = np.frombuffer(answer.content, dtype="<f4").reshape(-1, 2)
    one, other = found.values()
    assert len(one) == PHOTOS and np.abs(one).max() <= 1
    np.testing.assert_allclose(one * [1, -1], other, atol=1e-5)


def test_what_points_are_is_told_by_row(client: TestClient, points: MapPoints) -> None:
    told = client.get(f"/map/{points.key}/photos?rows=3,0").json()
    assert [photo["row"] for photo in told] == [3, 0]
    assert points.photos["sha256"].iloc[3] in told[0]["src"] and told[0]["href"].startswith("/?photo=")
    colours = client.get(f"/map/{points.key}/colours?way=batch")
    assert np.frombuffer(colours.content, np.uint8).tolist() == colouring(points, "batch").codes.tolist()


@pytest.mark.parametrize(
    "path",
    [
        "/map/other/positions/unsupervised",
        "/map/KEY/positions/other",
        "/map/other/colours",
        "/map/other/photos?rows=1",
        f"/map/KEY/photos?rows={PHOTOS}",
        "/map/KEY/photos?rows=-1",
        "/map/KEY/photos?rows=1e3",
        f"/map/KEY/photos?rows={','.join('1' * (MOST_PHOTOS + 1))}",
    ],
)
def test_what_is_not_on_this_map_is_not_found(client: TestClient, points: MapPoints, path: str) -> None:
    answer = client.get(path.replace("KEY", points.key))
    assert answer.status_code == 404 and answer.headers["cache-control"] == "no-store"


def test_the_library_is_the_one_that_the_notice_names(client: TestClient) -> None:
    answer = client.get(f"/vendored/{DRAWING}")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/javascript")
    assert hashlib.sha256(answer.content).hexdigest() in (VENDORED / "README.md").read_text("utf-8")
    assert "Fritz Lekschas" in (VENDORED / "NOTICES.txt").read_text("utf-8")
    assert not re.search(rb"https?://(?!www\.w3\.org)[^\s\"'`]*\.js\b", answer.content), "it loads nothing else"


BACKGROUNDS = {"light": "#ffffff", "dark": "#0f1417"}
MACHADO = {  # Machado, Oliveira and Fernandes, 2009, severity 1
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


def linear(colour: str) -> np.ndarray:
    part = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    root = np.cbrt(np.clip(to_xyz @ np.clip(rgb, 0, 1) / [0.9505, 1, 1.089], 1e-4, None))
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_are_told_from_the_background_and_from_each_other(theme: str) -> None:
    distinct, ordered, other = PALETTES[theme]
    for colour in (*distinct, *ordered, other):
        light, dark = sorted((luminance(colour), luminance(BACKGROUNDS[theme])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3, colour
    for seen, matrix in {"all": np.eye(3), **{name: np.array(rows) for name, rows in MACHADO.items()}}.items():
        shades = [lab(matrix @ linear(colour)) for colour in distinct]
        for place, one in enumerate(shades):
            for after, two in enumerate(shades[place + 1 :], start=place + 1):
                assert np.linalg.norm(one - two) > 12, (seen, distinct[place], distinct[after])
