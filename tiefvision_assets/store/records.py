"""What is written down beside each model: what it was made from, and how it turned out.

One frozen dataclass a kind of record. `read` and `written` are the only way between them and the JSON of
``model.json``, ``verdict.json`` and the pointers to the current datasets, whose keys are those of the fields except
where an alias is given. ``inputs`` are what a fingerprint was taken of, ``config`` the hyper-parameters as they were
then: those of another version may have other names, so they stay a mapping until somebody trains by them.

Where the files lie is the business of `store.models`; how models are loaded, of `models.loading`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import Field, TypeAdapter

ENCODER = "encoder"
PROJECTION = "cell_projection"
BOX_HEADS = "box_heads"
BASIS = "embedding_basis"
RANKING_HEAD = "ranking_head"

Losses = dict[str, dict[str, list[float]]]
"""Variant of a model → name of a curve → its numbers."""


@dataclass(frozen=True)
class Record:
    """Any of the records of a model."""

    model: ClassVar[str] = ""
    """The name of the models that have it; empty where several have."""


R = TypeVar("R", bound=Record)
T = TypeVar("T")


@dataclass(frozen=True)
class EncoderInputs:
    """All that decides what an encoder computes."""

    encoder: str
    weights: str
    """SHA-256 of the weights' file."""
    maps: tuple[dict[str, Any], ...]
    """The three `CellMap` of the registry's entry: windows, refinement, objects."""
    mean: tuple[float, ...]
    std: tuple[float, ...]
    code: str


@dataclass(frozen=True)
class EncoderRecord(Record):
    """Of a pretrained encoder."""

    model: ClassVar[str] = ENCODER

    inputs: EncoderInputs
    licence: str = ""
    origin: str = ""
    network: Annotated[dict[str, Any] | None, Field(exclude_if=lambda network: network is None)] = None
    """The `TimmNetwork` of an encoder that is a network of timm."""
    requested: Annotated[str, Field(exclude_if=lambda name: not name)] = ""
    """How the settings name such an encoder."""


@dataclass(frozen=True)
class CropDatasetInputs:
    """What a crop dataset was made from, photos aside."""

    labels: str | None
    config: dict[str, Any]
    code: str


@dataclass(frozen=True)
class ProjectionInputs:
    """What the encodings of crops were made from."""

    crops: str
    encoder: str
    config: dict[str, Any]
    code: str
    projection: Annotated[str | None, Field(exclude_if=lambda projection: projection is None)] = None
    """Digest of the projections that earlier encodings were made by, or that belong to the heads that training starts
    from, with these; None where they were fitted on these crops."""


@dataclass(frozen=True)
class ProjectionRecord(Record):
    """Of the projections of cells that all box heads share."""

    model: ClassVar[str] = PROJECTION

    inputs: ProjectionInputs
    dataset: CropDatasetInputs
    scales: Annotated[tuple[int, ...], Field(alias="levels")] = ()
    """At which photos were seen, before there were first looks."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """Photo → why it could not be read."""
    fitted_on: Annotated[int | None, Field(exclude_if=lambda known: known is None)] = None
    """Number of training photos that the projections were fitted on; None in records of before: all that have maps."""
    decoding: Annotated[int, Field(exclude_if=lambda version: version == 1)] = 1
    """Version of decoding by which photos with a colour profile were shown, see `photos.DECODING_VERSION`."""
    first_looks: Annotated[bool, Field(exclude_if=lambda known: not known)] = False
    """Whether whole photos were among what the foreground map learned from."""
    starter: Annotated[str, Field(exclude_if=lambda version: not version)] = ""
    """Version of the starter heads whose projections these are, and from which heads on these crops go on learning;
    the weights of those heads lie beside the projections."""


@dataclass(frozen=True)
class HeadInputs:
    """What a box head was trained from; ``maps`` names the encodings of crops."""

    maps: str
    config: dict[str, Any]
    head: str
    code: str


@dataclass(frozen=True)
class HeadRecord(Record):
    """Of one box head; see `vision.head_names` for their names."""

    inputs: HeadInputs
    curves: Losses
    """Variant → ``training`` and ``held_out`` losses by epoch; the latter are empty where no photo was held out."""
    best_epoch: int = 0
    """Epoch, from 1, whose weights the final variant has; 0 where nothing was trained."""
    examples: int = 0
    """Number of crops, or of refinement crops for the foreground map, that the final variant learned from."""
    reliability: dict[str, Any] = field(default_factory=dict)
    """Reliability curve on windows of held-out photos; empty for heads other than the classifier."""


@dataclass(frozen=True)
class ProductsLearned:
    """From what triplets of products a ranking learned, besides people's."""

    weight: float
    """Of such a triplet; one that a person labelled weighs 1."""
    products: int
    """Products with two or more photos at that time."""


