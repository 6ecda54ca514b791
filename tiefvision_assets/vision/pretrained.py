"""Converting pretrained weights into the state dict of the encoder's module."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from tiefvision_assets.vision.encoder import BadWeights
from tiefvision_assets.vision.registry import Encoder


def from_torch_file(data: bytes, spec: Encoder) -> dict[str, Tensor]:
    """The encoder's part of a PyTorch state dict; `BadWeights` if the bytes are none, or lack a tensor."""
    try:
        state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:
        raise BadWeights(
            "This is no PyTorch file of weights that can be read safely; give a saved state dict."
        ) from error
    return select(state if isinstance(state, Mapping) else {}, spec)


def select(state: Mapping[str, Tensor], spec: Encoder) -> dict[str, Tensor]:
    """The tensors of ``state`` that the encoder has, as contiguous float32; `BadWeights` names what is missing."""
    wanted = spec.build().state_dict()
    missing = [name for name in wanted if not isinstance(state.get(name), Tensor)]
    if missing:
        raise BadWeights(f"These weights are not {spec.name}'s: {missing[0]!r} is missing.")
    return {name: state[name].detach().float().contiguous() for name in wanted}


def from_flax_alexnet(layers: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, Tensor]:
    """AlexNet's convolutions as ``Conv_0..4/{kernel (H, W, I, O), bias}`` → torchvision's ``features.N.*`` (OIHW)."""
    state = {}
    for number, place in enumerate((0, 3, 6, 8, 10)):
        layer = layers[f"Conv_{number}"]
        state[f"features.{place}.weight"] = torch.from_numpy(layer["kernel"].transpose(3, 2, 0, 1).copy())
        state[f"features.{place}.bias"] = torch.from_numpy(layer["bias"].copy())
    return state
