"""Engines: what computes an encoder's maps without gradients, whichever library does it; and what they are given.

This module imports neither PyTorch nor ONNX Runtime. `TorchEngine` is in `vision.encoder`, `OnnxEngine` in
`vision.onnx_engine`, and `vision.export` makes the graphs of the second from the module of the first.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from PIL import Image

from tiefvision_assets.vision.registry import Encoder

MAPS = ("objects", "windows", "refinement")
"""An encoder's maps, as `Encoder` and the methods of `Engine` name them."""


class Engine(Protocol):
    """An encoder that is ready to run, in as many threads at a time as its callers like.

    All maps take (B, 3, H, W) float32, photos as `preprocess` gives them, and return (B, C, h, w) float32 cells.
    """

    def objects(self, photos: np.ndarray) -> np.ndarray:
        """The cells that objects are compared by."""
        ...

    def windows(self, photos: np.ndarray) -> np.ndarray:
        """The cells that the window heads see."""
        ...

    def refinement(self, photos: np.ndarray) -> np.ndarray:
        """The cells of a refinement crop."""
        ...


def preprocess(photo: Image.Image, spec: Encoder) -> np.ndarray:
    """An RGB photo → (3, H, W) float32, normalised by the encoder's mean and deviation of each channel."""
    normalised = np.moveaxis(np.asarray(photo), -1, 0).astype(np.float32, order="C")
    normalised /= np.float32(255)
    normalised -= np.array(spec.mean, dtype=np.float32)[:, None, None]
    normalised /= np.array(spec.std, dtype=np.float32)[:, None, None]
    return normalised
