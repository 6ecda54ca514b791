"""Common to all encoders: loading weights, preprocessing photos, and computing one of the encoder's maps."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Protocol, cast

import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms.functional import pil_to_tensor

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.vision.registry import Encoder


class BadWeights(TiefVisionError):
    """Weights that do not fit the encoder, or hold numbers that are not finite."""


def load_encoder(spec: Encoder, weights: Mapping[str, Tensor], device: torch.device) -> nn.Module:
    """The encoder with its weights, on ``device``, in evaluation mode and frozen; `BadWeights` if they do not fit."""
    module = spec.build()
    for name, tensor in weights.items():
        if not torch.isfinite(tensor).all():
            raise BadWeights(f"The weights of {spec.name} hold NaN or infinity in {name!r}; fetch them anew.")
    try:
        module.load_state_dict(dict(weights), strict=True)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise BadWeights(f"The weights do not fit the encoder {spec.name}: {reason}") from error
    return module.eval().requires_grad_(False).to(device).to(memory_format=torch.channels_last)


def random_weights(spec: Encoder, seed: int) -> dict[str, Tensor]:
    """Untrained weights, for comparison: He's initialisation (arXiv:1502.01852) without biases."""
    draw = torch.Generator().manual_seed(seed)
    weights = {name: torch.zeros_like(tensor) for name, tensor in spec.build().state_dict().items()}
    for tensor in weights.values():
        if tensor.ndim == 4:
            tensor.normal_(std=math.sqrt(2 / tensor[0].numel()), generator=draw)
    return weights


def preprocess(photo: Image.Image, spec: Encoder) -> Tensor:
    """An RGB photo → (3, H, W) float tensor, normalised by the encoder's mean and deviation of each channel."""
    pixels = pil_to_tensor(photo).float().div_(255)
    mean, std = (torch.tensor(values)[:, None, None] for values in (spec.mean, spec.std))
    return pixels.sub_(mean).div_(std)


def resolve_device(name: str) -> torch.device:
    """``auto`` → the first accelerator, else the CPU; any other name is interpreted by PyTorch."""
    if name == "auto":
        return torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise TiefVisionError(f"TIEFVISION_DEVICE={name!r} is no device of PyTorch; use auto, cpu or cuda.") from error


class ConvolutionalEncoder(Protocol):
    """The interface of encoder modules: calling one gives the cells that objects are compared by."""

    def __call__(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) normalised photos → (B, C, h, w) cells of the map `Encoder.objects`."""
        ...

    def windows(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, C', h', w') cells of the map `Encoder.windows`."""
        ...

    def refinement(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, C'', h'', w'') cells of the map `Encoder.refinement`."""
        ...


def encode_objects(module: nn.Module, photos: Tensor) -> Tensor:
    """(B, 3, H, W) → (B, C, h, w) cells that objects are compared by, on the CPU."""
    return _encode(module, cast(ConvolutionalEncoder, module), photos)


def encode_windows(module: nn.Module, photos: Tensor) -> Tensor:
    """(B, 3, H, W) → (B, C, h, w) cells that the window heads see, on the CPU."""
    return _encode(module, cast(ConvolutionalEncoder, module).windows, photos)


def encode_refinement(module: nn.Module, photos: Tensor) -> Tensor:
    """(B, 3, H, W) → (B, C, h, w) cells of a refinement crop, on the CPU."""
    return _encode(module, cast(ConvolutionalEncoder, module).refinement, photos)


@torch.inference_mode()
def _encode(module: nn.Module, part: Callable[[Tensor], Tensor], photos: Tensor) -> Tensor:
    """Cells on the CPU, whatever device the module is on.

    Computed in channels-last order: on one core AlexNet takes 17 ms instead of 27 for 224 x 298 pixels, and 116 instead
    of 178 for 576 x 768.
    """
    device = next(module.parameters()).device
    return part(photos.to(device, memory_format=torch.channels_last)).cpu().contiguous()
