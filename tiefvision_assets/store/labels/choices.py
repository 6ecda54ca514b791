"""What a person may choose when labels are imported, where the file alone does not say what is meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Pick(StrEnum):
    """Which of several objects on one photo is meant: the largest, the file's first, or none (a problem)."""

    largest = "largest"
    first = "first"
    error = "error"


class Coordinates(StrEnum):
    """What the numbers of a table of boxes are: pixels of the photo as displayed, or shares of its sides."""

    pixels = "pixels"
    normalised = "normalised"


@dataclass(frozen=True)
class Choices:
    """The choices for one import."""

    categories: tuple[str, ...] = ()
    """Only objects of these categories count, in any case of letters; all where it is empty."""
    pick: Pick = Pick.error
    root: str = ""
    """The folder that the file's paths start with, or in which they lie below the folder of raw photos."""
    strip: int = 0
    """How many leading folders of the file's paths are left out."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Name in the file → path in the folder of raw photos."""
    coordinates: Coordinates | None = None
    """None: pixels, unless the format says otherwise."""
    annotator: str = ""
    """Whose the boxes are of which the file does not say who drew them."""


AS_THE_FILE_SAYS = Choices()
