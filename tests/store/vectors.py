"""Vectors as a catalogue has them: in clusters."""

from __future__ import annotations

import numpy as np


def clustered(count: int, dimensions: int = 64, seed: int = 0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(50, dimensions))
    vectors = centres[draw.integers(50, size=count)] + 0.5 * draw.normal(size=(count, dimensions))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
