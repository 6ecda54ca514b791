"""The queue of searches by photo: a few at work, some waiting, and a sentence for all others."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.ui.small_catalogue import FakeSearcher, encoded, picture
from tiefvision_assets.search.request import SearchRequest
from tiefvision_assets.search.searcher import SearchResult
from tiefvision_assets.store.store import Store
from tiefvision_ui.http.api.application import api_routes
from tiefvision_ui.photo_queue import AT_ONCE, PHOTO_QUEUE, PLACES, Busy, PhotoQueue
from tiefvision_ui.search.uploads import BadUpload, receive

JPEG = {"content-type": "image/jpeg"}


def test_places_and_turns_are_given_back_whatever_happens():
    queue = PhotoQueue(at_once=1, places=1)

    def fail() -> None:
        with queue.place(), queue.turn(patience_s=0):
            with pytest.raises(Busy), queue.place():
                pass
            with pytest.raises(Busy), queue.turn(patience_s=0):
                pass
            raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            fail()


class SlowSearcher(FakeSearcher):
    """Says how many searches were at work at once; they end together."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.settings)
        self.at_work, self.most = 0, 0
        self.full, self.end = Event(), Event()

    def search(self, request: SearchRequest) -> SearchResult:
        self.at_work += 1
        self.most = max(self.most, self.at_work)
        if self.at_work == AT_ONCE:
            self.full.set()
        self.end.wait()
        found = super().search(request)
        self.at_work -= 1
        return found


def test_uploads_beyond_the_queue_are_told_to_come_back(store: Store):
    searcher = SlowSearcher(store)
    client = TestClient(Starlette(routes=api_routes(searcher)))
    data = encoded(picture())
    with ThreadPoolExecutor(PLACES) as pool, client:
        waiting = [pool.submit(client.post, "/api/search", content=data, headers=JPEG) for _ in range(AT_ONCE)]
        assert searcher.full.wait(30)
        with ExitStack() as others:
            for _ in range(PLACES - AT_ONCE):
                others.enter_context(PHOTO_QUEUE.place())
            refused = client.post("/api/search", content=data, headers=JPEG)
            searcher.end.set()
            assert [answer.result().status_code for answer in waiting] == [200] * AT_ONCE
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert refused.json() == {"error": "Too many photos are being searched by at the moment; try again in 5 seconds."}
    assert searcher.most == AT_ONCE

    assert client.post("/api/search", content=data, headers=JPEG).status_code == 200


@pytest.mark.parametrize("content", [b"no photo", b""])
def test_an_upload_that_fails_leaves_its_place(store: Store, content: bytes):
    client = TestClient(Starlette(routes=api_routes(FakeSearcher(store.settings))))
    for _ in range(PLACES + 1):
        assert client.post("/api/search", content=content, headers=JPEG).status_code == 400


def test_a_page_waits_for_its_turn(monkeypatch: pytest.MonkeyPatch):
    small = io.BytesIO()
    Image.new("RGB", (20, 20)).save(small, "PNG")
    queue = PhotoQueue(at_once=1, places=1)
    monkeypatch.setattr("tiefvision_ui.search.uploads.PHOTO_QUEUE", queue)
    with ThreadPoolExecutor(1) as pool:
        with queue.turn():
            upload = pool.submit(receive, "small.png", small.getvalue())
        assert upload.result().width == 20
    with pytest.raises(BadUpload):
        receive("none.png", b"")
    with queue.turn(patience_s=0):
        pass
