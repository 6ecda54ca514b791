"""What may be unusual about a photo as such. Dagster's processes read this at their start: nothing is imported here."""

from collections.abc import Mapping

FLAWS: Mapping[str, str] = {
    "blurred": "nowhere as sharp as others",
    "dark": "dark even where it is brightest",
    "bright": "bright even where it is darkest",
    "tiny": "its object is far smaller than those of others",
    "odd_proportions": "far longer or wider than others",
    "framed": "a frame or bars around it",
    "duplicate": "the same shot as another photo",
}
"""Columns that say what is unusual, and what each means. Conditions of searches may name them."""
