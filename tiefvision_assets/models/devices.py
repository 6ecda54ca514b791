"""Whether the encoder runs by ONNX Runtime, told without PyTorch where that is possible."""

from __future__ import annotations

import sys
from pathlib import Path

from tiefvision_assets.settings import Settings

DRIVERS = ("/dev/nvidia*", "/dev/kfd", "/dev/dxg", "/dev/dri", "/dev/accel*", "/dev/davinci*", "/dev/habanalabs*")
"""What an accelerator's driver leaves on Linux: NVIDIA's, AMD's, Windows' subsystem's, Intel's and others'. Without any
of these PyTorch finds no accelerator, and need not be loaded, which takes 2 s and 450 MB, to be asked."""


def wants_onnx(settings: Settings) -> bool:
    """Whether the encoder is to run by ONNX Runtime: where the settings say so, or by themselves on a processor."""
    if settings.engine != "auto":
        return settings.engine == "onnxruntime"
    if settings.device == "cpu" or (settings.device == "auto" and not _has_driver()):
        return True
    from tiefvision_assets.vision.encoder import resolve_device

    return resolve_device(settings.device).type == "cpu"


def _has_driver() -> bool:
    return sys.platform != "linux" or any(any(Path("/").glob(pattern[1:])) for pattern in DRIVERS)
