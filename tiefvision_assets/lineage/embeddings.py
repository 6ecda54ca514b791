"""Fitting the embedding basis, and encoding the photos whose box or content has no encoding yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain, islice
from typing import Any

import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.hyperparameters import BasisParameters
from tiefvision_assets.lineage.batches import Reuse
from tiefvision_assets.lineage.boxes_in_force import (
    boxes_in_force,
    rounded_box,
    wanted_contents,
)
from tiefvision_assets.lineage.due import basis_inputs, unencoded
from tiefvision_assets.models.fingerprints import embedding_fingerprint
from tiefvision_assets.models.inference import encoder_of
from tiefvision_assets.models.loading import as_arrays, load_basis, load_encoder_from
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.models import MissingModel
from tiefvision_assets.store.photos import DECODING_VERSION, BadPhoto
from tiefvision_assets.store.records import BASIS, BasisRecord
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.sealed import DamagedFile, digest_of_arrays
from tiefvision_assets.store.served import CompleteModels
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.embedding import Basis, neighbours_kept
from tiefvision_assets.vision.objects import cut_out, object_cells
from tiefvision_assets.vision.parallel import parallel_map


@dataclass(frozen=True)
class FittedBasis:
    """A basis on disk."""

    fingerprint: str
    record: BasisRecord


class NoPhotos(TiefVisionError):
    """No photo can be encoded."""


COMPARED = 500
"""Photos of the sample whose neighbours by cells and by embedding are compared."""
AT_ONCE = 8
"""Photos that go through the encoder together."""


def basis_sample(store: Store, heads: str | None, size: int) -> pd.DataFrame:
    """At most ``size`` contents with their boxes; a hash of the content chooses, whatever the order of arrival."""
    contents = wanted_contents(store, store.catalogue.batch_keys())
    return boxes_in_force(store, heads, contents).sort_values("sha256").head(size)


def fit_and_save_basis(store: Store, parameters: BasisParameters, progress: Callable[[int, int], None]) -> FittedBasis:
    """Fit PCA on the cells of the sampled objects and of their mirror images, save it, and promote it for the next
    index.

    Raises `NoPhotos` when no photo of the sample can be read.
    """
    models = store.served.read().next
    if models.encoder is None:
        raise NoPhotos("The basis is fitted on encoded photos, and there is no encoder yet; materialise it first.")
    sample = basis_sample(store, models.heads, parameters.sample)
    inputs = basis_inputs(models.encoder, parameters)
    name = fingerprint(photos=list(sample["sha256"]), **asdict(inputs))
    if not store.models.exists(BASIS, name):
        cells = []
        for done, (_, encoded, _) in enumerate(_cells(store, models.encoder, sample), start=1):
            if encoded is not None:
                cells.append(encoded)
            progress(done, len(sample))
        if not cells:
            raise NoPhotos("There is no readable photo to fit the embedding basis on; see `tiefvision status`.")
        stacked = torch.stack(cells)
        left = _without_its_record(store, name)
        basis = left or Basis.fit(stacked, parameters.dimensions)
        explained, kept = basis.explained_variance(stacked), neighbours_kept(stacked[:COMPARED], basis)
        digest = digest_of_arrays(as_arrays(basis))
        if left is None and _is_another(store, models.encoder, name, digest):
            name = fingerprint(photos=list(sample["sha256"]), tensors=digest, **asdict(inputs))
        store.models.save(BASIS, name, BasisRecord(inputs, len(cells), explained, digest, kept), as_arrays(basis))
    store.served.promote(models.with_basis(name))
    return FittedBasis(name, store.models.record(BasisRecord, name))


def _without_its_record(store: Store, name: str) -> Basis | None:
    """The basis of that name, of which only the record was lost; None where it was not fitted yet, or is lost."""
    try:
        return load_basis(store, name)
    except (MissingModel, DamagedFile):
        return None


def _is_another(store: Store, encoder: str, name: str, digest: str) -> bool:
    """Whether a basis fitted anew differs from the lost one by which there are encodings.

    The name tells the photos of the sample, but not their boxes, which may have moved since it was fitted.
    """
    if not store.layout.encodings(embedding_fingerprint(encoder, name), "").parent.exists():
        return False
    try:
        return store.models.record(BasisRecord, name).tensors != digest
    except (MissingModel, DamagedFile):
        return True


def encode_objects(
    store: Store, models: CompleteModels, embedding: str, batch: str, progress: Callable[[int, int], None]
) -> Reuse:
    """Encode those contents of the batch that have no encoding under their present box and colours, and keep the other
    rows.

    A photo that cannot be read gets a row of zeros, with the reason in ``error``, so that it does not block the index.
    """
    contents = wanted_contents(store, [batch])
    due = unencoded(store, models.heads, embedding, contents)
    if not len(due):
        return Reuse(len(contents), len(contents), (), 0)
    basis = load_basis(store, models.basis)
    rows = []
    for done, (photo, cells, error) in enumerate(_cells(store, models.encoder, due), start=1):
        both = basis(cells) if cells is not None else torch.zeros(2, basis.dimensions)
        row = dict(zip(["sha256", *BOX, "error"], [photo.sha256, *rounded_box(photo), error], strict=True))
        row["decoding"] = DECODING_VERSION
        rows.append(row | {"embedding": both[0].half().numpy(), "mirrored": both[1].half().numpy()})
        progress(done, len(due))
    kept = store.encodings.read(embedding, batch)
    kept = kept[~kept["sha256"].isin(due["sha256"])]
    added = pd.DataFrame(rows)
    store.encodings.write(embedding, batch, pd.concat([kept, added], ignore_index=True) if len(kept) else added)
    failed = sum(bool(row["error"]) for row in rows)
    return Reuse(len(contents), len(contents) - len(due), tuple(due["sha256"]), failed)


def object_cells_of(store: Store, encoder: str, photos: pd.DataFrame, *, centred: bool = True) -> Iterator[Tensor]:
    """The normalised cells (2, C, h, w) of each row's object and of its mirror image; zeros for an unreadable photo."""
    shape = encoder_of(store, encoder).objects.shape
    for _, cells, _ in _cells(store, encoder, photos, centred):
        yield cells if cells is not None else torch.zeros(2, *shape)


def _cells(
    store: Store, encoder: str, photos: pd.DataFrame, centred: bool = True
) -> Iterator[tuple[Any, Tensor | None, str]]:
    """Each row with its object's cells and its mirror image's (2, C, h, w), or None and the reason."""
    spec, engine = load_encoder_from(store, encoder)
    rows = photos.itertuples()
    groups = iter(lambda: list(islice(rows, AT_ONCE)), [])

    def encode_group(group: list[Any]) -> list[tuple[Any, Tensor | None, str]]:
        objects: dict[str, Image.Image] = {}
        errors: dict[str, str] = {}
        for row in group:
            try:
                with store.catalogue.opened(row.path) as photo:
                    objects[row.sha256] = cut_out(photo, Box(*map(float, rounded_box(row))), spec.objects.side)
            except BadPhoto as error:
                errors[row.sha256] = str(error)
        found = list(objects.values())
        encoded = torch.from_numpy(object_cells(engine, spec, found, centred=centred)) if found else ()
        cells = dict(zip(objects, encoded, strict=True))
        return [(row, cells.get(row.sha256), errors.get(row.sha256, "")) for row in group]

    return chain.from_iterable(parallel_map(encode_group, groups))
