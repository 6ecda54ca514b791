import hashlib
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import nn

from tiefvision_assets.box import Box
from tiefvision_assets.hyperparameters import CropDatasetParameters
from tiefvision_assets.lineage import crops
from tiefvision_assets.lineage.crops import (
    crop_counts,
    encode_views,
    labelled_maps,
    refinement_targets,
    side_of,
    targets_of,
)
from tiefvision_assets.lineage.views import (
    BOX,
    COLOUR,
    CUT,
    NO_SCALE,
    going_on,
    knows_first_looks,
    make_views,
    picture_of,
    random_cut,
    random_part,
)
from tiefvision_assets.models.inference import REFINEMENT, WINDOWS
from tiefvision_assets.splits import is_test_photo
from tiefvision_assets.vision.encoder import TorchEngine
from tiefvision_assets.vision.head_names import FOREGROUND, REGRESSORS
from tiefvision_assets.vision.registry import encoder_named
from tiefvision_assets.vision.windows import FIRST_SIDE, crop_targets, grid_of, rescaled_size

WIDTH, HEIGHT = 60, 80
OBJECT = Box(20, 30, 45, 70)
HALF = CropDatasetParameters(test_share=0.5, looks=2)
ALEXNET = encoder_named("alexnet")
TINY = replace(
    ALEXNET,
    windows=replace(ALEXNET.windows, channels=4),
    refinement=replace(ALEXNET.refinement, channels=4),
    to_windows=lambda cells: cells,
)
SIDE = ALEXNET.refinement.side


def photos(count: int) -> list[str]:
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(count)]


def labels_of(shas: list[str], box: Box = OBJECT) -> pd.DataFrame:
    return pd.DataFrame([(sha, *box.as_tuple()) for sha in shas], columns=["sha256", *BOX])


def contents_of(shas: list[str]) -> pd.DataFrame:
    return pd.DataFrame([(sha, WIDTH, HEIGHT) for sha in shas], columns=["sha256", "width", "height"])


def views_of(count: int, config: CropDatasetParameters = HALF) -> pd.DataFrame:
    return make_views(labels_of(photos(count)), contents_of(photos(count)), config)


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_no_photo_is_in_both_training_and_test(share):
    views = views_of(200, CropDatasetParameters(test_share=share))
    splits = views.groupby("sha256")["split"].agg(set)
    assert {sha: split == {"test"} for sha, split in splits.items()} == {
        sha: is_test_photo(sha, share) for sha in photos(200)
    }
    assert set(map(len, splits)) == {1}


def test_test_photos_are_seen_whole_and_training_photos_also_cut_mirrored_and_refined():
    views = views_of(40, HALF.model_copy(update={"cuts": 2, "looks": 4}))
    whole = (views[CUT] == [0, 0, WIDTH, HEIGHT]).all(axis=1) & ~views["mirrored"] & (views["scale"] == FIRST_SIDE)
    test, training = views[views["split"] == "test"], views[views["split"] == "train"]
    assert whole[test.index].all() and set(test.groupby("sha256").size()) == {1}
    assert whole[views.drop_duplicates("sha256").index].all(), "the first view of a photo is the whole of it"
    kinds = training.groupby(["sha256", "kind", "scale"])["mirrored"].agg(["size", "sum"])
    counts = {
        key: set(kinds.loc[(slice(None), *key), :].itertuples(index=False)) for key in set(kinds.index.droplevel(0))
    }
    assert counts == {(REFINEMENT, FIRST_SIDE): {(3, 2)}, (REFINEMENT, 0): {(4, 2)}, (WINDOWS, 0): {(6, 4)}}
    assert list(views["view"]) == list(range(len(views)))


def test_the_window_heads_learn_from_the_refinement_crops_too():
    views = views_of(40)
    crops = views[(views["kind"] == REFINEMENT) & (views["scale"] == 0)]
    seen = ["sha256", "mirrored", *COLOUR, *CUT, *BOX]
    assert len(crops) and len(crops.merge(views[views["kind"] == WINDOWS], on=seen)) == len(crops)


