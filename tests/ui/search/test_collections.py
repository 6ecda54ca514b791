"""Collections: stars, tags, notes, saved searches with what is new, and downloads."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.ui.small_catalogue import FakeSearcher, component, drawn, encoded, picture, rank_anew, sentences, serve
from tiefvision_assets.lineage.products import take_over_feed
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.store import Store
from tiefvision_ui import services
from tiefvision_ui.access.people import NAME
from tiefvision_ui.components.image_grid import Chosen
from tiefvision_ui.search import collecting, indexed_photos, results, saving
from tiefvision_ui.search.saving import newest_batch

Run = Callable[..., AppTest]
SEARCH, COLLECTIONS = "views/search.py", "views/collected.py"
PHOTO = image_id("blue/dress-002.jpg")


def content(store: Store, number: int) -> str:
    live = store.catalogue.live().set_index("path")["sha256"]
    return str(live[f"{'red' if number % 2 else 'blue'}/dress-{number:03d}.jpg"])


def press(page: AppTest, label: str) -> AppTest:
    (button,) = [button for button in page.button if button.label == label]
    return button.click().run()


def captions(page: AppTest) -> list[str]:
    return [tile["caption"] for tile in component(page, "collection")["tiles"]]


def marking(sha256: str) -> AppTest:
    """The dialog alone: a test's click would close it, as it draws the whole page anew."""
    script = f"from tiefvision_ui.search.collecting import collect\ncollect({sha256!r}, 'dress')"
    return AppTest.from_string(script, default_timeout=30).run()


def test_a_photo_is_starred_tagged_and_noted(store: Store, app: Run) -> None:
    sha256 = content(store, 2)
    dialog = marking(sha256)
    dialog.toggle(key=f"star-{sha256}").set_value(True)
    dialog.text_area(key=f"note-{sha256}").set_value("hem too short")
    dialog = press(dialog, "Save")
    assert not dialog.exception
    marked = store.marks.of([sha256], "")[sha256]
    assert (marked.starred, marked.note) == (True, "hem too short")


def test_what_others_mark_while_the_dialog_is_open_stays(store: Store, app: Run) -> None:
    sha256 = content(store, 2)
    store.marks.mark(sha256, "Bob", starred=False, tags=["long", "summer"], note=None)
    dialog = marking(sha256)
    store.marks.mark(sha256, "Bob", starred=False, tags=["long", "summer", "silk"], note="hem too short")
    dialog.multiselect(key=f"tags-{sha256}").set_value(["summer", "gown"])
    dialog = press(dialog, "Save")
    marked = store.marks.of([sha256], "")[sha256]
    assert (marked.tags, marked.note, marked.note_by) == (("gown", "silk", "summer"), "hem too short", "Bob")


def test_a_note_of_somebody_else_is_replaced_only_by_who_read_it(store: Store, app: Run) -> None:
    sha256 = content(store, 2)
    dialog = marking(sha256)
    store.marks.mark(sha256, "Bob", starred=False, tags=None, note="too short")
    dialog.text_area(key=f"note-{sha256}").set_value("too long")
    dialog = press(dialog, "Save")
    assert "Bob wrote “too short” meanwhile" in sentences(dialog)
    assert store.marks.of([sha256], "")[sha256].note == "too short"
    press(dialog, "Save")
    assert store.marks.of([sha256], "")[sha256].note == "too long"


@pytest.mark.parametrize("checked", [True, False])
def test_stars_are_called_private_only_where_names_are_checked(
    store: Store, app: Run, monkeypatch: pytest.MonkeyPatch, checked: bool
) -> None:
    monkeypatch.setattr(collecting, "login_wanted", lambda: checked)
    sha256 = content(store, 2)
    said = str(marking(sha256).toggle(key=f"star-{sha256}").help)
    assert ("nobody else sees it" in said) == checked and ("no log-in" in said) != checked


def test_it_is_marked_from_its_own_view(store: Store, app: Run) -> None:
    page = press(app(photo=PHOTO), "Collect")
    assert page.toggle(key=f"star-{content(store, 2)}").value is False


