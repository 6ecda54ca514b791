"""The pages Boxes and Triplets, as far as Streamlit draws them; their components run in the browser's tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.small_catalogue import PHOTOS, component, drawn, fill, sentences
from tiefvision_assets.box import Box
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.labels.annotation import Annotation
from tiefvision_assets.store.labels.assignment import Queue
from tiefvision_assets.store.labels.database import LabelDatabaseError
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel
from tiefvision_assets.store.rows import ExtractedBoxes
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store
from tiefvision_ui.access.people import Person
from tiefvision_ui.annotation import session
from tiefvision_ui.annotation.commits import Opened, box_commit
from tiefvision_ui.values import photo_url

Run = Callable[..., AppTest]
BOXES, TRIPLETS = "views/boxes.py", "views/triplets.py"
PAGES = pytest.mark.parametrize("script", [BOXES, TRIPLETS])
EDITORS = {BOXES: "box-editor", TRIPLETS: "triplet-grid"}


@pytest.fixture
def catalogued(empty_store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A catalogue of which nothing was made yet, and no photo of which goes to two annotators."""
    monkeypatch.setenv("TIEFVISION_OVERLAP", "0")
    fill(empty_store.settings.raw_dir)
    empty_store.catalogue.scan()
    return empty_store


@pytest.fixture
def named(app: Run) -> Run:
    """The app at an address, as Ann."""

    def run(script: str, name: str = "Ann", **parameters: str) -> AppTest:
        page = app(script)
        for key, value in parameters.items():
            page.query_params[key] = value
        return page.text_input(key="person-name").set_value(name).run()

    return run


def contents(store: Store) -> list[str]:
    return store.catalogue.contents().sort_values("path")["sha256"].tolist()


def label_all(store: Store, script: str, *, but: int = 0, annotator: str = "Bob") -> None:
    photos = contents(store)
    for number, photo in enumerate(photos[but:]):
        if script == BOXES:
            decision = Decision.box(f"{number}", BoxLabel(photo, Box(0, 0, 9, 9)), "drawn")
        else:
            decision = Decision.skip(f"{number}", "triplet", photo)
        store.annotation.commit(decision, annotator=annotator)


def shown(page: AppTest, script: str) -> dict[str, Any]:
    return component(page, EDITORS[script])


def shown_photo(page: AppTest, script: str) -> str:
    now = shown(page, script)["now"]
    return now["photo" if script == BOXES else "reference"]["id"]


@PAGES
def test_without_photos_it_says_how_they_get_here(empty_store: Store, app: Run, script: str) -> None:
    page = app(script)
    commands = " ".join(code.value for code in page.code)
    assert not page.exception
    assert "tiefvision ingest" in commands
    assert str(empty_store.settings.raw_dir) in commands


@PAGES
def test_without_a_name_it_asks_for_one(catalogued: Store, app: Run, script: str) -> None:
    page = app(script)
    assert "name in the sidebar" in sentences(page)
    assert EDITORS[script] not in drawn(page)


@PAGES
def test_labels_need_no_index(catalogued: Store, named: Run, script: str) -> None:
    page = named(script)
    sent = shown(page, script)
    assert not page.exception
    assert sent["now"] is not None
    assert len(sent["coming"]) == (3 if script == BOXES else 2)
    assert sent["now"] not in sent["coming"]


def test_a_photo_comes_with_its_size_and_no_box_before_there_is_a_model(catalogued: Store, named: Run) -> None:
    now = shown(named(BOXES, order="path"), BOXES)["now"]
    assert now["photo"]["name"] == "dress-000"
    assert (now["photo"]["width"], now["photo"]["height"]) == (120, 160)
    assert now["photo"]["src"] == photo_url(contents(catalogued)[0])
    assert (now["model"], now["start"]) == (None, None)


def serve_heads(store: Store, sure: dict[str, float]) -> None:
    """Let heads be served that found the same box everywhere, sure as given."""
    import pandas as pd

    rows = pd.DataFrame({"sha256": list(sure), "confidence": list(sure.values())})
    rows = rows.assign(left=10.4, top=20.0, right=99.6, bottom=120.0, error="")
    ExtractedBoxes(store.layout).write("heads", store.catalogue.batch_keys()[0], rows)
    store.served.promote(ModelSet(encoder="encoder", heads="heads", basis="basis"))
    store.served.switch(store.served.read().index)


