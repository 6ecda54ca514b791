"""Encoders by the names that the settings have for them: those that are built in, and networks of timm.

What a network of timm is like is found out once, when its weights are obtained, and kept beside them. So looking it up
loads neither PyTorch nor timm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from pydantic import TypeAdapter, ValidationError

from tiefvision_assets.models.fingerprints import encoder_fingerprint, encoder_inputs
from tiefvision_assets.models.timm_cache import TimmName, cached_network
from tiefvision_assets.models.weights import CachedWeights, cached_weights, obtain_weights
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.models import MissingModel
from tiefvision_assets.store.records import EncoderRecord
from tiefvision_assets.vision.registry import Encoder, encoder_named, is_timm
from tiefvision_assets.vision.timm_network import TimmNetwork


@dataclass(frozen=True)
class KnownEncoder:
    """An encoder whose weights are in the cache."""

    spec: Encoder
    weights: CachedWeights
    network: TimmNetwork | None = None
    """Where it is one of timm's."""
    requested: str = ""
    """How the settings name a network of timm."""

    @property
    def fingerprint(self) -> str:
        """That of the encoder with these weights."""
        return encoder_fingerprint(self.spec, self.weights.digest)

    @property
    def record(self) -> EncoderRecord:
        """What is written down beside the weights in the data folder."""
        inputs = encoder_inputs(self.spec, self.weights.digest)
        network = asdict(self.network) if self.network else None
        return EncoderRecord(inputs, self.spec.licence, self.weights.origin, network, self.requested)


def cached_encoder(name: str, settings: Settings) -> KnownEncoder | None:
    """The encoder of that name if an earlier command left it in the cache; `UnknownEncoder` if there is none."""
    if is_timm(name):
        found = cached_network(name, settings)
        return KnownEncoder(found.network.encoder, found.weights, found.network, found.requested) if found else None
    spec = encoder_named(name)
    weights = cached_weights(spec, settings)
    return KnownEncoder(spec, weights) if weights else None


def obtain_encoder(name: str, settings: Settings, log: Callable[[str], None] = lambda _: None) -> KnownEncoder:
    """The encoder of that name, from the cache or brought into it; `NoWeights` says why that is not possible."""
    known = cached_encoder(name, settings)
    if known:
        return known
    if is_timm(name):
        from tiefvision_assets.models.timm_weights import obtain_network

        found = obtain_network(name, settings, log)
        return KnownEncoder(found.network.encoder, found.weights, found.network, found.requested)
    spec = encoder_named(name)
    return KnownEncoder(spec, obtain_weights(spec, settings, log))


def is_as_recorded(name: str, record: EncoderRecord) -> bool:
    """Whether the record is of the encoder that the settings call ``name``, as far as that can be told without its
    weights: a folder that is there, and not in the cache as it is, may hold others."""
    if not is_timm(name):
        return encoder_named(name).name == record.inputs.encoder
    asked = TimmName.of(name)
    return str(asked) == record.requested and not (asked.folder and asked.folder.exists())


def encoder_of_record(record: EncoderRecord) -> Encoder:
    """The registry's entry of the record's encoder; `MissingModel` if another version wrote it otherwise."""
    if record.network is None:
        return encoder_named(record.inputs.encoder)
    try:
        return TypeAdapter(TimmNetwork).validate_python(record.network).encoder
    except ValidationError as error:
        raise MissingModel(
            f"The record of the encoder {record.inputs.encoder} cannot be read; run `tiefvision run` to make it anew. "
            f"({error})"
        ) from None
