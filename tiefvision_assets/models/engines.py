"""Choosing the engine that computes an encoder's maps, and keeping its graphs beside the encoder's weights.

Engines agree to a cosine of .9999 and to half a pixel, so no fingerprint depends on the choice: see
docs/decisions/0037.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import nn

from tiefvision_assets.models.devices import wants_onnx
from tiefvision_assets.models.kept_exports import keep_export, kept_export
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.exports import Export
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.encoder import TorchEngine, resolve_device
from tiefvision_assets.vision.engine import Engine
from tiefvision_assets.vision.export import ExportFailed, NotExportable, export_maps
from tiefvision_assets.vision.onnx_engine import OnnxEngine
from tiefvision_assets.vision.registry import Encoder

Build = Callable[[torch.device], nn.Module]
"""Builds the encoder's module with its weights on a device."""


def engine_of(settings: Settings, spec: Encoder, build: Build) -> Engine:
    """The engine of an encoder that is in no data folder."""
    export = _exported(spec, build) if wants_onnx(settings) else Export()
    return _engine(settings, export, build)


def stored_engine(store: Store, spec: Encoder, fingerprint: str, build: Build) -> Engine:
    """The engine of the encoder of that fingerprint; exports it if nobody has yet."""
    export = stored_export(store, spec, fingerprint, build) if wants_onnx(store.settings) else Export()
    return _engine(store.settings, export, build)


def stored_export(store: Store, spec: Encoder, fingerprint: str, build: Build) -> Export:
    """The encoder's graphs, as they are kept, or made now and kept.

    A failure that may pass is not kept: the next process tries again.
    """
    export = kept_export(store, fingerprint)
    if export is None:
        export = _exported(spec, build)
        if not export.is_passing:
            keep_export(store, fingerprint, export)
    return export


def _exported(spec: Encoder, build: Build) -> Export:
    try:
        return Export(export_maps(build(torch.device("cpu")), spec))
    except NotExportable as error:
        sentence = f"{error} It runs in PyTorch instead, as fast as before."
        logging.getLogger(__name__).warning(sentence)
        return Export(refused=sentence, is_passing=isinstance(error, ExportFailed))


def _engine(settings: Settings, export: Export, build: Build) -> Engine:
    return OnnxEngine(export.graphs) if export.graphs else TorchEngine(build(resolve_device(settings.device)))
