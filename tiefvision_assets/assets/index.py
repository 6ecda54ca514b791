"""The similarity index that searching is served from."""

import dagster as dg

from tiefvision_assets.assets.catalogue import image_catalogue
from tiefvision_assets.assets.embeddings import object_encodings
from tiefvision_assets.assets.groups import SIMILARITY
from tiefvision_assets.assets.ranking import ranking_head, similarity_report
from tiefvision_assets.assets.watching import Watch
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.store.store import Store


@dg.asset(
    deps=[image_catalogue, object_encodings, ranking_head, similarity_report],
    group_name=SIMILARITY,
    kinds={"faiss", "numpy"},
)
def similarity_index(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """Both rankings over every live photo, with each photo's nearest neighbours; served as soon as it is complete.

    Until then searches use the previous index and the models that it was built with.
    """
    from tiefvision_assets.assets.pictures.photos import index_examples
    from tiefvision_assets.lineage.index_serving import build_and_serve

    watch = Watch(context, progress)
    with watch.claimed(store):
        served = build_and_serve(
            store, lambda: store.writing("similarity_index", on_wait=context.log.info), watch.stage
        )
    built, changes = served.built, served.changes
    context.log.info(changes.sentence)
    unsupervised, supervised = built["unsupervised"], built["supervised"]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(unsupervised.entries),
            "dimensions": unsupervised.vectors.shape[1],
            "night": changes.sentence,
            "engine": unsupervised.record["engine"],
            "recall_at_10": min(index.record["stats"]["recall@10"] for index in built.values()),
            "graph": unsupervised.record.get("graph", "exact"),
            "graph_recall_at_10": min(index.record["stats"].get("graph_recall@10", 1.0) for index in built.values()),
            "updated_from": supervised.record["updated_from"] or "nothing: built anew",
            "levels_unsupervised": unsupervised.record["levels"],
            "levels_supervised": supervised.record["levels"],
            "neighbours": dg.MetadataValue.md(index_examples(store, built)),
        },
        data_version=dg.DataVersion(supervised.record["version"]),
    )
