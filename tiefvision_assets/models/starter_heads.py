"""The starter heads: box heads that come with the program, one set for each encoder that is built in.

They are files of this package, trained by ``python -m benchmarks.starter_heads`` on photos that are free
(``docs/starter-heads.md``). `tiefvision_assets.lineage.starter` puts them into a data folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tiefvision_assets.store.records import EncoderInputs, EncoderRecord
from tiefvision_assets.store.sealed import digest_of_arrays
from tiefvision_assets.vision import registry
from tiefvision_assets.vision.registry import Encoder, TorchFile

FOLDER = Path(__file__).with_name("starter")
SEEN = "seen"
"""Tensor in the file that tells the photos that were learned from."""


@dataclass(frozen=True)
class StarterHeads:
    """What is known of an encoder's starter heads before their weights are read."""

    encoder: str
    weights: str
    """Digest of the encoder's weights that they were trained on."""
    code: str
    """`Encoder.code_version` likewise."""
    version: str
    """Digest of their own weights."""
    least_confidence: float
    """A box of lower confidence is none: the whole photo is the box."""

    def tensors(self) -> dict[str, np.ndarray]:
        """Their weights in float32, named ``PART.NAME``: the parts are the heads and the two projections of cells."""
        tensors = _tensors(self.encoder)
        return {name: array.astype(np.float32) for name, array in tensors.items() if name != SEEN}

    def have_seen(self, photos: Iterable[str]) -> np.ndarray:
        """(N,) whether each photo, by its sha256, is one of those that they learned from."""
        return np.isin(_short(photos), _tensors(self.encoder)[SEEN])


def starter_heads_for(record: EncoderRecord) -> StarterHeads | None:
    """The starter heads for the encoder of that record; None for networks of timm, and for weights of the user's own.

    Weights from any of the registry's sources are the same to the rounding of float32, whatever their digest.
    """
    inputs = record.inputs
    spec = registry.ENCODERS.get(inputs.encoder)
    known = read_starter_heads(inputs.encoder) if spec and record.network is None else None
    if spec is None or known is None or known.code != inputs.code:
        return None
    return known if known.weights == inputs.weights or record.origin in _origins(spec) else None


def read_starter_heads(encoder: str) -> StarterHeads | None:
    """What the package has for the encoder of that name."""
    from safetensors import safe_open

    file = _file(encoder)
    if not file.exists():
        return None
    with safe_open(file, framework="numpy") as opened:
        known = opened.metadata()
    return StarterHeads(encoder, known["weights"], known["code"], known["version"], float(known["least_confidence"]))


def write_starter_heads(
    encoder: EncoderInputs, tensors: Mapping[str, np.ndarray], seen: Iterable[str], least_confidence: float
) -> Path:
    """Write the package's file for an encoder, in float16; ``seen`` are the photos that were learned from."""
    from safetensors.numpy import save_file

    halves = {name: array.astype(np.float16, order="C") for name, array in sorted(tensors.items())}
    known = StarterHeads(encoder.encoder, encoder.weights, encoder.code, digest_of_arrays(halves), least_confidence)
    file = _file(encoder.encoder)
    file.parent.mkdir(exist_ok=True)
    save_file(halves | {SEEN: np.sort(_short(seen))}, file, {k: str(value) for k, value in asdict(known).items()})
    file.chmod(0o644)
    return file


def _file(encoder: str) -> Path:
    return FOLDER / f"{encoder}.safetensors"


def _tensors(encoder: str) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(_file(encoder))


def _short(photos: Iterable[str]) -> np.ndarray:
    """(N,) the first 60 bits of each sha256."""
    return np.array([int(sha256[:15], 16) for sha256 in photos], dtype=np.int64)


def _origins(spec: Encoder) -> set[str]:
    return {source.url if isinstance(source, TorchFile) else source.requirement for source in spec.sources}
