"""Dropping photos and labels: the report before anything is stored, confirming, going away and coming back."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.fake_dagster import FakeDagster, fake_dagster
from tests.ui.small_catalogue import encoded, picture
from tiefvision_assets.store.staging import KEPT_S, Staging
from tiefvision_assets.store.store import Store
from tiefvision_ui.arrivals.jobs import JOBS
from tiefvision_ui.arrivals.panel import DROPPED, FOLDER

Run = Callable[..., AppTest]
Files = list[tuple[str, bytes, str]]
OPERATIONS = "views/operations.py"


@pytest.fixture
def dagster(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDagster]:
    with fake_dagster() as fake:
        monkeypatch.setenv("TIEFVISION_DAGSTER_URL", fake.url)
        yield fake


@pytest.fixture
def no_dagster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEFVISION_DAGSTER_URL", "http://127.0.0.1:9")


def file(name: str, content: bytes) -> tuple[str, bytes, str]:
    return name, content, "application/octet-stream"


def coco(*names: str) -> bytes:
    images = [{"id": count, "file_name": name} for count, name in enumerate(names)]
    boxes = [{"image_id": count, "bbox": [20, 20, 60, 90]} for count in range(len(names))]
    return json.dumps({"images": images, "annotations": boxes}).encode()


def archive() -> Files:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        opened.writestr("new/a.jpg", encoded(picture(0.3)))
        opened.writestr("new/bad*.jpg", b"no photo")
        opened.writestr("boxes.json", coco("new/a.jpg", "gone.jpg"))
    return [file("holiday.zip", buffer.getvalue())]


def drop(page: AppTest, files: Files) -> AppTest:
    """Drop the files, and wait for the report."""
    (uploader,) = page.file_uploader
    uploader.set_value(files)
    return settled(page.run())


def settled(page: AppTest) -> AppTest:
    JOBS.wait(dropped_in(page))
    return page.run()


def dropped_in(page: AppTest) -> str:
    found = page.query_params.get(DROPPED, "")
    return found[0] if isinstance(found, list) else found


def texts(page: AppTest) -> str:
    elements = [*page.markdown, *page.caption, *page.success, *page.warning, *page.info, *page.error]
    return " ".join(element.value for element in elements)


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def photos_in(store: Store) -> list[str]:
    raw = store.settings.raw_dir
    return sorted(file.relative_to(raw).as_posix() for file in raw.rglob("*") if file.is_file())


def test_an_archive_on_the_empty_gallery_is_reported_then_taken(
    empty_store: Store, dagster: FakeDagster, app: Run
) -> None:
    page = drop(app(), archive())
    assert not page.exception
    found = metrics(page)
    assert (found["New photos"], found["Unreadable"], found["Replaced"]) == ("1", "1", "0")
    unreadable, problems = page.dataframe
    assert unreadable.value["File"].tolist() == ["new/bad*.jpg"]
    assert "'gone.jpg' is not in the catalogue" in problems.value["Why"].iloc[0]
    assert "Labels, read as `coco`" in texts(page)
    assert photos_in(empty_store) == [] and dagster.launched == []

    button = page.button(key="arrivals-take")
    assert button.label == "Add 2 files and 1 label"
    page = settled(button.click().run())
    assert "2 files copied into the raw folder; 1 label imported" in texts(page).replace("\\", "")
    assert "A scan of the raw folder has been started" in texts(page)
    assert photos_in(empty_store) == ["new/a.jpg", "new/bad*.jpg"]
    assert empty_store.labels.counts()["boxes"] == 1
    (launched,) = dagster.launched
    assert launched["selector"]["pipelineName"] == "scan_catalogue"


def test_a_folder_on_operations_is_taken_without_its_own_name(store: Store, no_dagster: None, app: Run) -> None:
    before = photos_in(store)
    page = app(OPERATIONS)
    page.button_group[0].set_value(FOLDER)
    same = (store.settings.raw_dir / "red/dress-001.jpg").read_bytes()
    page = drop(
        page.run(),
        [
            file("shop/new.jpg", encoded(picture(0.42, (90, 130)))),
            file("shop/copy.jpg", same),
            file("shop/red/dress-001.jpg", same),
            file("shop/red/dress-003.jpg", encoded(picture(0.9, (50, 70)))),
        ],
    )
    names = ("New photos", "Twins", "There already", "Replaced")
    assert [metrics(page)[name] for name in names] == ["1", "1", "1", "1"]
    assert "would be replaced" in texts(page)
    page = settled(page.button(key="arrivals-take").click().run())
    assert sorted([*before, "new.jpg", "copy.jpg"]) == photos_in(store)
    assert "Dagster does not answer" in texts(page) and "`tiefvision run`" in texts(page)


def test_cancelling_stores_nothing_and_leaves_nothing(empty_store: Store, no_dagster: None, app: Run) -> None:
    page = drop(app(), archive())
    page = page.button(key="arrivals-cancel").click().run()
    assert DROPPED not in page.query_params
    assert len(page.file_uploader) == 1
    assert photos_in(empty_store) == [] and list(empty_store.layout.arrivals.iterdir()) == []


def test_a_reload_shows_the_report_again_and_a_second_tab_the_outcome(
    empty_store: Store, no_dagster: None, app: Run
) -> None:
    first = drop(app(), archive())
    second = app(**{DROPPED: dropped_in(first)})
    assert metrics(second) == metrics(first)
    settled(first.button(key="arrivals-take").click().run())
    second = settled(second.button(key="arrivals-take").click().run())
    assert "2 files copied" in texts(second)
    assert empty_store.labels.counts()["boxes"] == 1
    second = second.button(key="arrivals-more").click().run()
    assert len(second.file_uploader) == 1 and not second.exception


def test_what_was_left_for_too_long_is_said_to_be_gone(empty_store: Store, no_dagster: None, app: Run) -> None:
    page = drop(app(), archive())
    staging = Staging(empty_store.layout.arrivals)
    (folder,) = empty_store.layout.arrivals.iterdir()
    os.utime(folder, (0, time.time() - KEPT_S - 1))
    staging.remove_left()
    page.run()
    assert "is not here any more: what is not taken within 60 minutes is removed" in texts(page)
    assert len(page.file_uploader) == 1


def test_labels_alone_need_no_scan(store: Store, dagster: FakeDagster, app: Run) -> None:
    page = drop(app(OPERATIONS), [file("boxes.json", coco("red/dress-001.jpg"))])
    assert "New photos" not in metrics(page)
    page = settled(page.button(key="arrivals-take").click().run())
    assert "1 label imported" in texts(page) and "Nothing has to be scanned" in texts(page)
    assert dagster.launched == [] and store.labels.counts()["boxes"] == 1


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([file("x.zip", b"no archive")], "x.zip cannot be unpacked: it is no zip archive"),
        ([file("readme.txt", b"hello")], "There is neither a photo in it nor a label file that is read."),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(
    empty_store: Store, no_dagster: None, app: Run, files: Files, says: str
) -> None:
    page = drop(app(), files)
    assert says in texts(page).replace("\\", "")
    assert not [button for button in page.button if button.key == "arrivals-take" and not button.disabled]


def test_photos_of_that_name_are_text_and_not_markdown(empty_store: Store, no_dagster: None, app: Run) -> None:
    page = drop(app(), [file("*x* [a](b).jpg", encoded(picture(0.3)))])
    assert "\\[a\\]" in texts(page)


def test_others_than_admins_are_not_offered_it(
    empty_store: Store, no_dagster: None, app: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIEFVISION_DEFAULT_ROLE", "annotator")
    stage = Staging(empty_store.layout.arrivals).new()
    page = app(**{DROPPED: stage.id})
    assert not page.exception
    assert "No photos yet" in " ".join(heading.value for heading in page.header)
    assert len(page.file_uploader) == 0
    assert "arrivals-take" not in [button.key for button in page.button]
