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

SAID = {
    "format": "What the labels are in; recognised by its content unless given.",
    "category": "Only objects of this category; may be given several times.",
    "pick": "Which of several objects on one photo.",
    "root": "Folder that the file's paths start with, or lie in below RAW.",
    "strip": "Leading folders of the file's paths to leave out.",
    "map": "CSV with a name of the file and the photo's path in RAW in each row.",
    "coordinates": "What the numbers of a COCO file or a table of boxes are; pixels unless stated.",
}
"""The choices in words, as the command line and the app alike have them; the keys are the command's options."""
