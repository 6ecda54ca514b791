"""What another tool's model proposes is the box that annotators begin with, and says where it comes from."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.small_catalogue import component, fill
from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.proposals import Proposal
from tiefvision_assets.store.rows import ExtractedBoxes
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store
from tiefvision_ui.annotation import queues

MODELS, PROPOSED = Box(10, 10, 60, 80), Box(20, 30, 90, 120)
PATH = "blue/dress-000.jpg"


@pytest.fixture
def catalogued(empty_store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A catalogue whose photos all have a box of the served heads."""
    monkeypatch.setenv("TIEFVISION_OVERLAP", "0")
    fill(empty_store.settings.raw_dir)
    empty_store.catalogue.scan()
    rows = empty_store.catalogue.contents()[["sha256"]].assign(left=10.0, top=10.0, right=60.0, bottom=80.0)
    (batch,) = empty_store.catalogue.batch_keys()
    ExtractedBoxes(empty_store.layout).write("heads", batch, rows.assign(confidence=0.8, error=""))
    empty_store.served.promote(ModelSet(encoder="encoder", heads="heads", basis="basis"))
    empty_store.served.switch({"unsupervised": "v1", "supervised": "v1"})
    return empty_store


def boxes_page(app: Callable[..., AppTest]) -> AppTest:
    page = app("views/boxes.py")
    page.query_params["order"] = "path"
    return page.text_input(key="person-name").set_value("Ann").run()


def said(page: AppTest) -> str:
    return " ".join(element.value for element in [*page.markdown, *page.caption]).replace("\\", "")


def propose(store: Store, score: float | None, model: str) -> str:
    live = store.catalogue.live().set_index("path")
    sha256 = str(live.loc[PATH, "sha256"])
    proposal = Proposal(sha256, PROPOSED, score, model, "boxes*.json")
    store.labels.add_boxes_of_several([], annotator="import", source="import", proposals=[proposal])
    return sha256


def test_it_stands_in_place_of_the_models_box(catalogued: Store, app: Callable[..., AppTest]) -> None:
    propose(catalogued, 0.87, "v2")
    page = boxes_page(app)
    assert not page.exception
    sent = component(page, "box-editor")
    assert (sent["now"]["photo"]["name"], sent["now"]["model"]) == ("dress-000", list(PROPOSED.as_tuple()))
    assert [coming["model"] for coming in sent["coming"]] == [list(MODELS.as_tuple())] * len(sent["coming"])
    assert sent["now"]["origin"] == "Proposed by boxes*.json, model v2"
    assert [coming["origin"] for coming in sent["coming"]] == [None] * len(sent["coming"])
    assert "Proposed, 87% sure" in said(page) and "Proposed by boxes*.json, model v2" in said(page)


def test_without_score_and_version_the_file_is_named(catalogued: Store, app: Callable[..., AppTest]) -> None:
    propose(catalogued, None, "")
    page = said(boxes_page(app))
    assert "Proposed by boxes*.json" in page and "sure" not in page and "model v" not in page


def test_a_photo_whose_content_changed_has_none(catalogued: Store, app: Callable[..., AppTest]) -> None:
    propose(catalogued, 0.87, "v2")
    (catalogued.settings.raw_dir / PATH).write_bytes((catalogued.settings.raw_dir / "red/dress-001.jpg").read_bytes())
    catalogued.catalogue.scan()
    page = boxes_page(app)
    assert "Proposed by" not in said(page)
    assert component(page, "box-editor")["now"]["model"] == list(MODELS.as_tuple())


def test_photos_on_which_the_heads_found_nothing_come_first_and_without_a_box(catalogued: Store) -> None:
    (batch,) = catalogued.catalogue.batch_keys()
    rows = catalogued.boxes.read("heads", batch)
    unsure = str(rows["sha256"].iloc[3])
    catalogued.boxes.write("heads", batch, rows.assign(confidence=(rows["sha256"] != unsure) * 0.8))
    assert queues.box_queue("uncertain").photos[0] == unsure
    assert unsure not in queues.model_boxes() and len(queues.model_boxes()) == len(rows) - 1
