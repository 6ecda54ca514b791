"""The message files fit the code, and the reader's language is the one that is wanted."""

from __future__ import annotations

import string
from datetime import UTC, datetime

import pytest
from babel import Locale
from babel.messages import Catalog

from tiefvision_ui.components.declared import texts_in
from tiefvision_ui.language.catalogues import SOURCE, accepted, languages, negotiated
from tiefvision_ui.language.extraction import PACKAGE, extracted, translated, untranslated
from tiefvision_ui.language.formats import bytes_words, date_words, number_words, percent_words
from tiefvision_ui.language.texts import N_, _, counted, current_locale, speaking

TRANSLATIONS = [language for language in languages() if language != SOURCE]


@pytest.fixture(scope="module")
def code() -> Catalog:
    return extracted()


def keys(catalogue: Catalog) -> set[object]:
    return {(message.context, message.id) for message in catalogue if message.id}


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_message_file_has_the_texts_of_the_code_and_no_others(language: str, code: Catalog) -> None:
    file = translated(language)
    assert keys(file) == keys(code), "run `make messages`, and translate what it prints"
    assert untranslated(file) == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_translations_name_the_same_values(language: str) -> None:
    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    wrong = []
    for message in translated(language):
        originals = message.id if message.pluralizable else [message.id]
        texts = message.string if message.pluralizable else [message.string]
        wanted = set[str]().union(*map(names, originals))
        wrong += [text for text in texts if message.id and names(text) != wanted]
    assert wrong == []


def test_the_browser_gets_what_javascript_marks(code: Catalog) -> None:
    marked = {
        message.id for message in code if message.id and any(place.endswith(".js") for place, _ in message.locations)
    }
    found = {text for file in (PACKAGE / "components").rglob("*.js") for text in texts_in(file.read_text("utf-8"))}
    assert marked and found == marked


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        (("de-DE",), "de_DE"),
        (("de", "de-AT"), "de_AT"),
        (("de", "en-US"), "de"),
        (("fr-FR", "de-CH"), "de_CH"),
        (("en", "de-DE"), "en_GB"),
        (("en-US",), "en_US"),
        (("fr-FR",), "en_GB"),
        ((None, "no language; at all", ""), "en_GB"),
        (("de-QQ",), "de"),
    ],
)
def test_the_first_language_that_the_app_speaks(wanted: tuple[str | None, ...], got: str) -> None:
    assert str(negotiated(*wanted)) == got


def test_what_a_browser_accepts() -> None:
    assert accepted("de-AT, de;q=0.9, en;q=0.8, *;q=0.1") == ["de-AT", "de", "en"]
    assert accepted("") == []


def test_without_a_reader_texts_are_english() -> None:
    assert _("Save") == N_("Save") == "Save" and current_locale() == Locale("en", "GB")
    assert counted("{n} photo", "{n} photos", 1080) == "1,080 photos"
    assert _("{number} more", number="1,000") == "1,000 more"


def test_numbers_dates_and_sizes_of_a_locale() -> None:
    moment = datetime(2026, 11, 24, 8, 6, tzinfo=UTC)
    assert (number_words(1080.5, 2), percent_words(0.934), percent_words(0.934, 1)) == ("1,080.50", "93%", "93.4%")
    assert (date_words(moment), bytes_words(1_250_000)) == ("24 Nov 2026, 08:06", "1.2 MB")
    with speaking(Locale("de", "DE")):
        assert (number_words(1080.5, 2), percent_words(0.934)) == ("1.080,50", "93\N{NO-BREAK SPACE}%")
        assert (date_words(moment.isoformat()), bytes_words(1_250_000)) == ("24. Nov. 2026, 08:06", "1,2 MB")
        assert _("Save") == "Speichern"
    with speaking(Locale("de", "CH")):
        assert number_words(1080) in ("1’080", "1'080")
    assert number_words(1080) == "1,080"
