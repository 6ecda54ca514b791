"""The served encoder and another one on the same photos, embedded and ranked in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd
import torch

from tiefvision_assets.lineage.encoder_comparison import boxed_photos, embed, encoder_called
from tiefvision_assets.lineage.group_halves import rows_by_halves
from tiefvision_assets.models.choice import encoder_in_use
from tiefvision_assets.models.inference import load_encoder_from
from tiefvision_assets.store.store import Store


def encoder_rows(
    store: Store,
    listed: pd.DataFrame,
    name: str,
    stage: Callable[[str], Callable[[int, int], None]],
    log: Callable[[str], None],
) -> tuple[list[Mapping[str, Iterable[np.ndarray]]], tuple[str, str]]:
    """Similarities by the served encoder and by the one of that name, as `tiefvision_assets.lineage.group_halves` ranks
    them, and both names.

    Each gets a basis of its own, fitted on the listed photos, and ranking heads that learned from the labels of the
    other half of the groups: what is served knows its catalogue's labels, and would be ahead of any other.
    """
    served = store.served.read().models.complete
    assert served is not None  # the caller has looked
    photos = boxed_photos(store, listed)
    torch.set_num_threads(1)
    other = encoder_called(store, name, log)
    own = encoder_in_use(store)
    rows: list[Mapping[str, Iterable[np.ndarray]]] = []
    for called, (spec, engine) in ((own, load_encoder_from(store, served.encoder)), (name, other)):
        both, _ = embed(store, photos, spec, engine, stage(f"Encoding by {called}"))
        rows.append(rows_by_halves(listed, both))
    return rows, (own, name)
