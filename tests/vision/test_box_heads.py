"""What locating computes with NumPy is what the trained modules compute."""

import numpy as np
import pytest
import torch

from tests.vision.random_heads import weights_of, window_heads
from tiefvision_assets.vision.box_heads import CellProjection, ForegroundNetwork, sigmoid
from tiefvision_assets.vision.foreground_map import ForegroundMap
from tiefvision_assets.vision.head_names import FOREGROUND, REGRESSORS
from tiefvision_assets.vision.heads import Projection, WindowHead


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_the_projection_is_the_modules():
    module = Projection.fit([noise(6, 9, 9)], 4)
    cells = noise(6, 5, 7)
    cells[:, 2, 3] = 0
    found = CellProjection.from_weights(weights_of(module))(cells.numpy())
    assert found == pytest.approx(module(cells[None])[0].numpy(), abs=1e-5)


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("size", [(3, 3), (8, 5)])
def test_window_heads_of_different_widths_are_the_modules(size, step):
    draw = torch.Generator().manual_seed(1)
    heads = {}
    for number, name in enumerate((FOREGROUND, *REGRESSORS)):
        heads[name] = WindowHead(4, 3, 5 + number)
        heads[name].initialise(draw)
        heads[name].mean.fill_(10.0 * number)
        heads[name].std.fill_(1.0 + number)
    cells = noise(4, *size)
    found = window_heads(heads).predict(cells.numpy(), step)
    expected = [heads[name].predict(cells[None], step).flatten().numpy() for name in (FOREGROUND, *REGRESSORS)]
    assert found == pytest.approx(np.stack(expected, axis=1), abs=1e-4)


@pytest.mark.parametrize("sides", [True, False], ids=["with sides", "of before"])
def test_the_foreground_map_is_the_modules(sides):
    module = ForegroundMap(4, 6, sides=sides)
    module.initialise(torch.Generator().manual_seed(2))
    cells = noise(4, 11, 9)
    with torch.no_grad():
        inside, expected = module(cells[None])
    probabilities, found = ForegroundNetwork.from_weights(weights_of(module))(cells.numpy())
    assert probabilities.shape == (11, 9) and probabilities == pytest.approx(torch.sigmoid(inside)[0].numpy(), abs=1e-5)
    if not sides:
        assert found is None and expected is None
        return
    assert found.across.shape == (2, 11) and found.down.shape == (2, 13)
    for way, logits in zip((found.across, found.down), expected, strict=True):
        assert way == pytest.approx(logits.softmax(-1)[0].numpy(), abs=1e-5)


def test_probabilities_of_large_logits_are_finite():
    assert sigmoid(np.array([-1e4, 0, 1e4], np.float32)).tolist() == [0, 0.5, 1]
