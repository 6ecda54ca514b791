"""Errors for users: one sentence that names the thing, the reason and the way out."""


class TiefVisionError(Exception):
    """An error whose text is written for users; the command line and the app show it without a traceback."""


def displayable(text: str) -> str:
    """The text with escapes for lone surrogates, which no output takes: names of files that are no UTF-8 have them, and
    JSON may."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
