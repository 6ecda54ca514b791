"""A page and a request are answered in the language of whoever reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from tests.ui.small_catalogue import component
from tiefvision_assets.search.hits import Level
from tiefvision_assets.settings import Role
from tiefvision_assets.store.flaws import FLAWS
from tiefvision_assets.store.store import Store
from tiefvision_ui.language.choice import COOKIE, locale_of
from tiefvision_ui.language.known_values import VALUES
from tiefvision_ui.language.requests import in_readers_language
from tiefvision_ui.language.texts import LOCALE, _

Run = Callable[..., AppTest]


def test_a_page_speaks_german(store: Store, app: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run = AppTest.run

    def in_german(self: AppTest, **options: object) -> AppTest:
        self.session_state[LOCALE] = "de_AT"
        return run(self, **options)

    monkeypatch.setattr(AppTest, "run", in_german)
    page = app()
    assert page.title[0].value == "Galerie"
    assert {"Name", "Filter"} <= {field.label for field in page.text_input}
    assert any(caption.value.endswith(" Fotos") for caption in page.caption)
    told = component(page, "condition")
    assert told["locale"] == "de-AT" and told["texts"]["Condition"] == "Bedingung"


def test_without_a_browser_a_page_is_english(store: Store, app: Run) -> None:
    page = app()
    assert page.title[0].value == "Gallery"
    assert component(page, "condition")["texts"] == {}
    assert [choice.value for choice in page.sidebar.selectbox] == ["en"]


def test_a_choice_counts_more_than_the_browser() -> None:
    accepting = {"Accept-Language": "de-CH,de;q=0.9,en;q=0.5"}
    assert str(locale_of({}, accepting)) == "de_CH"
    assert str(locale_of({COOKIE: "en"}, accepting, "de-CH")) == "en_GB"
    assert str(locale_of({COOKIE: "xx; path=/"}, {})) == "en_GB"


def test_a_request_is_answered_in_its_language() -> None:
    async def save(request: Request) -> PlainTextResponse:
        return PlainTextResponse(await run_in_threadpool(_, "Save"))

    client = TestClient(Starlette(routes=in_readers_language([Route("/save", save)])))
    assert client.get("/save", headers={"Accept-Language": "de"}).text == "Speichern"
    assert client.get("/save", headers={"Accept-Language": "en-US"}).text == "Save"
    client.cookies[COOKIE] = "de"
    assert client.get("/save", headers={"Accept-Language": "en-US"}).text == "Speichern"


def test_values_that_are_shown_as_words_have_a_translation() -> None:
    values = {*Level.__args__, *Role.__args__, *FLAWS, *FLAWS.values()} - {"none"}
    assert {value.replace("_", " ") for value in values} <= set(VALUES)
