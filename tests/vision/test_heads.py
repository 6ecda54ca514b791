from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tiefvision_assets.hyperparameters import HeadParameters
from tiefvision_assets.vision.heads import (
    LabelledMap,
    Projection,
    WindowHead,
    train_head,
)
from tiefvision_assets.vision.optimiser import one_cycle
from tiefvision_assets.vision.training import History, Start

WINDOW = 3
PARAMETERS = HeadParameters(
    hidden=8, dropout=0.1, batch=16, epochs=3, steps=20, patience=3, learning_rate=0.02, weight_decay=0.0, seed=5
)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def random_head(channels: int = 4, seed: int = 0) -> WindowHead:
    head = WindowHead(channels, WINDOW, 6)
    head.initialise(torch.Generator().manual_seed(seed))
    head.mean.fill_(3.0)
    head.std.fill_(2.0)
    return head.eval()


@pytest.mark.parametrize("size", [(3, 3), (7, 5), (4, 11)])
def test_the_dense_pass_is_the_head_on_every_window(size):
    head = random_head()
    cells = torch.randn(2, 4, *size, generator=torch.Generator().manual_seed(1))
    dense = head.predict(cells)
    assert dense.shape == (2, size[0] - 2, size[1] - 2)
    hidden, out = head.hidden, head.out
    for picture in range(2):
        for row in range(size[0] - 2):
            for column in range(size[1] - 2):
                window = cells[picture, :, row : row + 3, column : column + 3].flatten()
                units = (hidden.weight.flatten(1) @ window + hidden.bias).clamp_min(0)
                number = (out.weight.flatten() @ units + out.bias).item() * 2 + 3
                assert dense[picture, row, column].item() == pytest.approx(number, abs=1e-4)


def test_a_window_by_itself_gets_the_number_of_the_dense_pass():
    head = random_head()
    cells = torch.randn(4, 5, 6, generator=torch.Generator().manual_seed(2))
    corners = [(row, column) for row in range(3) for column in range(4)]
    windows = torch.stack([cells[:, row : row + 3, column : column + 3].permute(1, 2, 0) for row, column in corners])
    assert torch.allclose(head.of_windows(windows), head(cells[None]).flatten(), atol=1e-5)
    kept = (torch.arange(6) % 2).float().expand(12, 6)
    head.out.weight.data[:, ::2] = 0
    assert torch.allclose(head.of_windows(windows, kept), head(cells[None]).flatten(), atol=1e-5)


def test_a_head_comes_back_from_its_weights():
    head = random_head()
    again = WindowHead.from_weights(head.state_dict())
    cells = torch.randn(1, 4, 6, 6)
    assert torch.equal(again.predict(cells), head.predict(cells))
    assert not again.training


def toy_maps(count: int = 6, size: int = 7, seed: int = 0) -> list[LabelledMap]:
    """Maps with one bright cell; a window is a target where that cell is in it."""
    draw = np.random.default_rng(seed)
    maps = []
    for _ in range(count):
        cells = torch.from_numpy(draw.normal(0, 0.1, (4, size, size)).astype(np.float32))
        row, column = draw.integers(2, size - 2, 2)
        cells[1, row, column] = 3.0
        corners = np.array([(r, c) for r in range(size - 2) for c in range(size - 2)])
        inside = [r <= row < r + 3 and c <= column < c + 3 for r, c in corners]
        maps.append(LabelledMap(cells, corners, np.array(inside, dtype=np.float32)))
    return maps


def offset_maps() -> list[LabelledMap]:
    """The windows that hold the bright cell, and its column relative to theirs, in pixels."""
    maps = []
    for item in toy_maps(8):
        used = np.flatnonzero(item.targets)
        column = int(item.cells[1].argmax()) % item.cells.shape[-1]
        maps.append(LabelledMap(item.cells, item.corners[used], 100 + 16.0 * (column - item.corners[used, 1])))
    return maps


