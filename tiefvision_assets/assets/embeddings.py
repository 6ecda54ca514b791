"""From photos and boxes to embeddings."""

import dagster as dg

from tiefvision_assets.assets.batches import BatchResults, each_batch
from tiefvision_assets.assets.catalogue import image_catalogue
from tiefvision_assets.assets.encoder import encoder
from tiefvision_assets.assets.groups import ENCODE, SIMILARITY, image_batch
from tiefvision_assets.assets.labels import box_labels
from tiefvision_assets.assets.location import extracted_boxes
from tiefvision_assets.assets.watching import Watch
from tiefvision_assets.hyperparameters import BasisParameters
from tiefvision_assets.lineage.batches import MAX_BATCHES_A_RUN, Reuse
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.store.store import Store


class BasisConfig(BasisParameters, dg.Config):
    """How the embedding basis is fitted."""


@dg.asset(
    deps=[image_catalogue, encoder, box_labels, extracted_boxes],
    group_name=SIMILARITY,
    kinds={"pytorch"},
    pool=ENCODE,
)
def embedding_basis(
    context: dg.AssetExecutionContext,
    config: BasisConfig,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """Principal components of the normalised cells of a sample of objects: the basis of all embeddings."""
    from tiefvision_assets.assets.pictures.photos import explained_variance
    from tiefvision_assets.lineage.embeddings import fit_and_save_basis
    from tiefvision_assets.models.encoders import encoder_of_record
    from tiefvision_assets.models.inference import look_of
    from tiefvision_assets.store.records import EncoderRecord

    watch = Watch(context, progress)
    with watch.claimed(store):
        fitted = fit_and_save_basis(store, config, watch.stage("Fitting the basis"))
    record = fitted.record
    own = encoder_of_record(store.models.record(EncoderRecord, record.inputs.encoder))
    seen = own.seeing(look_of(record)).objects
    return dg.MaterializeResult(
        metadata={
            "photos": record.photos,
            "objects_seen_in": f"{seen.side} x {seen.side} pixels",
            "object_cells": str(seen.shape),
            "dimensions": len(record.explained),
            "neighbours_kept": record.neighbours_kept,
            "explained_variance": sum(record.explained),
            "cumulated": dg.MetadataValue.md(explained_variance(record.explained)),
        },
        data_version=dg.DataVersion(fitted.fingerprint),
    )


@dg.asset(
    deps=[image_catalogue, encoder, box_labels, extracted_boxes, embedding_basis],
    partitions_def=image_batch,
    backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=MAX_BATCHES_A_RUN),
    group_name=SIMILARITY,
    kinds={"pytorch", "parquet"},
    pool=ENCODE,
)
def object_encodings(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], progress: dg.ResourceParam[Progress]
) -> BatchResults:
    """The embedding of every photo, cut to its box, and of its mirror image; unchanged photos and boxes keep theirs."""
    from tiefvision_assets.lineage.boxes_in_force import wanted_contents
    from tiefvision_assets.lineage.due import embedding_of, encoding_inputs, unencoded
    from tiefvision_assets.lineage.embeddings import encode_objects

    models = store.served.read().next.complete
    if models is None:
        raise dg.Failure("object_encodings needs encoder and embedding_basis; materialise them first.")
    embedding = embedding_of(models)

    watch = Watch(context, progress)

    def encode(batch: str) -> Reuse:
        return encode_objects(store, models, embedding, batch, watch.stage("Encoding objects"))

    def inputs_of(batch: str) -> str:
        return encoding_inputs(embedding, unencoded(store, models.heads, embedding, wanted_contents(store, [batch])))

    yield from each_batch(context, store, progress, watch, encode, inputs_of, lambda: {"embedding": embedding})