def test_hits_that_are_starred_say_so_and_can_be_marked(
    fake_searcher: FakeSearcher, store: Store, app: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = app(SEARCH, like=PHOTO)
    tile = component(page, "hits")["tiles"][1]
    sha256 = tile["src"].split("/")[-1].split("?")[0]
    store.marks.mark(sha256, "", starred=True, tags=None, note=None)
    page = app(SEARCH, like=PHOTO)
    assert component(page, "hits")["tiles"][1]["caption"] == f"★ {tile['caption']}"
    draw, pressed = results.action_grid, [Chosen(acted=("collect", tile["id"]))]

    def once(tiles, *, subject, key):
        shown = draw(tiles, subject=subject, key=key)
        return pressed.pop() if pressed else shown

    monkeypatch.setattr(results, "action_grid", once)
    assert page.run().toggle(key=f"star-{sha256}").value is True


def test_hits_are_shown_while_the_label_database_cannot_be_reached(
    fake_searcher: FakeSearcher, store: Store, app: Run
) -> None:
    database = store.settings.data_dir / "labels.db"
    database.unlink()
    database.mkdir()
    page = app(SEARCH, like=PHOTO)
    assert not page.error
    assert len(component(page, "hits")["tiles"]) == 12
    assert "cannot be used" in sentences(marking(content(store, 2)))


def test_viewers_have_stars_of_their_own_and_change_nothing_that_all_share(
    store: Store, app: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = content(store, 2)
    store.marks.mark(sha256, "Ann", starred=False, tags=["summer"], note="long")
    monkeypatch.setenv("TIEFVISION_DEFAULT_ROLE", "viewer")
    st.cache_resource.clear()
    page = marking(sha256)
    assert page.multiselect(key=f"tags-{sha256}").disabled
    assert page.text_area(key=f"note-{sha256}").disabled
    page.toggle(key=f"star-{sha256}").set_value(True)
    press(page, "Save")
    marked = store.marks.of([sha256], "")[sha256]
    assert (marked.starred, marked.tags, marked.note) == (True, ("summer",), "long")


def test_collections_show_stars_tags_and_notes(store: Store, app: Run) -> None:
    store.marks.mark(content(store, 3), "Ann", starred=True, tags=["summer", "*wild*"], note=None)
    store.marks.mark(content(store, 4), "Bob", starred=True, tags=["summer"], note="hem [x](y)")
    page = app(COLLECTIONS)
    assert not page.exception
    assert "Star, tag or annotate" in sentences(page), "nobody's own stars"
    page.sidebar.text_input(key=NAME).set_value("Ann").run()
    assert captions(page) == ["★ dress-003"]
    page.query_params["show"] = "tag:summer"
    assert captions(page.run()) == ["dress-004", "★ dress-003"]
    page.query_params["show"] = "noted"
    assert captions(page.run()) == ["dress-004: hem [x](y)"]
    assert "\\*wild\\* · 1" in page.get("button_group")[0].options


def test_marks_survive_renames_and_wait_for_photos_that_are_gone(store: Store, app: Run) -> None:
    store.marks.mark(content(store, 4), "", starred=True, tags=None, note=None)
    file = store.catalogue.file("blue/dress-004.jpg")
    file.rename(file.with_name("renamed.jpg"))
    serve(store, "v2")
    assert captions(app(COLLECTIONS)) == ["★ renamed"]
    file.with_name("renamed.jpg").unlink()
    serve(store, "v3")
    page = app(COLLECTIONS)
    assert "collection" not in drawn(page)
    assert any("1 photo more cannot be searched" in text.value for text in page.caption)


@pytest.mark.parametrize(
    ("script", "address"),
    [(None, {"where": "path LIKE 'red/%'"}), (SEARCH, {"like": PHOTO, "where": "path LIKE 'red/%'", "number": "48"})],
)
def test_a_saved_search_tells_of_new_photos_until_it_is_looked_at(
    fake_searcher: FakeSearcher, store: Store, app: Run, script: str | None, address: dict[str, str]
) -> None:
    page = app(script, **address)
    page.text_input(key="saved-search-name").set_value("my reds")
    page = press(page, "Save this search")
    [saved] = store.saved_searches.of("")
    assert saved.name == "my reds"
    page = app(COLLECTIONS)
    assert not page.get("badge") and not page.exception
    for folder in ("red", "blue"):
        for number in range(6):
            new = encoded(picture(number / 9 + (folder == "red") / 20, (90, 160)))
            (store.settings.raw_dir / folder / f"new-{number}.jpg").write_bytes(new)
    serve(store, "v2")
    page = app(COLLECTIONS)
    text = " ".join(element.value for element in page.markdown)
    assert " new" in text
    if script is None:
        assert "6 new" in text
    page = page.button(key=f"open-{saved.id}").click().run()
    assert not page.exception
    assert store.saved_searches.of("")[0].seen == newest_batch("v2")
    assert page.query_params["where"] == "path LIKE 'red/%'"
    assert " new" not in " ".join(element.value for element in app(COLLECTIONS).markdown)


def test_a_saved_search_whose_photo_is_gone_says_so_and_can_be_removed(store: Store, app: Run) -> None:
    store.saved_searches.save("", "gone", "/search?like=nobody", "")
    store.saved_searches.save("", "wrong", "/?where=hue+%3E+3", "")
    store.saved_searches.save("", "odd", "/search?upload=..&number=many&ranking=best", "")
    page = app(COLLECTIONS)
    assert not page.exception
    text = " ".join(caption.value for caption in page.caption)
    assert "not in the catalogue any more" in text
    assert "no column hue" in text
    assert "not kept any more" in text
    for saved in store.saved_searches.of(""):
        page.button(key=f"remove-{saved.id}").click().run()
    assert store.saved_searches.of("") == []


@pytest.fixture
def sold(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Take a feed over in which the reds, all but the first few of that number, have just been sold out."""
    feed = tmp_path / "products.csv"
    monkeypatch.setenv("TIEFVISION_PRODUCTS", str(feed))
    st.cache_resource.clear()
    paths = sorted(path for path in store.catalogue.live()["path"] if path.startswith("red"))

    def take_over(left: int) -> None:
        rows = [f"{at},{path},{'yes' if at < left else 'no'}" for at, path in enumerate(paths)]
        feed.write_text("\n".join(["product_id,path,in_stock", *rows]), encoding="utf-8")
        take_over_feed(Store(Settings()))

    take_over(30)
    searcher = FakeSearcher(Settings())
    monkeypatch.setattr(services, "searcher", lambda: searcher)
    return take_over


def test_hits_follow_a_changed_feed_where_a_condition_is_about_it(sold: Callable[[int], None], app: Run) -> None:
    page = app(SEARCH, like=PHOTO, where="in_stock")
    assert len(component(page, "hits")["tiles"]) == 12
    sold(5)
    assert len(component(page.run(), "hits")["tiles"]) == 5


@pytest.mark.parametrize("address", ["/?where=in_stock", f"/search?like={PHOTO}&where=in_stock&number=48"])
def test_what_is_new_in_a_saved_search_follows_a_changed_feed(
    store: Store, sold: Callable[[int], None], app: Run, address: str
) -> None:
    store.saved_searches.save("", "in stock", address, "")
    page = app(COLLECTIONS)
    assert "30 new" in " ".join(element.value for element in page.markdown)
    sold(5)
    assert re.search(r"\b5 new", " ".join(element.value for element in page.run().markdown))


def test_hits_and_what_is_new_follow_another_ranking_in_an_open_session(
    fake_searcher: FakeSearcher, store: Store, app: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.saved_searches.save("", "any", f"/search?like={PHOTO}", "")
    page = app(SEARCH, like=PHOTO)
    before = [tile["id"] for tile in component(page, "hits")["tiles"]]
    saved = app(COLLECTIONS)
    counted = []
    monkeypatch.setattr(saving, "photos_of", lambda *_: counted.append("asked") or [])
    saved.run()
    assert not counted, "nothing has changed"
    rank_anew(store)
    after = [tile["id"] for tile in component(page.run(), "hits")["tiles"]]
    assert after != before
    saved.run()
    assert counted


def test_hits_of_an_index_that_is_served_since_break_no_page(
    fake_searcher: FakeSearcher, store: Store, app: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.saved_searches.save("", "any", f"/search?like={PHOTO}&number=48", "")
    before = indexed_photos.index_version()
    for number in range(6):
        new = encoded(picture(number / 9, (90, 160)))
        (store.settings.raw_dir / "blue" / f"new-{number}.jpg").write_bytes(new)
    serve(store, "v2")
    monkeypatch.setattr(indexed_photos, "index_version", lambda: before)  # read just before the switch
    for script, address in ((SEARCH, {"like": PHOTO, "number": "48"}), (COLLECTIONS, {})):
        page = app(script, **address)
        assert "went wrong" not in sentences(page)


def test_a_condition_selects_the_same_photos_when_another_index_is_served_since(
    fake_searcher: FakeSearcher, store: Store, app: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = indexed_photos.index_version()
    indexed_photos.photos(before)
    (store.settings.raw_dir / "aaa.jpg").write_bytes(encoded(picture(0.3, (90, 160))))
    serve(store, "v2")
    monkeypatch.setattr(indexed_photos, "index_version", lambda: before)
    page = app(where="path LIKE 'red/%'")
    tiles = component(page, "gallery-grid")["tiles"]
    assert [tile["caption"] for tile in tiles[:2]] == ["dress-001", "dress-003"]


def test_hits_can_be_downloaded(fake_searcher: FakeSearcher, app: Run) -> None:
    page = app(SEARCH, like=PHOTO)
    labels = [button.label for button in page.get("download_button")]
    assert [label.split(" (")[0] for label in labels] == ["Table", "Photos", "Contact sheet"]
