"""Search by an uploaded photo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.ui.small_catalogue import FakeSearcher, component, drawn, encoded, picture, sentences, sideways
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.photos import PHOTO_SUFFIXES
from tiefvision_assets.store.store import Store

Run = Callable[..., AppTest]
SEARCH = "views/search.py"


def uploaded(app: Run, name: str, data: bytes) -> AppTest:
    page = app(SEARCH)
    page.file_uploader[0].set_value((name, data, "application/octet-stream"))
    return page.run()


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_without_an_index_it_says_what_to_do_next(empty_store: Store, app: Run) -> None:
    page = app(SEARCH)
    assert not page.exception
    assert any("tiefvision demo" in code.value for code in page.code)
    assert [uploader.label for uploader in page.file_uploader] == ["Photos, labels, or a zip archive of them"]


def test_before_an_upload_it_explains_itself(store: Store, app: Run) -> None:
    page = app(SEARCH)
    assert page.title[0].value == "Search by photo"
    assert page.file_uploader[0].allowed_type == sorted(PHOTO_SUFFIXES)
    assert any("How it works" in text.value for text in page.markdown)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_an_upload_shows_its_box_and_hits(fake_searcher: FakeSearcher, app: Run, image_format: str) -> None:
    page = uploaded(app, f"dress.{image_format.lower()}", encoded(picture(), image_format))
    photo = component(page, "uploaded-photo")
    assert not page.exception
    assert photo["box"] == [10, 20, 110, 140]
    assert (photo["width"], photo["height"]) == (120, 160)
    assert photo["words"] == "Box found automatically, very sure (93%)"
    assert photo["src"].startswith("data:image/jpeg;base64,")
    assert len(component(page, "hits")["tiles"]) == 12


def test_an_upload_is_turned_upright(fake_searcher: FakeSearcher, app: Run) -> None:
    photo = component(uploaded(app, "phone.jpg", sideways()), "uploaded-photo")
    assert (photo["width"], photo["height"]) == (120, 160)


def test_an_upload_is_stored_for_its_address_alone(fake_searcher: FakeSearcher, store: Store, app: Run) -> None:
    before = files_below(store.layout.root)
    uploaded(app, "dress.jpg", encoded(picture()))
    stored = {file for file in files_below(store.layout.root) - before if "labels.db" not in file.name}
    assert {file.parent.parent for file in stored} == {store.layout.uploads}
    assert not store.catalogue.live()["path"].str.startswith("uploads").any()


def test_number_and_ranking_can_be_chosen(fake_searcher: FakeSearcher, app: Run) -> None:
    page = uploaded(app, "dress.jpg", encoded(picture()))
    supervised = component(page, "hits")["tiles"]
    page.segmented_control(key="ranking").set_value("unsupervised").run()
    assert component(page, "hits")["tiles"] != supervised
    page.segmented_control(key="number").set_value(48).run()
    assert len(component(page, "hits")["tiles"]) == 48


def test_the_upload_is_still_there_on_the_way_back(fake_searcher: FakeSearcher, app: Run) -> None:
    page = uploaded(app, "dress.jpg", encoded(picture()))
    page.switch_page("views/gallery.py").run()
    page.switch_page(SEARCH).run()
    assert len(component(page, "hits")["tiles"]) == 12


def test_taking_the_upload_away_forgets_it(fake_searcher: FakeSearcher, app: Run) -> None:
    page = uploaded(app, "dress.jpg", encoded(picture()))
    page.file_uploader[0].clear().run()
    assert "uploaded-photo" not in drawn(page)


def mostly_empty_png(width: int, height: int) -> bytes:
    """A PNG whose few bytes hold millions of pixels."""
    return encoded(Image.new("1", (width, height)), "PNG")


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.jpg", b"", "empty"),
        ("text.jpg", b"this is no photo", "not a photo"),
        ("cut.jpg", encoded(picture(size=(400, 400)))[:-2000], "truncated"),
        ("huge.png", mostly_empty_png(10_000, 9_000), "megapixels"),
        ("dot.png", encoded(picture(size=(8, 8)), "PNG"), "too small"),
        ("map.jpg", encoded(picture(), "PPM"), "PPM"),
        ("![x](http://example.org/x.png).jpg", b"no photo", "not a photo"),
    ],
)
def test_a_bad_upload_gets_one_sentence(
    fake_searcher: FakeSearcher, app: Run, name: str, data: bytes, reason: str
) -> None:
    page = uploaded(app, name, data)
    assert not page.exception
    assert len(page.error) == 1
    assert reason in page.error[0].value
    assert "](" not in page.error[0].value
    assert "uploaded-photo" not in drawn(page)


def test_an_error_of_the_search_is_shown_as_it_is(
    fake_searcher: FakeSearcher, app: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise TiefVisionError("The model basis/1 is not in the data folder; run `tiefvision run` to make it anew.")

    monkeypatch.setattr(fake_searcher, "search", fail)
    assert "`tiefvision run`" in sentences(uploaded(app, "dress.jpg", encoded(picture())))
