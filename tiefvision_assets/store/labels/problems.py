"""What is wrong in a label file, what was guessed and what was passed over: the report of one reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tiefvision_assets.errors import TiefVisionError, displayable

STATE = "state the folder with --root or --strip, or name the right one in a --map file"
"""The way out where it is not certain which photo is meant."""


class LabelFileError(TiefVisionError):
    """A label file that cannot be read or written; nothing was imported from it."""

    def __init__(self, file: Path, reason: str, *, where: str = "", more: int = 0) -> None:
        place = f"{file}, {where}" if where else str(file)
        others = f" {more} more {'problem was' if more == 1 else 'problems were'} found." if more else ""
        super().__init__(f"{place}: {reason}.{others}")


class RefusedError(Exception):
    """One problem: the reason and the way out, without where in the file it is."""

    def __init__(self, reason: str, way_out: str) -> None:
        super().__init__(f"{reason}; {way_out}")
        self.reason = reason
        self.way_out = way_out


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was not read: where in the file, why, and what can be done."""

    place: str
    reason: str
    way_out: str


def report_of(error: TiefVisionError, source: Path) -> Report:
    """The report on a ``source`` that could not be read at all."""
    reason, _, way_out = str(error).removeprefix(f"{source}: ").rstrip(".").partition("; ")
    report = Report()
    report.problem("", RefusedError(reason, way_out))
    return report


BY_NAME = "the one photo of that name"
BY_LETTERS = "the same letters and digits"


@dataclass(frozen=True, slots=True)
class Guess:
    """A photo that the file names otherwise than the catalogue does: by which rule it is this one."""

    place: str
    name: str
    photo: str
    rule: str

    @property
    def bold(self) -> bool:
        """Whether nothing but the last part of the path, or letters and digits alone, speaks for the photo."""
        return self.rule in (BY_NAME, BY_LETTERS)


@dataclass
class Report:
    """Everything that somebody who reads a label file should know about it, in texts that are `displayable`."""

    problems: list[Problem] = field(default_factory=list)
    guesses: list[Guess] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    """What is no label by its nature, such as a crowd region, and how often it came."""
    categories: Counter[str] = field(default_factory=Counter)
    """The categories of the objects, and how often each comes; there to choose from."""
    notes: dict[str, None] = field(default_factory=dict)
    """Sentences about the file as a whole, in the order in which they were found."""

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        """Record a `RefusedError` that is raised inside as a problem at ``place``, and go on."""
        try:
            yield
        except RefusedError as refused:
            self.problem(place, refused)

    def problem(self, place: str, refused: RefusedError) -> None:
        """Record a problem."""
        self.problems.append(Problem(*map(displayable, (place, refused.reason, refused.way_out))))

    def guess(self, place: str, name: str, photo: str, rule: str) -> None:
        """Record that ``name`` was taken to mean that photo, and by which rule."""
        self.guesses.append(Guess(*map(displayable, (place, name, photo, rule))))

    def note(self, sentence: str) -> None:
        """Record a sentence about the whole file, once."""
        self.notes[displayable(sentence)] = None

    def include(self, other: Report, place: str) -> None:
        """Add the report of the part of the source that is called ``place``."""
        part = displayable(place)
        self.problems += [replace(one, place=f"{part}, {one.place}") for one in other.problems]
        self.guesses += [replace(one, place=f"{part}, {one.place}") for one in other.guesses]
        self.passed_over += other.passed_over
        self.notes |= other.notes

    def raise_first(self, file: Path) -> None:
        """Raise `LabelFileError` for the first problem, if there is any."""
        if self.problems:
            first = self.problems[0]
            reason = f"{first.reason}; {first.way_out}"
            raise LabelFileError(file, reason, where=first.place, more=len(self.problems) - 1)

    def raise_bold(self, file: Path) -> None:
        """Raises `LabelFileError` for the first bold guess, if there is any."""
        bold = [guess for guess in self.guesses if guess.bold]
        if bold:
            first = bold[0]
            reason = f"{first.name!r} would be the photo {first.photo!r} by a guess alone ({first.rule}); {STATE}"
            raise LabelFileError(file, reason, where=first.place, more=len(bold) - 1)

    def document(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return {
            "problems": [asdict(problem) for problem in self.problems],
            "guesses": [asdict(guess) for guess in self.guesses],
            "passed_over": dict(self.passed_over),
            "notes": list(self.notes),
        }
