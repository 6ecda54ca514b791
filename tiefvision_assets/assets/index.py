"""The similarity index that searching is served from."""

import dagster as dg

from tiefvision_assets.assets.catalogue import image_catalogue
from tiefvision_assets.assets.embeddings import object_encodings
from tiefvision_assets.assets.groups import SIMILARITY
from tiefvision_assets.assets.ranking import ranking_head, similarity_report
from tiefvision_assets.store.store import Store


@dg.asset(
    deps=[image_catalogue, object_encodings, ranking_head, similarity_report],
    group_name=SIMILARITY,
    kinds={"faiss", "numpy"},
)
def similarity_index(context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]) -> dg.MaterializeResult:
    """Both rankings over every live photo, with each photo's nearest neighbours; served as soon as it is complete.

    Until then searches use the previous index and the models that it was built with.
    """
    from tiefvision_assets.assets.pictures.photos import index_examples
    from tiefvision_assets.lineage.index import build_indexes, index_problems
    from tiefvision_assets.lineage.index_changes import changes_of, save_changes

    with store.writing("similarity_index", on_wait=context.log.info):
        before = store.served.read()  # models may have been promoted while this waited for the lock
        models = before.next.complete
        if models is None:
            raise dg.Failure("similarity_index needs encoder and embedding_basis; materialise them first.")
        built = build_indexes(store, models)
        versions = {ranking: index.record["version"] for ranking, index in built.items()}
        problems = index_problems(store, built)
        if problems:
            raise dg.Failure(f"The index is incomplete and is not served: {'; '.join(problems)}.")
        changes = changes_of(store, before, built["supervised"])
        store.served.switch(versions)
        save_changes(store, changes)
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
