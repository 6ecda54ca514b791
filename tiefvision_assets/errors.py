"""Errors for users: one sentence that names the thing, the reason and the way out."""

import re

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_LINES = re.compile(r"[\t\n]+")


class TiefVisionError(Exception):
    """An error whose text is written for users; the command line and the app show it without a traceback.

    It is one line, whatever names and texts of other people's files the sentence quotes.
    """

    def __init__(self, sentence: str = "") -> None:
        super().__init__(_LINES.sub(" ", displayable(sentence)).strip())


def displayable(text: str) -> str:
    """The text with escapes for what a terminal must not get, and names of files may hold.

    That is control characters, which would move its cursor, turn the direction of writing round or worse, and lone
    surrogates, which no output takes: names that are no UTF-8 have them, and JSON may.
    """
    seen = _CONTROLS.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text)
    return seen.encode("utf-8", "backslashreplace").decode("utf-8")
