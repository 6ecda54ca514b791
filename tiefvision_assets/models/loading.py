"""Loading models from the store, ready to run: the encoder as an engine, all others as torch modules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from tiefvision_assets.models.engines import stored_engine, stored_export
from tiefvision_assets.models.inference import FINAL, encoder_of, of_variant
from tiefvision_assets.store.exports import Export
from tiefvision_assets.store.records import ENCODER, RANKING_HEAD
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.encoder import load_encoder
from tiefvision_assets.vision.engine import Engine
from tiefvision_assets.vision.ranking import RankingHead
from tiefvision_assets.vision.registry import Encoder


def as_tensors(arrays: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """Arrays → tensors, under the same names."""
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def as_arrays(module: nn.Module, prefix: str = "") -> dict[str, np.ndarray]:
    """A module's state dict as arrays, with ``prefix`` before each name."""
    return {prefix + name: tensor.detach().cpu().numpy() for name, tensor in module.state_dict().items()}


def encoder_by_torch(store: Store, fingerprint: str) -> Engine:
    """The engine of the encoder of that fingerprint, for which PyTorch is needed: to run it, or to export it first."""
    torch.set_num_threads(1)
    spec = encoder_of(store, fingerprint)
    return stored_engine(store, spec, fingerprint, partial(_module, store, spec, fingerprint))


def export_encoder(store: Store, fingerprint: str) -> Export:
    """The graphs of the encoder of that fingerprint; made and kept if they are not yet."""
    spec = encoder_of(store, fingerprint)
    return stored_export(store, spec, fingerprint, partial(_module, store, spec, fingerprint))


def _module(store: Store, spec: Encoder, fingerprint: str, device: torch.device) -> nn.Module:
    return load_encoder(spec, as_tensors(store.models.tensors(ENCODER, fingerprint)), device)


def load_ranking_head(store: Store, fingerprint: str, variant: str = FINAL) -> RankingHead:
    """The ranking head of that fingerprint; ``variant`` names the final one or a fold's."""
    weights = of_variant(store.models.tensors(RANKING_HEAD, fingerprint), variant)
    return RankingHead.from_weights(as_tensors(weights))
