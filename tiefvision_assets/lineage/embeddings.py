"""Fitting the embedding basis, and encoding the photos whose box or content has no encoding yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.hyperparameters import BasisParameters
from tiefvision_assets.lineage.batches import Reuse
from tiefvision_assets.lineage.boxes_in_force import (
    boxes_in_force,
    rounded_box,
    rounded_boxes,
    wanted_contents,
)
from tiefvision_assets.lineage.due import basis_inputs, unencoded
from tiefvision_assets.lineage.same_shot import COPIED, measured_same_shot
from tiefvision_assets.models.fingerprints import ENCODING_MIRRORS, basis_fingerprint, embedding_fingerprint
from tiefvision_assets.models.inference import basis_seeing, encoder_of, load_basis, load_encoder_from, look_of
from tiefvision_assets.store.columns import is_among, positions
from tiefvision_assets.store.model_set import ModelSet
from tiefvision_assets.store.models import MissingModel
from tiefvision_assets.store.photos import DECODING_VERSION, BadPhoto
from tiefvision_assets.store.records import BASIS, BasisRecord
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.sealed import DamagedFile, digest_of_arrays
from tiefvision_assets.store.served import CompleteModels
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.embedding import TOGETHER, Basis, neighbours_kept
from tiefvision_assets.vision.engine import Engine
from tiefvision_assets.vision.objects import cut_out, object_cells, object_cells_both_ways, reduction_for
from tiefvision_assets.vision.parallel import parallel_map
from tiefvision_assets.vision.registry import Encoder, Look


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

    The embeddings of the sample are saved as well, so that `encode_objects` need not encode those photos again.
    Raises `NoPhotos` when no photo of the sample can be read.
    """
    models = store.served.read().next
    if models.encoder is None:
        raise NoPhotos("The basis is fitted on encoded photos, and there is no encoder yet; materialise it first.")
    sample = basis_sample(store, models.heads, parameters.sample)
    look = _look_of_next(store, models, parameters, sample)
    inputs = basis_inputs(models.encoder, parameters, look)
    name = basis_fingerprint(inputs, photos=list(sample["sha256"]))
    if not store.models.exists(BASIS, name):
        rows, cells = _sampled_cells(store, models.encoder, look, sample, progress)
        left = _without_its_record(store, encoder_of(store, models.encoder).seeing(look), name)
        basis = left or Basis.fit(cells, parameters.dimensions)
        parts = [cells[start : start + TOGETHER] for start in range(0, len(cells), TOGETHER)]
        embedded = np.concatenate(list(parallel_map(partial(_embedded, basis), parts)))
        explained, kept = basis.explained_variance(cells), neighbours_kept(cells[:COMPARED], embedded[:COMPARED, 0])
        arrays = {"mean": basis.mean, "components": basis.components}
        digest = digest_of_arrays(arrays)
        if left is None and _is_another(store, models.encoder, name, digest):
            name = basis_fingerprint(inputs, photos=list(sample["sha256"]), tensors=digest)
        own, engine = load_encoder_from(store, models.encoder)
        spec = own.seeing(look)
        same_shot = None
        if spec.same_shot is None:
            objects = [_cut_out(store, row, spec) for row in rows[:: -(-len(rows) // COPIED)]]
            same_shot = measured_same_shot(spec, engine, basis, objects, embedded)
        record = BasisRecord(inputs, len(cells), explained, digest, kept, same_shot)
        store.models.save(BASIS, name, record, arrays)
        encoded = pd.DataFrame([_row(row, both) for row, both in zip(rows, embedded, strict=True)])
        store.encodings.write_sample(name, encoded)
    with store.writing("embedding_basis"):
        promoted = store.served.read().next
        if promoted.encoder == models.encoder:  # else the plan asks for a basis of the other one
            store.served.promote(promoted.with_basis(name))
    return FittedBasis(name, store.models.record(BasisRecord, name))


def _look_of_next(store: Store, models: ModelSet, parameters: BasisParameters, sample: pd.DataFrame) -> Look | None:
    """How the basis that is fitted next sees objects: as the encoder's entry wants.

    One of before that lost its record alone is mended as it was, so that nothing has to be encoded again.
    """
    assert models.encoder
    spec = encoder_of(store, models.encoder)
    before = basis_fingerprint(basis_inputs(models.encoder, parameters), photos=list(sample["sha256"]))
    if models.basis == before and not store.models.exists(BASIS, before) and _without_its_record(store, spec, before):
        return None
    return spec.look


def _sampled_cells(
    store: Store, encoder: str, look: Look | None, sample: pd.DataFrame, progress: Callable[[int, int], None]
) -> tuple[list[Any], np.ndarray]:
    """The rows that can be read, and their objects' cells, (P, C, h, w) in float16: 62 kB a photo with AlexNet."""
    cells = np.empty((len(sample), *encoder_of(store, encoder).seeing(look).objects.shape), dtype=np.float16)
    rows: list[Any] = []
    for done, (row, encoded, _) in enumerate(_encoded(store, encoder, look, sample, object_cells), start=1):
        if encoded is not None:
            cells[len(rows)] = encoded
            rows.append(row)
        progress(done, len(sample))
    if not rows:
        raise NoPhotos("There is no readable photo to fit the embedding basis on; see `tiefvision status`.")
    return rows, cells[: len(rows)]


def _embedded(basis: Basis, cells: np.ndarray) -> np.ndarray:
    """(B, C, h, w) cells of objects → (B, 2, D) float16 embeddings of each and of its mirror image.

    Cells are rounded to float16 first, as those of a sample are kept, so that a photo is embedded alike in both places.
    """
    return basis.both_ways(cells.astype(np.float16).astype(np.float32)).astype(np.float16)


def _row(photo: Any, both: np.ndarray, error: str = "") -> dict[str, Any]:
    """The stored row of a photo with its (2, D) embeddings."""
    row = dict(zip(["sha256", *BOX, "error"], [photo.sha256, *rounded_box(photo), error], strict=True))
    return row | {"decoding": DECODING_VERSION, "embedding": both[0], "mirrored": both[1]}


def _without_its_record(store: Store, spec: Encoder, name: str) -> Basis | None:
    """The basis of that name, of which only the record was lost; None where it was not fitted yet, or is lost."""
    try:
        return basis_seeing(store, spec, name)
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

    Rows of photos that the basis was fitted on were made with it, and are taken over. A photo that cannot be read gets
    a row of zeros, with the reason in ``error``, so that it does not block the index.
    """
    contents = wanted_contents(store, [batch])
    due = unencoded(store, models.heads, embedding, contents)
    if not len(due):
        return Reuse(len(contents), len(contents), (), 0)
    made = _made_with_the_basis(store, models.basis, due)
    missing = due[~is_among(due["sha256"], made["sha256"])]
    basis = load_basis(store, models.encoder, models.basis)
    record = store.models.record(BasisRecord, models.basis)
    both_ways = record.inputs.code == ENCODING_MIRRORS

    def embed(engine: Engine, spec: Encoder, objects: list[Image.Image]) -> np.ndarray:
        if both_ways:
            return basis(object_cells_both_ways(engine, spec, objects)).astype(np.float16)
        return _embedded(basis, object_cells(engine, spec, objects))

    rows = []
    nothing = np.zeros((2, basis.dimensions), dtype=np.float16)
    for photo, both, error in _encoded(store, models.encoder, look_of(record), missing, embed):
        rows.append(_row(photo, both if both is not None else nothing, error))
        progress(len(made) + len(rows), len(due))
    if not rows:
        progress(len(due), len(due))
    kept = store.encodings.read(embedding, batch)
    parts = [kept[~is_among(kept["sha256"], due["sha256"])], made, pd.DataFrame(rows)]
    store.encodings.write(embedding, batch, pd.concat([part for part in parts if len(part)], ignore_index=True))
    failed = sum(bool(row["error"]) for row in rows)
    return Reuse(len(contents), len(contents) - len(due), tuple(due["sha256"]), failed)


def _made_with_the_basis(store: Store, basis: str, due: pd.DataFrame) -> pd.DataFrame:
    """The rows of those due photos that were encoded with the basis, under their present boxes and colours."""
    made = store.encodings.read_sample(basis)
    row = positions(made["sha256"], due["sha256"])
    made, row = made[row >= 0], row[row >= 0]
    if not len(made):
        return made
    is_alike = (made[BOX].to_numpy() == rounded_boxes(due)[row]).all(axis=1)
    return made[is_alike & (made["decoding"] == DECODING_VERSION).to_numpy()]


def object_cells_of(store: Store, encoder: str, photos: pd.DataFrame, *, centred: bool = True) -> Iterator[np.ndarray]:
    """The normalised cells (C, h, w) of each row's object, as the encoder's entry has them; zeros for an unreadable
    photo."""
    shape = encoder_of(store, encoder).objects.shape
    for _, cells, _ in _encoded(store, encoder, None, photos, partial(object_cells, centred=centred)):
        yield cells if cells is not None else np.zeros(shape, dtype=np.float32)


def _encoded(
    store: Store,
    encoder: str,
    look: Look | None,
    photos: pd.DataFrame,
    encode: Callable[[Engine, Encoder, list[Image.Image]], np.ndarray],
) -> Iterator[tuple[Any, np.ndarray | None, str]]:
    """Each row with what ``encode`` makes of its object, in groups of `AT_ONCE`; or with None and the reason."""
    own, engine = load_encoder_from(store, encoder)
    spec = own.seeing(look)
    rows = store.catalogue.ahead(photos.itertuples())
    groups = iter(lambda: list(islice(rows, AT_ONCE)), [])

    def encode_group(group: list[Any]) -> list[tuple[Any, np.ndarray | None, str]]:
        objects: dict[str, Image.Image] = {}
        errors: dict[str, str] = {}
        for row in group:
            try:
                objects[row.sha256] = _cut_out(store, row, spec)
            except BadPhoto as error:
                errors[row.sha256] = str(error)
        found = list(objects.values())
        made = dict(zip(objects, encode(engine, spec, found) if found else (), strict=True))
        return [(row, made.get(row.sha256), errors.get(row.sha256, "")) for row in group]

    return chain.from_iterable(parallel_map(encode_group, groups))


def _cut_out(store: Store, row: Any, spec: Encoder) -> Image.Image:
    box, side = Box(*map(float, rounded_box(row))), spec.objects.side
    with store.catalogue.opened(row.path, reduction_for(max(box.width, box.height) / side)) as photo:
        return cut_out(photo, box, side, (row.width, row.height))
