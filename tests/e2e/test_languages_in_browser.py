"""The app in German, as a German browser gets it: a search, and a box; and another language by choice."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.serving import in_a_browser, photos, watched_page
from tiefvision_assets.store.store import Store
from tiefvision_ui.language.extraction import translated

pytestmark = in_a_browser
READ = "button, h1, h2, h3, label, legend, figcaption, summary, p, a, time, [role=option], [role=status]"


@pytest.fixture
def german(browser: Browser) -> Iterator[Page]:
    with watched_page(browser.new_context(viewport={"width": 1440, "height": 900}, locale="de-DE")) as page:
        yield page


def english_on(page: Page) -> set[str]:
    """Texts on the page, or names of what is on it, that are English ones of the message file and no German ones."""
    messages = [message for message in translated("de") if message.id and isinstance(message.id, str)]
    texts = {message.id for message in messages} - {message.string for message in messages}
    seen = {line.strip() for text in page.locator(READ).all_inner_texts() for line in text.splitlines()}
    names = page.locator("[aria-label], [title], [placeholder]").evaluate_all(
        "(all) => all.flatMap((one) => ['aria-label', 'title', 'placeholder'].map((name) => one.getAttribute(name)))"
    )
    return (seen | set(names)) & texts


def test_a_german_browser_searches_in_german(german: Page, address: str, store: Store) -> None:
    german.goto(address)
    expect(german.get_by_role("heading", name="Galerie")).to_be_visible()
    expect(german.locator("html")).to_have_attribute("lang", "de")
    german.locator(".grid a").first.click()
    expect(german.get_by_role("heading", name="Am ähnlichsten")).to_be_visible()
    assert english_on(german) == set()

    german.goto(f"{address}/search")
    german.locator("input[type=file]").first.set_input_files(store.catalogue.file(photos(store)["path"].iloc[0]))
    expect(german.locator(".grid .score").first).to_have_text(re.compile(r"^[01],\d\d$"))
    expect(german.locator(".grid .level").first).to_have_text(re.compile("^(gleich|sehr ähnlich|verwandt)$"))
    german.get_by_text("Nebeneinander", exact=True).click()
    expect(german.get_by_text("Nach Aussehen", exact=True)).to_be_visible()
    assert english_on(german) == set()


def test_a_box_is_labelled_in_german(german: Page, address: str) -> None:
    german.goto(f"{address}/boxes")
    name = german.get_by_label("Name", exact=True)
    name.fill("Änne")
    name.press("Enter")
    editor = german.locator(".editor")
    expect(editor).to_have_attribute("data-task", "ready")
    expect(editor.get_by_role("button", name="Überspringen")).to_be_visible()
    assert english_on(german) == set()
    german.keyboard.press("Enter")
    expect(editor.get_by_role("button", name="Zurücknehmen")).to_be_enabled()
    assert english_on(german) == set()


def test_another_language_is_chosen_and_kept(german: Page, address: str) -> None:
    german.goto(address)
    german.get_by_role("combobox", name="Sprache").click()
    german.get_by_role("option", name="English").click()
    expect(german.get_by_role("heading", name="Gallery")).to_be_visible()
    german.reload()
    expect(german.get_by_role("heading", name="Gallery")).to_be_visible()
    expect(german.locator("html")).to_have_attribute("lang", "en")