def test_the_least_sure_box_of_the_model_comes_first(store: Store, named: Run) -> None:
    photos = contents(store)
    serve_heads(store, {photos[7]: 0.3, photos[3]: 0.1, photos[9]: 0.95})
    page = named(BOXES)
    sent = shown(page, BOXES)
    assert sent["now"]["photo"]["id"] == photos[3]
    assert sent["coming"][0]["photo"]["id"] == photos[7]
    assert sent["now"]["model"] == [10, 20, 100, 120]
    assert any("10% sure" in text.value for text in page.markdown)


@PAGES
def test_two_annotators_are_shown_different_photos(catalogued: Store, named: Run, script: str) -> None:
    pages = [named(script, name) for name in ("Ann", "Bob")]
    seen = [task for page in pages for task in (shown(page, script)["now"], *shown(page, script)["coming"])]
    ids = {it["photo" if script == BOXES else "reference"]["id"] for it in seen}
    assert len(ids) == len(seen) > 2


@PAGES
def test_another_run_of_the_page_shows_the_same_photo(catalogued: Store, named: Run, script: str) -> None:
    page = named(script)
    before = shown_photo(page, script)
    assert shown_photo(page.run(), script) == before


def test_another_order_lets_the_photos_go(catalogued: Store, named: Run) -> None:
    page = named(BOXES)
    page.segmented_control(key="order").set_value("path").run()
    assert shown_photo(page, BOXES) == contents(catalogued)[0]
    assert page.query_params["order"] == "path"


@PAGES
def test_progress_is_shown(catalogued: Store, named: Run, script: str) -> None:
    label_all(catalogued, BOXES, but=60)
    catalogued.annotation.commit(
        Decision.triplet("t", TripletLabel(*contents(catalogued)[:3])), annotator="Ann", seconds=4.0
    )
    page = named(script)
    words = " ".join(element.proto.text for element in page.get("progress"))
    if script == BOXES:
        assert f"10 of {PHOTOS} photos done" in words
    else:
        assert f"1 of {PHOTOS} photos have one" in words
        assert "yours: 1 triplet, 4.0 s each" in words


def test_when_every_photo_is_done_the_next_step_is_named(catalogued: Store, named: Run) -> None:
    label_all(catalogued, BOXES)
    page = named(BOXES)
    assert [text.value for text in page.header] == ["Every photo is done"]
    assert [code.value for code in page.code] == ["tiefvision run"]


@PAGES
def test_skipped_photos_can_be_brought_back(catalogued: Store, named: Run, script: str) -> None:
    kind = "box" if script == BOXES else "triplet"
    for number, photo in enumerate(contents(catalogued)):
        catalogued.annotation.commit(Decision.skip(f"{number}", kind, photo), annotator="Ann")
    page = named(script)
    assert "skipped" in page.header[0].value
    page.button(key=f"{kind}-bring-back").click().run()
    assert shown_photo(page, script) in contents(catalogued)


def test_photos_in_other_hands_are_mentioned(catalogued: Store, named: Run) -> None:
    label_all(catalogued, BOXES, but=2)
    catalogued.annotation.claim("box", Queue(contents(catalogued)), "Carla", "tab")
    page = named(BOXES)
    assert "other hands" in page.header[0].value
    catalogued.annotation.release("box", "Carla", "tab")
    assert shown_photo(page.run(), BOXES) in contents(catalogued)[:2]


def test_the_last_box_can_be_undone_when_nothing_is_left(catalogued: Store, named: Run) -> None:
    page = named(BOXES)
    last = shown_photo(page, BOXES)
    decision = Decision.box("last", BoxLabel(last, Box(5, 6, 70, 80)), "extreme")
    catalogued.annotation.commit(decision, annotator="Ann", session=shown(page, BOXES)["session"])
    label_all(catalogued, BOXES, annotator="Bob")
    assert shown(page.run(), BOXES)["now"] is None
    page.button(key="box-undo").click().run()
    assert shown_photo(page, BOXES) == last
    assert shown(page, BOXES)["now"]["start"] == {"box": [5, 6, 70, 80], "method": "extreme"}
    assert catalogued.labels.live_boxes()["annotator"].tolist() == ["Bob"] * PHOTOS


