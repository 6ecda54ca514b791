"""Training of box heads: in epochs, with early stopping on held-out examples, and resumed after an interruption.

Each epoch draws from generators of its own, seeded by the epoch, so that a training that was interrupted ends with the
same weights as one that was not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR

from tiefvision_assets.hyperparameters import Course

WARM_UP = 0.3
"""Share of the steps in which the learning rate rises; then it falls along a cosine."""
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
    optimiser = torch.optim.AdamW(
        module.parameters(), lr=course.learning_rate, weight_decay=course.weight_decay, fused=True
    )
    best = {name: weight.detach().clone() for name, weight in module.state_dict().items()}
    history = History([], [])
    state = checkpoint.load() if checkpoint else None
    if state:
        history, best = _restore(module, optimiser, state)
    total = course.epochs * course.steps
    schedule = one_cycle(optimiser, total, done=len(history.training) * course.steps)
    for epoch in range(len(history.training), course.epochs):
        if history.held_out and epoch - history.best > course.patience:
            break
        draw = _draw(course.seed, epoch)
        losses = []
        for step in range(epoch * course.steps, (epoch + 1) * course.steps):
            loss = loss_of_batch(draw)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
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


def one_cycle(optimiser: torch.optim.Optimizer, steps: int, done: int = 0) -> OneCycleLR:
    """The rate of each of ``steps``, going on after ``done``: up to the optimiser's along a cosine, then down.

    It starts at a 25th of the largest rate, reaches it after `WARM_UP` of the steps, and a 10,000th after the last.
    """
    rates = partial(
        OneCycleLR,
        optimiser,
        max_lr=optimiser.defaults["lr"],
        # OneCycleLR reaches its ends one step early, at the steps pct_start * total_steps - 1 and total_steps - 1
        total_steps=steps + 1,
        pct_start=(WARM_UP * steps + 1) / (steps + 1),
        div_factor=25,
        final_div_factor=400,
        cycle_momentum=False,
    )
    schedule = rates()
    # a schedule that continues needs the ends of the cycle, which a new one has written into the optimiser
    return rates(last_epoch=done - 1) if done else schedule


def _draw(seed: int, epoch: int) -> Draw:
    numbers = np.random.default_rng([seed, epoch])
    return Draw(numbers, torch.Generator().manual_seed(int(numbers.integers(2**31))))


def _state(
    module: nn.Module, optimiser: torch.optim.Optimizer, history: History, best: dict[str, Tensor]
) -> dict[str, Tensor]:
    state = {f"weights.{name}": weight.detach() for name, weight in module.state_dict().items()}
    state |= {f"best.{name}": weight for name, weight in best.items()}
    for name, parameter in module.named_parameters():
        state |= {f"{key}.{name}": value for key, value in optimiser.state[parameter].items()}
    losses = {"training": history.training, "held_out": history.held_out}
    return state | {name: torch.tensor(values, dtype=torch.float64) for name, values in losses.items()}


def _restore(
    module: nn.Module, optimiser: torch.optim.Optimizer, state: dict[str, Tensor]
) -> tuple[History, dict[str, Tensor]]:
    def part(prefix: str) -> dict[str, Tensor]:
        return {name.removeprefix(f"{prefix}."): v for name, v in state.items() if name.startswith(f"{prefix}.")}

    module.load_state_dict(part("weights"))
    moments = {key: part(key) for key in ("step", "exp_avg", "exp_avg_sq")}
    for name, parameter in module.named_parameters():
        optimiser.state[parameter] = {key: _like(parameter, values[name]) for key, values in moments.items()}
    return History(state["training"].tolist(), state["held_out"].tolist()), part("best")


def _like(parameter: Tensor, moment: Tensor) -> Tensor:
    """The moment in the parameter's order of memory, because the fused optimiser takes both element by element."""
    return torch.empty_like(parameter).copy_(moment) if moment.shape == parameter.shape else moment
