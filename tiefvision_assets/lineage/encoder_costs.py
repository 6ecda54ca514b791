"""What an encoder costs on this machine, so that networks of timm can be chosen by numbers."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from tiefvision_assets.hyperparameters import BasisParameters
from tiefvision_assets.models.inference import load_encoder_from
from tiefvision_assets.store.store import Store

PHOTOS = 8


@dataclass(frozen=True)
class EncoderCosts:
    """Of one encoder, by the engine that the settings choose."""

    photos_per_second: float
    """Objects encoded by one caller, without decoding."""
    weights_bytes: int
    basis_bytes: int
    """Of an embedding basis of the usual number of dimensions, which each search reads."""


def encoder_costs(store: Store, fingerprint: str, weights_bytes: int) -> EncoderCosts:
    """Run the encoder of that fingerprint on a few empty photos; it has to be in the data folder."""
    own, engine = load_encoder_from(store, fingerprint)
    spec = own.seeing(own.look)
    photo = np.zeros((1, 3, spec.objects.side, spec.objects.side), dtype=np.float32)
    engine.objects(photo)  # opens it, which takes longer than a photo
    began = time.perf_counter()
    for _ in range(PHOTOS):
        engine.objects(photo)
    seconds = time.perf_counter() - began
    basis = BasisParameters().dimensions * int(np.prod(spec.objects.shape)) * np.dtype(np.float32).itemsize
    return EncoderCosts(PHOTOS / seconds, weights_bytes, basis)
