"""Export of an encoder's maps from PyTorch to ONNX, checked against PyTorch before anybody gets them."""

from __future__ import annotations

import io
import re
import warnings
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.vision.encoder import ConvolutionalEncoder, TorchEngine
from tiefvision_assets.vision.engine import MAPS, Engine
from tiefvision_assets.vision.onnx_engine import PHOTOS, OnnxEngine
from tiefvision_assets.vision.registry import Encoder

OPSET = 17
TOLERANCE = 1e-4
"""Largest difference of a cell's value from PyTorch's, in shares of the map's largest value. AlexNet differs by 2e-6,
EfficientNet-Lite0 by 5e-6: sums of floats in another order."""

LARGEST_CHECKED = 448
"""Side in pixels of the largest square that is compared: one of 896 takes a transformer seconds."""

_OUT_OF_MEMORY = re.compile("not enough memory|allocate memory|bad.?alloc", re.IGNORECASE)
"""In the RuntimeErrors by which PyTorch and ONNX Runtime say so."""


class NotExportable(TiefVisionError):
    """An encoder that ONNX cannot express, or that computes something else there."""


class ExportFailed(NotExportable):
    """The export failed for want of memory or of a disk, and may succeed another time."""


class _Map(nn.Module):
    """One of an encoder's maps as a module, since whole modules are exported."""

    def __init__(self, module: nn.Module, name: str) -> None:
        super().__init__()
        self._module = module
        self._name = name

    def forward(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, C, h, w)."""
        encoder = cast(ConvolutionalEncoder, self._module)
        return encoder(photos) if self._name == "objects" else getattr(encoder, self._name)(photos)


def export_maps(module: nn.Module, spec: Encoder) -> dict[str, bytes]:
    """Map → its ONNX graph, for batches and photos of any size; ``module`` is on the CPU.

    `NotExportable` where PyTorch cannot export a map, or where it comes out differently than from PyTorch on photos of
    several sizes; `ExportFailed` where that was for a reason that may pass.
    """
    try:
        graphs = {name: _graph(_Map(module, name).eval(), spec) for name in MAPS}
        _check(OnnxEngine(graphs), TorchEngine(module), spec)
    except NotExportable:
        raise
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        if isinstance(error, MemoryError | OSError) or _OUT_OF_MEMORY.search(str(error)):
            raise ExportFailed(f"The encoder {spec.name} was not exported to ONNX this time ({reason}).") from error
        raise NotExportable(f"The encoder {spec.name} cannot be exported to ONNX ({reason}).") from error
    return graphs


def _graph(map_of: nn.Module, spec: Encoder) -> bytes:
    written = io.BytesIO()
    with warnings.catch_warnings():
        # The exporter that traces is deprecated; the other one needs a further package and gains nothing here.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            map_of,
            (torch.zeros(1, 3, spec.objects.side, spec.objects.side),),
            written,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=OPSET,
            input_names=[PHOTOS],
            output_names=["cells"],
            dynamic_axes={
                PHOTOS: {0: "batch", 2: "height", 3: "width"},
                "cells": {0: "batch", 2: "rows", 3: "columns"},
            },
        )
    return written.getvalue()


def _check(exported: Engine, original: Engine, spec: Encoder) -> None:
    """Compare all maps on noise of an encoder's usual size and of others: odd ones, or the squares on which it runs."""
    draw = np.random.default_rng(0)
    side = spec.objects.side
    others = [(1, 3, other, other) for other in spec.sides if side != other <= LARGEST_CHECKED]
    for shape in ((2, 3, side, side), *(others if spec.sides else [(1, 3, side + side // 2 + 1, side + 3)])):
        photos = draw.standard_normal(shape, dtype=np.float32)
        for name in MAPS:
            expected, found = (getattr(engine, name)(photos) for engine in (original, exported))
            if found.shape != expected.shape:
                raise NotExportable(
                    f"The encoder {spec.name} cannot be exported to ONNX (its map of {name} has other shapes there: "
                    f"{found.shape} instead of {expected.shape})."
                )
            difference = float(np.abs(found - expected).max()) / max(float(np.abs(expected).max()), 1e-9)
            if not difference <= TOLERANCE:
                raise NotExportable(
                    f"The encoder {spec.name} cannot be exported to ONNX (its map of {name} differs there by "
                    f"{difference:.1e} of its largest value)."
                )