@PAGES
def test_where_nothing_is_left_what_the_browser_kept_is_still_sent(catalogued: Store, named: Run, script: str) -> None:
    for number, photo in enumerate(contents(catalogued)):
        kind = "box" if script == BOXES else "triplet"
        catalogued.annotation.commit(Decision.skip(f"{number}", kind, photo), annotator="Ann")
    sent = shown(named(script), script)
    assert (sent["now"], sent["coming"], sent["person"]) == (None, [], "Ann")


def test_an_address_opens_a_photo_with_its_box(catalogued: Store, named: Run) -> None:
    label_all(catalogued, BOXES)
    page = named(BOXES, photo=image_id("red/dress-001.jpg"))
    now = shown(page, BOXES)["now"]
    assert now["photo"]["name"] == "dress-001"
    assert now["start"] == {"box": [0, 0, 9, 9], "method": "drawn"}
    assert "photo" not in page.query_params
    assert not any("reviewer" in text.value for text in page.info)


def test_an_administrator_is_shown_that_they_review(catalogued: Store, named: Run) -> None:
    page = named(BOXES, photo=image_id("red/dress-001.jpg"), review="1")
    assert "reviewer" in sentences(page)


@PAGES
@pytest.mark.parametrize("unknown", ["nope", "../../etc/passwd", "![x](http://example.org/x.png)", ""])
def test_an_unknown_photo_is_a_sentence(catalogued: Store, named: Run, script: str, unknown: str) -> None:
    page = named(script, photo=unknown)
    assert not page.exception
    assert "not in the catalogue" in sentences(page)


