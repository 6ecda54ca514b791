import numpy as np
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.explanation import SIDE, explanation, explanation_sheet, heat_map


def brightness(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("L"), dtype=float)


def test_cells_that_match_are_brighter_than_those_that_do_not():
    cells = np.zeros((4, 4), np.float32)
    cells[:2] = 1
    picture = brightness(heat_map(Image.new("RGB", (80, 120), "#808080"), cells))
    assert picture.shape == (120, 80)
    assert picture[:40].min() > picture[80:].max() + 60
    steps = np.abs(np.diff(picture[:, 40]))
    assert steps.max() < 12, "the cells' edges are smooth"


def test_a_mirrored_match_is_drawn_on_the_hits_own_side():
    photo, whole = Image.new("RGB", (60, 60), "#808080"), Box.whole(60, 60)
    cells = np.zeros((2, 2), np.float32)
    cells[:, 0] = 1
    shown = explanation((photo, whole), (photo, whole), cells, True)
    query, hit = brightness(shown.query_heat), brightness(shown.hit_heat)
    assert query[:, :20].mean() > query[:, 40:].mean() and hit[:, :20].mean() < hit[:, 40:].mean()
    assert shown.similarity == 0.5


def test_large_objects_are_shown_smaller_in_their_own_shape():
    photo = Image.new("RGB", (2000, 3000))
    shown = explanation(
        (photo, Box(0, 0, 1000, 2000)), (photo, Box(5.2, 5, 25, 15)), np.ones((3, 3), np.float32), False
    )
    assert shown.query.size == (SIDE // 2, SIDE)
    assert shown.hit.size == (20, 10)


def test_a_sheet_has_a_row_an_explanation():
    photo, whole = Image.new("RGB", (60, 80)), Box.whole(60, 80)
    item = explanation((photo, whole), (photo, whole), np.ones((3, 3), np.float32), False)
    one, two = explanation_sheet([item], ["a"]), explanation_sheet([item, item], ["a", "b"])
    assert one.width == two.width and two.height > 1.9 * one.height - 20
