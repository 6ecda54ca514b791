"""``python -m tiefvision_ui.language.extraction``: bring the message files up to date with the code.

New texts join each file without a translation, those that no code has any more leave it; what is left to translate is
printed. A language is added by an empty file in its folder.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from babel import Locale
from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from tiefvision_ui.language.catalogues import DOMAIN, SOURCE, file_of, languages

PACKAGE = Path(__file__).parents[1]
_HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


def extract_python(
    file: IO[bytes], keywords: Mapping[str, object], comment_tags: object, options: object
) -> Iterator[tuple[int, str, tuple[str | None, ...], list[str]]]:
    """Babel's method for Python by the syntax tree: its own one sees no call within an f-string before Python 3.12."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in keywords:
            values = (each.value if isinstance(each, ast.Constant) else None for each in node.args)
            texts = tuple(value if isinstance(value, str) else None for value in values)
            yield node.lineno, node.func.id, texts, []


_METHODS = [
    ("vendored/**", "ignore"),
    ("**.py", "tiefvision_ui.language.extraction:extract_python"),
    ("**.js", "javascript"),
]
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "N_": None,
    "counted": (1, 2),
    "pgettext": ((1, "c"), 2),
}


def extracted() -> Catalog:
    """All texts in the code that are to be translated, each with the files that have it."""
    catalogue = Catalog(project=DOMAIN)
    for file, _line, text, _comments, context in extract_from_dir(PACKAGE, _METHODS, keywords=KEYWORDS):
        place = (PACKAGE.name + "/" + file.replace(os.sep, "/"), 0)
        catalogue.add(text, locations=[place], context=context)
    return catalogue


def translated(language: str) -> Catalog:
    """The message file of a language."""
    with file_of(language).open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str) -> Catalog:
    """A language's file as it should be: the texts in the code, with the translations that there are."""
    old, new = translated(language), Catalog(Locale(language), project=DOMAIN)
    new.header_comment = old.header_comment
    for message in extracted():
        if not message.id:
            continue
        known = old.get(_key(message), message.context)
        fits = known is not None and known.pluralizable == message.pluralizable
        new.add(
            message.id,
            known.string if known is not None and fits else None,
            locations=sorted(set(message.locations)),
            flags=message.flags,
            user_comments=known.user_comments if known is not None else (),
            context=message.context,
        )
    return new


def untranslated(catalogue: Catalog) -> list[str]:
    """The English texts without a translation."""
    return [_key(message) for message in catalogue if message.id and not all(_translations(message))]


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _translations(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ("",))


def main() -> None:
    """Write the files, and print what is left to translate."""
    for language in languages():
        if language == SOURCE:
            continue
        catalogue = updated(language)
        file = file_of(language)
        written = file.with_suffix(".po.new")
        with written.open("wb") as target:
            target.write(f"{catalogue.header_comment}\n{_HEADER}".encode())
            write_po(target, catalogue, width=120, sort_output=True, include_lineno=False, omit_header=True)
        written.replace(file)
        left = untranslated(catalogue)
        print(f"{language}: {len(catalogue)} texts, {len(left)} to translate")
        for text in left:
            print(f"  {text}")


if __name__ == "__main__":
    main()
