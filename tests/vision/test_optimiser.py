"""AdamW and its learning rate are PyTorch's, without what PyTorch loads for them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from tiefvision_assets.vision.optimiser import AdamW, one_cycle

TRAIN = """
import sys
import torch
from torch import nn
from tests.vision.random_triplets import sorted_by
from tiefvision_assets.hyperparameters import Course
from tiefvision_assets.hyperparameters import RankingHeadParameters
from tiefvision_assets.vision.calibration import calibrate
from tiefvision_assets.vision.ranking_training import Part, train_ranking_head
from tiefvision_assets.vision.training import fit
module = nn.Linear(2, 1)
course = Course(epochs=2, steps=2, patience=2, learning_rate=0.1, weight_decay=0.1, seed=0)
history = fit(module, lambda draw: module(torch.ones(1, 2)).square().mean(), lambda: 1.0, course)
calibrate(torch.tensor([-1.0, 0.5, 2.0]), torch.tensor([0.0, 1.0, 1.0]))
judged = torch.arange(200) % 2 == 0
parts = [Part(judged, ~judged), Part(~judged, judged)]
triplets = sorted_by(torch.tensor([9.0, 9.0, 1.0, 1.0, 0.1, 0.1]), 200, seed=0)
_, curve = train_ranking_head(triplets, parts, RankingHeadParameters(steps=40))
print(len(curve.held_out), len(history.training), "torch._dynamo" in sys.modules)
"""


def network() -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last), nn.Flatten(), nn.Linear(16, 1))


def losses(module: nn.Module) -> Callable[[int], torch.Tensor]:
    def loss(step: int) -> torch.Tensor:
        pictures = torch.randn(5, 3, 4, 4, generator=torch.Generator().manual_seed(step))
        return (module(pictures) - pictures.mean((1, 2, 3))[:, None]).square().mean()

    return loss


def train(module: nn.Module, optimiser: AdamW, steps: range) -> None:
    loss = losses(module)
    for step in steps:
        module.zero_grad()
        loss(step).backward()
        optimiser.step(0.02 / (1 + step))


def test_its_steps_are_those_of_pytorch():
    ours, theirs = network(), network()
    train(ours, AdamW(ours, 0.3), range(6))
    optimiser, loss = torch.optim.AdamW(theirs.parameters(), weight_decay=0.3, fused=True), losses(theirs)
    for step in range(6):
        optimiser.zero_grad()
        loss(step).backward()
        optimiser.param_groups[0]["lr"] = 0.02 / (1 + step)
        optimiser.step()
    for one, other, before in zip(ours.parameters(), theirs.parameters(), network().parameters(), strict=True):
        assert torch.equal(one, other) and not torch.equal(one, before)


def test_one_that_goes_on_from_anothers_state_takes_the_same_steps():
    alone, first, second = network(), network(), network()
    train(alone, AdamW(alone, 0.3), range(6))
    before = AdamW(first, 0.3)
    train(first, before, range(4))
    second.load_state_dict(first.state_dict())
    after = AdamW(second, 0.3)
    after.restore({name: moment.contiguous() for name, moment in before.state().items()})
    train(second, after, range(4, 6))
    assert all(torch.equal(one, other) for one, other in zip(alone.parameters(), second.parameters(), strict=True))


def test_a_parameter_without_a_gradient_stays():
    module = network()
    module[0].requires_grad_(False)
    train(module, AdamW(module, 0.3), range(2))
    assert torch.equal(module[0].weight, network()[0].weight)
    assert not torch.equal(module[2].weight, network()[2].weight)


@pytest.mark.parametrize("steps", [1, 7, 100])
def test_the_learning_rate_is_that_of_pytorchs_one_cycle(steps):
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(()))], lr=0.4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        max_lr=0.4,
        total_steps=steps + 1,
        pct_start=(0.3 * steps + 1) / (steps + 1),  # its ends are reached one step early
        final_div_factor=400,
        cycle_momentum=False,
    )
    for step in range(steps):
        assert 0.4 * one_cycle(step / steps) == pytest.approx(optimiser.param_groups[0]["lr"], rel=1e-12)
        optimiser.step()
        schedule.step()
    assert 0.4 * one_cycle(1.0) == pytest.approx(optimiser.param_groups[0]["lr"], rel=1e-12)


def test_training_does_not_load_pytorchs_compiler():
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", TRAIN], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.split() == ["3", "2", "False"]