@PAGES
def test_a_database_out_of_reach_is_a_sentence(
    catalogued: Store, named: Run, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise LabelDatabaseError("The label database cannot be used (it is full); make room.")

    monkeypatch.setattr(Annotation, "claim", fail)
    page = named(script)
    assert not page.exception
    assert "it is full" in sentences(page)


def test_neighbours_are_offered_where_there_is_an_index(store: Store, named: Run) -> None:
    page = named(TRIPLETS)
    assert len(shown(page, TRIPLETS)["now"]["candidates"]) == 24
    assert not any("at random" in text.value for text in page.info)


def test_before_an_index_candidates_are_drawn_at_random_and_it_is_said(catalogued: Store, named: Run) -> None:
    page = named(TRIPLETS)
    assert len(shown(page, TRIPLETS)["now"]["candidates"]) == 24
    assert "at random" in sentences(page)


def test_triplets_of_the_reference_are_shown(catalogued: Store, named: Run) -> None:
    entries = catalogued.catalogue.contents().set_index("path")
    photos = [entries["sha256"][f"red/dress-00{number}.jpg"] for number in (1, 3, 5)]
    catalogued.labels.add_triplets([TripletLabel(*photos)], annotator="Bob", source="import")
    page = named(TRIPLETS, photo=image_id("red/dress-001.jpg"))
    now = shown(page, TRIPLETS)["now"]
    [pair] = now["existing"]
    assert (now["reference"]["name"], pair["positive"]["name"], pair["negative"]["name"]) == (
        "dress-001",
        "dress-003",
        "dress-005",
    )


def test_quick_questions_are_about_two_photos_each(catalogued: Store, named: Run) -> None:
    page = named(TRIPLETS, way="quick")
    assert not page.exception
    sent = component(page, "triplet-quick")
    assert [len(task["candidates"]) for task in (sent["now"], *sent["coming"])] == [2] * 5
    assert all(task["quick"] for task in (sent["now"], *sent["coming"]))
    assert sent["now"]["reference"]["id"] not in [photo["id"] for photo in sent["now"]["candidates"]]


def test_two_photos_make_no_triplet(empty_store: Store, named: Run, app: Run) -> None:
    fill(empty_store.settings.raw_dir)
    for file in sorted(empty_store.settings.raw_dir.rglob("*.jpg"))[2:]:
        file.unlink()
    empty_store.catalogue.scan()
    assert "three different photos" in sentences(app(TRIPLETS))


def test_the_hidden_share_asks_a_second_annotator_about_the_same_two(
    catalogued: Store, named: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIEFVISION_OVERLAP", "1")
    photos = contents(catalogued)
    catalogued.annotation.commit(Decision.triplet("t", TripletLabel(*photos[:3])), annotator="Bob")
    now = shown(named(TRIPLETS), TRIPLETS)["now"]
    assert now["reference"]["id"] == photos[0]
    assert {photo["id"] for photo in now["candidates"]} == set(photos[1:3])
    assert now["existing"] == []


def test_a_photo_that_is_deleted_meanwhile_is_passed_over(catalogued: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    gone, *others = contents(catalogued)
    left = {name: photo for name, photo in session.queues.photos().items() if name != gone}
    monkeypatch.setattr(session.st, "session_state", {})
    monkeypatch.setattr(session.queues, "photos", lambda: left)
    labelling_page = session.LabellingPage("box", "box-editor", box_commit, coming=1)
    task = session.next_task(labelling_page, Person("Ann", "annotator"), Queue([gone, *others]))
    assert task.photo == left[others[0]]
    assert task.coming == ()


ANN = Person("Ann", "annotator")
LABELLING = session.LabellingPage("box", "box-editor", box_commit, coming=1)


class Tab:
    """A browser's tab as the page knows it: it sends news, and gets tasks."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.queue = Queue(contents(store))
        self.state: dict[str, Any] = {}
        monkeypatch.setattr(session.st, "session_state", self.state)

    def told(self, **news: Any) -> session.Task:
        self.state["box-editor"] = type("Result", (), {"news": news})()
        session.channel(LABELLING, ANN, self.task()).on_news()
        return self.task()

    def task(self) -> session.Task:
        return session.next_task(LABELLING, ANN, self.queue)


@pytest.fixture
def tab(catalogued: Store, monkeypatch: pytest.MonkeyPatch) -> Tab:
    return Tab(catalogued, monkeypatch)


def test_a_tab_whose_page_is_new_gets_the_photos_that_it_had(catalogued: Store, tab: Tab) -> None:
    held = catalogued.annotation.claim("box", Queue(contents(catalogued)[5:7]), "Ann", "the tab").photos
    assert tab.task().photo != session.queues.photos()[held[0]]
    task = tab.told(session="the tab")
    assert task.photo is not None
    assert (task.photo.sha256, task.coming[0].sha256) == held
    assert catalogued.annotation.claim("box", tab.queue, "Bob", "bob").photos[0] == contents(catalogued)[0]


def test_a_photo_that_the_tab_opens_is_shown_until_it_is_decided_about(catalogued: Store, tab: Tab) -> None:
    wanted = contents(catalogued)[9]
    task = tab.told(session="tab", heard="1", open={"photo": wanted, "role": "reviewer", "undone": True, "draft": {}})
    assert task.opened == Opened(wanted, "annotator", undone=True, draft={}), "who may not review does not"
    assert task.photo == session.queues.photos()[wanted]
    assert task.heard == "1"
    assert tab.told(session="tab", heard="2", done=["another"]).opened is not None
    assert tab.told(session="tab", heard="3", done=[wanted]).opened is None


def test_news_that_are_told_again_change_nothing(catalogued: Store, tab: Tab) -> None:
    tab.told(session="tab", heard="1", notice="Taken back")
    tab.state["box-session"].notice = None
    tab.told(session="tab", heard="1", notice="Taken back")
    assert tab.state["box-session"].notice is None


@pytest.mark.parametrize(
    "news", [{"session": 7, "open": "x", "done": "y"}, {"open": {"photo": "../etc"}}, {"open": {}}]
)
def test_news_that_make_no_sense_change_nothing(tab: Tab, news: dict[str, Any]) -> None:
    before = tab.task()
    assert tab.told(**news) == before


def test_while_the_database_is_busy_the_same_is_shown_and_it_is_said(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise LabelDatabaseError("The label database is busy.")

    before = tab.told(session="tab", heard="1")
    with monkeypatch.context() as patch:
        patch.setattr(Annotation, "claim", fail)
        assert tab.told(session="tab", heard="2") == before
        assert tab.state["box-session"].trouble == "The label database is busy."
    assert tab.task().heard == "2"
    assert tab.state["box-session"].trouble is None
