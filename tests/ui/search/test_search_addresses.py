"""What leads a search is in its address: the upload, parts of the photo, examples."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.ui.small_catalogue import FakeSearcher, component, drawn, encoded, picture, sentences
from tiefvision_assets.box import Box
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.uploads import KEPT_S, Uploader, Uploads
from tiefvision_ui.access.people import Person
from tiefvision_ui.search import kept_uploads, state
from tiefvision_ui.search.kept_uploads import may_see
from tiefvision_ui.search.query_photo import QueryPhoto
from tiefvision_ui.search.state import Parts
from tiefvision_ui.search.uploads import digest_of

Run = Callable[..., AppTest]
SEARCH = "views/search.py"
PHOTO = image_id("blue/dress-002.jpg")
DATA = encoded(picture())
DIGEST = digest_of(DATA)
QUERY = QueryPhoto("key", "name", "src", 100, 200)


def uploaded(app: Run) -> AppTest:
    page = app(SEARCH)
    page.file_uploader[0].set_value(("dress.jpg", DATA, "image/jpeg"))
    return page.run()


def test_an_upload_has_an_address_that_a_new_session_follows(fake_searcher: FakeSearcher, app: Run) -> None:
    page = uploaded(app)
    assert page.query_params["upload"] == DIGEST
    again = app(SEARCH, upload=DIGEST)
    assert component(again, "uploaded-photo")["alt"] == "dress.jpg"
    assert component(again, "hits")["tiles"] == component(page, "hits")["tiles"]


def test_an_upload_that_the_disk_does_not_take_is_searched_with_all_the_same(
    fake_searcher: FakeSearcher, app: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Uploads, "keep", full)
    page = uploaded(app)
    assert component(page.run(), "uploaded-photo")["alt"] == "dress.jpg"
    assert len(component(page, "hits")["tiles"]) == 12 and not page.error


def full(*_: object) -> str:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_another_address_counts_though_the_widget_still_holds_a_file(fake_searcher: FakeSearcher, app: Run) -> None:
    other = encoded(picture(0.9))
    kept_uploads.uploads().keep(other, Uploader("", "admin", "other.jpg"))
    page = uploaded(app)
    page.query_params["upload"] = digest_of(other)
    assert component(page.run(), "uploaded-photo")["alt"] == "other.jpg"


@pytest.mark.parametrize("digest", [DIGEST, "..", "../../served.json", "a" * 5000])
def test_an_upload_that_is_not_there_is_a_sentence(fake_searcher: FakeSearcher, app: Run, digest: str) -> None:
    page = app(SEARCH, upload=digest)
    assert not page.exception
    assert "not here any more" in sentences(page)
    assert "uploaded-photo" not in drawn(page)


def test_an_upload_that_nobody_looks_at_goes(store: Store) -> None:
    uploads = Uploads(store.layout.uploads)
    assert uploads.keep(DATA, Uploader("Ann", "viewer", "dress.jpg")) == DIGEST
    long_ago = time.time() - KEPT_S - 1
    os.utime(store.layout.uploads / DIGEST, (long_ago, long_ago))
    assert uploads.get(DIGEST)
    uploads.remove_old()
    assert uploads.get(DIGEST), "somebody has just looked at it"
    os.utime(store.layout.uploads / DIGEST, (long_ago, long_ago))
    uploads.remove_old()
    assert uploads.get(DIGEST) is None


def test_uploads_take_no_more_than_their_bytes(store: Store) -> None:
    uploads = Uploads(store.layout.uploads, max_bytes=3 * 10_000)
    digests = []
    for number in range(5):
        digests.append(uploads.keep(bytes([number]) * 9_000, Uploader("", "admin", "")))
        os.utime(store.layout.uploads / digests[-1], (number + time.time() - 100,) * 2)
    assert [uploads.get(digest) is not None for digest in digests] == [False, False, True, True, True]


def test_damage_is_no_upload(store: Store) -> None:
    uploads = Uploads(store.layout.uploads)
    uploads.keep(DATA, Uploader("", "admin", ""))
    (store.layout.uploads / DIGEST / "photo").write_bytes(DATA[:-1])
    assert uploads.get(DIGEST) is None


@pytest.mark.parametrize(
    ("person", "seen"),
    [
        (Person("Ann", "viewer"), True),
        (Person("Bob", "viewer"), False),
        (Person("Bob", "annotator"), True),
        (Person("Bob", "admin"), True),
    ],
)
def test_with_a_login_an_upload_is_for_its_sender_and_their_role(monkeypatch, person: Person, seen: bool) -> None:
    monkeypatch.setattr(kept_uploads, "login_wanted", lambda: True)
    assert may_see(Uploader("ann", "annotator", ""), person) is seen
    monkeypatch.setattr(kept_uploads, "login_wanted", lambda: False)
    assert may_see(Uploader("ann", "annotator", ""), person)


def parts_at(monkeypatch: pytest.MonkeyPatch, boxes: list[str], part: str | None = None) -> Parts:
    monkeypatch.setattr(st, "query_params", Address(box=boxes, **({"part": part} if part else {})))
    return Parts.in_address(QUERY)


class Address(dict):
    """As `st.query_params` is."""

    def get_all(self, name: str) -> list[str]:
        value = self.get(name, [])
        return value if isinstance(value, list) else [value]


def test_parts_are_chosen_by_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = ["1,2,30,40", "5,6,70,80"]
    assert parts_at(monkeypatch, boxes).box == Box(1, 2, 30, 40)
    assert parts_at(monkeypatch, boxes, "2").box == Box(5, 6, 70, 80)
    for part in ("found", "new", "3", "0", "-1", "²"):
        assert parts_at(monkeypatch, boxes, part).box is None
    assert parts_at(monkeypatch, ["90,10,500,20", "x", "200,1,300,9", "1,2"]).boxes == (Box(90, 10, 100, 20),)


def test_parts_go_into_the_address_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Box(1, 2, 30, 40), Box(5, 6, 70, 80)
    monkeypatch.setattr(st, "query_params", Address(upload="x", part="7"))
    for parts in (
        Parts(),
        Parts((first, second), 0),
        Parts((first, second), 1),
        Parts((first, second)),
        Parts((first,), drawing=True),
    ):
        parts.into_address()
        assert Parts.in_address(QUERY) == parts
        assert st.query_params["upload"] == "x"


def test_a_drawn_box_takes_the_place_of_the_chosen_one_or_is_one_more() -> None:
    first, second, third = Box(1, 2, 30, 40), Box(5, 6, 70, 80), Box(0, 0, 9, 9)
    assert Parts().drawn(first) == Parts((first,), 0)
    assert Parts((first, second), 0).drawn(third) == Parts((third, second), 0)
    assert Parts((first, second), drawing=True).drawn(third) == Parts((first, second, third), 2)
    assert Parts((first, second), 0).without_chosen() == Parts((second,))


def test_parts_are_searched_by_in_turn(fake_searcher: FakeSearcher, app: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    search = fake_searcher.search
    monkeypatch.setattr(fake_searcher, "search", lambda request: (asked.append(request.box), search(request))[1])
    page = uploaded(app)
    page.query_params["box"] = ["5,6,70,80", "10,10,90,90"]
    page.run()
    assert component(page, "uploaded-photo")["words"] == "Part 1, drawn by you"
    page.segmented_control(key="part-choice").set_value("2").run()
    assert page.query_params["part"] == "2"
    assert component(page, "uploaded-photo")["box"] == [10, 10, 90, 90]
    (more,) = [button for button in page.button if button.label == "Another part"]
    more.click().run()
    assert component(page, "uploaded-photo")["box"] is None, "the next one is drawn on the bare photo"
    page.segmented_control(key="part-choice").set_value("1").run()
    assert asked == [None, Box(5, 6, 70, 80), Box(10, 10, 90, 90)], "what was found before is not looked up again"


def test_examples_of_the_address_that_are_gone_are_left_out(fake_searcher: FakeSearcher, app: Run) -> None:
    page = app(SEARCH, like=PHOTO, more="gone")
    assert not page.exception
    assert not page.error
    assert len(component(page, "hits")["tiles"]) == 12


def test_an_example_is_of_one_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "query_params", Address())
    state.toggle_example("more", "a")
    state.toggle_example("more", "b")
    state.toggle_example("less", "a")
    assert (state.examples("more"), state.examples("less")) == (["b"], ["a"])
    state.toggle_example("less", "a")
    assert st.query_params == {"more": ["b"]}
