from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import nn

from tests.vision.random_heads import box_heads, weights_of, window_heads
from tiefvision_assets.box import Box
from tiefvision_assets.models.weights import read_weights
from tiefvision_assets.vision.box_heads import BoxHeads, CellProjection, ForegroundNetwork
from tiefvision_assets.vision.encoder import TorchEngine, load_encoder
from tiefvision_assets.vision.engine import preprocess
from tiefvision_assets.vision.foreground_map import ForegroundMap
from tiefvision_assets.vision.head_names import FOREGROUND, REGRESSORS, WINDOW_HEADS
from tiefvision_assets.vision.heads import Projection, WindowHead
from tiefvision_assets.vision.locate import (
    DENSE_WINDOWS,
    REFINEMENTS,
    EncodedScale,
    Located,
    Locator,
    Votes,
    encode_scale,
    fuse,
    merge_scales,
    pairwise_iou,
    window_votes,
)
from tiefvision_assets.vision.refinement import encode_region, refinement_region
from tiefvision_assets.vision.registry import encoder_named
from tiefvision_assets.vision.windows import FIRST_SIDE, SCALES, grid_of, rescale

SPEC = encoder_named("alexnet")
PHOTO = (300, 400)


def votes(probability: list[float], boxes: list[tuple], windows: list[tuple] | None = None) -> Votes:
    return Votes(*(np.array(values, dtype=float) for values in (probability, boxes, windows or boxes)))


@pytest.mark.parametrize("probability", [0.5, 0.8, 1.0])
def test_votes_that_agree_give_their_box_with_their_probability(probability):
    box = (20, 30, 220, 330)
    windows = [(0, 0, 224, 224), (16, 0, 240, 224), (0, 64, 224, 288)]
    located = fuse(votes([probability] * 3, [box] * 3, windows), PHOTO)
    assert located.box == Box(*box)
    assert located.confidence == pytest.approx(probability)


def test_windows_that_are_hardly_foreground_do_not_vote():
    good, bad = (20, 30, 220, 330), (250, 350, 290, 390)
    located = fuse(votes([0.9] + [0.49] * 50, [good] + [bad] * 50), PHOTO)
    assert located.box == Box(*good)


def test_without_foreground_the_most_probable_vote_and_confidence_is_low():
    good, bad = (20, 30, 220, 330), (250, 350, 290, 390)
    located = fuse(votes([0.3] * 5 + [0.05] * 50, [good] * 5 + [bad] * 50), PHOTO)
    assert located.box == Box(*good)
    assert located.confidence == pytest.approx(0.3)
    assert fuse(votes([0.1], [good]), PHOTO).box == Box(*good)
    assert fuse(votes([0.0, 0.0], [good, good]), PHOTO).box == Box(*good)


def test_votes_that_disagree_lower_the_confidence():
    boxes = [(20, 30, 220, 330), (20, 30, 220, 330), (20, 30, 120, 130)]
    located = fuse(votes([0.9] * 3, boxes), PHOTO)
    assert located.box == Box(*boxes[0])
    overlap = Box(*boxes[2]).iou(located.box)
    assert located.confidence == pytest.approx(0.9 * (2 + overlap) / 3)


def test_a_window_that_the_object_fills_counts_more_than_those_deep_inside_it():
    filled, inside = (20, 30, 244, 254), (100, 100, 116, 116)
    boxes = [filled, *[(60, 60, 200, 200)] * 3]
    located = fuse(votes([0.9] * 4, boxes, [filled, *[inside] * 3]), PHOTO)
    assert located.box == Box(*filled)


@pytest.mark.parametrize("box", [(50, 50, 50, 300), (200, 50, 100, 300), (50, 60, 250, 60.5), (-90, -90, -5, -5)])
def test_degenerate_votes_give_the_whole_photo(box):
    located = fuse(votes([0.9, 0.9], [box, box]), PHOTO)
    assert (located.box, located.confidence) == (Box.whole(*PHOTO), 0.0)