def train(
    maps: list[LabelledMap], held_out: Sequence[LabelledMap] = (), *, classify: bool = True, **changes: Any
) -> tuple[WindowHead, History]:
    return train_head(
        maps,
        held_out,
        classify=classify,
        window_cells=WINDOW,
        parameters=PARAMETERS.model_copy(update=changes),
    )


def test_the_classifier_learns_a_separable_problem():
    head, history = train(toy_maps(), epochs=10)
    assert len(history.training) == 10 and history.training[-1] < 0.2 * history.training[0]
    unseen = toy_maps(seed=9)
    right = [(head.predict(item.cells[None]).flatten().numpy() > 0) == (item.targets > 0) for item in unseen]
    assert np.mean(right) > 0.95


def test_held_out_maps_tell_when_a_head_has_begun_to_learn_by_heart():
    draw = np.random.default_rng(0)
    noise = [LabelledMap(m.cells, m.corners, draw.permutation(m.targets)) for m in toy_maps(4)]
    _, history = train(noise, toy_maps(4, seed=7), epochs=40, patience=4)
    assert len(history.training) == len(history.held_out) < 40
    assert history.best == len(history.training) - 5


def test_a_regressor_answers_in_the_units_of_its_targets():
    maps = offset_maps()
    head, _ = train(maps, classify=False, epochs=15, dropout=0.0)
    targets = np.concatenate([item.targets for item in maps])
    assert head.mean.item() == pytest.approx(targets.mean(), rel=1e-5)
    assert head.std.item() == pytest.approx(targets.std(), rel=1e-5)
    errors = [head.predict(item.cells[None])[0][tuple(item.corners.T)].numpy() - item.targets for item in offset_maps()]
    assert np.abs(np.concatenate(errors)).mean() < 0.2 * targets.std()


def test_training_takes_the_steps_of_convolutions_by_adamw():
    """With one window in all, every batch holds nothing else, whatever is drawn."""
    cells = torch.randn(4, WINDOW, WINDOW, generator=torch.Generator().manual_seed(3))
    only = LabelledMap(cells, np.zeros((1, 2), dtype=int), np.ones(1, dtype=np.float32))
    changes: dict[str, Any] = {"dropout": 0.0, "epochs": 2, "weight_decay": 0.05}
    learned, _ = train([only], **changes)
    course = PARAMETERS.model_copy(update=changes)
    head = WindowHead(4, WINDOW, course.hidden)
    head.initialise(torch.Generator().manual_seed(course.seed))
    optimiser = torch.optim.AdamW(head.parameters(), lr=course.learning_rate, weight_decay=course.weight_decay)
    for step in range(course.epochs * course.steps):
        loss = F.binary_cross_entropy_with_logits(head(cells[None]).flatten(), torch.ones(1))
        optimiser.zero_grad()
        loss.backward()
        optimiser.param_groups[0]["lr"] = course.learning_rate * one_cycle(step / (course.epochs * course.steps))
        optimiser.step()
    for name, weight in head.state_dict().items():
        assert torch.allclose(learned.state_dict()[name], weight, atol=1e-4), name


def test_the_maps_order_in_memory_changes_nothing():
    maps = toy_maps()
    turned = [
        LabelledMap(m.cells.permute(1, 2, 0).contiguous().permute(2, 0, 1), m.corners, m.targets) for m in toy_maps()
    ]
    (head, history), (other, of_other) = train(maps, maps), train(turned, turned)
    assert history == of_other
    assert all(torch.equal(other.state_dict()[name], weight) for name, weight in head.state_dict().items())


def test_training_goes_on_from_a_head_with_its_units_and_scale():
    start = random_head(channels=toy_maps()[0].cells.shape[0])
    head, _ = train_head(
        offset_maps(),
        [],
        classify=False,
        window_cells=WINDOW,
        parameters=PARAMETERS.model_copy(update={"learning_rate": 1e-9}),
        start=Start(start.state_dict(), 10),
    )
    assert head.hidden.out_channels == start.hidden.out_channels != PARAMETERS.hidden
    for name, weight in start.state_dict().items():
        assert torch.allclose(head.state_dict()[name], weight, atol=1e-6), name


