"""What a user may be told: one sentence that names the thing, the reason and the way out."""


class TiefVisionError(Exception):
    """An error whose text is fit for a user's eyes; the command line and the app show it without a traceback."""
