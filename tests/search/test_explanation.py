import numpy as np
import pytest
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.search.explanation import SIDE, explanation, explanation_sheet, heat_map
from tiefvision_assets.vision.registry import ENCODERS, CellMap


def tiling(cells: int) -> CellMap:
    """A grid of cells that tile the square without a margin."""
    return CellMap(side=24 * cells, channels=1, cells=cells, stride=24, centre=11.5)


def brightness(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("L"), dtype=float)


def test_cells_that_match_are_brighter_than_those_that_do_not():
    cells = np.zeros((4, 4), np.float32)
    cells[:2] = 1
    picture = brightness(heat_map(Image.new("RGB", (80, 120), "#808080"), cells, tiling(4)))
    assert picture.shape == (120, 80)
    assert picture[:40].min() > picture[80:].max() + 60
    steps = np.abs(np.diff(picture[:, 40]))
    assert steps.max() < 12, "the cells' edges are smooth"


def test_a_mirrored_match_is_drawn_on_the_hits_own_side():
    photo, whole = Image.new("RGB", (60, 60), "#808080"), Box.whole(60, 60)
    cells = np.zeros((2, 2), np.float32)
    cells[:, 0] = 1
    shown = explanation((photo, whole), (photo, whole), cells, True, tiling(2))
    query, hit = brightness(shown.query_heat), brightness(shown.hit_heat)
    assert query[:, :20].mean() > query[:, 40:].mean() and hit[:, :20].mean() < hit[:, 40:].mean()
    assert shown.similarity == 0.5


@pytest.mark.parametrize("name", ["alexnet", "efficientnet_lite0"])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_cell_is_drawn_where_the_encoder_has_it(name, mirrored):
    grid = ENCODERS[name].objects
    cells = np.zeros((grid.cells, grid.cells), np.float32)
    row, column = 1, grid.cells - 3
    cells[row, column] = 1
    picture = brightness(heat_map(Image.new("RGB", (grid.side, grid.side), "#808080"), cells, grid, mirrored))
    warm = np.clip(picture - np.median(picture), 0, None)
    y, x = (np.average(np.arange(grid.side), weights=warm.sum(axis)) for axis in (1, 0))
    across = grid.centre + column * grid.stride
    assert y == pytest.approx(grid.centre + row * grid.stride, abs=1.5)
    assert x == pytest.approx(grid.side - 1 - across if mirrored else across, abs=1.5)


def test_large_objects_are_shown_smaller_in_their_own_shape():
    photo = Image.new("RGB", (2000, 3000))
    boxes = (photo, Box(0, 0, 1000, 2000)), (photo, Box(5.2, 5, 25, 15))
    shown = explanation(*boxes, np.ones((3, 3), np.float32), False, tiling(3))
    assert shown.query.size == (SIDE // 2, SIDE)
    assert shown.hit.size == (20, 10)


def test_a_sheet_has_a_row_an_explanation():
    photo, whole = Image.new("RGB", (60, 80)), Box.whole(60, 80)
    item = explanation((photo, whole), (photo, whole), np.ones((3, 3), np.float32), False, tiling(3))
    one, two = explanation_sheet([item], ["a"]), explanation_sheet([item, item], ["a", "b"])
    assert one.width == two.width and two.height > 1.9 * one.height - 20