def test_one_target_value_alone_divides_by_nothing():
    item = toy_maps(1)[0]
    same = LabelledMap(item.cells, item.corners, np.full(len(item.corners), 7.0))
    head, history = train([same], classify=False)
    assert head.std.item() == 1 and np.isfinite(history.training).all()
    assert head.predict(item.cells[None]).mean().item() == pytest.approx(7, abs=1)


def trained(seed: int) -> dict[str, torch.Tensor]:
    return train(toy_maps(), toy_maps(2, seed=3), epochs=2, seed=seed)[0].state_dict()


def test_training_depends_on_the_seed_alone_even_beside_other_threads():
    torch.manual_seed(1)
    alone = {seed: trained(seed) for seed in (1, 2)}
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(trained, [1, 2, 1, 2]))
    for seed, found in zip([1, 2, 1, 2], together, strict=True):
        assert all(torch.equal(found[name], tensor) for name, tensor in alone[seed].items())
    assert not torch.equal(alone[1]["out.weight"], alone[2]["out.weight"])


@pytest.mark.parametrize("classify", [True, False])
def test_no_window_to_learn_from_is_an_error(classify):
    item = toy_maps(1)[0]
    empty = LabelledMap(item.cells, item.corners[:0], item.targets[:0])
    with pytest.raises(ValueError, match="no window"):
        train([empty, empty], classify=classify)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_maps_without_a_window_and_classes_without_an_example_are_passed_over(label):
    item = toy_maps(1)[0]
    empty = LabelledMap(item.cells, item.corners[:0], item.targets[:0])
    one_sided = LabelledMap(item.cells, item.corners, np.full(len(item.corners), label))
    head, history = train([empty, one_sided], [empty])
    assert ((head.predict(item.cells[None]) > 0) == (label == 1)).all()
    assert history.held_out == []


def cell_maps(channels: int = 12) -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    mixing = torch.randn(channels, channels, generator=draw)
    return [torch.einsum("kc,chw->khw", mixing, torch.randn(channels, 5, 6, generator=draw)) for _ in range(4)]


def test_the_projection_is_orthonormal_centred_and_of_unit_variance():
    maps = cell_maps()
    projection = Projection.fit(maps, 5)
    assert torch.allclose(projection.components @ projection.components.T, torch.eye(5), atol=1e-5)
    projected = torch.cat([projection(item[None]).flatten(2)[0] for item in maps], dim=1)
    assert projected.shape == (5, 4 * 30)
    assert projected.mean(1).abs().max() < 1e-4
    assert projected.std().item() == pytest.approx(1, abs=0.02)
    variances = projected.var(1)
    assert (variances[:-1] >= variances[1:]).all()


def test_the_projection_keeps_what_a_naive_decomposition_keeps():
    maps = cell_maps()
    projection = Projection.fit(maps, 3)
    cells = torch.cat([item.flatten(1).T for item in maps]).numpy()
    cells /= np.linalg.norm(cells, axis=1, keepdims=True)
    _, _, axes = np.linalg.svd(cells - cells.mean(0), full_matrices=False)
    agreement = np.abs(np.sum(axes[:3] * projection.components.numpy(), axis=1))
    assert agreement == pytest.approx(1, abs=1e-3)


def test_the_projection_depends_on_no_cells_length():
    maps = cell_maps()
    projection = Projection.fit(maps, 5)
    assert torch.allclose(projection(maps[0][None]), projection(7 * maps[0][None]), atol=1e-5)


def test_there_are_no_more_components_than_channels():
    assert Projection.fit(cell_maps(4), 64)(torch.randn(1, 4, 2, 2)).shape == (1, 4, 2, 2)
