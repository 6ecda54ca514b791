"""The pretrained encoder, on which all other models are built."""

from dataclasses import asdict

import dagster as dg

from tiefvision_assets.assets.groups import CATALOGUE
from tiefvision_assets.assets.watching import Watch
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.store.store import Store


@dg.asset(group_name=CATALOGUE, kinds={"pytorch"})
def encoder(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """The pretrained convolutions, without the fully connected part; downloaded once, then kept in the cache.

    Its maps are exported as ONNX graphs beside its weights, or copied from the cache where they were exported before,
    unless ``TIEFVISION_ENGINE`` is ``torch``. Of a network of timm, its metadata tell what was found out and what it
    costs on this machine.
    """
    from tiefvision_assets.lineage.encoder_costs import encoder_costs
    from tiefvision_assets.models.choice import encoder_in_use
    from tiefvision_assets.models.devices import wants_onnx
    from tiefvision_assets.models.encoders import obtain_encoder
    from tiefvision_assets.models.inference import export_of
    from tiefvision_assets.models.weights import read_arrays
    from tiefvision_assets.store.records import ENCODER

    known = obtain_encoder(encoder_in_use(store), store.settings, context.log.info)
    spec, weights, fingerprint = known.spec, known.weights, known.fingerprint
    arrays = read_arrays(weights)
    with Watch(context, progress).claimed(store):
        if not store.models.exists(ENCODER, fingerprint):
            store.models.save(ENCODER, fingerprint, known.record, arrays)
        engine = "torch"
        if store.settings.engine != "torch":
            refused = export_of(store, fingerprint).refused
            if refused:
                context.log.warning(refused)
            engine = refused or ("onnxruntime" if wants_onnx(store.settings) else "torch, as there is an accelerator")
        with store.writing("encoder", on_wait=context.log.info):
            store.served.promote(store.served.read().next.with_encoder(fingerprint))
    costs = asdict(encoder_costs(store, fingerprint, weights.path.stat().st_size)) if known.network else {}
    return dg.MaterializeResult(
        metadata={
            **costs,
            "squares": ", ".join(map(str, spec.sides)) or "of any size",
            "name": spec.name,
            "location_cells": str(spec.windows.shape),
            "object_cells": str(spec.seeing(spec.look).objects.shape),
            "licence": spec.licence,
            "engine": engine,
            "architecture": spec.source,
            "weights_from": weights.origin,
            "weights_sha256": weights.digest,
        },
        data_version=dg.DataVersion(fingerprint),
    )
