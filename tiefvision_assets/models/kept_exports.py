"""Where an encoder's exported graphs are kept: in the data folder, and in the cache beside the pretrained weights.

The cache is shared by all data folders, so that only the first of them on a machine exports an encoder, for which
PyTorch is loaded. Graphs are looked up by the encoder's fingerprint, which tells weights and code, and verified.
"""

from __future__ import annotations

import logging

from tiefvision_assets.models.fingerprints import export_version
from tiefvision_assets.store.exports import Export, Exports
from tiefvision_assets.store.store import Store


def kept_export(store: Store, fingerprint: str) -> Export | None:
    """The export from the data folder, else from the cache, which is then copied into the data folder; None if neither
    has it."""
    export = store.exports.read(fingerprint, export_version())
    if export is None:
        export = _cached(store).read(fingerprint, export_version())
        if export is not None:
            _write(store.exports, fingerprint, export)
    return export


def keep_export(store: Store, fingerprint: str, export: Export) -> None:
    """Keep the export in the data folder, and its graphs in the cache.

    Where they cannot be saved, as in a folder that is only read, they serve this process alone. Needs no lock: whoever
    exports the encoder at the same time saves the same.
    """
    _write(store.exports, fingerprint, export)
    if export.graphs:
        _write(_cached(store), fingerprint, export)


def _cached(store: Store) -> Exports:
    return Exports(lambda encoder: store.settings.cache_dir / "exports" / encoder)


def _write(exports: Exports, fingerprint: str, export: Export) -> None:
    try:
        exports.write(fingerprint, export_version(), export)
    except OSError as error:
        logging.getLogger(__name__).warning("The exported encoder is not kept: %s", error)