@given(data=st.data(), count=st.integers(1, 12))
@settings(max_examples=150, deadline=None)
def test_boxes_stay_inside_the_photo_and_confidence_between_0_and_1(data, count):
    side = st.floats(-2000, 2000)
    four = st.lists(st.tuples(side, side, side, side), min_size=count, max_size=count)
    probability = data.draw(st.lists(st.floats(0, 1), min_size=count, max_size=count))
    windows = [(x, y, x + 100, y + 100) for x, y, _, _ in data.draw(four)]
    located = fuse(votes(probability, data.draw(four), windows), PHOTO)
    box = located.box
    assert 0 <= box.left < box.right <= PHOTO[0] and 0 <= box.top < box.bottom <= PHOTO[1]
    assert 0 <= located.confidence <= 1 + 1e-9


quarters = st.integers(0, 200).map(lambda number: number / 4)


@given(boxes=st.lists(st.tuples(*[quarters] * 8), min_size=1, max_size=10))
@example(boxes=[(0, 0, 0.5, 0.5, 0, 0, 0.5, 0.25)])
def test_pairwise_iou_is_that_of_boxes(boxes):
    first, second = np.array(boxes, dtype=float)[:, :4], np.array(boxes, dtype=float)[:, 4:]
    expected = [Box(*a).iou(Box(*b)) for a, b in zip(first, second, strict=True)]
    assert pairwise_iou(first, second) == pytest.approx(expected)


def constant_head(value: float) -> WindowHead:
    head = WindowHead(2, SPEC.windows.cells, 1)
    for parameter in head.parameters():
        nn.init.zeros_(parameter)
    head.mean.fill_(value)
    return head.eval()


def constant_map(logit: float) -> ForegroundMap:
    head = ForegroundMap(2, 1)
    for parameter in head.parameters():
        nn.init.zeros_(parameter)
    nn.init.constant_(head.out.bias, logit)
    return head.eval()


def constant_heads(
    probability_logit: float, offsets: tuple[float, ...], scales: tuple[int, ...] = (224, 304)
) -> BoxHeads:
    """Heads that say the same of every window, and a map that sees nothing anywhere."""
    values = dict(zip(WINDOW_HEADS, (probability_logit, *offsets), strict=True))
    heads = {name: constant_head(value) for name, value in values.items()}
    return box_heads(Projection(256, 2), heads, Projection(256, 2), constant_map(-9), scales)


def test_each_window_votes_for_its_offsets_in_pixels_of_the_photo():
    heads = constant_heads(0.0, (10, 20, 210, 220)).windows
    encoded = EncodedScale(np.zeros((2, 12, 13), np.float32), (256, 240), (512, 480))
    found = window_votes(encoded.cells, encoded, SPEC, heads)
    assert found.probability == pytest.approx([0.5] * 6)
    expected = [(10 + 16 * c, 20 + 16 * r, 210 + 16 * c, 220 + 16 * r) for r in range(2) for c in range(3)]
    assert found.boxes == pytest.approx(2 * np.array(expected, dtype=float))
    assert found.windows[4] == pytest.approx([32, 32, 480, 480])


def test_scales_are_merged_in_order():
    merged = merge_scales([votes([0.1], [(0, 0, 1, 1)]), votes([0.2, 0.3], [(0, 0, 2, 2), (0, 0, 3, 3)])])
    assert list(merged.probability) == [0.1, 0.2, 0.3]
    assert list(merged.boxes[:, 2]) == list(merged.windows[:, 2]) == [1, 2, 3]


