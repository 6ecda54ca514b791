"""AdamW and its learning rate, as plain functions of PyTorch.

The first object of `torch.optim` loads PyTorch's compiler, which takes .9 s and is not used.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

WARM_UP = 0.3
"""Share of the steps in which the learning rate rises; then it falls along a cosine."""
FIRST, LAST = 1 / 25, 1e-4
"""The learning rate before the first and after the last step, in units of the largest."""
BETAS = (0.9, 0.999)
EPSILON = 1e-8
MOMENTS = ("step", "exp_avg", "exp_avg_sq")
"""What is kept of each parameter, as PyTorch calls it."""


class AdamW:
    """Decoupled weight decay (Loshchilov and Hutter, 2019) on the parameters of one module."""

    def __init__(self, module: nn.Module, weight_decay: float) -> None:
        self._parameters = dict(module.named_parameters())
        self._weight_decay = weight_decay
        self._moments: dict[str, dict[str, Tensor]] = {
            "step": {name: torch.zeros((), device=one.device) for name, one in self._parameters.items()},
            **{key: {name: torch.zeros_like(one) for name, one in self._parameters.items()} for key in MOMENTS[1:]},
        }

    def step(self, rate: float) -> None:
        """Change the parameters by their gradients; those without one stay."""
        names = [name for name, parameter in self._parameters.items() if parameter.grad is not None]
        step, mean, square = ([self._moments[key][name] for name in names] for key in MOMENTS)
        with torch.no_grad():
            adamw(
                [self._parameters[name] for name in names],
                [gradient for name in names if (gradient := self._parameters[name].grad) is not None],
                mean,
                square,
                [],
                step,
                fused=True,
                amsgrad=False,
                beta1=BETAS[0],
                beta2=BETAS[1],
                lr=rate,
                weight_decay=self._weight_decay,
                eps=EPSILON,
                maximize=False,
            )

    def state(self) -> dict[str, Tensor]:
        """What is kept of the steps so far, as ``exp_avg.weight``."""
        return {f"{key}.{name}": moment for key in MOMENTS for name, moment in self._moments[key].items()}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Go on from the steps of another one's `state`; in place, because the fused kernel takes a moment and its
        parameter element by element in the order of memory."""
        for name, moment in self.state().items():
            moment.copy_(state[name])


def one_cycle(share: float) -> float:
    """The learning rate after that share of the steps, 0 to 1, in units of the largest (Smith and Topin, 2018)."""
    if share < WARM_UP:
        start, end, along = FIRST, 1.0, share / WARM_UP
    else:
        start, end, along = 1.0, LAST, (share - WARM_UP) / (1 - WARM_UP)
    return end + (start - end) * cosine(along)


def cosine(share: float) -> float:
    """Half a cosine wave from 1 to 0, for a share of 0 to 1."""
    return (1 + math.cos(math.pi * share)) / 2
