"""The pretrained encoder, on which all other models are built."""

import dagster as dg

from tiefvision_assets.assets.groups import CATALOGUE
from tiefvision_assets.store.store import Store


@dg.asset(group_name=CATALOGUE, kinds={"pytorch"})
def encoder(context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]) -> dg.MaterializeResult:
    """The pretrained convolutions, without the fully connected part; downloaded once, then kept in the cache.

    Its maps are exported as ONNX graphs beside its weights, unless ``TIEFVISION_ENGINE`` is ``torch``.
    """
    from safetensors.numpy import load_file

    from tiefvision_assets.models.engines import wants_onnx
    from tiefvision_assets.models.fingerprints import encoder_fingerprint, encoder_inputs
    from tiefvision_assets.models.loading import export_encoder
    from tiefvision_assets.models.weights import obtain_weights, read_weights
    from tiefvision_assets.store.records import ENCODER, EncoderRecord
    from tiefvision_assets.vision.registry import encoder_named

    spec = encoder_named(store.settings.encoder)
    weights = obtain_weights(spec, store.settings, context.log.info)
    read_weights(weights)
    fingerprint = encoder_fingerprint(spec, weights.digest)
    with store.writing("encoder", on_wait=context.log.info):
        if not store.models.exists(ENCODER, fingerprint):
            record = EncoderRecord(encoder_inputs(spec, weights.digest), spec.licence, weights.origin)
            store.models.save(ENCODER, fingerprint, record, load_file(weights.path))
        engine = "torch"
        if store.settings.engine != "torch":
            refused = export_encoder(store, fingerprint).refused
            if refused:
                context.log.warning(refused)
            engine = refused or ("onnxruntime" if wants_onnx(store.settings) else "torch, as there is an accelerator")
        store.served.promote(store.served.read().next.with_encoder(fingerprint))
    return dg.MaterializeResult(
        metadata={
            "name": spec.name,
            "location_cells": str(spec.windows.shape),
            "object_cells": str(spec.objects.shape),
            "licence": spec.licence,
            "engine": engine,
            "architecture": spec.source,
            "weights_from": weights.origin,
            "weights_sha256": weights.digest,
        },
        data_version=dg.DataVersion(fingerprint),
    )
