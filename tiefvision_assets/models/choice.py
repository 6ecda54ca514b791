"""Which encoder a data folder works with. Definitions ask for it when they are loaded, so little is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiefvision_assets.settings import DEFAULT_ENCODER
from tiefvision_assets.store.atomic import read_json
from tiefvision_assets.store.records import ENCODER, EncoderRecord, read
from tiefvision_assets.store.sealed import DamagedFile

if TYPE_CHECKING:
    from tiefvision_assets.store.store import Store


def encoder_in_use(store: Store) -> str:
    """Name of the encoder that the settings ask for; unless they do, that of the folder's promoted encoder.

    So another default re-encodes no catalogue. A new folder gets `DEFAULT_ENCODER`. A promoted encoder whose record is
    lost or damaged is told by its fingerprint, which weights in the cache have.
    """
    if store.settings.encoder:
        return store.settings.encoder
    promoted = store.served.read().next.encoder
    if promoted is None:
        return DEFAULT_ENCODER
    try:
        record = read(EncoderRecord, read_json(store.layout.model(ENCODER, promoted) / "model.json"))
        return record.requested or record.inputs.encoder
    except (FileNotFoundError, DamagedFile, ValueError):
        return _by_cached_weights(store, promoted) or DEFAULT_ENCODER


def _by_cached_weights(store: Store, promoted: str) -> str | None:
    from tiefvision_assets.models.encoders import cached_encoder
    from tiefvision_assets.models.timm_cache import cached_networks
    from tiefvision_assets.vision.registry import ENCODERS

    names = [*ENCODERS, *(cached.requested for cached in cached_networks(store.settings))]
    known = ((name, cached_encoder(name, store.settings)) for name in names)
    return next((name for name, cached in known if cached and cached.fingerprint == promoted), None)
