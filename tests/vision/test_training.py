"""Training in epochs: what stops it, what it keeps, and that a killed one ends like one that was left alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tiefvision_assets.hyperparameters import Course
from tiefvision_assets.vision.training import START_PHOTOS, Draw, History, Start, fit

COURSE = Course(epochs=6, steps=4, patience=10, learning_rate=0.4, weight_decay=0.01, seed=3)


class Killed(Exception):
    """Stands for the end of the process."""


class Memory:
    """Keeps the state, and dies once it was saved ``dies_after`` times."""

    def __init__(self, dies_after: int | None = None) -> None:
        self.state: dict[str, Tensor] | None = None
        self.saved = 0
        self._dies_after = dies_after

    def load(self) -> dict[str, Tensor] | None:
        return self.state

    def save(self, state: dict[str, Tensor]) -> None:
        self.state = {name: tensor.clone() for name, tensor in state.items()}
        self.saved += 1
        if self.saved == self._dies_after:
            raise Killed


def line() -> nn.Linear:
    module = nn.Linear(2, 1)
    nn.init.constant_(module.weight, 0.1)
    nn.init.zeros_(module.bias)
    return module


def noisy_loss(module: nn.Module) -> Callable[[Draw], Tensor]:
    """Of learning y = 3 a - b from noisy points that both generators draw."""

    def loss(draw: Draw) -> Tensor:
        points = torch.tensor(draw.numbers.normal(size=(8, 2)), dtype=torch.float32)
        wanted = 3 * points[:, :1] - points[:, 1:] + 0.1 * torch.randn(8, 1, generator=draw.noise)
        return (module(points) - wanted).square().mean()

    return loss


def distance(module: nn.Linear) -> Callable[[], float]:
    return lambda: (module.weight - torch.tensor([[3.0, -1.0]])).abs().sum().item()


@pytest.mark.parametrize("killed_after", [1, 3, 5])
@pytest.mark.parametrize("judged", [True, False])
def test_a_training_that_was_killed_ends_with_the_weights_of_one_that_was_not(killed_after, judged):
    alone, taken_up = line(), line()
    undisturbed = fit(alone, noisy_loss(alone), distance(alone) if judged else None, COURSE, Memory())
    memory, killed = Memory(killed_after), line()
    with pytest.raises(Killed):
        fit(killed, noisy_loss(killed), distance(killed) if judged else None, COURSE, memory)
    history = fit(taken_up, noisy_loss(taken_up), distance(taken_up) if judged else None, COURSE, memory)
    assert history == undisturbed
    assert memory.saved == COURSE.epochs
    assert all(torch.equal(a, b) for a, b in zip(alone.parameters(), taken_up.parameters(), strict=True))


def test_the_best_epoch_is_kept_and_training_stops_when_nothing_gets_better():
    module, losses = line(), iter([5.0, 3.0, 2.0, 4.0, 4.0, 4.0, 1.0])
    seen: list[Tensor] = []

    def judge() -> float:
        seen.append(module.weight.detach().clone())
        return next(losses)

    history = fit(module, noisy_loss(module), judge, COURSE.model_copy(update={"epochs": 7, "patience": 2}))
    assert history.held_out == [5.0, 3.0, 2.0, 4.0, 4.0]
    assert history.best == 2
    assert torch.equal(module.weight, seen[2])
    assert not torch.equal(seen[2], seen[-1])


def test_without_held_out_examples_every_epoch_is_gone_through_and_the_last_is_kept():
    module, reported = line(), []
    history = fit(module, noisy_loss(module), None, COURSE, progress=lambda *steps: reported.append(steps))
    assert (len(history.training), history.held_out, history.best) == (6, [], 5)
    assert reported[0] == (1, 24) and reported[-1] == (24, 24)
    assert distance(module)() < 1.0 < distance(line())()


def test_a_finished_training_is_not_gone_through_again():
    memory, module, again = Memory(), line(), line()
    fit(module, noisy_loss(module), distance(module), COURSE, memory)

    def never(_: Draw) -> Tensor:
        raise AssertionError("a batch was drawn")

    fit(again, never, distance(again), COURSE, memory)
    assert torch.equal(again.weight, module.weight)


def test_the_last_epoch_counts_where_nothing_was_held_out():
    assert History([3.0, 2.0, 2.5], []).best == 2
    assert History([3.0, 2.0, 2.5], [2.0, 1.0, 1.5]).best == 1


@pytest.mark.parametrize(
    ("photos", "trust", "share"), [(START_PHOTOS, 1.0, 0.5), (10, 1.0, 1 / 6), (START_PHOTOS, 0.25, 0.8)]
)
def test_the_more_photos_taught_the_farther_from_the_start(photos, trust, share):
    start, module = line(), line()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 1.0
    before = {name: weight.clone() for name, weight in start.state_dict().items()}
    Start(before, photos).average_into(module, trust)
    for name, weight in module.state_dict().items():
        assert torch.allclose(weight, before[name] + share, atol=1e-6)
        assert torch.equal(start.state_dict()[name], before[name])
