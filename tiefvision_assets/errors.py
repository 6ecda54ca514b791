"""Errors for users: one sentence that names the thing, the reason and the way out."""


class TiefVisionError(Exception):
    """An error whose text is written for users; the command line and the app show it without a traceback."""