def test_colours_are_changed_in_training_cuts_and_refinement_crops_alone():
    views = views_of(40, HALF.model_copy(update={"cuts": 2}))
    plain = (views[COLOUR] == 1).all(axis=1)
    whole = (views["scale"] == FIRST_SIDE) & ~views["mirrored"]
    assert plain[whole].all() and not plain[~whole].any()
    assert views[COLOUR].min().min() >= 0.75 and views[COLOUR].max().max() <= 1.25
    assert (views_of(40, HALF.model_copy(update={"colour": 0.0}))[COLOUR] == 1).all().all()


def test_the_factors_change_brightness_contrast_and_saturation():
    photo = Image.new("RGB", (WIDTH, HEIGHT), (120, 60, 30))
    photo.paste((30, 60, 120), (0, 0, 30, 80))
    view = views_of(1).iloc[0].to_dict() | dict(zip(CUT, [0, 0, WIDTH, HEIGHT], strict=True)) | {"mirrored": False}

    def spread(name: str, factor: float) -> tuple[float, float, float]:
        factors = dict.fromkeys(COLOUR, 1.0) | {name: factor}
        pixels = np.asarray(picture_of(photo, SimpleNamespace(**(view | factors))), dtype=float)
        return pixels.mean(), pixels.mean(axis=2).std() + pixels.std(), np.ptp(pixels, axis=2).mean()

    plain = spread("brightness", 1.0)
    assert spread("brightness", 1.2)[0] == pytest.approx(1.2 * plain[0], rel=0.02)
    assert spread("contrast", 0.8)[1] < plain[1]
    assert spread("saturation", 0.5)[2] == pytest.approx(0.5 * plain[2], rel=0.05)


@pytest.mark.parametrize(("count", "folds"), [(40, {0, 1, 2}), (200, {-1})])
def test_folds_appear_only_while_test_photos_are_few(count, folds):
    views = views_of(count)
    assert set(views.loc[views["split"] == "train", "fold"]) == folds
    assert set(views.loc[views["split"] == "test", "fold"]) == {-1}
    assert views.groupby("sha256")["fold"].nunique().max() == 1


def test_a_new_label_changes_no_view_of_the_others():
    columns = ["sha256", "split", "kind", "scale", "mirrored", *BOX, *CUT]
    few, many = views_of(20)[columns], views_of(60)[columns]
    assert many[many["sha256"].isin(few["sha256"])].reset_index(drop=True).equals(few)
    assert not views_of(20, HALF.model_copy(update={"seed": 1}))[columns].equals(few)


@pytest.mark.parametrize(("looks", "kept"), [(1, 1), (3, 2), (4, 2)])
def test_going_on_leaves_out_half_of_the_refinement_crops_and_their_windows(looks, kept):
    views = views_of(40, HALF.model_copy(update={"cuts": 2, "looks": looks}))
    some = going_on(views)
    assert some.equals(views.loc[some.index]), "a view is as it was"
    shown = some[some["split"] == "train"].groupby(["sha256", "kind", "scale"]).size()
    assert set(shown.xs((REFINEMENT, NO_SCALE), level=("kind", "scale"))) == {kept}
    assert set(shown.xs((REFINEMENT, FIRST_SIDE), level=("kind", "scale"))) == {3}
    assert set(shown.xs((WINDOWS, NO_SCALE), level=("kind", "scale"))) == {kept + 2}
    assert some[some["split"] == "test"].equals(views[views["split"] == "test"])
    assert going_on(views_of(0)).empty


def test_one_labelled_photo_is_enough_and_none_gives_no_views():
    one = views_of(1)
    assert one["sha256"].nunique() == 1 and knows_first_looks(one)
    none = make_views(labels_of([]), contents_of(photos(3)), HALF)
    assert not len(none) and list(none) == list(one)


def test_labels_of_photos_that_are_gone_are_left_out():
    views = make_views(labels_of(photos(5)), contents_of(photos(3)), HALF)
    assert set(views["sha256"]) == set(photos(3))


