"""What the training of box heads goes on from: the starter heads, where the encoder has some and they are not refused.

Heads can go on only from the projection of cells that they learned on, so the crops are encoded by that one, and the
weights to start from lie beside it: a folder says by itself what its heads came from. See
``docs/decisions/0066-training-goes-on-from-starter-heads.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tiefvision_assets.lineage.starter import wanted_starter
from tiefvision_assets.models.inference import REFINEMENT, WINDOWS, of_variant
from tiefvision_assets.models.loading import as_tensors
from tiefvision_assets.store.sealed import digest_of_arrays
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.heads import Projection


@dataclass(frozen=True)
class HeadStart:
    """Starter heads with their projections of cells."""

    version: str
    tensors: dict[str, np.ndarray]
    """Named ``PART.NAME``, as `tiefvision_assets.models.starter_heads.StarterHeads.tensors` has them."""

    @property
    def digest(self) -> str:
        """Names the projections and the heads in the inputs of what is encoded by them."""
        return digest_of_arrays(self.tensors)

    def projections(self) -> dict[str, Projection]:
        """Kind of views → the projection of its cells."""
        return {kind: Projection.from_weights(as_tensors(of_variant(self.tensors, kind))) for kind in _KINDS}


_KINDS = (WINDOWS, REFINEMENT)


def head_start(store: Store, encoder: str, components: int) -> HeadStart | None:
    """The starter heads for that encoder; None where there are none, the settings or an admin refuse them, or cells
    are to be projected on another number of components than theirs."""
    starter = wanted_starter(store, encoder)
    if starter is None:
        return None
    tensors = starter.tensors()
    shapes = [of_variant(tensors, kind)["components"].shape for kind in _KINDS]
    fits = all(kept == min(components, channels) for kept, channels in shapes)
    return HeadStart(starter.version, tensors) if fits else None