class Flat(nn.Module):
    """The same number in every cell; records the sizes that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.sizes: list[tuple[int, int]] = []
        self.looked: list[tuple[int, int]] = []

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        height, width = pixels.shape[-2:]
        self.sizes.append((width, height))
        return self.scale * torch.ones(1, 256, height // 16 - 3, width // 16 - 3)

    def windows(self, pixels: torch.Tensor) -> torch.Tensor:
        return self(pixels)

    def refinement(self, pixels: torch.Tensor) -> torch.Tensor:
        self.looked.append((pixels.shape[-1], pixels.shape[-2]))
        return self.scale * torch.ones(1, 256, pixels.shape[-2] // 16, pixels.shape[-1] // 16)


def test_heads_of_before_first_looks_search_all_their_scales_and_keep_the_box_where_refinement_sees_nothing():
    heads, module = constant_heads(4.0, (0, 0, 224, 224)), Flat()
    photo = Image.new("RGB", (224, 280))
    located = Locator(SPEC, TorchEngine(module), heads).locate(photo)
    assert module.sizes == [(224, 280), (304, 380)]
    scales = [
        EncodedScale(np.zeros((2, h // 16 - 3, w // 16 - 3), np.float32), (w, h), photo.size) for w, h in module.sizes
    ]
    by_hand = [window_votes(scale.cells, scale, SPEC, heads.windows) for scale in scales]
    assert located == fuse(merge_scales(by_hand), photo.size)
    assert located != fuse(by_hand[0], photo.size) and located != fuse(by_hand[1], photo.size)


def test_where_a_first_look_sees_nothing_the_windows_of_all_scales_vote():
    heads, photo = constant_heads(4.0, (0, 0, 224, 224), ()), Image.new("RGB", (300, 450))
    spec = replace(SPEC, to_windows=lambda cells: cells[:, 1:-1, 1:-1])
    module = Flat()
    located = Locator(spec, TorchEngine(module), heads).locate(photo)
    assert [width for width, _ in module.looked] == [*SCALES, spec.refinement.side]
    by_hand = []
    for side in SCALES:
        encoded = EncodedScale(np.zeros((2, side // 16 - 2, side // 16 - 2), np.float32), (side, side), photo.size)
        by_hand.append(window_votes(encoded.cells, encoded, SPEC, heads.windows))
    assert located == fuse(merge_scales(by_hand), photo.size)


class Brightness(Flat):
    """Mean colours of the blocks of 16 x 16 pixels."""

    def refinement(self, pixels: torch.Tensor) -> torch.Tensor:
        self.looked.append((pixels.shape[-1], pixels.shape[-2]))
        return nn.functional.avg_pool2d(pixels, 16) + 0 * self.scale


def bright_heads(scales: tuple[int, ...] = ()) -> BoxHeads:
    """A map of where the photo is white."""
    projection, bright = Projection(3, 1), ForegroundMap(1, 1)
    projection.components.fill_(1.0)
    for layer in bright.layers:
        nn.init.dirac_(layer.weight)
        nn.init.zeros_(layer.bias)
    nn.init.constant_(bright.out.weight, 20.0)
    nn.init.constant_(bright.out.bias, -10.0)
    return replace(
        constant_heads(0.0, (0, 0, 9, 9), scales),
        refinement_projection=CellProjection.from_weights(weights_of(projection)),
        foreground=ForegroundNetwork.from_weights(weights_of(bright)),
    )


BRIGHT = replace(
    SPEC,
    refinement=replace(SPEC.refinement, channels=3, cells=20, centre=7.5),
    to_windows=lambda cells: np.zeros((256, *(side - 2 for side in cells.shape[1:])), np.float32),
)


def bright_photo(truth: Box, size: tuple[int, int] = PHOTO) -> Image.Image:
    photo = Image.new("RGB", size)
    photo.paste("white", truth.rounded())
    return photo


@pytest.mark.parametrize("truth", [Box(60, 90, 190, 330), Box(5, 5, 6, 6)], ids=["seen", "seen by nobody"])
def test_a_first_look_whose_cells_are_known_is_not_encoded_unless_its_windows_vote(truth):
    heads, photo, module = bright_heads(), bright_photo(truth), Brightness()
    locator = Locator(BRIGHT, TorchEngine(module), heads)
    expected, looked = locator.locate(photo), list(module.looked)
    assert looked[0] == (FIRST_SIDE, FIRST_SIDE)
    module.looked.clear()
    cells = heads.refinement_projection(encode_region(TorchEngine(Brightness()), BRIGHT, photo, FIRST_SIDE))
    assert locator.locate(photo, cells) == expected
    seen = (SCALES[1], SCALES[1]) not in looked
    assert module.looked == looked[1:] if seen else sorted(module.looked) == sorted(looked)
    assert seen == (truth.width > 1)


@pytest.mark.parametrize(
    ("size", "truth", "found"),
    [
        pytest.param(PHOTO, (80, 110, 210, 320), 0.9, id="in the middle"),
        pytest.param(PHOTO, (0, 0, 120, 180), 0.9, id="in a corner"),
        pytest.param(PHOTO, (140, 250, 300, 400), 0.9, id="at the border"),
        pytest.param(PHOTO, (0, 0, 300, 400), 0.99, id="all of the photo"),
        pytest.param((900, 600), (700, 70, 790, 160), 0.9, id="a tenth of a photo that lies"),
    ],
)
def test_a_first_look_leads_to_the_object_without_searching_scales(size, truth, found):
    module = Brightness()
    located = Locator(BRIGHT, TorchEngine(module), bright_heads()).locate(bright_photo(Box(*truth), size))
    assert located.box.iou(Box(*truth)) > found
    assert located.confidence > 0.7
    assert module.looked[0] == (FIRST_SIDE, FIRST_SIDE)
    assert set(module.looked[1:]) == {(BRIGHT.refinement.side, BRIGHT.refinement.side)}
    assert len(module.looked) <= 1 + REFINEMENTS and not module.sizes


def test_from_coarse_to_fine_finds_the_box_that_all_scales_find():
    photo = bright_photo(Box(80, 110, 210, 320))
    spec = replace(BRIGHT, windows=replace(BRIGHT.windows, channels=256))
    voting = constant_heads(4.0, (0, 0, 224, 224)).windows
    found, before = (
        Locator(spec, TorchEngine(Brightness()), replace(bright_heads(scales), windows=voting)).locate(photo)
        for scales in ((), (224, 304))
    )
    assert found.box.iou(before.box) > 0.88


def test_what_the_first_look_misses_is_looked_for_in_more_pixels_before_windows_vote():
    photo = Image.new("RGB", (900, 900))
    photo.paste("white", (633, 700, 668, 735))
    module = Brightness()
    located = Locator(BRIGHT, TorchEngine(module), bright_heads()).locate(photo)
    assert [side for side, _ in module.looked[:3]] == [FIRST_SIDE, SCALES[1], BRIGHT.refinement.side]
    assert located.box.iou(Box(633, 700, 668, 735)) > 0.6


def test_a_box_that_agrees_with_the_one_before_is_refined_once():
    truth, module = Box(80, 110, 210, 320), Brightness()
    photo = bright_photo(truth)
    Locator(BRIGHT, TorchEngine(module), bright_heads()).refine(photo, Located(truth, 0.4))
    assert len(module.looked) == 1
    Locator(BRIGHT, TorchEngine(module), bright_heads()).refine(photo, Located(Box(80, 110, 120, 150), 0.4))
    assert len(module.looked) == 1 + REFINEMENTS


def test_a_box_that_agrees_with_the_windows_vote_is_refined_once():
    truth, module = Box(80, 110, 210, 320), Brightness()
    first = Located(Box(60, 90, 230, 340), 0.4)
    region = refinement_region(first.box, *PHOTO)
    x, y = (BRIGHT.refinement.side / side for side in (region.width, region.height))
    seen = ((80 - region.left) * x, (110 - region.top) * y, (210 - region.left) * x, (320 - region.top) * y)
    only_middle = replace(BRIGHT, to_windows=lambda cells: np.zeros((256, 11, 11), np.float32))
    voting = replace(bright_heads(), windows=constant_heads(4.0, seen, ()).windows)
    found = Locator(only_middle, TorchEngine(module), voting).refine(bright_photo(truth), first)
    assert len(module.looked) == 1 and found.box.iou(truth) > 0.85


@pytest.mark.parametrize("first", [(90, 120, 220, 330), (60, 80, 200, 300), (110, 160, 190, 290), (0, 0, 300, 400)])
def test_refinement_finds_the_edges_that_a_first_box_missed(first):
    truth = Box(80, 110, 210, 320)
    photo = bright_photo(truth)
    found = Locator(BRIGHT, TorchEngine(Brightness()), bright_heads()).refine(photo, Located(Box(*first), 0.4))
    assert found.box.iou(truth) > 0.85
    assert found.box.iou(truth) > Box(*first).iou(truth)
    assert 0.7 < found.confidence <= 1


def test_a_box_that_still_moves_between_the_last_two_crops_is_trusted_less():
    truth = Box(80, 110, 210, 320)
    photo = bright_photo(truth)
    locator = Locator(BRIGHT, TorchEngine(Brightness()), bright_heads())
    settled, moving = (locator.refine(photo, Located(first, 0.4)) for first in (truth, Box(80, 110, 120, 150)))
    assert settled.confidence > 0.8
    assert moving.confidence < 0.8 * settled.confidence


def test_refinement_where_nothing_is_changes_nothing():
    first = Located(Box(20, 30, 100, 200), 0.4)
    assert Locator(BRIGHT, TorchEngine(Brightness()), bright_heads()).refine(Image.new("RGB", PHOTO), first) == first


def test_missing_heads_are_named():
    with pytest.raises(ValueError, match="y_max_regressor"):
        window_heads({name: constant_head(0) for name in (FOREGROUND, *REGRESSORS[:3])})


def test_the_dense_pass_agrees_with_one_crop_at_a_time_but_for_the_border(pretrained):
    """A head over the inner cells of a window, which see only the crop, gives the same for the crop cut out."""
    torch.set_num_threads(1)
    alexnet = TorchEngine(load_encoder(SPEC, read_weights(pretrained), torch.device("cpu")))
    draw = torch.Generator().manual_seed(0)
    y, x = np.mgrid[0:320, 0:256]
    photo = Image.fromarray(np.stack([(x * 3 + y) % 256, (x * y // 9) % 256, x // 2], axis=-1).astype(np.uint8))
    encoded = encode_scale(alexnet, SPEC, photo, 256)
    projection = CellProjection.from_weights(weights_of(Projection.fit([torch.from_numpy(encoded.cells)], 8)))
    heads = {}
    for name in WINDOW_HEADS:
        heads[name] = WindowHead(8, SPEC.windows.cells, 4)
        heads[name].initialise(draw)
        inner = torch.zeros(11, 11)
        inner[4:7, 4:7] = 1
        heads[name].hidden.weight.data *= inner
    dense = window_votes(projection(encoded.cells), encoded, SPEC, window_heads(heads))
    grid = grid_of(tuple(encoded.cells.shape[-2:]), encoded.rescaled, encoded.photo, SPEC)
    rescaled = rescale(photo, 256)
    for number in (0, 4, len(grid.boxes) // 2, len(grid.boxes) - 1):
        crop = rescaled.crop(tuple(grid.boxes[number].astype(int)))
        cells = torch.from_numpy(projection(alexnet.windows(preprocess(crop, SPEC)[None])[0]))[None]
        probability = torch.sigmoid(heads[FOREGROUND].predict(cells)).item()
        offsets = [heads[name].predict(cells).item() for name in REGRESSORS]
        corner = grid.boxes[number][[0, 1, 0, 1]]
        assert dense.probability[number] == pytest.approx(probability, abs=0.02)
        assert dense.boxes[number] == pytest.approx(grid.to_photo(offsets + corner), abs=0.2)


def test_where_windows_are_many_every_other_one_votes_as_it_did():
    heads = constant_heads(0.0, (10, 20, 210, 220)).windows
    cells = np.random.default_rng(0).standard_normal((2, 40, 31), dtype=np.float32)
    encoded = EncodedScale(cells, (560, 704), (560, 704))
    found = window_votes(cells, encoded, SPEC, heads)
    assert DENSE_WINDOWS < (30 * 21) and len(found.boxes) == 15 * 11
    assert found.windows[1] == pytest.approx([32, 0, 256, 224])
    assert found.boxes[12] - found.windows[12][[0, 1, 0, 1]] == pytest.approx([10, 20, 210, 220])