@given(data=st.data(), size=st.tuples(st.integers(16, 300), st.integers(16, 300)), seed=st.integers(0, 1000))
@settings(max_examples=300, deadline=None)
def test_a_random_cut_is_a_part_of_the_photo_that_holds_the_box(data, size, seed):
    width, height = size
    short, long = sorted(size)
    if long > 8 * short:
        width = height = short
    left, top = data.draw(st.floats(0, width - 1)), data.draw(st.floats(0, height - 1))
    box = Box(left, top, data.draw(st.floats(left + 1, width)), data.draw(st.floats(top + 1, height)))
    cut = random_cut(box, width, height, np.random.default_rng(seed))
    assert 0 <= cut.left <= box.left and 0 <= cut.top <= box.top
    assert box.right <= cut.right <= width and box.bottom <= cut.bottom <= height
    assert cut.as_tuple() == cut.rounded()


@given(left=st.integers(0, 599), top=st.integers(0, 799), seed=st.integers(0, 1000))
@settings(max_examples=300, deadline=None)
def test_cuts_around_tiny_boxes_are_no_slivers(left, top, seed):
    """A cut of 1 x 800 pixels would be encoded at 576 x 460,800."""
    cut = random_cut(Box(left, top, left + 1, top + 1), 600, 800, np.random.default_rng(seed))
    assert max(cut.width, cut.height) <= 8 * min(cut.width, cut.height)


def test_a_views_box_is_where_its_picture_shows_the_object():
    photo = Image.new("RGB", (WIDTH, HEIGHT))
    photo.paste("white", OBJECT.rounded())
    views = views_of(30, HALF.model_copy(update={"cuts": 3, "looks": 4, "colour": 0.0}))
    assert views["mirrored"].any()
    for view in views.drop_duplicates(["sha256", "mirrored", *CUT]).itertuples():
        picture = picture_of(photo, view)
        box = Box(*(getattr(view, side) for side in BOX))
        assert picture.getbbox() == box.clipped(*picture.size).as_tuple()
        assert view.scale == 0 or box == box.clipped(*picture.size)


def test_the_boxes_of_refinement_crops_are_in_pixels_of_the_square():
    views = views_of(30)
    crops = views[(views["kind"] == REFINEMENT) & (views["scale"] == 0)]
    targets = refinement_targets(crops, SIDE)
    assert targets.shape == (len(crops), 4)
    for view, found in zip(crops.itertuples(), targets, strict=True):
        x, y = SIDE / (view.cut_right - view.cut_left), SIDE / (view.cut_bottom - view.cut_top)
        assert found.tolist() == pytest.approx([view.left * x, view.top * y, view.right * x, view.bottom * y], abs=1e-3)


