"""From boxes to crops: the crop dataset (which windows are targets, which background) and the crops' encodings."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import dagster as dg

from tiefvision_assets.assets.catalogue import image_catalogue
from tiefvision_assets.assets.encoder import encoder
from tiefvision_assets.assets.groups import ENCODE, LOCATION
from tiefvision_assets.assets.labels import box_labels
from tiefvision_assets.assets.watching import Watch
from tiefvision_assets.hyperparameters import CropDatasetParameters, CropEncodingsParameters
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.store.store import Store

if TYPE_CHECKING:
    import numpy as np


class CropDatasetConfig(CropDatasetParameters, dg.Config):
    """Which crops are made of the labelled photos."""


class CropEncodingsConfig(CropEncodingsParameters, dg.Config):
    """How the cells of crops are stored."""


@dg.asset(deps=[image_catalogue, box_labels], group_name=LOCATION, kinds={"parquet"})
def crop_dataset(
    context: dg.AssetExecutionContext,
    config: CropDatasetConfig,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """Views of every labelled photo, whole and in parts; each window of a part is a target or a background crop.

    Photos are split into training and test by a hash of their content, so a new label never moves an old photo.
    """
    from tiefvision_assets.lineage.due import have_profile
    from tiefvision_assets.lineage.views import make_views
    from tiefvision_assets.models.fingerprints import CROPS_CODE
    from tiefvision_assets.store.fingerprint import fingerprint
    from tiefvision_assets.store.photos import DECODING_VERSION
    from tiefvision_assets.store.records import CropDatasetInputs

    labels_version = store.snapshots.current("boxes")
    labels = store.snapshots.read_learned("boxes", labels_version)
    contents = store.catalogue.contents()
    views = make_views(labels, contents, config)
    photos = views.drop_duplicates("sha256")
    inputs = CropDatasetInputs(labels_version, config.model_dump(), CROPS_CODE)
    converted = contents.loc[have_profile(contents), "sha256"]
    converted = sorted(set(converted) & set(photos["sha256"]))
    decoded = {"decoding": [DECODING_VERSION, *converted]} if converted else {}
    name = fingerprint(photos=sorted(photos["sha256"]), **decoded, **asdict(inputs))
    with Watch(context, progress).claimed(store):
        store.crops.write_views(name, views, inputs)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(views),
            "training_photos": int((photos["split"] == "train").sum()),
            "test_photos": int((photos["split"] == "test").sum()),
            "labels_of_absent_photos": len(labels) - len(photos),
        },
        data_version=dg.DataVersion(name),
    )


@dg.asset(deps=[crop_dataset, encoder], group_name=LOCATION, kinds={"pytorch", "safetensors"}, pool=ENCODE)
def crop_encodings(
    context: dg.AssetExecutionContext,
    config: CropEncodingsConfig,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """The dense map of every view, encoded once; an 11 x 11 slice of it is the encoding of a crop.

    Cells are L2-normalised and projected on their principal components, which all heads share. Views that were encoded
    before, under other labels, are taken over with their projection. Where there are starter heads, cells are projected
    as theirs were, so that training goes on from them, and half of the refinement crops are enough.
    """
    from tiefvision_assets.assets.pictures.learned import crop_examples
    from tiefvision_assets.lineage.crops import crop_counts, encode_views
    from tiefvision_assets.lineage.earlier_maps import earlier_maps
    from tiefvision_assets.lineage.head_start import head_start
    from tiefvision_assets.lineage.views import going_on, knows_first_looks
    from tiefvision_assets.models.fingerprints import HEADS_CODE, crop_encodings_fingerprint
    from tiefvision_assets.models.inference import load_encoder_from
    from tiefvision_assets.models.loading import as_arrays
    from tiefvision_assets.store.photos import DECODING_VERSION
    from tiefvision_assets.store.records import PROJECTION, ProjectionInputs, ProjectionRecord

    current, encoder_name = store.crops.current(), store.served.read().next.encoder
    if current is None or encoder_name is None:
        raise dg.Failure("crop_encodings needs crop_dataset and encoder; materialise them first.")
    dataset, dataset_inputs = current
    views = store.crops.views(dataset)
    spec, engine = load_encoder_from(store, encoder_name)
    inputs = ProjectionInputs(dataset, encoder_name, config.model_dump(), HEADS_CODE)
    start = head_start(store, encoder_name, config.components)
    if start:
        inputs, views = replace(inputs, projection=start.digest), going_on(views)
    name = crop_encodings_fingerprint(inputs)
    known: dict[int, np.ndarray] = {}
    watch = Watch(context, progress)
    with watch.claimed(store):
        version = start.version if start else ""
        earlier = None if _is_there(store, name) else earlier_maps(store, inputs, dataset_inputs, views, version)
        if earlier:
            inputs = replace(inputs, projection=earlier.digest)
            name = crop_encodings_fingerprint(inputs)
        reused = _is_there(store, name)
        if not reused:
            advance = watch.stage("Encoding labelled photos")
            known = dict(earlier.maps()) if earlier else {}
            kept = start.projections() if start else earlier.projections if earlier else None
            projections, maps, unreadable = encode_views(
                store, views, spec, engine, config.components, advance, known, kept
            )
            fitted_on = earlier.fitted_on if earlier else views.loc[views["view"].isin(list(maps)), "sha256"].nunique()
            record = ProjectionRecord(
                inputs,
                dataset_inputs,
                unreadable=unreadable,
                fitted_on=fitted_on,
                decoding=DECODING_VERSION,
                first_looks=knows_first_looks(views),
                starter=version,
            )
            store.crops.write_maps(name, maps)
            fitted = {k: v for kind, part in projections.items() for k, v in as_arrays(part, f"{kind}.").items()}
            weights = start.tensors if start else fitted
            store.models.save(PROJECTION, name, record, weights)
        store.models.point_to(PROJECTION, name)
    encoded = store.crops.encoded(name, views)
    metadata: dict[str, Any] = {
        "views": len(encoded),
        "reused": reused,
        "views_taken_over": len(known),
        "starts_from_starter_heads": start is not None,
        **crop_counts(encoded, store.crops.shapes(name), spec),
        "unreadable_photos": store.models.record(ProjectionRecord, name).unreadable,
    }
    if len(encoded):
        metadata["crops"] = dg.MetadataValue.md(crop_examples(store, encoded, spec))
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(name))


def _is_there(store: Store, name: str) -> bool:
    from tiefvision_assets.store.records import PROJECTION

    return store.models.exists(PROJECTION, name) and store.crops.has_maps(name)
