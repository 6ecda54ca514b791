"""Loading models from the store, ready to run: the encoder as an engine, all others as torch modules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from tiefvision_assets.models.engines import stored_engine, stored_export
from tiefvision_assets.store.exports import Export
from tiefvision_assets.store.models import MissingModel
from tiefvision_assets.store.records import (
    BASIS,
    ENCODER,
    PROJECTION,
    RANKING_HEAD,
    BoxHeadsRecord,
    EncoderRecord,
    ProjectionRecord,
)
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.embedding import Basis
from tiefvision_assets.vision.encoder import load_encoder
from tiefvision_assets.vision.engine import Engine
from tiefvision_assets.vision.foreground_map import ForegroundMap
from tiefvision_assets.vision.head_names import FOREGROUND_MAP, HEADS, WINDOW_HEADS
from tiefvision_assets.vision.heads import Projection, WindowHead
from tiefvision_assets.vision.locate import BoxHeads, Locator
from tiefvision_assets.vision.ranking import RankingHead
from tiefvision_assets.vision.registry import Encoder, encoder_named

WINDOWS, REFINEMENT = "windows", "looks"
"""The two kinds of views, which are also the prefixes of the two projections' weights."""
FINAL = "final"
"""Prefix of the weights trained on all training photos; ``fold0`` … are trained with one fold left out."""


def as_tensors(arrays: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """Arrays → tensors, under the same names."""
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def as_arrays(module: nn.Module, prefix: str = "") -> dict[str, np.ndarray]:
    """A module's state dict as arrays, with ``prefix`` before each name."""
    return {prefix + name: tensor.detach().cpu().numpy() for name, tensor in module.state_dict().items()}


def encoder_of(store: Store, fingerprint: str) -> Encoder:
    """The registry entry of the encoder of that fingerprint."""
    return encoder_named(store.models.record(EncoderRecord, fingerprint).inputs.encoder)


def load_encoder_from(store: Store, fingerprint: str) -> tuple[Encoder, Engine]:
    """The registry entry and the engine of the encoder of that fingerprint.

    From here on PyTorch uses one thread for each operation in this process, because beside another busy process its
    threads would wait for each other, see `tiefvision_assets.vision.parallel`.
    """
    torch.set_num_threads(1)
    spec = encoder_of(store, fingerprint)
    return spec, stored_engine(store, spec, fingerprint, partial(_module, store, spec, fingerprint))


def export_encoder(store: Store, fingerprint: str) -> Export:
    """The graphs of the encoder of that fingerprint; made and saved beside its weights if they are not there."""
    spec = encoder_of(store, fingerprint)
    return stored_export(store, spec, fingerprint, partial(_module, store, spec, fingerprint))


def _module(store: Store, spec: Encoder, fingerprint: str, device: torch.device) -> nn.Module:
    return load_encoder(spec, as_tensors(store.models.tensors(ENCODER, fingerprint)), device)


def load_projection(store: Store, fingerprint: str, cells: str) -> Projection:
    """The projection of the cells of one kind of views (`WINDOWS` or `REFINEMENT`), which the box heads share."""
    weights = _of_variant(as_tensors(store.models.tensors(PROJECTION, fingerprint)), cells)
    components, channels = weights["components"].shape
    projection = Projection(channels, components)
    projection.load_state_dict(weights)
    return projection.eval()


def load_box_heads(store: Store, members: Mapping[str, str], variant: str = FINAL) -> BoxHeads:
    """The heads and projections of these fingerprints; ``variant`` names the final heads or a fold's."""
    missing = {PROJECTION, *HEADS} - set(members)
    if missing:
        raise MissingModel(
            f"The served box heads come from another version ({', '.join(sorted(missing))} missing); "
            "run `tiefvision run` to train them again."
        )
    weights = {name: as_tensors(store.models.tensors(name, members[name])) for name in HEADS}
    return BoxHeads(
        projection=load_projection(store, members[PROJECTION], WINDOWS),
        heads={name: WindowHead.from_weights(_of_variant(weights[name], variant)) for name in WINDOW_HEADS},
        refinement_projection=load_projection(store, members[PROJECTION], REFINEMENT),
        foreground_map=ForegroundMap.from_weights(_of_variant(weights[FOREGROUND_MAP], variant)),
        scales=store.models.record(ProjectionRecord, members[PROJECTION]).scales,
    )


def _of_variant(weights: Mapping[str, Tensor], variant: str) -> dict[str, Tensor]:
    prefix = f"{variant}."
    return {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}


def load_locator(store: Store, spec: Encoder, engine: Engine, fingerprint: str) -> Locator:
    """The locator with the box heads of that fingerprint."""
    return Locator(spec, engine, load_box_heads(store, store.models.record(BoxHeadsRecord, fingerprint).members))


def load_basis(store: Store, fingerprint: str) -> Basis:
    """The embedding basis of that fingerprint."""
    weights = as_tensors(store.models.tensors(BASIS, fingerprint))
    return Basis(weights["mean"], weights["components"]).eval()


def load_ranking_head(store: Store, fingerprint: str, variant: str = FINAL) -> RankingHead:
    """The ranking head of that fingerprint; ``variant`` names the final one or a fold's."""
    weights = as_tensors(store.models.tensors(RANKING_HEAD, fingerprint))
    return RankingHead.from_weights(_of_variant(weights, variant))
