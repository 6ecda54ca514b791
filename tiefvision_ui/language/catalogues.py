"""The message files: which languages there are, their texts, and which of them somebody wants."""

from __future__ import annotations

import io
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = Path(__file__).parents[1] / "locale"
DOMAIN = "tiefvision"
SOURCE = "en"
"""The language of the code, which needs no message file."""
DEFAULT = Locale("en", "GB")
"""For readers of whom nothing is known, or whose language the app does not have: days come first, hours go to 24."""


def file_of(language: str) -> Path:
    """The message file of a language."""
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def languages() -> tuple[str, ...]:
    """The codes of the languages that the app speaks, English first."""
    return (SOURCE, *sorted(folder.name for folder in LOCALES.iterdir() if file_of(folder.name).is_file()))


@cache
def translations(language: str) -> NullTranslations:
    """The texts of a language; those that its file lacks stay English."""
    if language == SOURCE:
        return NullTranslations()
    with file_of(language).open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def negotiated(*wanted: str | None) -> Locale:
    """The first wanted locale whose language the app speaks, such as ``de-AT``; `DEFAULT` if there is none.

    A language without a country takes the country from the next wanted locale of that language: who chose German in
    Austria gets numbers as Austria writes them.
    """
    known = [locale for text in wanted if text and (locale := _parsed(text))]
    spoken = [locale for locale in known if locale.language in languages()]
    if not spoken:
        return DEFAULT
    same = [locale for locale in spoken if locale.language == spoken[0].language and locale.territory]
    if same:
        return same[0]
    return DEFAULT if spoken[0].language == DEFAULT.language else spoken[0]


def accepted(header: str) -> list[str]:
    """The locales in an ``Accept-Language`` header, as browsers order them: the most wanted first."""
    return [name for part in header.split(",") if (name := part.partition(";")[0].strip()) not in ("", "*")]


@cache
def _parsed(text: str) -> Locale | None:
    for name in (text, text.replace("_", "-").partition("-")[0]):
        try:
            return Locale.parse(name.replace("_", "-"), sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None