@dataclass(frozen=True)
class CandidateInputs:
    """What a candidate for serving was judged on; a rejected one is not trained again from the same."""

    encoder: str
    labels: str | None
    recipe: str
    basis: Annotated[str | None, Field(exclude_if=lambda basis: basis is None)] = None
    """None of box heads, which need none."""
    products: Annotated[ProductsLearned | None, Field(exclude_if=lambda products: products is None)] = None
    """None where no triplets of products were learned from."""
    feedback: Annotated[str | None, Field(exclude_if=lambda feedback: feedback is None)] = None
    """Names the clicks that were learned from, and their weight; None where none were."""


@dataclass(frozen=True)
class BoxHeadsRecord(Record):
    """Of box heads that belong together; ``members`` are the fingerprints of the heads and of their projection."""

    model: ClassVar[str] = BOX_HEADS

    members: dict[str, str]
    inputs: CandidateInputs
    starter: Annotated[str, Field(exclude_if=lambda version: not version)] = ""
    """Version of the starter heads that these are; empty for heads that were trained on the data folder's labels."""
    least_confidence: Annotated[float, Field(exclude_if=lambda least: not least)] = 0.0
    """A box of lower confidence is none: the whole photo is the box."""


@dataclass(frozen=True)
class BasisInputs:
    """What decides an embedding basis, the sampled photos aside."""

    encoder: str
    dimensions: int
    sample: int
    code: str
    look: Annotated[dict[str, int] | None, Field(exclude_if=lambda look: look is None)] = None
    """The `Look` by which objects were seen, where otherwise than the encoder's entry has them."""


@dataclass(frozen=True)
class BasisRecord(Record):
    """Of an embedding basis."""

    model: ClassVar[str] = BASIS

    inputs: BasisInputs
    photos: int
    """So many were read."""
    explained: list[float]
    """Share of the sample's variance that each component explains."""
    tensors: Annotated[str, Field(exclude_if=lambda digest: digest == "")] = ""
    """Digest of its mean and components, see `tiefvision_assets.store.sealed.digest_of_arrays`."""
    neighbours_kept: float = float("nan")
    """Share of a photo's 10 nearest by the location-wise cosine of cells that are among its 10 nearest by embedding."""
    same_shot: Annotated[float | None, Field(exclude_if=lambda cosine: cosine is None)] = None
    """From which cosine on photos may be the same shot, where the encoder itself does not say."""


@dataclass(frozen=True)
class TripletDatasetInputs:
    """What a triplet dataset was made from."""

    labels: str | None
    config: dict[str, Any]
    embedding: str
    products: Annotated[ProductsLearned | None, Field(exclude_if=lambda products: products is None)] = None
    """None where it holds no triplets of products."""
    feedback: Annotated[str | None, Field(exclude_if=lambda feedback: feedback is None)] = None
    """Names the clicks that it holds triplets of, and their weight; None where it holds none."""


@dataclass(frozen=True)
class EmbeddingModels:
    """The models that an embedding is made by."""

    encoder: str | None
    basis: str | None


@dataclass(frozen=True)
class RankingInputs:
    """What a ranking head was trained from."""

    triplets: str
    embedding: str
    embedding_models: EmbeddingModels
    config: dict[str, Any]
    code: str


@dataclass(frozen=True)
class RankingRecord(Record):
    """Of a ranking head; nothing was trained where there are no curves."""

    model: ClassVar[str] = RANKING_HEAD

    inputs: RankingInputs
    dataset: TripletDatasetInputs
    curves: Losses
    best: dict[str, int] = field(default_factory=dict)
    """Number of training steps that each variant kept."""
    starts: dict[str, dict[str, float]] = field(default_factory=dict)
    """``ridge`` and ``share`` of each variant's closed-form start, see `tiefvision_assets.vision.ranking_start`."""
    triplets: int = 0
    """Triplets that the final head learned from, mirror images included."""


@dataclass(frozen=True)
class Verdict:
    """Whether a candidate was promoted, and why; ``inputs`` tell what it was judged on."""

    fingerprint: str
    promoted: bool
    reason: str
    decided_at: str
    inputs: CandidateInputs
    waits: Annotated[bool, Field(exclude_if=lambda waits: not waits)] = False
    """Whether it was good enough, and waits for somebody's decision (TIEFVISION_PROMOTION)."""


def read(kind: type[T], document: Mapping[str, Any]) -> T:
    """The record that a JSON document holds; ValueError where it is none of that kind. Other keys are passed over."""
    record: T = _adapter(kind).validate_python(dict(document))
    return record


def written(record: Any) -> dict[str, Any]:
    """The JSON document of a record."""
    document: dict[str, Any] = _adapter(type(record)).dump_python(record, by_alias=True)
    return document


_adapters: dict[type[Any], TypeAdapter[Any]] = {}
"""Made when first needed: making one takes longer than using it."""


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]
