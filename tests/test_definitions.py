"""The code location as Dagster sees it: what it holds, how it hangs together, and what loading it costs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from tiefvision_assets.definitions import build_definitions
from tiefvision_assets.models import fingerprints
from tiefvision_assets.orchestration.tables import TABLES
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.flaws import FLAWS
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.registry import ENCODERS

ROOT = Path(__file__).parents[1]
HEAVY = [
    "torch",
    "torchvision",
    "numpy",
    "pandas",
    "pyarrow",
    "sqlalchemy",
    "matplotlib",
    "PIL",
    "faiss",
    "safetensors",
]
REGRESSORS = {"x_min_regressor", "y_min_regressor", "x_max_regressor", "y_max_regressor"}
BOX_HEADS = {"foreground_classifier", *REGRESSORS, "foreground_map"}

LINEAGE: dict[str, set[str]] = {
    "raw_photos": set(),
    "label_events": set(),
    "encoder": set(),
    "image_catalogue": {"raw_photos"},
    "box_labels": {"label_events"},
    "triplet_labels": {"label_events"},
    "crop_dataset": {"box_labels", "image_catalogue"},
    "crop_encodings": {"crop_dataset", "encoder"},
    **{head: {"crop_encodings"} for head in BOX_HEADS},
    "starter_heads": {"encoder"},
    "location_report": {"starter_heads", *BOX_HEADS},
    "location_learning_curve": BOX_HEADS,
    "ranking_learning_curve": {"ranking_head"},
    "extracted_boxes": {"image_catalogue", "encoder", "starter_heads", "location_report", *BOX_HEADS},
    "embedding_basis": {"image_catalogue", "encoder", "box_labels", "extracted_boxes"},
    "object_encodings": {"image_catalogue", "encoder", "box_labels", "extracted_boxes", "embedding_basis"},
    "triplet_dataset": {"triplet_labels", "object_encodings"},
    "ranking_head": {"triplet_dataset", "object_encodings"},
    "similarity_report": {"ranking_head", "object_encodings"},
    "photo_quality": {"image_catalogue", "similarity_index"},
    "photo_map": {"similarity_index"},
    "label_errors": {"location_report", "similarity_report"},
    "similarity_index": {"image_catalogue", "object_encodings", "ranking_head", "similarity_report"},
}
"""Asset → what it is made from, directly."""

HYPER_PARAMETERS: dict[str, dict[str, object]] = {
    "image_catalogue": {"batch_size": 4096},
    "crop_dataset": {"test_share": 0.05},
    "embedding_basis": {"dimensions": 256},
    **{head: {"seed": 0} for head in BOX_HEADS},
    "triplet_dataset": {"test_share": 0.05},
    "ranking_head": {"margin": 0.1, "seed": 0},
    "location_report": {"promote": "if better"},
    "location_learning_curve": {"counts": [25, 50, 100]},
    "ranking_learning_curve": {"counts": [50, 100, 200, 500, 1000]},
    "similarity_report": {"promote": "if better"},
}
"""Asset → some of what can be set in the launchpad, with the defaults that the design fixes."""


@pytest.fixture
def definitions(store: Store) -> dg.Definitions:
    return build_definitions(store=store)


@pytest.fixture
def assets(definitions: dg.Definitions) -> dict[str, dg.AssetsDefinition]:
    """The assets that can be materialised, by name."""
    graph = definitions.resolve_asset_graph()
    return {key.to_user_string(): definitions.resolve_assets_def(key) for key in graph.materializable_asset_keys}


def test_loading_the_definitions_imports_nothing_heavy() -> None:
    script = (
        f"import json, sys, tiefvision_assets.definitions; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert json.loads(done.stdout) == []


def test_dagster_accepts_the_workspace(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environment = os.environ | {"TIEFVISION_DATA": str(tmp_path / "data"), "DAGSTER_HOME": str(home)}
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert not (tmp_path / "data").exists(), "looking at the definitions must not write to the data folder"


def test_resources_are_named_and_a_misspelt_one_is_an_error(store: Store) -> None:
    with pytest.raises(TypeError, match="storr"):
        build_definitions(storr=store)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        build_definitions(store)  # type: ignore[misc]
    assert build_definitions(store=store).resources["store"] is store


def test_every_asset_hangs_where_the_design_says(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    found = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }
    assert found == LINEAGE


def test_photos_and_label_events_come_from_outside(assets: dict[str, dg.AssetsDefinition]) -> None:
    assert set(LINEAGE) - set(assets) == {"raw_photos", "label_events"}


def test_every_asset_is_grouped_described_and_says_what_it_is_made_with(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.group_name != "default", key
        assert len(node.description or "") > 20, key
        assert node.kinds, key


def test_every_asset_has_an_owner_a_code_version_documentation_and_its_source(definitions: dg.Definitions) -> None:
    specs = {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}
    assert set(specs) == set(LINEAGE)
    for name, spec in specs.items():
        assert len(spec.owners) == 1 and spec.owners[0].startswith("team:"), name
        path, _, anchor = spec.metadata["documentation"].value.partition("#")
        headings = [line for line in (ROOT / path).read_text(encoding="utf-8").splitlines() if line.startswith("#")]
        anchors = {re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in headings}
        assert anchor in anchors, f"{name}: {path} has no section #{anchor}"
        if name in ("raw_photos", "label_events"):
            continue  # nothing here makes them
        assert spec.code_version, name
        (source,) = spec.metadata["dagster/code_references"].code_references
        assert Path(source.file_path).is_relative_to(ROOT / "tiefvision_assets" / "assets"), name


def test_the_code_version_of_an_asset_is_the_one_in_its_fingerprint(store: Store, settings: Settings) -> None:
    def versions(**changed: object) -> dict[str, str | None]:
        definitions = build_definitions(store=Store(settings.model_copy(update=changed)))
        return {spec.key.to_user_string(): spec.code_version for spec in definitions.resolve_all_asset_specs()}

    shown = versions(encoder="efficientnet_lite0")
    assert shown["encoder"] == ENCODERS["efficientnet_lite0"].code_version
    assert (shown["crop_dataset"], shown["x_min_regressor"]) == (fingerprints.CROPS_CODE, fingerprints.HEADS_CODE)
    assert (shown["ranking_head"], shown["similarity_index"]) == (fingerprints.RANKING_CODE, fingerprints.INDEX_CODE)
    assert versions(encoder="no_such")["encoder"] is None, "the location loads; the asset says what is wrong"


def test_what_grows_with_the_catalogue_is_made_by_batches(assets: dict[str, dg.AssetsDefinition]) -> None:
    partitioned = {name for name, asset in assets.items() if asset.partitions_def}
    assert partitioned == {"extracted_boxes", "object_encodings"}
    for name in partitioned:
        assert assets[name].partitions_def == dg.DynamicPartitionsDefinition(name="image_batch")
        assert assets[name].backfill_policy == dg.BackfillPolicy.multi_run(max_partitions_per_run=16)


@pytest.mark.parametrize("name", sorted(HYPER_PARAMETERS))
def test_hyper_parameters_can_be_edited_in_the_launchpad(assets: dict[str, dg.AssetsDefinition], name: str) -> None:
    fields = assets[name].op.config_schema.config_type.fields
    for parameter, field in fields.items():
        assert field.default_provided, f"{name}.{parameter} has no default"
        assert field.description, f"{name}.{parameter} is not described"
    assert {parameter: fields[parameter].default_value for parameter in HYPER_PARAMETERS[name]} == HYPER_PARAMETERS[
        name
    ]


def test_a_bad_hyper_parameter_is_refused_before_anything_runs(definitions: dg.Definitions) -> None:
    job = definitions.resolve_implicit_global_asset_job_def()
    with pytest.raises(dg.DagsterInvalidConfigError):
        job.execute_in_process(
            asset_selection=[dg.AssetKey("ranking_head")],
            run_config={"ops": {"ranking_head": {"config": {"no_such_parameter": 1}}}},
        )


def test_checks_guard_what_is_downstream(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    blocking = {
        (key.asset_key.to_user_string(), key.name): graph.get_check_spec(key).blocking for key in graph.asset_check_keys
    }
    assert blocking == {
        ("image_catalogue", "catalogue_not_empty"): False,
        ("crop_dataset", "no_photo_in_training_and_test"): True,
        ("triplet_dataset", "no_reference_in_training_and_test"): True,
        ("similarity_index", "each_live_photo_once"): True,
        ("similarity_index", "index_recall"): False,
        ("location_report", "heads_beat_the_mean_box"): False,
        ("extracted_boxes", "boxes_are_confident"): False,
        ("similarity_report", "supervised_beats_unsupervised"): False,
        **{("photo_quality", f"none_{flaw}"): False for flaw in FLAWS},
        **{(asset, "columns"): False for asset in TABLES},
    }


def test_every_asset_that_writes_a_table_shows_its_columns(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    shown = {
        key.to_user_string(): schema.columns
        for key in graph.get_all_asset_keys()
        if (schema := graph.get(key).metadata.get("dagster/column_schema"))
    }
    written = {key.to_user_string() for key in graph.get_all_asset_keys() if "parquet" in graph.get(key).kinds}
    assert written <= shown.keys()
    assert [column.name for column in shown["box_labels"]] == ["sha256", "left", "top", "right", "bottom", "excluded"]
    assert all(column.type and column.description for columns in shown.values() for column in columns)


def test_the_schedule_and_the_sensor_run_unless_they_are_switched_off(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("nightly_catalogue_scan")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert schedule.job_name == "scan_catalogue"
    assert schedule.tags["tiefvision/started_by"] == "schedule"
    assert definitions.resolve_sensor_def("out_of_date").default_status == dg.DefaultSensorStatus.RUNNING


def test_the_sensor_on_the_raw_folder_waits_to_be_switched_on_and_scans_like_the_schedule(
    definitions: dg.Definitions,
) -> None:
    sensor = definitions.resolve_sensor_def("raw_folder_changed")
    assert sensor.default_status == dg.DefaultSensorStatus.STOPPED
    assert sensor.job_name == definitions.resolve_schedule_def("nightly_catalogue_scan").job_name


@pytest.mark.parametrize("hours", [36, 200])
def test_an_index_that_nobody_confirms_is_late_after_so_many_hours(tmp_path: Path, hours: int) -> None:
    definitions = build_definitions(store=Store(Settings(data=tmp_path, fresh_hours=hours)))
    policy = definitions.resolve_asset_graph().get(dg.AssetKey("similarity_index")).freshness_policy
    assert policy.fail_window.to_timedelta() == timedelta(hours=hours)


def test_the_time_of_the_nightly_scan_is_a_setting(tmp_path: Path) -> None:
    store = Store(Settings(data=tmp_path, scan_cron="30 1 * * *"))
    assert build_definitions(store=store).resolve_schedule_def("nightly_catalogue_scan").cron_schedule == "30 1 * * *"


def test_the_scan_job_scans_only(definitions: dg.Definitions) -> None:
    layer = definitions.resolve_job_def("scan_catalogue").asset_layer
    assert {key.to_user_string() for key in layer.executable_asset_keys} == {"image_catalogue"}


def test_what_is_made_on_demand_is_in_no_job_but_can_be_asked_for(definitions: dg.Definitions) -> None:
    everything = definitions.resolve_job_def("materialise").asset_layer.executable_asset_keys
    assert dg.AssetKey("location_report") in everything
    assert dg.AssetKey("location_learning_curve") not in everything
    assert dg.AssetKey("ranking_learning_curve") not in everything
    assert dg.AssetKey("photo_quality") not in everything
    assert dg.AssetKey("photo_map") not in everything
    assert dg.AssetKey("label_errors") not in everything


def test_steps_that_need_the_device_are_in_pools_whose_size_can_be_limited() -> None:
    graph = build_definitions().resolve_asset_graph()
    pools: dict[str, set[str]] = {}
    for key in graph.materializable_asset_keys:
        for pool in graph.get(key).pools or ():
            pools.setdefault(pool, set()).add(key.to_user_string())
    assert pools == {
        "encode": {"crop_encodings", "extracted_boxes", "embedding_basis", "object_encodings"},
        "train": {*BOX_HEADS, "ranking_head", "location_learning_curve", "ranking_learning_curve", "label_errors"},
    }
