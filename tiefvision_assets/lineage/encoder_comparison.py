"""Comparison of encoders on labelled photos: quality of the ranking, speed, and size of what is stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tiefvision_assets.box import Box
from tiefvision_assets.hyperparameters import BasisParameters
from tiefvision_assets.lineage.boxes_in_force import boxes_in_force, rounded_box, wanted_contents
from tiefvision_assets.lineage.evaluation import NothingServed
from tiefvision_assets.lineage.group_halves import quality_by_halves
from tiefvision_assets.lineage.products import product_groups
from tiefvision_assets.models.choice import encoder_in_use
from tiefvision_assets.models.encoders import KnownEncoder, obtain_encoder
from tiefvision_assets.models.engines import engine_of
from tiefvision_assets.models.weights import read_weights
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.files import read_similarity
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.embedding import Basis
from tiefvision_assets.vision.encoder import load_encoder, random_weights
from tiefvision_assets.vision.engine import Engine
from tiefvision_assets.vision.objects import cut_out, object_cells
from tiefvision_assets.vision.registry import ENCODERS, Encoder, encoder_named

RANDOM = "random weights"
RANDOM_ENCODER = "alexnet"
BASIS = BasisParameters()
"""How each basis is fitted."""
AT_ONCE = 8


def compare_encoders(
    store: Store,
    file: Path,
    stage: Callable[[str], Callable[[int, int], None]],
    log: Callable[[str], None],
    names: Sequence[str] = (),
) -> dict[str, dict[str, Any]]:
    """Encoder → ``unsupervised`` and ``supervised`` quality on the listed photos, photos a second, bytes a photo.

    ``names`` are those that `TIEFVISION_ENCODER` takes, and ``random weights``; without any, what is built in.
    Every photo is cut to the box in force. Each encoder gets a basis of its own, fitted on the listed photos alone, and
    two ranking heads, made by the default recipes: each learns from the labels of half the groups,
    and ranks the other half; see `quality_by_halves`. No labels of the store play a part.
    ``random weights`` has AlexNet's architecture. ``photos_per_second`` counts decoding, cutting and encoding of an
    object on one thread; ``bytes`` is what is stored of both embeddings.
    """
    listed = read_similarity(file, store.catalogue.live(), product_groups(store))
    if len(listed) < 2:
        raise NothingServed(f"{file} lists {len(listed)} photos; neighbours need at least two.")
    photos = boxed_photos(store, listed)
    settings = store.settings.model_copy(update={"encoder": encoder_in_use(store)})
    torch.set_num_threads(1)
    chosen = dict.fromkeys(names or (*ENCODERS, RANDOM))
    # before the first is compared, so that a wrong name among them is told at once
    known = {name: _obtained(name, settings, log) for name in chosen if name != RANDOM}
    table: dict[str, dict[str, Any]] = {}
    for name in chosen:
        spec, engine = _encoder(known.get(name), settings)
        both, seconds = embed(store, photos, spec, engine, stage(f"Encoding by {name}"))
        stored = both[0].numel() * torch.finfo(torch.float16).bits // 8
        quality = quality_by_halves(listed, both)
        table[name] = quality | {"photos_per_second": len(photos) / seconds, "bytes": stored}
    return table


def boxed_photos(store: Store, listed: pd.DataFrame) -> list[tuple[str, Box]]:
    """Path and box in force of each listed photo; `NothingServed` where one has none yet."""
    contents = wanted_contents(store, store.catalogue.batch_keys())
    boxes = boxes_in_force(store, store.served.read().models.heads, contents).set_index("sha256", drop=False)
    missing = listed[~listed["sha256"].isin(boxes.index)]
    if len(missing):
        raise NothingServed(f"{missing['path'].iloc[0]} has no box yet; run `tiefvision run` first.")
    return [(row.path, Box(*map(float, rounded_box(row)))) for row in boxes.loc[listed["sha256"]].itertuples()]


def encoder_called(store: Store, name: str, log: Callable[[str], None]) -> tuple[Encoder, Engine]:
    """The encoder of that name, which `TIEFVISION_ENCODER` would take, or ``random weights``; ready to run."""
    settings = store.settings.model_copy(update={"encoder": encoder_in_use(store)})
    return _encoder(_obtained(name, settings, log) if name != RANDOM else None, settings)


def _obtained(name: str, settings: Settings, log: Callable[[str], None]) -> KnownEncoder:
    own = settings if name == settings.encoder else settings.model_copy(update={"weights": None})
    return obtain_encoder(name, own, log)


def _encoder(known: KnownEncoder | None, settings: Settings) -> tuple[Encoder, Engine]:
    """The encoder, ready to run; with random weights where none is given."""
    spec = known.spec if known else encoder_named(RANDOM_ENCODER)
    weights = read_weights(known.weights) if known else random_weights(spec, seed=0)
    return spec.seeing(spec.look), engine_of(settings, spec, partial(load_encoder, spec, weights))


def embed(
    store: Store,
    photos: list[tuple[str, Box]],
    spec: Encoder,
    engine: Engine,
    progress: Callable[[int, int], None],
) -> tuple[Tensor, float]:
    """(N, 2, D) embeddings of the objects and their mirror images, and the seconds that encoding all photos took.

    The basis needs the sample's cells before any photo can be projected. The cells of other photos are not kept, so
    that a long list takes no more memory than a short one.
    """

    def cells_of(part: list[tuple[str, Box]]) -> np.ndarray:
        objects = []
        for path, box in part:
            with store.catalogue.opened(path) as photo:
                objects.append(cut_out(photo, box, spec.objects.side))
        return object_cells(engine, spec, objects)

    sample: list[np.ndarray] = []
    embedded: list[np.ndarray] = []
    basis: Basis | None = None
    seconds = 0.0
    for start in range(0, len(photos), AT_ONCE):
        part = photos[start : start + AT_ONCE]
        began = time.perf_counter()
        cells = cells_of(part)
        seconds += time.perf_counter() - began
        if basis is None:
            sample.append(cells.astype(np.float16))
            if start + len(part) >= min(BASIS.sample, len(photos)):
                basis = Basis.fit(np.concatenate(sample), BASIS.dimensions)
                embedded += [basis.both_ways(some) for some in sample]
                sample.clear()
        else:
            embedded.append(basis.both_ways(cells))
        progress(start + len(part), len(photos))
    return torch.from_numpy(np.concatenate(embedded)), seconds
