"""Loading what one photo goes through, from its pixels to its box and its vectors. Imports no PyTorch.

Models that are trained, or that run on a whole catalogue, are in `loading`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cached_property

import numpy as np
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.cores import cores
from tiefvision_assets.models.devices import wants_onnx
from tiefvision_assets.models.encoders import encoder_of_record
from tiefvision_assets.models.fingerprints import ENCODING_MIRRORS, export_version
from tiefvision_assets.models.kept_exports import kept_export
from tiefvision_assets.store.exports import Export
from tiefvision_assets.store.models import MissingModel
from tiefvision_assets.store.records import (
    BASIS,
    PROJECTION,
    RANKING_HEAD,
    BasisRecord,
    BoxHeadsRecord,
    EncoderRecord,
    ProjectionRecord,
)
from tiefvision_assets.store.served import CompleteModels
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision import query
from tiefvision_assets.vision.box_heads import BoxHeads, CellProjection, ForegroundNetwork, WindowHeads
from tiefvision_assets.vision.embedding import Basis
from tiefvision_assets.vision.engine import Engine
from tiefvision_assets.vision.head_names import FOREGROUND_MAP, HEADS, WINDOW_HEADS
from tiefvision_assets.vision.locate import Located, Locator
from tiefvision_assets.vision.objects import cut_out, object_cells_both_ways, with_flipped
from tiefvision_assets.vision.onnx_engine import OnnxEngine
from tiefvision_assets.vision.parallel import on_one_thread
from tiefvision_assets.vision.registry import Encoder, Look

WINDOWS, REFINEMENT = "windows", "looks"
"""The two kinds of views, which are also the prefixes of the two projections' weights."""
QUERY_THREADS = 4
"""How many threads one query's passes take at most: the layers of a single photo are too small for more."""
FINAL = "final"
"""Prefix of the weights trained on all training photos; ``fold0`` … are trained with one fold left out."""


def encoder_of(store: Store, fingerprint: str) -> Encoder:
    """The registry entry of the encoder of that fingerprint."""
    return encoder_of_record(store.models.record(EncoderRecord, fingerprint))


def encoder_of_basis(store: Store, encoder: str, basis: str) -> Encoder:
    """The registry entry of that encoder, with objects as that basis sees them."""
    return encoder_of(store, encoder).seeing(look_of(store.models.record(BasisRecord, basis)))


def look_of(basis: BasisRecord) -> Look | None:
    """How the basis sees objects; None where it sees them as the encoder's entry says."""
    return Look(**basis.inputs.look) if basis.inputs.look else None


def load_box_heads(store: Store, members: Mapping[str, str], variant: str = FINAL) -> BoxHeads:
    """The heads and projections of these fingerprints; ``variant`` names the final heads or a fold's."""
    missing = {PROJECTION, *HEADS} - set(members)
    if missing:
        raise MissingModel(
            f"The served box heads come from another version ({', '.join(sorted(missing))} missing); "
            "run `tiefvision run` to train them again."
        )
    weights = {name: of_variant(store.models.tensors(name, members[name]), variant) for name in HEADS}
    return box_heads_of(store, members[PROJECTION], weights)


def box_heads_of(store: Store, projection: str, heads: Mapping[str, Mapping[str, np.ndarray]]) -> BoxHeads:
    """The heads with these state dicts, trained on the maps of the projection of that fingerprint."""
    record = store.models.record(ProjectionRecord, projection)
    return _assembled(store.models.tensors(PROJECTION, projection), heads, record.scales, record.first_looks)


def box_heads_from(weights: Mapping[str, np.ndarray]) -> BoxHeads:
    """The heads and projections whose tensors are named ``PART.NAME``, which were trained with first looks."""
    return _assembled(weights, {name: of_variant(weights, name) for name in HEADS}, (), True)


def _assembled(
    projections: Mapping[str, np.ndarray],
    heads: Mapping[str, Mapping[str, np.ndarray]],
    scales: tuple[int, ...],
    first_looks: bool,
) -> BoxHeads:
    return BoxHeads(
        projection=CellProjection.from_weights(of_variant(projections, WINDOWS)),
        windows=WindowHeads.from_weights({name: heads[name] for name in WINDOW_HEADS}),
        refinement_projection=CellProjection.from_weights(of_variant(projections, REFINEMENT)),
        foreground=ForegroundNetwork.from_weights(heads[FOREGROUND_MAP]),
        scales=scales,
        first_looks=first_looks,
    )


def of_variant(weights: Mapping[str, np.ndarray], variant: str) -> dict[str, np.ndarray]:
    """The weights of one variant, without its prefix."""
    prefix = f"{variant}."
    return {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}


def load_locator(store: Store, spec: Encoder, engine: Engine, fingerprint: str) -> Locator:
    """The locator with the box heads of that fingerprint."""
    record = store.models.record(BoxHeadsRecord, fingerprint)
    return Locator(spec, engine, load_box_heads(store, record.members), record.least_confidence)


