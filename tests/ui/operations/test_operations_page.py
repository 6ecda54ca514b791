"""The operations page: numbers, what is stale, quality, downloads, and the runs that it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.ui.fake_dagster import FakeDagster, fake_dagster, run_of
from tests.ui.small_catalogue import PHOTOS, sentences
from tiefvision_assets.box import Box
from tiefvision_assets.planning.plan import failed, inputs_due, plan
from tiefvision_assets.store.labels.store import BoxLabel
from tiefvision_assets.store.records import BoxHeadsRecord, CandidateInputs
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.served_history import Decision
from tiefvision_assets.store.store import Store
from tiefvision_ui.operations import figures
from tiefvision_ui.operations.alerts import advice_on
from tiefvision_ui.operations.quality_charts import marks_of

Run = Callable[..., AppTest]
OPERATIONS = "views/operations.py"


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    st.cache_data.clear()
    yield
    st.cache_data.clear()


@pytest.fixture
def dagster(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDagster]:
    with fake_dagster() as fake:
        monkeypatch.setenv("TIEFVISION_DAGSTER_URL", fake.url)
        yield fake


@pytest.fixture
def no_dagster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEFVISION_DAGSTER_URL", "http://127.0.0.1:9")


def label_one_box(store: Store) -> None:
    sha256 = store.catalogue.live()["sha256"].iloc[0]
    store.labels.add_boxes([BoxLabel(sha256, Box(1, 2, 30, 40))], annotator="ann")


@pytest.fixture
def store(store: Store) -> Store:
    """Photos that were scanned, and nothing served: no model is on disk that the plan could ask for."""
    store.layout.served.unlink()
    store.layout.served_copy.unlink()
    return store


def texts(page: AppTest) -> str:
    return " ".join(element.value for element in [*page.markdown, *page.caption, *page.success, *page.warning])


def numbers(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def test_an_empty_data_folder_says_what_to_do(empty_store: Store, no_dagster: None, app: Run) -> None:
    page = app(OPERATIONS)
    assert not page.exception
    assert numbers(page) == dict.fromkeys(("Photos", "Boxes", "Triplets", "Quarantined", "Batches"), "0")
    assert "No photos yet" in texts(page)
    assert str(empty_store.settings.raw_dir) in [code.value for code in page.code]
    assert "Nothing was judged yet: label some boxes, then retrain" in texts(page)


def test_without_dagster_it_says_how_to_start_it_and_nothing_can_be_launched(
    store: Store, no_dagster: None, app: Run
) -> None:
    page = app(OPERATIONS)
    assert not page.exception
    (warning,) = page.warning
    assert "start it with `tiefvision dagster`" in warning.value
    assert all(page.button(key=key).disabled for key in ("Scan now", "Re-encode now", "Retrain"))


def test_counts_staleness_and_quarantine(store: Store, no_dagster: None, app: Run) -> None:
    (store.settings.raw_dir / "<b>bad*.jpg").write_bytes(b"no photo")
    store.catalogue.scan()
    label_one_box(store)
    page = app(OPERATIONS)
    assert numbers(page) == {"Photos": str(PHOTOS), "Boxes": "1", "Triplets": "0", "Quarantined": "1", "Batches": "1"}
    assert "No snapshot of the boxes was taken yet" in texts(page) and "Cancelled" not in texts(page)
    (table,) = page.dataframe
    assert table.value["File"].tolist() == ["<b>bad*.jpg"]
    assert "not a photo" in table.value["Reason"].iloc[0]


def test_what_was_cancelled_is_marked(store: Store, no_dagster: None, app: Run) -> None:
    store.cancelled.keep(inputs_due(store, ["box_labels", "extracted_boxes"]))
    shown = texts(app(OPERATIONS))
    assert "Cancelled: left alone until" in shown and "Cancelled in 1 of its batches: left alone until" in shown


def test_the_numbers_follow_new_labels_and_are_not_read_twice(
    store: Store, no_dagster: None, app: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[None] = []

    def count(*arguments: Any) -> Any:
        asked.append(None)
        return plan(*arguments)

    plan = figures.plan
    monkeypatch.setattr(figures, "plan", count)
    label_one_box(store)
    page = app(OPERATIONS)
    page.run()
    assert len(asked) == 1
    sha256 = store.catalogue.live()["sha256"].iloc[1]
    store.labels.add_boxes([BoxLabel(sha256, Box(1, 2, 30, 40))], annotator="ann")
    page.run()
    assert numbers(page)["Boxes"] == "2"


def test_runs_are_listed_with_links_and_reasons(store: Store, dagster: FakeDagster, app: Run) -> None:
    dagster.runs = [run_of("2", "FAILURE"), run_of("1", "SUCCESS", jobName="scan_catalogue")]
    page = app(OPERATIONS)
    assert not page.exception
    failed, done = [text.value for text in page.markdown if "-badge[" in text.value]
    assert failed.startswith(":red-badge[:material/error: Failed]")
    assert f"[ranking\\_head, similarity\\_report and 1 more]({dagster.url}/runs/2)" in failed
    assert "\\*new\\* boxes" in failed
    assert f"[Scan]({dagster.url}/runs/1)" in done


def test_a_scan_is_launched_and_followed(store: Store, dagster: FakeDagster, app: Run) -> None:
    page = app(OPERATIONS)
    page.button(key="Scan now").click().run()
    assert not page.exception
    (params,) = dagster.launched
    assert params["selector"]["pipelineName"] == "scan_catalogue"
    tags = {tag["key"]: tag["value"] for tag in params["executionMetadata"]["tags"]}
    assert tags["tiefvision/reason"].endswith("asked for it in the app")
    assert tags["tiefvision/started_by"] == "app" and tags["tiefvision/reason"].startswith(tags["user"])
    assert "Running" in texts(page)
    assert page.button(key="Scan now").disabled
    assert "A run is under way" in texts(page), "why it cannot be pressed"
    dagster.runs[0] |= {"status": "SUCCESS"}
    page.run()
    assert not page.button(key="Scan now").disabled
    assert "A run is under way" not in texts(page)


def test_retraining_takes_the_assets_that_have_labels(store: Store, dagster: FakeDagster, app: Run) -> None:
    page = app(OPERATIONS)
    assert page.button(key="Retrain").disabled
    assert "draw boxes or choose triplets first" in texts(page)
    label_one_box(store)
    page.run()
    page.button(key="Retrain").click().run()
    assets = [key["path"][0] for key in dagster.launched[0]["selector"]["assetSelection"]]
    assert {"box_labels", "crop_dataset", "foreground_classifier", "location_report"} <= set(assets)
    assert "ranking_head" not in assets


def test_re_encoding_takes_the_first_step_that_is_due(store: Store, dagster: FakeDagster, app: Run) -> None:
    page = app(OPERATIONS)
    page.button(key="Re-encode now").click().run()
    (params,) = dagster.launched
    assert params["selector"]["assetSelection"] == [{"path": ["encoder"]}]


def test_a_launch_that_fails_is_a_sentence(store: Store, dagster: FakeDagster, app: Run) -> None:
    dagster.launch_answer = {"__typename": "PythonError", "message": "the *code* server is gone"}
    page = app(OPERATIONS)
    page.button(key="Scan now").click().run()
    assert not page.exception
    assert "did not start the run (the *code* server is gone)".replace("*", "\\*").replace("(", "\\(").replace(
        ")", "\\)"
    ) in sentences(page)


def test_quality_over_time_is_drawn(store: Store, no_dagster: None, app: Run) -> None:
    inputs = CandidateInputs("encoder", "labels", "recipe")
    for fingerprint, iou, promoted in (("aa", 0.5, True), ("bb", 0.4, False)):
        store.models.save("box_heads", fingerprint, BoxHeadsRecord({}, inputs))
        rows = pd.DataFrame({"sha256": ["x", "y"], "iou": [iou, iou], "mean_box_iou": [0.3, 0.3]})
        store.models.write_evaluation("box_heads", fingerprint, rows)
        reason = f"mean IoU {iou} against 0.3"
        store.models.judge("box_heads", fingerprint, promoted=promoted, reason=reason, inputs=inputs)
    page = app(OPERATIONS)
    assert not page.exception
    assert len(page.get("vega_lite_chart")) == 1
    assert "rejected: mean IoU 0.4 against 0.3" in texts(page)
    first, second = figures.candidate_scores(figures.stamps())
    assert (first.quality, first.trivial, first.promoted) == (0.5, pytest.approx(0.3), True)
    assert (second.fingerprint, second.served) == ("bb", False)


def test_promotions_and_decisions_are_marked() -> None:
    score = figures.CandidateScore("box_heads", "aa", "2026-01-01T03:00:00", True, False, "better", 0.5, 0.3, 50)
    other = figures.CandidateScore("box_heads", "bb", "2026-01-02T03:00:00", False, False, "waits", 0.6, 0.3, 99)
    decisions = [
        Decision("promoted", "ann", "2026-01-03T08:00:00", ("bb",)),
        Decision("rejected", "bob", "2026-01-04T08:00:00", ("bb", "of another kind")),
    ]
    marks = [(one["when"][:10], one["what"], one["by"], one["version"]) for one in marks_of([score, other], decisions)]
    assert marks == [
        ("2026-01-01", "promoted", "its report", "aa"),
        ("2026-01-03", "promoted", "ann", "bb"),
        ("2026-01-04", "rejected", "bob", "bb"),
    ]


def test_alerts_say_what_to_do_with_a_link_to_dagster(store: Store, dagster: FakeDagster, app: Run) -> None:
    step = plan(store)[0]
    failed(store, step, "OSError: [Errno 28] No space left on device")
    page = app(OPERATIONS)
    assert not page.exception
    shown = texts(page)
    assert "failed 1 time" in shown and "`tiefvision gc --apply`" in shown
    assert f"({dagster.url}/assets/{step.assets[0]})" in shown
    assert "Alerts" in [header.value for header in page.header]


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("the process of the run 1 ended unexpectedly", "want of memory"),
        ("The raw folder /x is gone", "is there again"),
        ("ValueError: odd", "Read its log in Dagster"),
    ],
)
def test_advice_follows_the_reason(reason: str, advice: str) -> None:
    assert advice in advice_on(reason)


def test_nights_cost_seconds_and_photos(store: Store, dagster: FakeDagster, app: Run) -> None:
    numbers = [{"label": "computed", "intValue": 7}, {"label": "reused", "intValue": 2}, {"label": "night"}]
    timed = {"startTime": 1_700_000_100.0, "assetMaterializations": [{"metadataEntries": numbers}] * 2}
    dagster.runs = [
        run_of("2", "SUCCESS", endTime=1_700_003_700.0, **timed),
        run_of("1", "FAILURE", startTime=1_700_000_000.0, endTime=1_700_000_030.0, assetMaterializations=[]),
    ]
    page = app(OPERATIONS)
    assert not page.exception
    assert "| 14 Nov 2023 | 2, 1 failed | 1 h 0 min | 14 | 4 |" in texts(page)


def test_labels_are_prepared_when_asked_for(store: Store, no_dagster: None, app: Run) -> None:
    label_one_box(store)
    page = app(OPERATIONS)
    assert not page.get("download_button")
    page.selectbox(key="label-format").select("voc").run()
    page.button(key="prepare-labels").click().run()
    (download,) = page.get("download_button")
    assert "boxes-voc.zip" in download.proto.label
    page.selectbox(key="label-format").select("csv").run()
    assert page.button(key="prepare-labels").disabled
    assert not page.get("download_button")


@pytest.mark.parametrize("role", ["viewer", "annotator"])
def test_it_is_for_admins(store: Store, no_dagster: None, app: Run, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    monkeypatch.setenv("TIEFVISION_DEFAULT_ROLE", role)
    st.cache_resource.clear()
    page = app()
    page.switch_page(OPERATIONS).run()
    assert not page.exception
    assert not page.metric
    assert "for admins" in sentences(page)


def test_a_model_that_is_gone_is_a_sentence_and_hides_nothing_else(store: Store, no_dagster: None, app: Run) -> None:
    store.served.promote(ModelSet(encoder="gone", basis="gone"))
    page = app(OPERATIONS)
    assert not page.exception
    assert any("is not in the data folder any more" in text.value.lower() for text in page.markdown)
    assert numbers(page)["Photos"] == str(PHOTOS)
