"""Fingerprints of the inputs of everything that is made; the plan computes the same ones as the assets write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.records import BasisInputs, EncoderInputs, ProjectionInputs
from tiefvision_assets.vision.head_names import FOREGROUND_MAP
from tiefvision_assets.vision.registry import Encoder

CROPS_CODE = "4"
"""Of the crops that are learned from; since 4 half of the refinement crops of small objects are far too large."""
HEADS_CODE = "2"
FOREGROUND_MAP_CODE = "3"
"""Of the foreground map; since 3 it has distributions of the box's sides, where training begins with random weights."""
START_CODE = "4"
"""To be raised when training goes on from starter heads otherwise; since 4 it takes a quarter of the epochs and half
of the refinement crops."""
BASIS_CODE = "3"
ENCODING_MIRRORS = "2"
"""`BASIS_CODE` of bases that were fitted on the cells of mirror images, which were encoded as well; since 3 the
photo's own cells, flipped, stand for them (docs/decisions/0040). Such a basis stays in use, and what is embedded by it
is made as it was, so that the encodings of a folder are of one kind."""
EMBEDDING_CODE = "2"
RANKING_CODE = "4"
INDEX_CODE = "3"
QUALITY_CODE = "1"
MAP_CODE = "1"
EXPORT_CODE = "2"
"""To be raised when graphs are exported otherwise. They alone are then made again, when they are next needed."""


def encoder_inputs(spec: Encoder, weights: str) -> EncoderInputs:
    """All inputs that determine what the encoder computes."""
    maps = (asdict(spec.windows), asdict(spec.refinement), asdict(spec.objects))
    return EncoderInputs(spec.name, weights, maps, spec.mean, spec.std, spec.code_version)


def encoder_fingerprint(spec: Encoder, weights: str) -> str:
    """Fingerprint of the weights' digest, the preprocessing and the module's code version."""
    return fingerprint(**asdict(encoder_inputs(spec, weights)))


def crop_encodings_fingerprint(inputs: ProjectionInputs) -> str:
    """Fingerprint that names the encodings of crops; a projection of their own is no part of it."""
    return fingerprint(**{name: value for name, value in asdict(inputs).items() if value is not None})


def head_code(name: str, starter: str = "") -> str:
    """The code number of the training of that box head, which may go on from starter heads of that version."""
    own = FOREGROUND_MAP_CODE if name == FOREGROUND_MAP else HEADS_CODE
    return f"{own}, from starter heads {START_CODE}" if starter else own


def box_recipe(
    crops: Mapping[str, Any], encodings: Mapping[str, Any], heads: Mapping[str, Mapping[str, Any]], starter: str = ""
) -> str:
    """Fingerprint of the configurations and code of the box heads: everything but data that determines them.

    ``starter`` is the version of the starter heads that training goes on from, and whose distributions of sides it has.
    """
    more = {"starter": [starter, START_CODE]} if starter else {}
    code = [CROPS_CODE, *sorted({HEADS_CODE, FOREGROUND_MAP_CODE})]
    return fingerprint(crops=dict(crops), encodings=dict(encodings), heads=dict(heads), code=code, **more)


def ranking_recipe(triplets: Mapping[str, Any], head: Mapping[str, Any], product_weight: float = 0.0) -> str:
    """Fingerprint of the configurations and code of the ranking head: everything but data that determines it.

    Where products are not learned from, it is what it was before they could be.
    """
    more = {"product_weight": product_weight} if product_weight else {}
    return fingerprint(triplets=dict(triplets), head=dict(head), code=RANKING_CODE, **more)


def basis_fingerprint(inputs: BasisInputs, **more: Any) -> str:
    """Fingerprint of what decides a basis, and of ``more``: the sampled photos, the tensors.

    Where objects are seen as the encoder's entry has them, it is what it was before they could be seen otherwise.
    """
    return fingerprint(**{name: value for name, value in asdict(inputs).items() if value is not None}, **more)


def embedding_fingerprint(encoder: str, basis: str) -> str:
    """Fingerprint that names the folder of the object encodings."""
    return fingerprint(encoder=encoder, basis=basis, code=EMBEDDING_CODE)


def export_version() -> str:
    """What an encoder's export was made by, and is good for."""
    return f"{EXPORT_CODE}, torch {version('torch')}"