def load_encoder_from(store: Store, fingerprint: str) -> tuple[Encoder, Engine]:
    """The registry entry and the engine of the encoder of that fingerprint, for work on many photos.

    PyTorch is loaded only to run the encoder, or to export it where nobody has yet. From then on it uses one thread for
    each operation in this process, because beside another busy process its threads would wait for each other, see
    `tiefvision_assets.vision.parallel`.
    """
    spec = encoder_of(store, fingerprint)
    export = kept_export(store, fingerprint) if wants_onnx(store.settings) else None
    if export and export.graphs and "torch" not in sys.modules:
        return spec, OnnxEngine(export.graphs)
    from tiefvision_assets.models.loading import encoder_by_torch

    return spec, encoder_by_torch(store, fingerprint)


def export_of(store: Store, fingerprint: str) -> Export:
    """The graphs of the encoder of that fingerprint, made where nobody has yet."""
    export = kept_export(store, fingerprint)
    if export is None:
        from tiefvision_assets.models.loading import export_encoder

        export = export_encoder(store, fingerprint)
    return export


def load_basis(store: Store, encoder: str, fingerprint: str) -> Basis:
    """The embedding basis of that fingerprint, which was fitted on cells of that encoder."""
    return basis_seeing(store, encoder_of_basis(store, encoder, fingerprint), fingerprint)


def basis_seeing(store: Store, spec: Encoder, fingerprint: str) -> Basis:
    """The same where its record cannot be asked how it sees objects: as ``spec`` has them."""
    weights = store.models.tensors(BASIS, fingerprint)
    return Basis(weights["mean"], weights["components"], spec.objects.cells)


def engine_for_queries(store: Store, fingerprint: str) -> Engine:
    """The encoder for one photo at a time: by its export, without PyTorch, unless the settings ask for that.

    A device that ``auto`` might find is not looked for: it takes longer to start than a photo takes the processor.
    """
    settings = store.settings
    if settings.engine == "onnxruntime" or (settings.engine == "auto" and settings.device in ("auto", "cpu")):
        export = store.exports.read(fingerprint, export_version())
        if export and export.graphs:
            return OnnxEngine(export.graphs, min(cores(), QUERY_THREADS))
    return load_encoder_from(store, fingerprint)[1]


class PhotoEncoder:
    """What a photo goes through before it is compared with others; each model is loaded when it is first needed.

    Products of matrices take one thread, as everywhere (docs/decisions/0006): two wait for each other.
    """

    def __init__(self, store: Store, models: CompleteModels) -> None:
        self._store = store
        self._models = models

    @cached_property
    def spec(self) -> Encoder:
        """The registry entry of the encoder, with objects as the basis sees them."""
        return encoder_of_basis(self._store, self._models.encoder, self._models.basis)

    def locate(self, photo: Image.Image) -> Located:
        """The extracted box; the whole photo with confidence 0 where no heads are served."""
        if self._locator is None:
            return Located(Box.whole(photo.width, photo.height), 0.0)
        with on_one_thread():
            return self._locator.locate(photo)

    def cells(self, photo: Image.Image, box: Box) -> np.ndarray:
        """(2, C, h, w) the normalised cells of the object in the box and of its mirror image."""
        return object_cells_both_ways(self._engine, self.spec, [cut_out(photo, box, self.spec.objects.side)])[0]

    def appearances(self, photo: Image.Image, box: Box) -> np.ndarray:
        """(2, D) float32, the vectors of the unsupervised ranking of the object and of its mirror image.

        With a basis that was fitted on encoded mirror images, (1, D), which is the same for both.
        """
        cells = self.cells(photo, box)
        with on_one_thread():
            if self._even_components is None:
                return query.appearance(cells[None], self._basis())
            found = self._even_components.appearance(cells)
            return query.appearance(with_flipped(cells), self._basis()) if found is None else found

    def ranked(self, appearance: np.ndarray) -> np.ndarray:
        """(1, D) → (1, R) float32, the vector of the supervised ranking; the same where no head is served."""
        if self._ranking_head is None:
            return appearance
        with on_one_thread():
            return query.ranked(appearance, self._ranking_head)

    @cached_property
    def _engine(self) -> Engine:
        return engine_for_queries(self._store, self._models.encoder)

    @cached_property
    def _locator(self) -> Locator | None:
        heads = self._models.heads
        return load_locator(self._store, self.spec, self._engine, heads) if heads else None

    @cached_property
    def _even_components(self) -> query.EvenComponents | None:
        """None with a basis that was fitted on encoded mirror images: its components are neither even nor odd."""
        if self._store.models.record(BasisRecord, self._models.basis).inputs.code == ENCODING_MIRRORS:
            return None
        return query.EvenComponents.of(self._basis(), self.spec.objects.shape[-1])

    def _basis(self) -> dict[str, np.ndarray]:
        return self._store.models.tensors(BASIS, self._models.basis)

    @cached_property
    def _ranking_head(self) -> dict[str, np.ndarray] | None:
        head = self._models.ranking_head
        return of_variant(self._store.models.tensors(RANKING_HEAD, head), FINAL) if head else None
