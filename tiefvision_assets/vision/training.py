"""Training of box heads: in epochs, with early stopping on held-out examples, and resumed after an interruption.

Each epoch draws from generators of its own, seeded by the epoch, so that a training that was interrupted ends with the
same weights as one that was not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from tiefvision_assets.hyperparameters import Course
from tiefvision_assets.vision.optimiser import AdamW, one_cycle

START_PHOTOS = 50
"""The weights that training goes on from count in the result like what so many photos teach."""


class Checkpoint(Protocol):
    """Stores the state of an unfinished training."""

    def load(self) -> dict[str, Tensor] | None:
        """The tensors that were saved last; None before the first `save`."""
        ...

    def save(self, state: dict[str, Tensor]) -> None:
        """Save these tensors in place of the previous ones."""
        ...


@dataclass(frozen=True)
class Start:
    """What a training goes on from."""

    weights: Mapping[str, Tensor]
    """State dict of a trained module of the same kind."""
    photos: int
    """Number of photos that are learned from."""

    def average_into(self, module: nn.Module, trust: float = 1.0) -> None:
        """Average the weights of the trained ``module`` with those of the start, in place; these count like what
        ``trust`` times `START_PHOTOS` photos teach.

        Both lie in one valley, so that what is between them is as good as they are or better (Wortsman et al., "Robust
        fine-tuning of zero-shot models", 2022); the fewer photos taught, the nearer to the start.
        """
        share = self.photos / (self.photos + trust * START_PHOTOS)
        trained = module.state_dict()
        module.load_state_dict({name: start.lerp(trained[name], share) for name, start in self.weights.items()})


@dataclass(frozen=True)
class Draw:
    """The two generators of one epoch."""

    numbers: np.random.Generator
    noise: torch.Generator


@dataclass(frozen=True)
class History:
    """Losses of each epoch."""

    training: list[float]
    """Mean loss of the epoch's batches."""
    held_out: list[float]
    """Loss on the held-out examples after the epoch; empty where none were held out."""

    @property
    def best(self) -> int:
        """The epoch whose weights were kept: the best on held-out examples, else the last."""
        return int(np.argmin(self.held_out)) if self.held_out else len(self.training) - 1


def fit(
    module: nn.Module,
    loss_of_batch: Callable[[Draw], Tensor],
    held_out_loss: Callable[[], float] | None,
    course: Course,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> History:
    """Train ``module`` with AdamW and leave the weights of its best epoch in it.

    ``loss_of_batch`` draws a batch and returns its loss; ``held_out_loss`` is the present module's loss on held-out
    examples. ``progress`` is called with the steps done and the steps in all. ``checkpoint`` is saved after every
    epoch; a saved one is continued from.
    """
    optimiser = AdamW(module, course.weight_decay)
    best = {name: weight.detach().clone() for name, weight in module.state_dict().items()}
    history = History([], [])
    state = checkpoint.load() if checkpoint else None
    if state:
        history, best = _restore(module, optimiser, state)
    total = course.epochs * course.steps
    for epoch in range(len(history.training), course.epochs):
        if history.held_out and epoch - history.best > course.patience:
            break
        draw = _draw(course.seed, epoch)
        losses = []
        for step in range(epoch * course.steps, (epoch + 1) * course.steps):
            loss = loss_of_batch(draw)
            module.zero_grad()
            loss.backward()
            optimiser.step(course.learning_rate * one_cycle(step / total))
            losses.append(loss.item())
            if progress:
                progress(step + 1, total)
        history.training.append(float(np.mean(losses)))
        if held_out_loss:
            with torch.inference_mode():
                history.held_out.append(held_out_loss())
        if history.best == epoch:
            best = {name: weight.detach().clone() for name, weight in module.state_dict().items()}
        if checkpoint:
            checkpoint.save(_state(module, optimiser, history, best))
    if progress:
        progress(total, total)
    module.load_state_dict(best)
    return history


def _draw(seed: int, epoch: int) -> Draw:
    numbers = np.random.default_rng([seed, epoch])
    return Draw(numbers, torch.Generator().manual_seed(int(numbers.integers(2**31))))


def _state(module: nn.Module, optimiser: AdamW, history: History, best: dict[str, Tensor]) -> dict[str, Tensor]:
    state = {f"weights.{name}": weight.detach() for name, weight in module.state_dict().items()}
    state |= {f"best.{name}": weight for name, weight in best.items()}
    losses = {"training": history.training, "held_out": history.held_out}
    numbers = {name: torch.tensor(values, dtype=torch.float64) for name, values in losses.items()}
    return state | optimiser.state() | numbers


def _restore(module: nn.Module, optimiser: AdamW, state: dict[str, Tensor]) -> tuple[History, dict[str, Tensor]]:
    def part(prefix: str) -> dict[str, Tensor]:
        return {name.removeprefix(f"{prefix}."): v for name, v in state.items() if name.startswith(f"{prefix}.")}

    module.load_state_dict(part("weights"))
    optimiser.restore(state)
    return History(state["training"].tolist(), state["held_out"].tolist()), part("best")
