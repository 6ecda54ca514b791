"""What people choose about labels that they dropped: the report follows at once, and the labels when they are taken."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.arrivals.test_arrivals_panel import OPERATIONS, drop, file, settled, texts
from tiefvision_assets.store.labels.choices import SAID
from tiefvision_assets.store.store import Store
from tiefvision_ui.arrivals.label_choices import HELP

Run = Callable[..., AppTest]
PHOTO = "red/dress-001.jpg"


@pytest.fixture(autouse=True)
def no_dagster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEFVISION_DAGSTER_URL", "http://127.0.0.1:9")


def coco(name: str, *boxes: list[float]) -> tuple[str, bytes, str]:
    """Boxes on one photo, of a dress, a bag and so on."""
    document = {
        "images": [{"id": 1, "file_name": name}],
        "annotations": [{"image_id": 1, "bbox": box, "category_id": number} for number, box in enumerate(boxes)],
        "categories": [{"id": 0, "name": "dress"}, {"id": 1, "name": "bag"}],
    }
    return file("boxes.json", json.dumps(document).encode())


def said(page: AppTest) -> str:
    """What is on the page, as people read it."""
    return texts(page).replace("\\", "")


def add_button(page: AppTest) -> str:
    assert not page.exception
    return str(page.button(key="arrivals-take").label)


def test_categories_of_the_file_are_offered_and_counted(store: Store, app: Run) -> None:
    page = drop(app(OPERATIONS), [coco(PHOTO, [20, 20, 60, 90], [5, 5, 15, 15])])
    assert add_button(page) == "Nothing to add"
    chosen = page.multiselect(key="arrivals-category")
    assert chosen.options == ["dress", "bag"]
    page = chosen.set_value(["bag"]).run()
    assert add_button(page) == "Add 1 label" and "Passed over: 1 objects of other categories" in said(page)
    settled(page.button(key="arrivals-take").click().run())
    (box,) = store.labels.live_boxes().to_dict("records")
    assert (box["left"], box["right"]) == (5, 20)


def test_a_root_and_folders_to_strip_say_which_photo_is_meant(store: Store, app: Run) -> None:
    page = drop(app(OPERATIONS), [coco("a/b/dress-001.jpg", [20, 20, 60, 90])])
    assert add_button(page) == "Nothing to add" and "--root or --strip" in page.dataframe[0].value["What to do"].iloc[0]
    page = page.number_input(key="arrivals-strip").set_value(2).run()
    page = page.text_input(key="arrivals-root").set_value("red").run()
    assert add_button(page) == "Add 1 label" and not page.dataframe


def test_a_map_names_the_photos_and_a_bad_one_is_told(store: Store, app: Run) -> None:
    page = drop(app(OPERATIONS), [coco("4711", [20, 20, 60, 90])])
    page = page.file_uploader(key="arrivals-map").set_value(file("map.csv", b"4711\n")).run()
    assert "The map, row 1: a row is a name in the label file" in said(page)
    assert add_button(page) == "Nothing to add"
    page = page.file_uploader(key="arrivals-map").set_value(file("map.csv", f"4711,{PHOTO}\n".encode())).run()
    assert add_button(page) == "Add 1 label"


def test_shares_are_confirmed_where_a_file_may_have_them(store: Store, app: Run) -> None:
    page = drop(app(OPERATIONS), [coco(PHOTO, [0.1, 0.1, 0.5, 0.5])])
    assert add_button(page) == "Nothing to add"
    page = page.selectbox(key="arrivals-coordinates").set_value("normalised").run()
    assert add_button(page) == "Add 1 label"
    assert not page.multiselect, "one category is no choice"


def test_choices_that_cannot_matter_are_not_offered(store: Store, app: Run) -> None:
    page = drop(app(OPERATIONS), [file("dress-001.txt", b"0 .5 .5 .4 .6\n")])
    assert not page.multiselect and "arrivals-coordinates" not in {one.key for one in page.selectbox}


def test_what_the_command_line_says_of_the_choices_can_be_translated() -> None:
    assert set(HELP) == set(SAID.values())