def cells_of(view: object) -> tuple[int, int]:
    side = side_of(view.scale, TINY)
    return ((side - 64) // 16 + 1, (side - 64) // 16 + 1)


def test_each_head_learns_its_own_side_of_the_box():
    views = views_of(6)
    views = views[views["kind"] == WINDOWS]
    maps = [np.zeros((4, *cells_of(view)), np.float16) for view in views.itertuples()]
    classifier = labelled_maps(views, maps, FOREGROUND, TINY)
    sides = [labelled_maps(views, maps, name, TINY) for name in REGRESSORS]
    for row, view in enumerate(views.itertuples()):
        size = (view.cut_right - view.cut_left, view.cut_bottom - view.cut_top)
        grid = grid_of(cells_of(view), (SIDE, SIDE), size, TINY)
        targets = targets_of(view, cells_of(view), TINY)
        assert (classifier[row].corners == grid.corners).all()
        assert (classifier[row].targets == targets.foreground).all()
        corners = sides[0][row].corners
        assert (corners == grid.corners[targets.regression]).all()
        found = np.stack([side[row].targets for side in sides], axis=1)
        boxes = grid.to_photo(found + 16 * corners[:, [1, 0, 1, 0]])
        wanted = [getattr(view, side) for side in BOX]
        assert boxes == pytest.approx(np.tile(wanted, (len(boxes), 1)), abs=1e-3)


def test_windows_of_datasets_of_before_are_in_the_photos_proportions():
    view = views_of(1).iloc[0].to_dict() | {"scale": 224, "kind": WINDOWS}
    size = (view["cut_right"], view["cut_bottom"])
    rescaled = rescaled_size(size, 224)
    cells = ((rescaled[1] - 64) // 16 + 1, (rescaled[0] - 64) // 16 + 1)
    found = targets_of(SimpleNamespace(**view), cells, TINY)
    expected = crop_targets(grid_of(cells, rescaled, size, TINY), OBJECT)
    assert (found.offsets == expected.offsets).all() and (found.foreground == expected.foreground).all()


def test_crops_are_counted():
    shas = [sha for sha in photos(20) if not is_test_photo(sha)][:3]
    views = make_views(labels_of(shas), contents_of(shas), CropDatasetParameters(cuts=1, looks=1))
    shapes = {view.view: cells_of(view) for view in views.itertuples() if view.kind == WINDOWS}
    counts = crop_counts(views, shapes, TINY)
    windows = sum((rows - 10) * (columns - 10) for rows, columns in shapes.values())
    assert counts["photos_with_a_box_too_small_for_any_crop"] == 0
    assert counts["target_crops"] + counts["background_crops"] == windows
    assert counts["regression_crops"] > 0


@given(data=st.data(), size=st.tuples(st.integers(16, 300), st.integers(16, 300)), seed=st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_a_random_part_lies_on_the_photo_in_whole_pixels(data, size, seed):
    width, height = size
    left, top = data.draw(st.floats(0, width - 1)), data.draw(st.floats(0, height - 1))
    box = Box(left, top, data.draw(st.floats(left + 1, width)), data.draw(st.floats(top + 1, height)))
    part = random_part(box, width, height, np.random.default_rng(seed))
    assert part.as_tuple() == part.rounded() == part.clipped(width, height).as_tuple()
    assert min(0.7 * box.width, width) <= part.width <= 1.5 * box.width + 1


class Coarse(nn.Module):
    """Mean colours of 64-pixel windows, and their negatives' mean, 16 pixels apart."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = nn.Parameter(torch.zeros(()))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        mean = nn.functional.avg_pool2d(pixels, 64, 16)
        return torch.cat([mean, -mean.mean(1, keepdim=True)], dim=1)

    def windows(self, pixels: torch.Tensor) -> torch.Tensor:
        return self(pixels)

    def refinement(self, pixels: torch.Tensor) -> torch.Tensor:
        return self(pixels)


def test_every_readable_training_view_gets_its_map_and_unreadable_photos_are_told(store, save_photo, monkeypatch):
    for number in range(8):
        save_photo(f"{number}.png", (30 * number, 90, 0), size=(WIDTH, HEIGHT))
    store.catalogue.scan()
    contents = store.catalogue.contents()
    views = make_views(labels_of(list(contents["sha256"])), contents, HALF)
    training = views[views["split"] == "train"]
    assert 0 < training["sha256"].nunique() < 8
    spoilt = training["sha256"].iloc[0]
    path = contents.set_index("sha256").at[spoilt, "path"]
    store.catalogue.file(path).write_bytes(b"spoilt")
    reported = []
    encoded = []
    real = crops.encode_looks
    monkeypatch.setattr(crops, "encode_looks", lambda *of: (encoded.extend(of[-1]["view"]), real(*of))[1])
    projections, maps, unreadable = encode_views(
        store, views, TINY, TorchEngine(Coarse()), 2, lambda *done: reported.append(done)
    )
    assert sorted(encoded) == sorted(maps), "a view was encoded twice"
    assert list(unreadable) == [spoilt] and path in unreadable[spoilt]
    readable = training[training["sha256"] != spoilt]
    assert set(maps) == set(readable["view"])
    for view in readable.itertuples():
        assert maps[view.view].shape == (2, *cells_of(view)) and maps[view.view].dtype == np.float16
    assert reported[-1] == (len(maps), len(training))
    assert {kind: projection.components.shape for kind, projection in projections.items()} == {
        WINDOWS: (2, 4),
        REFINEMENT: (2, 4),
    }
